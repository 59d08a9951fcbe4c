import {
  FeedPolicy,
  type FeedSchedule,
  feedFileName,
  isExpectedAt,
  lastExpected,
  nextExpected,
} from 'roster/domain/feed';
import { describe, expect, it } from 'vitest';

const weekdays: FeedSchedule = { days: [1, 2, 3, 4, 5], by: '06:00' };
const at = (text: string) => new Date(text);

describe('a schedule', () => {
  it.each([
    // Thursday 26 November 2026 is in winter time: 06:00 in Paris is 05:00 UTC.
    ['before the time', '2026-11-26T04:59:59.999Z', '2026-11-26T05:00:00.000Z'],
    ['at the time', '2026-11-26T05:00:00.000Z', '2026-11-27T05:00:00.000Z'],
    ['over the weekend', '2026-11-27T05:00:00.001Z', '2026-11-30T05:00:00.000Z'],
    ['into summer time', '2026-03-28T12:00:00.000Z', '2026-03-30T04:00:00.000Z'],
  ])('expects the next file %s', (_, after, next) => {
    expect(nextExpected(weekdays, 'Europe/Paris', at(after)).toISOString()).toBe(next);
  });

  it('knows the one before, and its own moments to the millisecond', () => {
    const monday = at('2026-11-30T05:00:00.000Z');
    expect(lastExpected(weekdays, 'Europe/Paris', monday).toISOString()).toBe('2026-11-27T05:00:00.000Z');
    expect(isExpectedAt(weekdays, 'Europe/Paris', monday)).toBe(true);
    for (const ms of [-1, 1]) {
      expect(isExpectedAt(weekdays, 'Europe/Paris', new Date(monday.getTime() + ms))).toBe(false);
    }
    expect(isExpectedAt(weekdays, 'Europe/London', monday)).toBe(false);
  });

  it('finds a single day of the week from any moment, on the far side of the date line too', () => {
    const sundays: FeedSchedule = { days: [7], by: '23:59' };
    // 23:59 on Sunday, 29 November in Auckland (UTC+13) is 10:59 UTC.
    expect(nextExpected(sundays, 'Pacific/Auckland', at('2026-11-23T12:00:00Z')).toISOString()).toBe(
      '2026-11-29T10:59:00.000Z',
    );
    expect(lastExpected(sundays, 'Pacific/Auckland', at('2026-11-29T10:59:00Z')).toISOString()).toBe(
      '2026-11-22T10:59:00.000Z',
    );
  });
});

it('takes names of roster files only, without folders', () => {
  const taken = ['roster.csv', 'a b.ZIP', 'é.xlsx'].map((name) => feedFileName.test(name));
  const refused = ['roster.txt', '../a.csv', 'a/b.csv', 'a\\b.csv', '.csv', ''].map((name) =>
    feedFileName.test(name),
  );
  expect([...taken, ...refused]).toEqual([true, true, true, false, false, false, false, false, false]);
});

it('refuses days and times that are none', () => {
  const policy = (expected: object) =>
    FeedPolicy.safeParse({ isOn: true, approve: 'auto', recipients: [], expected }).success;
  expect(policy(weekdays)).toBe(true);
  for (const wrong of [
    { days: [] },
    { days: [0] },
    { days: [8] },
    { days: [1, 1] },
    { by: '24:00' },
    { by: '6:00' },
  ]) {
    expect(policy({ ...weekdays, ...wrong }), JSON.stringify(wrong)).toBe(false);
  }
});
