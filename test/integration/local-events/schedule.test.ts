import { expect, test } from 'vitest';
import { parseSchedule, runOnSchedule } from '../../../infra/local/events/schedule.ts';
import { ManualClock, MovableClock } from '../local-states/manual-clock.ts';

// 2026-01-01 is a Thursday.
const start = Date.parse('2026-01-01T00:00:30Z');

// Examples of https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html, by calendar.
test.each([
  ['rate(5 minutes)', 'UTC', '2026-01-01T00:05:30.000Z', '2026-01-01T00:10:30.000Z'],
  ['rate(1 day)', 'UTC', '2026-01-02T00:00:30.000Z', '2026-01-03T00:00:30.000Z'],
  ['cron(0 10 * * ? *)', 'UTC', '2026-01-01T10:00:00.000Z', '2026-01-02T10:00:00.000Z'],
  ['cron(0 18 ? * MON-FRI *)', 'UTC', '2026-01-01T18:00:00.000Z', '2026-01-02T18:00:00.000Z'],
  ['cron(0 8 ? * 2 *)', 'UTC', '2026-01-05T08:00:00.000Z', '2026-01-12T08:00:00.000Z'],
  ['cron(0/15 * * * ? *)', 'UTC', '2026-01-01T00:15:00.000Z', '2026-01-01T00:30:00.000Z'],
  ['cron(0 0 L * ? *)', 'UTC', '2026-01-31T00:00:00.000Z', '2026-02-28T00:00:00.000Z'],
  ['cron(0 9 ? * 2#1 2027)', 'UTC', '2027-01-04T09:00:00.000Z', '2027-02-01T09:00:00.000Z'],
  ['cron(30 1 * * ? *)', 'America/New_York', '2026-01-01T06:30:00.000Z', '2026-01-02T06:30:00.000Z'],
  ['at(2026-07-01T09:00:00)', 'Europe/Paris', '2026-07-01T07:00:00.000Z', undefined],
  ['at(2025-07-01T09:00:00)', 'UTC', undefined, undefined],
])('%s in %s', (expression, timezone, first, second) => {
  const next = parseSchedule(expression, start, timezone);
  const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  const firstMs = next(start);
  expect(iso(firstMs)).toBe(first);
  expect(firstMs === undefined ? undefined : iso(next(firstMs))).toBe(second);
});

test.each(['rate(0 minutes)', 'rate(5 weeks)', '5 minutes', 'cron(* *)', 'at(tomorrow)'])(
  '%s is refused',
  (expression) => {
    expect(() => parseSchedule(expression, start)).toThrow();
  },
);

test('a schedule runs at its times until it is cancelled', () => {
  const clock = new ManualClock('2026-01-01T00:00:00Z');
  const runs: string[] = [];
  const next = parseSchedule('cron(0 * * * ? *)', clock.now());
  const cancel = runOnSchedule(next, clock, (dueAt) => runs.push(new Date(dueAt).toISOString()));
  clock.advance(2 * 3_600_000);
  expect(runs).toEqual(['2026-01-01T01:00:00.000Z', '2026-01-01T02:00:00.000Z']);
  cancel();
  clock.advance(3_600_000);
  expect(runs).toHaveLength(2);
  expect(clock.waitsMs).toEqual([]);
});

test('a clock that is moved over several runs makes up for one, and the next ones come in time', () => {
  const clock = new MovableClock('2026-01-01T00:00:00Z');
  const runs: string[] = [];
  const next = parseSchedule('rate(1 hour)', clock.now());
  const cancel = runOnSchedule(next, clock, (dueAt) => runs.push(new Date(dueAt).toISOString()));
  clock.move(30 * 60_000);
  expect(runs).toEqual([]);
  clock.move(3 * 86_400_000);
  expect(runs).toEqual(['2026-01-01T01:00:00.000Z']);
  clock.advance(30 * 60_000);
  expect(runs.slice(1)).toEqual(['2026-01-04T01:00:00.000Z']);
  // Back to where it was: the next run is the one after that time.
  clock.move(-3 * 86_400_000);
  clock.advance(60 * 60_000);
  expect(runs.slice(2)).toEqual(['2026-01-01T02:00:00.000Z']);
  cancel();
  clock.move(86_400_000);
  expect([runs.length, clock.waitsMs]).toEqual([3, []]);
});
