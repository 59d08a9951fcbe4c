/** Hides how long something took, where that would tell what was found (CWE-208). */
import { setTimeout as wait } from 'node:timers/promises';

/** A clock that only runs forward, and a way to wait. Both in milliseconds; given by tests. */
export interface Timing {
  nowMs: () => number;
  wait: (milliseconds: number) => Promise<unknown>;
}

/** Answers come after a whole number of these, 1 second: longer than any of the ways usually takes. */
export const evenTimeMs = 1_000;

const realTiming: Timing = { nowMs: () => performance.now(), wait: (milliseconds) => wait(milliseconds) };

/** Does the work and ends, well or not, a whole number of {@link evenTimeMs} after it began. */
export async function inEvenTime<T>(work: () => Promise<T>, timing: Timing = realTiming): Promise<T> {
  const begunAtMs = timing.nowMs();
  try {
    return await work();
  } finally {
    const tookMs = timing.nowMs() - begunAtMs;
    await timing.wait(Math.max(1, Math.ceil(tookMs / evenTimeMs)) * evenTimeMs - tookMs);
  }
}
