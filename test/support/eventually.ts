/** Waiting for what comes about by itself: asked again until it is there or a deadline has passed. */
import { setTimeout as wait } from 'node:timers/promises';

interface Patience {
  deadlineSeconds?: number;
  pauseMs?: number;
}

/** What the work answers once it no longer throws. @throws what it threw last, at the deadline */
export async function eventually<T>(
  work: () => Promise<T>,
  { deadlineSeconds = 60, pauseMs = 50 }: Patience = {},
): Promise<T> {
  const deadline = performance.now() + deadlineSeconds * 1_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await wait(pauseMs);
    }
  }
}

const passingSeconds = 120;

/** What is answered once it passes. @throws what asking throws, or Error with the last answer, after two minutes */
export async function untilPasses<T>(ask: () => Promise<T>, passes: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + passingSeconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (passes(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`Still ${JSON.stringify(answer)}`);
    await wait(50);
  }
}
