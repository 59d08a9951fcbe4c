import * as fc from 'fast-check';
import { demandOf, expiryNoticeAt, isOutside, nextLook, requireWithin } from 'roster/domain/active-period';
import { dayIn } from 'roster/domain/local-time';
import { describe, expect, it } from 'vitest';

describe('a period', () => {
  const period = { activeFrom: '2026-05-01', activeUntil: '2026-05-31' };

  it('holds its first and its last day', () => {
    expect(
      ['2026-04-30', '2026-05-01', '2026-05-31', '2026-06-01'].map((day) => isOutside(period, day)),
    ).toEqual([true, false, false, true]);
    expect(isOutside({}, '2026-05-01')).toBe(false);
  });

  it.each([
    ['enabled', undefined, '2026-06-01', 'disable'],
    ['not_joined', undefined, '2026-04-30', 'disable'],
    ['enabled', undefined, '2026-05-15', undefined],
    ['disabled', 'period', '2026-05-01', 'enable'],
    ['disabled', 'period', '2026-06-01', undefined],
    ['disabled', 'admin', '2026-05-15', undefined],
    ['disabled', 'file', '2026-05-15', undefined],
  ] as const)('demands of one who is %s by %s on %s: %s', (state, disabledBy, day, demand) => {
    expect(demandOf({ state, ...(disabledBy && { disabledBy }), ...period }, day)).toBe(demand);
  });

  it('is looked at when it ends or begins, and never where it cannot matter', () => {
    const now = new Date('2026-05-10T12:00:00.000Z');
    const look = (member: Parameters<typeof nextLook>[0]) =>
      nextLook(member, now, 'Europe/Paris')?.toISOString();
    expect(look({ state: 'enabled', ...period })).toBe('2026-05-31T22:00:00.000Z');
    expect(look({ state: 'enabled', activeUntil: '2026-05-09' })).toBe(now.toISOString());
    expect(look({ state: 'disabled', disabledBy: 'period', activeFrom: '2026-05-11' })).toBe(
      '2026-05-10T22:00:00.000Z',
    );
    expect(look({ state: 'disabled', disabledBy: 'period' })).toBe(now.toISOString());
    expect(look({ state: 'disabled', disabledBy: 'admin', ...period })).toBeUndefined();
    expect(look({ state: 'enabled' })).toBeUndefined();
    expect(look({ state: 'enabled', activeUntil: '9999-12-31' })).toBeUndefined();
  });

  it('demands something at the moment it is looked at, and nothing a millisecond before', () => {
    const day = fc
      .integer({ min: 0, max: 800 })
      .map((days) => new Date(Date.UTC(2025, 11, 1) + days * 86_400_000).toISOString().slice(0, 10));
    const member = fc.record({
      standing: fc.constantFrom(
        { state: 'enabled' } as const,
        { state: 'not_joined' } as const,
        { state: 'disabled', disabledBy: 'period' } as const,
      ),
      activeFrom: fc.option(day, { nil: undefined }),
      activeUntil: fc.option(day, { nil: undefined }),
    });
    const zone = fc.constantFrom(
      'UTC',
      'Europe/Paris',
      'America/Santiago',
      'Pacific/Kiritimati',
      'Asia/Kolkata',
    );
    const moment = fc.integer({ min: Date.UTC(2025, 11, 15), max: Date.UTC(2027, 11, 15) });
    fc.assert(
      fc.property(member, zone, moment, ({ standing, activeFrom, activeUntil }, timeZone, at) => {
        const subject = {
          ...standing,
          ...(activeFrom && { activeFrom }),
          ...(activeUntil && { activeUntil }),
        };
        const now = new Date(at);
        const next = nextLook(subject, now, timeZone);
        if (next === undefined) {
          const later = [0, 1, 30, 400, 1_000].map((days) => new Date(at + days * 86_400_000));
          for (const day of later) expect(demandOf(subject, dayIn(timeZone, day))).toBeUndefined();
          return;
        }
        expect(next.getTime()).toBeGreaterThanOrEqual(at);
        if (next > now) {
          expect(demandOf(subject, dayIn(timeZone, new Date(next.getTime() - 1)))).toBeUndefined();
        }
        // A period that ends before it begins can demand nothing once both days have come.
        const isEmpty = activeFrom !== undefined && activeUntil !== undefined && activeUntil < activeFrom;
        if (!isEmpty) expect(demandOf(subject, dayIn(timeZone, next))).toBeDefined();
      }),
    );
  });

  it('refuses to enable by hand outside of it, and says when one may enter', () => {
    expect(() => requireWithin(period, '2026-05-31')).not.toThrow();
    expect(() => requireWithin(period, '2026-06-01')).toThrow(
      expect.objectContaining({
        code: 'outside_period',
        message: expect.stringContaining('from 2026-05-01 until 2026-05-31'),
      }),
    );
  });
});

describe('the end of a period', () => {
  const member = { state: 'enabled', account: 'A', activeUntil: '2026-06-03' } as const;
  const noticeAt = (at: string, more: object = {}, timeZone = 'Europe/Paris') =>
    expiryNoticeAt({ ...member, ...more }, new Date(at), timeZone)?.toISOString();

  it.each([
    ['UTC', '2026-05-27T00:00:00.000Z'],
    ['Europe/Paris', '2026-05-26T22:00:00.000Z'],
    ['America/New_York', '2026-05-27T04:00:00.000Z'],
    ['Pacific/Kiritimati', '2026-05-26T10:00:00.000Z'],
  ])('is told when the day a week before begins in %s', (timeZone, at) => {
    expect(noticeAt('2026-01-01T00:00:00.000Z', {}, timeZone)).toBe(at);
  });

  it('is told on the day by the clocks, also where they change in that week', () => {
    // Summer time in Paris ended on 2026-10-25 (IANA Time Zone Database).
    expect(noticeAt('2026-10-01T00:00:00.000Z', { activeUntil: '2026-10-28' })).toBe(
      '2026-10-20T22:00:00.000Z',
    );
  });

  it.each([
    ['2026-05-26T21:59:59.999Z', '2026-05-26T22:00:00.000Z'],
    ['2026-05-26T22:00:00.000Z', '2026-05-26T22:00:00.000Z'],
    ['2026-05-26T22:00:00.001Z', '2026-05-26T22:00:00.001Z'],
    ['2026-06-03T21:59:59.999Z', '2026-06-03T21:59:59.999Z'],
    ['2026-06-03T22:00:00.000Z', undefined],
  ])('is told, seen at %s, at %s', (now, at) => {
    expect(noticeAt(now)).toBe(at);
  });

  it.each([
    ['has not joined', { state: 'not_joined' }],
    ['is disabled', { state: 'disabled', disabledBy: 'admin' }],
    ['has no account', { account: undefined }],
    ['has no last day', { activeUntil: undefined }],
    ['may enter for ever', { activeUntil: '9999-12-31' }],
    ['may not enter yet', { activeFrom: '2026-06-02' }],
  ])('is told nobody who %s', (_, more) => {
    expect(noticeAt('2026-06-01T12:00:00.000Z', more)).toBeUndefined();
  });
});
