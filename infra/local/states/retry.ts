import type { StateError } from './errors.ts';

/** A retrier of the States Language; times in seconds. */
export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'NONE' | 'FULL';
}

/**
 * The retrier that takes `error`, and how long to wait; nothing when there is none or it is used up.
 *
 * `attempts[i]` says how often retrier `i` was used in this visit of the state.
 *
 * @see https://states-language.net/spec.html#retrying-after-error
 */
export function nextRetry(
  retriers: readonly Retrier[],
  error: StateError,
  attempts: readonly number[],
): { index: number; delayMs: number } | undefined {
  const index = retriers.findIndex((retrier) => retrier.ErrorEquals.some((name) => matches(name, error)));
  const retrier = retriers[index];
  const used = attempts[index] ?? 0;
  if (!retrier || used >= (retrier.MaxAttempts ?? 3)) return undefined;
  const seconds = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** used;
  const delayMs = Math.min(seconds, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY) * 1000;
  return { index, delayMs: retrier.JitterStrategy === 'FULL' ? Math.random() * delayMs : delayMs };
}

function matches(name: string, error: StateError): boolean {
  if (name === error.name) return true;
  if (!error.isCatchable) return false;
  return name === 'States.ALL' || (name === 'States.TaskFailed' && error.name !== 'States.Timeout');
}
