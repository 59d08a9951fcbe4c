/** Counts of failed attempts in the table: one item a counter, which ends by itself (`domain/attempt-limits.ts`). */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type AttemptCounter, judgeAttempt, type Tally } from '../domain/attempt-limits.ts';
import { MusterError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports.ts';
import { type Key, keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import {
  allOf,
  anyOf,
  attributeIs,
  type Condition,
  ConditionFailed,
  isAbsent,
  isPresent,
  type Table,
} from './table.ts';

/** An attempt that was let through and counted as if it had failed, until it is known how it ended. */
export interface Attempt {
  /** It succeeded: the person's counts begin anew, the networks' lose this one. */
  succeeded(): Promise<void>;
  /** It was neither right nor wrong: it does not count. */
  takenBack(): Promise<void>;
}

/** Counts attempts. */
export interface Attempts {
  /**
   * Counts an attempt on all counters before it is made, so that of many at once no more get through than may fail.
   * One that is refused counts on none.
   * @throws MusterError `too_many_requests`, with the seconds until the window ends
   */
  begin(counters: readonly AttemptCounter[]): Promise<Attempt>;
}

const TallyItem = z.object({ failures: z.int(), endsAtMs: z.int() });

/** How often a count is tried that others begin, clear or end at the same time. */
const triesMax = 10;

/** Opens the counts over the table. */
export function attemptsInTable(table: Table, clock: Clock): Attempts {
  return {
    async begin(counters) {
      const counted = await Promise.allSettled(counters.map((counter) => countOne(table, clock, counter)));
      const windows = counted.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const takenBack = async (which: readonly Window[]) => {
        await Promise.all(which.map((window) => takeBack(table, window)));
      };
      const refusal = counted.find((one) => one.status === 'rejected');
      if (refusal !== undefined) {
        await takenBack(windows);
        throw refusal.reason;
      }
      return {
        takenBack: () => takenBack(windows),
        async succeeded() {
          await Promise.all([
            takenBack(windows.filter(({ counter }) => !counter.endsWithSuccess)),
            ...windows
              .filter(({ counter }) => counter.endsWithSuccess)
              .map((window) => whereLasting(table.update({ ...change(window), set: { failures: 0 } }))),
          ]);
        },
      };
    },
  };
}

/** Where an attempt was counted. */
interface Window {
  counter: AttemptCounter;
  key: Key;
  endsAtMs: number;
}

async function countOne(table: Table, clock: Clock, counter: AttemptCounter): Promise<Window> {
  const key = keys.attempts(createHash('sha256').update(counter.subject).digest('base64url'));
  for (let tries = 1; tries <= triesMax; tries++) {
    const nowMs = clock().getTime();
    try {
      const item = await table.update({ key, add: { failures: 1 }, condition: isOpen(counter, nowMs) });
      return { counter, key, endsAtMs: tallyOf(item).endsAtMs };
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      const tally = error.item === undefined ? undefined : tallyOf(error.item);
      const verdict = judgeAttempt(tally, counter.failuresMax, nowMs, counter.windowMs);
      if (verdict.act === 'refuse') throw tooMany(verdict.retryAfterSeconds);
      if (verdict.act === 'begin' && (await beginWindow(table, key, verdict.endsAtMs, nowMs))) {
        return { counter, key, endsAtMs: verdict.endsAtMs };
      }
    }
  }
  throw new MusterError('throttled', 'Too many attempts at once. Try again in a moment.');
}

function isOpen({ failuresMax }: AttemptCounter, nowMs: number): Condition {
  const names = { '#ends': 'endsAtMs', '#failures': 'failures' };
  const values = { ':now': nowMs, ':most': failuresMax };
  return allOf(isPresent, { expression: '#ends > :now AND #failures < :most', names, values });
}

/** False if somebody else began it. */
async function beginWindow(table: Table, key: Key, endsAtMs: number, nowMs: number): Promise<boolean> {
  const isOver = {
    expression: '#ends <= :now',
    names: { '#ends': 'endsAtMs' },
    values: { ':now': nowMs },
  };
  const item = { ...key, failures: 1, endsAtMs, expiresAt: Math.ceil(endsAtMs / 1000) };
  try {
    await table.put(item, anyOf(isAbsent, isOver));
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}

function takeBack(table: Table, window: Window): Promise<void> {
  const { condition, key } = change(window);
  const isCounted = {
    expression: '#failures > :none',
    names: { '#failures': 'failures' },
    values: { ':none': 0 },
  };
  return whereLasting(table.update({ key, add: { failures: -1 }, condition: allOf(condition, isCounted) }));
}

/** Only the window that the attempt was counted in: another one is none of its business. */
function change({ key, endsAtMs }: Window) {
  return { key, condition: attributeIs('endsAtMs', endsAtMs) };
}

async function whereLasting(update: Promise<unknown>): Promise<void> {
  try {
    await update;
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
}

function tallyOf(item: Record<string, unknown>): Tally {
  return parseItem(TallyItem, item, 'count of attempts');
}

function tooMany(retryAfterSeconds: number): MusterError {
  const message = `Too many failed attempts. Try again in ${Math.ceil(retryAfterSeconds / 60)} minutes at the latest.`;
  return new MusterError('too_many_requests', message, { retryAfterSeconds });
}
