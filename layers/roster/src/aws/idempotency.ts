/**
 * Remembers the answers to unsafe calls that carry an `Idempotency-Key`, so that a repeat is answered and not done
 * again (IETF draft-ietf-httpapi-idempotency-key-header). Scoped to the organization, the account and the call.
 */
import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { MusterError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import { anyOf, attributeIs, type Condition, ConditionFailed, isAbsent, type Table } from './table.ts';

/** How long an answer is kept, and how long a call counts as running if it never ended (a crash). */
export const answerSecondsMax = 24 * 60 * 60;
export const runningSecondsMax = 60;

/** One call with its key. `fingerprint` stands for all that was asked: another one under the same key is refused. */
export interface OnceCall {
  organization: string;
  account: string;
  operation: string;
  key: string;
  fingerprint: string;
}

/** Runs calls once. */
export interface Once {
  /**
   * Runs `work` and keeps its answer, or returns the answer kept for the same call. An error is not kept: the
   * client may try again with the same key.
   * @throws MusterError `conflict` if the key was used for something else, or the first call is still running.
   */
  run<T>(call: OnceCall, answer: z.ZodType<T>, work: () => Promise<T>): Promise<T>;
}

const OnceItem = z.object({ fingerprint: z.string(), answer: z.string().optional() });

/** Keeps answers in the table, which drops them by itself after a day. */
export function onceInTable(table: Table, clock: Clock): Once {
  const seconds = () => Math.floor(clock().getTime() / 1000);
  return {
    async run(call, answer, work) {
      const key = keys.idempotency(call.organization, hashOf(call));
      const token = randomUUID();
      const mine = attributeIs('token', token);
      const running = {
        ...key,
        fingerprint: call.fingerprint,
        token,
        expiresAt: seconds() + runningSecondsMax,
      };
      try {
        await table.put(running, anyOf(isAbsent, isExpired(seconds())));
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
        return answer.parse(keptAnswer(error, call.fingerprint));
      }
      let result: Awaited<ReturnType<typeof work>>;
      try {
        result = await work();
      } catch (error) {
        await unlessTaken(table.delete(key, mine));
        throw error;
      }
      const kept = { answer: JSON.stringify(result), expiresAt: seconds() + answerSecondsMax };
      await unlessTaken(table.update({ key, set: kept, condition: mine }));
      return result;
    },
  };
}

/** DynamoDB may keep an item for days after its time; a read must look at the clock itself. */
function isExpired(nowSeconds: number): Condition {
  return {
    expression: '#expiresAt < :now',
    names: { '#expiresAt': 'expiresAt' },
    values: { ':now': nowSeconds },
  };
}

/** A call that outlived its time may have lost its item to a repeat, which is then the one that counts. */
async function unlessTaken(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
}

function hashOf({ account, operation, key }: OnceCall): string {
  return createHash('sha256')
    .update(JSON.stringify([account, operation, key]))
    .digest('base64url');
}

function keptAnswer(error: ConditionFailed, fingerprint: string): unknown {
  if (error.item === undefined) throw error;
  const kept = parseItem(OnceItem, error.item, 'answer');
  if (kept.fingerprint !== fingerprint) {
    throw new MusterError('conflict', 'This Idempotency-Key was used for another request. Make a new one.');
  }
  if (kept.answer === undefined) {
    throw new MusterError('conflict', 'The first request with this Idempotency-Key is still running.');
  }
  return JSON.parse(kept.answer);
}
