/**
 * Keeps all senders of mails together to one rate: each mail has a turn of its own, and an item of the table says when
 * the next one is. So the rate is kept, and made use of, by however many senders there happen to be.
 */
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { MusterError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import { anyOf, type Condition, ConditionFailed, isAbsent, type Table } from './table.ts';

export interface MailPace {
  /** Resolves when one more mail may be handed to SES. @throws MusterError `throttled` if no turn was to be had */
  turn(): Promise<void>;
}

/** Microseconds, since a turn every 3.3 ms would else be one every 4. */
const PaceItem = z.object({ nextMicros: z.int() });

/**
 * Turns further ahead than this were not given by this clock: it was set back. Far more than the senders' batches of
 * 10 take at one mail a second.
 */
const aheadMicrosMax = 60_000_000;
const triesMax = 10;

/** Opens the turns in the table. What a process asks for while an answer is on its way is asked for together. */
export function mailPace(table: Table, clock: Clock, mailPerSecond: number): MailPace {
  const everyMicros = Math.ceil(1_000_000 / mailPerSecond);
  const nowMicros = () => clock().getTime() * 1000;
  let gathering: { turns: number; first: Promise<number> } | undefined;
  let before: Promise<unknown> = Promise.resolve();

  function gather() {
    const run = { turns: 0, first: before.then(reserve) };
    before = run.first.catch(() => undefined);
    return run;

    function reserve(): Promise<number> {
      gathering = undefined;
      return reserved(table, run.turns * everyMicros, nowMicros);
    }
  }

  return {
    async turn() {
      gathering ??= gather();
      const run = gathering;
      const position = run.turns++;
      const atMicros = (await run.first) + position * everyMicros;
      await wait(Math.max(0, Math.ceil((atMicros - nowMicros()) / 1000)));
    },
  };
}

/** Takes so much of the time that nobody has yet; gives its beginning. Asked twice for one answer, some is left unused. */
async function reserved(table: Table, micros: number, nowMicros: () => number): Promise<number> {
  const key = keys.mailPace();
  for (let tries = 1; tries <= triesMax; tries++) {
    const now = nowMicros();
    const next = {
      names: { '#next': 'nextMicros' },
      values: { ':now': now, ':latest': now + aheadMicrosMax },
    };
    const isAhead: Condition = { ...next, expression: '#next BETWEEN :now AND :latest' };
    const isFree = anyOf(isAbsent, { ...next, expression: '#next < :now OR #next > :latest' });
    const behindOthers = { key, add: { nextMicros: micros }, condition: isAhead };
    const fromNow = { key, set: { nextMicros: now + micros }, condition: isFree };
    const taken =
      (await unlessRefused(table.update(behindOthers))) ?? (await unlessRefused(table.update(fromNow)));
    if (taken !== undefined) return parseItem(PaceItem, taken, 'pace of mails').nextMicros - micros;
  }
  throw new MusterError('throttled', 'Too many senders asked for a turn at once.');
}

async function unlessRefused<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionFailed) return undefined;
    throw error;
  }
}
