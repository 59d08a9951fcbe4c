import { inEvenTime } from 'roster/lambda/even-time';
import { expect, it } from 'vitest';

/** How long an answer takes whose work takes so many milliseconds, by a clock of its own. */
async function tookMs(workMs: number, end: () => Promise<unknown> = async () => undefined): Promise<number> {
  let now = 5_000.25;
  const timing = {
    nowMs: () => now,
    wait: async (milliseconds: number) => {
      now += milliseconds;
    },
  };
  const work = () => {
    now += workMs;
    return end();
  };
  await inEvenTime(work, timing).catch(() => undefined);
  return now - 5_000.25;
}

it.each([
  [0, 1_000],
  [1, 1_000],
  [850.5, 1_000],
  [1_000, 1_000],
  [1_001, 2_000],
  [2_400, 3_000],
])('what takes %d ms is answered after %d', async (workMs, answeredMs) => {
  expect(await tookMs(workMs)).toBe(answeredMs);
});

it('waits as long where the work fails, and fails as the work does', async () => {
  expect(await tookMs(10, () => Promise.reject(new Error('no table')))).toBe(1_000);
  const timing = { nowMs: () => 0, wait: async () => undefined };
  await expect(inEvenTime(() => Promise.reject(new Error('no table')), timing)).rejects.toThrow('no table');
  expect(await inEvenTime(async () => 'done', timing)).toBe('done');
});
