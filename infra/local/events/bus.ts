import { createHash, randomUUID } from 'node:crypto';
import type { Invoke } from '../invoke.ts';
import { type Clock, pause, systemClock, unlessAborted } from '../states/clock.ts';
import { type EventEnvelope, eventTime } from './envelope.ts';
import { type Delivery, openOutbox } from './outbox.ts';
import { checkPattern, type EventPattern, matchesPattern } from './pattern.ts';
import { parseSchedule, runOnSchedule } from './schedule.ts';
import { type TargetInput, targetInput } from './target-input.ts';

/** A function, a queue or a state machine that a rule delivers to, by its ARN. */
export interface Target extends TargetInput {
  readonly arn: string;
  /** Queue for what could not be delivered. */
  readonly deadLetterArn?: string;
  readonly retryPolicy?: {
    readonly maximumRetryAttempts?: number;
    readonly maximumEventAgeInSeconds?: number;
  };
  /** For a queue: the message's group. */
  readonly messageGroupId?: string;
}

/** A rule of the bus, or a schedule of EventBridge Scheduler (its ARN says which). */
export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly eventPattern?: EventPattern;
  /** See {@link parseSchedule}. */
  readonly scheduleExpression?: string;
  /** IANA name, for a schedule; UTC by default. */
  readonly timezone?: string;
  readonly state?: string;
  readonly targets: readonly Target[];
}

/** What the bus delivers with. */
export interface BusOptions {
  readonly invoke: Invoke;
  readonly sendMessage: (queueArn: string, body: string, messageGroupId?: string) => Promise<void>;
  /** The same name twice must start one execution. */
  readonly startExecution: (request: {
    stateMachineArn: string;
    name: string;
    input: unknown;
  }) => Promise<unknown>;
  readonly clock?: Clock;
  /** SQLite file that keeps accepted events until they are delivered; by default they are kept in memory. */
  readonly file?: string;
  readonly region?: string;
  readonly accountId?: string;
  /** Tries of one delivery, at most; 5 by default. */
  readonly triesMax?: number;
}

const firstBackoffMs = 200;
const backoffMsMax = 10_000;

/**
 * A local EventBridge bus: matches events to rules, runs schedules, and delivers to targets at least once.
 *
 * A failed delivery is tried again with growing pauses, then goes to the target's dead-letter queue, and is
 * reported on stderr. With a `file`, what was accepted goes on after a restart once its rule is put again.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 */
