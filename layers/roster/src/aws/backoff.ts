import { setTimeout as wait } from 'node:timers/promises';

/** How often and how long to try again; times in milliseconds. */
export interface Backoff {
  attemptsMax: number;
  firstMs: number;
  delayMsMax: number;
}

/**
 * A random delay before try number `attempt` (1 for the first repeat): "full jitter", between 0 and a ceiling
 * that doubles (AWS Architecture Blog, Exponential Backoff And Jitter).
 */
export function delayMs(backoff: Backoff, attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(backoff.delayMsMax, backoff.firstMs * 2 ** (attempt - 1));
}

/**
 * Runs `work` until it succeeds, throws something that `isTransient` denies, or has had `attemptsMax` tries; the
 * last error is thrown as it is.
 */
export async function withBackoff<T>(
  backoff: Backoff,
  isTransient: (error: unknown) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= backoff.attemptsMax || !isTransient(error)) throw error;
      await wait(delayMs(backoff, attempt));
    }
  }
}
