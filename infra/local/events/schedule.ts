import { Cron } from 'croner';
import type { Clock } from '../states/clock.ts';

const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Reads a schedule expression: gives the time of the next run after `afterMs`, or nothing when there is none.
 *
 * Knows `rate(n unit)`, counted from `startMs`, `cron(minutes hours day month weekday year)` and
 * `at(yyyy-mm-ddThh:mm:ss)`; the latter two in `timezone` (UTC by default). Times in milliseconds since the epoch.
 *
 * @throws Error when the expression is none of these
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export function parseSchedule(
  expression: string,
  startMs: number,
  timezone = 'UTC',
): (afterMs: number) => number | undefined {
  const [, kind, inner = ''] = /^(rate|cron|at)\((.+)\)$/.exec(expression.trim()) ?? [];
  if (kind === 'rate') {
    const [, count, unit = ''] = /^(\d+) (minute|hour|day)s?$/.exec(inner) ?? [];
    const everyMs = Number(count) * (unitMs[unit] ?? Number.NaN);
    if (!(everyMs > 0)) throw new Error(`Invalid schedule expression ${expression}`);
    return (afterMs) => startMs + (Math.floor((afterMs - startMs) / everyMs) + 1) * everyMs;
  }
  if (!kind) throw new Error(`Invalid schedule expression ${expression}`);
  const modes = { mode: '7-part', alternativeWeekdays: true, sloppyRanges: true } as const;
  const cron =
    kind === 'cron' ? new Cron(`0 ${inner}`, { timezone, ...modes }) : new Cron(inner, { timezone });
  return (afterMs) => cron.nextRun(new Date(afterMs))?.getTime();
}

/**
 * Runs `task` at every time that `next` gives, by `clock`; the returned function ends it. Where the clock is moved over
 * such times, it runs once, for the first of them.
 */
export function runOnSchedule(
  next: (afterMs: number) => number | undefined,
  clock: Clock,
  task: (dueAtMs: number) => void,
): () => void {
  let cancel = () => {};
  let dueAt: number | undefined;
  const arm = (afterMs: number) => {
    dueAt = next(afterMs);
    if (dueAt !== undefined) cancel = clock.after(dueAt - clock.now(), run);
  };
  const run = () => {
    const ran = dueAt ?? clock.now();
    // After a pause of the machine the missed runs are left out: only the last one is made up for.
    arm(Math.max(ran, clock.now()));
    task(ran);
  };
  const ignoreMoves = clock.onMove?.(() => {
    cancel();
    if (dueAt !== undefined && dueAt <= clock.now()) run();
    else arm(clock.now());
  });
  arm(clock.now());
  return () => {
    ignoreMoves?.();
    cancel();
  };
}