export function createBus(options: BusOptions) {
  const { clock = systemClock, region = 'us-east-1', accountId = '000000000000' } = options;
  const outbox = openOutbox(options.file ?? ':memory:');
  const rules = new Map<string, Rule>();
  const schedules = new Map<string, () => void>();
  const pending = new Map<number, Promise<void>>();
  const closing = new AbortController();

  async function send(target: Target, delivery: Delivery): Promise<unknown> {
    const payload: unknown = JSON.parse(delivery.payload);
    const service = target.arn.split(':')[2];
    if (service === 'lambda') return options.invoke(target.arn, payload);
    if (service === 'sqs') return options.sendMessage(target.arn, asText(payload), target.messageGroupId);
    if (service !== 'states') throw new Error(`A ${service} target is not supported: ${target.arn}`);
    return startOnce(target.arn, delivery, payload);
  }

  async function startOnce(stateMachineArn: string, delivery: Delivery, input: unknown): Promise<unknown> {
    // The service makes a name of its own for each delivery; made from the event, a repeat starts nothing.
    const ruleHash = createHash('sha256').update(`${delivery.ruleArn}#${delivery.targetIndex}`).digest('hex');
    const name = `${delivery.eventId}_${ruleHash.slice(0, 32)}`;
    try {
      return await options.startExecution({ stateMachineArn, name, input });
    } catch (error) {
      if (error instanceof Error && error.name === 'ExecutionAlreadyExists') return undefined;
      throw error;
    }
  }

  async function attempt(rule: Rule, target: Target, delivery: Delivery): Promise<void> {
    const { maximumRetryAttempts = 185, maximumEventAgeInSeconds = 86_400 } = target.retryPolicy ?? {};
    const triesMax = Math.min(maximumRetryAttempts + 1, options.triesMax ?? 5);
    const expiresAt = delivery.createdAt + maximumEventAgeInSeconds * 1000;
    for (let tries = 1; ; tries++) {
      try {
        await unlessAborted(send(target, delivery), closing.signal);
        return;
      } catch (error) {
        closing.signal.throwIfAborted();
        if (tries < triesMax && clock.now() < expiresAt) {
          await pause(Math.min(firstBackoffMs * 2 ** (tries - 1), backoffMsMax), closing.signal, clock);
          continue;
        }
        console.error(
          `Rule ${rule.name}: gave up delivering event ${delivery.eventId} to ${target.arn}`,
          error,
        );
        if (target.deadLetterArn) await options.sendMessage(target.deadLetterArn, delivery.payload);
        return;
      }
    }
  }

  function deliver(delivery: Delivery): void {
    const rule = rules.get(delivery.ruleArn);
    const target = rule?.targets[delivery.targetIndex];
    // Without its rule it stays in the outbox; a rule whose target is gone has nothing to deliver to.
    if (!rule || pending.has(delivery.id)) return;
    const work = target ? attempt(rule, target, delivery) : Promise.resolve();
    const done = work.then(
      () => {
        if (!closing.signal.aborted) outbox.remove(delivery.id);
      },
      (error: unknown) => {
        // Kept in the outbox, for the next start: neither the target nor its dead-letter queue took it.
        if (!closing.signal.aborted)
          console.error(`Rule ${rule.name}: event ${delivery.eventId} is kept`, error);
      },
    );
    pending.set(
      delivery.id,
      done.finally(() => pending.delete(delivery.id)),
    );
  }

  function accept(selected: readonly Rule[], event: EventEnvelope): void {
    const createdAt = clock.now();
    const deliveries = selected.flatMap((rule) =>
      rule.targets.map((target, targetIndex) => {
        const payload = JSON.stringify(targetInput(target, event, rule) ?? null);
        return { ruleArn: rule.arn, targetIndex, eventId: event.id, payload, createdAt };
      }),
    );
    if (deliveries.length) outbox.add(deliveries).forEach(deliver);
  }

  function fire(rule: Rule, dueAtMs: number): void {
    const isScheduler = rule.arn.split(':')[2] === 'scheduler';
    const source = isScheduler ? 'aws.scheduler' : 'aws.events';
    accept([rule], {
      version: '0',
      id: randomUUID(),
      'detail-type': 'Scheduled Event',
      source,
      account: accountId,
      time: eventTime(dueAtMs),
      region,
      resources: [rule.arn],
      detail: isScheduler ? '{}' : {},
    });
  }

  return {
    /**
     * Puts a rule or replaces the one of the same ARN, and goes on with its kept deliveries.
     *
     * @throws Error when its pattern or its schedule is not understood
     */
    putRule(rule: Rule): void {
      if (rule.eventPattern) checkPattern(rule.eventPattern);
      const next =
        rule.scheduleExpression && parseSchedule(rule.scheduleExpression, clock.now(), rule.timezone);
      schedules.get(rule.arn)?.();
      schedules.delete(rule.arn);
      rules.set(rule.arn, rule);
      if (next && isEnabled(rule))
        schedules.set(
          rule.arn,
          runOnSchedule(next, clock, (dueAt) => fire(rule, dueAt)),
        );
      outbox.of(rule.arn).forEach(deliver);
    },

    /** Accepts an event: resolves when it is kept for every target of the rules that it matches. */
    async put(event: EventEnvelope): Promise<void> {
      closing.signal.throwIfAborted();
      const isFor = ({ eventPattern }: Rule) =>
        eventPattern !== undefined && matchesPattern(eventPattern, event);
      accept(
        [...rules.values()].filter((rule) => isEnabled(rule) && isFor(rule)),
        event,
      );
    },

    /** Stops at once: no more schedules, and what is not delivered stays in the file. */
    async close(): Promise<void> {
      closing.abort(new Error('The bus is closing'));
      for (const cancel of schedules.values()) cancel();
      await Promise.all(pending.values());
      outbox.close();
    },
  };
}

/** What {@link createBus} returns. */
export type Bus = ReturnType<typeof createBus>;

function isEnabled({ state = 'ENABLED' }: Rule): boolean {
  return state.startsWith('ENABLED');
}

function asText(payload: unknown): string {
  return typeof payload === 'string' ? payload : JSON.stringify(payload);
}
