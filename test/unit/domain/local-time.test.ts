import * as fc from 'fast-check';
import { dayAfter, dayIn, isTimeZone, momentsAt, startOfDay, timeIn } from 'roster/domain/local-time';
import { describe, expect, it } from 'vitest';

describe('a day', () => {
  // Offsets from the IANA Time Zone Database: summer time begins at 02:00 in Paris, at midnight in Santiago, and
  // Apia went from the 29th to the 31st of December 2011.
  it.each([
    ['2026-03-29', 'Europe/Paris', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Paris', '2026-03-29T22:00:00.000Z'],
    ['2026-10-26', 'Europe/Paris', '2026-10-25T23:00:00.000Z'],
    ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
    ['2011-12-31', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['2026-01-01', 'Pacific/Kiritimati', '2025-12-31T10:00:00.000Z'],
    ['2026-01-01', 'Etc/GMT+12', '2026-01-01T12:00:00.000Z'],
    ['2026-07-01', 'Asia/Kolkata', '2026-06-30T18:30:00.000Z'],
    ['2026-01-01', 'UTC', '2026-01-01T00:00:00.000Z'],
  ])('%s in %s begins at %s', (day, zone, moment) => {
    expect(startOfDay(day, zone).toISOString()).toBe(moment);
    expect(dayIn(zone, new Date(moment))).toBe(day);
    expect(dayIn(zone, new Date(Date.parse(moment) - 1)) < day).toBe(true);
  });

  it('knows the time zones', () => {
    expect(['UTC', 'Europe/Paris', 'America/Argentina/Ushuaia'].map(isTimeZone)).toEqual([true, true, true]);
    expect(['', 'Paris', 'Mars/Olympus', '../etc'].map(isTimeZone)).toEqual([false, false, false, false]);
  });
});

describe('a time of a day', () => {
  // Clocks are put forward from 02:00 to 03:00 and back from 03:00 to 02:00 in Paris, from 02:00 to 01:00 in New York;
  // Lord Howe moves them by half an hour; Apia left a whole day out (IANA Time Zone Database).
  it.each([
    ['2026-03-28', '10:15', 'Europe/Paris', ['2026-03-28T09:15:00.000Z']],
    ['2026-03-29', '10:15', 'Europe/Paris', ['2026-03-29T08:15:00.000Z']],
    ['2026-03-29', '02:30', 'Europe/Paris', ['2026-03-29T01:00:00.000Z']],
    ['2026-10-25', '02:30', 'Europe/Paris', ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']],
    ['2026-03-08', '02:30', 'America/New_York', ['2026-03-08T07:00:00.000Z']],
    ['2026-11-01', '01:30', 'America/New_York', ['2026-11-01T05:30:00.000Z', '2026-11-01T06:30:00.000Z']],
    ['2026-04-05', '01:45', 'Australia/Lord_Howe', ['2026-04-04T14:45:00.000Z', '2026-04-04T15:15:00.000Z']],
    ['2011-12-30', '08:00', 'Pacific/Apia', ['2011-12-30T10:00:00.000Z']],
    ['2026-07-01', '23:59', 'Etc/GMT+12', ['2026-07-02T11:59:00.000Z']],
    ['2026-07-01', '00:00', 'Pacific/Kiritimati', ['2026-06-30T10:00:00.000Z']],
  ])('%s %s in %s is %s', (day, time, zone, moments) => {
    expect(momentsAt(day, time, zone).map((at) => at.toISOString())).toEqual(moments);
  });

  it('comes back to the moment that it was read from', () => {
    const zone = fc.constantFrom(
      'UTC',
      'Europe/Paris',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
    );
    const second = fc.integer({ min: Date.UTC(2025, 0) / 1000, max: Date.UTC(2028, 0) / 1000 });
    fc.assert(
      fc.property(zone, second, (timeZone, at) => {
        const moment = new Date(at * 1000);
        const moments = momentsAt(dayIn(timeZone, moment), timeIn(timeZone, moment), timeZone);
        expect(moments.map((one) => one.getTime())).toContain(moment.getTime());
      }),
    );
  });

  it('counts days over months and years', () => {
    expect([dayAfter('2026-12-31'), dayAfter('2028-02-28', 2), dayAfter('2026-03-01', 0)]).toEqual([
      '2027-01-01',
      '2028-03-01',
      '2026-03-01',
    ]);
  });
});
