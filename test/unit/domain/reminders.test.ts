import * as fc from 'fast-check';
import type { Invitation } from 'roster/domain/invitation';
import {
  defaultReminders,
  type Invited,
  isQuiet,
  nextReminderAt,
  nextReminderLook,
  openInvitation,
  plannedReminder,
  ReminderPolicy,
  shouldRemind,
} from 'roster/domain/reminders';
import { describe, expect, it } from 'vitest';

const invited = (sentAt: string, more: Partial<Invitation> = {}): Invited => ({
  state: 'not_joined',
  invitation: {
    id: 'I',
    method: 'email',
    state: 'sent',
    rounds: 1,
    sentAt,
    firstSentAt: sentAt,
    validUntil: sentAt,
    invitedBy: 'ann',
    ...more,
  },
});
const at = (moment: string, shiftMs = 0) => new Date(Date.parse(moment) + shiftMs);
const lookMs = 15 * 60_000;
const dayMs = 24 * 60 * 60_000;

/** Lets days pass, looks as the schedule does, sending each round that is due; gives when. */
function rounds(
  start: Invited,
  settings: { reminders: ReminderPolicy; timeZone: string },
  days: number,
): string[] {
  let member = start;
  const sent: string[] = [];
  const from = Date.parse(start.invitation?.sentAt ?? '');
  for (let ms = from; ms <= from + days * dayMs; ms += lookMs) {
    const now = new Date(ms);
    if (!shouldRemind(member, settings, now) || member.invitation === undefined) continue;
    sent.push(now.toISOString());
    const { invitation } = member;
    member = {
      ...member,
      invitation: { ...invitation, rounds: invitation.rounds + 1, sentAt: now.toISOString() },
    };
  }
  return sent;
}

describe('the cadence over 30 days', () => {
  // Summer time in Paris: 2026-03-29 to 2026-10-25; in New York: 2026-03-08 to 2026-11-01 (IANA Time Zone Database).
  it.each([
    ['UTC', '2026-05-04T10:15:00.000Z', ['05-07T10:15', '05-11T10:15', '05-18T10:15']],
    // 10:15 in Paris on all days, which is an hour earlier in UTC after the change.
    ['Europe/Paris', '2026-03-27T09:15:00.000Z', ['03-30T08:15', '04-03T08:15', '04-10T08:15']],
    ['Europe/Paris', '2026-10-19T08:15:00.000Z', ['10-22T08:15', '10-26T09:15', '11-02T09:15']],
    ['America/New_York', '2026-03-06T15:15:00.000Z', ['03-09T14:15', '03-13T14:15', '03-20T14:15']],
    ['America/New_York', '2026-10-30T14:15:00.000Z', ['11-02T15:15', '11-06T15:15', '11-13T15:15']],
    // Invited at 23:30 in Paris: the quiet hours put it off to 08:00 of the next day.
    ['Europe/Paris', '2026-05-04T21:30:00.000Z', ['05-08T06:00', '05-12T06:00', '05-19T06:00']],
    // Invited at 03:00 in Paris, which is quiet too, until 08:00 of the same day.
    ['Europe/Paris', '2026-03-26T02:00:00.000Z', ['03-29T06:00', '04-02T06:00', '04-09T06:00']],
  ])('in %s from %s', (timeZone, sentAt, expected) => {
    const settings = { reminders: defaultReminders, timeZone };
    expect(rounds(invited(sentAt), settings, 30)).toEqual(expected.map((one) => `2026-${one}:00.000Z`));
  });

  it('is due to the millisecond', () => {
    const member = invited('2026-05-04T10:15:00.123Z');
    const settings = { reminders: defaultReminders, timeZone: 'UTC' };
    const due = '2026-05-07T10:15:00.123Z';
    expect(nextReminderLook(member, settings, at('2026-05-04T10:15:00.123Z'))).toEqual(at(due));
    expect([-1, 0, 1].map((ms) => shouldRemind(member, settings, at(due, ms)))).toEqual([false, true, true]);
  });

  it('leaves out what another sending has overtaken, and catches up with one reminder only', () => {
    const again = invited('2026-05-09T10:00:00.000Z', { firstSentAt: '2026-05-01T10:00:00.000Z', rounds: 2 });
    const settings = { reminders: defaultReminders, timeZone: 'UTC' };
    expect(rounds(again, settings, 30)).toEqual(['2026-05-15T10:00:00.000Z']);
    // Nothing ran for ten days: the third and the seventh day are made up for by one mail.
    const late = invited('2026-05-01T10:00:00.000Z');
    expect(shouldRemind(late, settings, at('2026-05-11T10:00:00.000Z'))).toBe(true);
    const caughtUp = invited('2026-05-11T10:00:00.000Z', {
      firstSentAt: '2026-05-01T10:00:00.000Z',
      rounds: 2,
    });
    expect(nextReminderLook(caughtUp, settings, at('2026-05-11T10:00:00.000Z'))).toEqual(
      at('2026-05-15T10:00:00.000Z'),
    );
  });

  it('sends nothing while it is off, nor at once when it is turned on', () => {
    const member = invited('2026-05-01T10:00:00.000Z');
    const off = { reminders: { ...defaultReminders, isOn: false }, timeZone: 'UTC' };
    expect(rounds(member, off, 30)).toEqual([]);
    expect(plannedReminder(member, off, at('2026-05-01T10:00:00.000Z'))).toBeUndefined();
    expect(nextReminderLook(member, off, at('2026-05-04T10:00:00.000Z'))).toEqual(
      at('2026-05-08T10:00:00.000Z'),
    );
    expect(nextReminderLook(member, off, at('2026-05-15T10:00:00.000Z'))).toBeUndefined();
  });
});

describe('quiet hours', () => {
  const night = { from: '20:00', to: '08:00' };

  it.each([
    ['2026-05-04T17:59:59.999Z', false],
    ['2026-05-04T18:00:00.000Z', true],
    ['2026-05-05T05:59:59.999Z', true],
    ['2026-05-05T06:00:00.000Z', false],
  ])('from 20:00 to 08:00 in Paris at %s: %s', (moment, isIn) => {
    expect(isQuiet(at(moment), night, 'Europe/Paris')).toBe(isIn);
  });

  it('may lie within a day, or be none', () => {
    const noon = { from: '12:00', to: '14:00' };
    expect(
      ['11:59', '12:00', '13:59', '14:00'].map((time) => isQuiet(at(`2026-05-04T${time}:00Z`), noon, 'UTC')),
    ).toEqual([false, true, true, false]);
    expect(isQuiet(at('2026-05-04T03:00:00Z'), { from: '08:00', to: '08:00' }, 'UTC')).toBe(false);
  });

  it.each([
    // 02:30 does not come on 29 March in Paris: the hours end when clocks go on, at 03:00.
    ['2026-03-26T01:10:00.000Z', '20:00', '02:30', '2026-03-29T01:00:00.000Z'],
    // It comes twice on 25 October; 00:10 is before the first of them.
    ['2026-10-21T22:10:00.000Z', '20:00', '02:30', '2026-10-25T00:30:00.000Z'],
  ])('end where clocks change: sent %s, quiet %s to %s', (sentAt, from, to, expected) => {
    const { invitation } = invited(sentAt);
    const next = nextReminderAt(
      invitation as Invitation,
      { days: [3], quietHours: { from, to } },
      'Europe/Paris',
    );
    expect(next?.toISOString()).toBe(expected);
  });

  it('hold for one that is overdue, too', () => {
    const settings = { reminders: defaultReminders, timeZone: 'Europe/Paris' };
    const member = invited('2026-05-04T10:00:00.000Z');
    const late = at('2026-05-08T22:00:00.000Z');
    expect(shouldRemind(member, settings, late)).toBe(false);
    expect(nextReminderLook(member, settings, late)).toEqual(at('2026-05-09T06:00:00.000Z'));
  });
});

describe('a reminder stops', () => {
  const day = '2026-05-04T10:00:00.000Z';
  const open = invited(day);
  it.each<[string, Invited]>([
    ['accepted', { ...open, state: 'enabled', account: 'A' }],
    ['an account, not joined yet', { ...open, account: 'A' }],
    ['disabled', { ...open, state: 'disabled' }],
    ['rejected', invited(day, { state: 'rejected' })],
    ['bounced or complained', invited(day, { state: 'undeliverable' })],
    ['unsubscribed', invited(day, { remindersOff: true })],
    ['a link given by hand', invited(day, { method: 'link' })],
    ['all rounds sent', invited(day, { rounds: 4 })],
    ['never invited', { state: 'not_joined' }],
  ])('for %s', (_, member) => {
    expect(openInvitation(member, defaultReminders)).toBeUndefined();
    const settings = { reminders: defaultReminders, timeZone: 'UTC' };
    const later = at(day, 3 * dayMs);
    expect(shouldRemind(open, settings, later)).toBe(true);
    expect(shouldRemind(member, settings, later)).toBe(false);
    expect(nextReminderLook(member, settings, at(day))).toBeUndefined();
  });

  it('and not before: an opened link, or the last round but one', () => {
    expect(openInvitation(open, defaultReminders)).toBe(open.invitation);
    expect(openInvitation(invited(day, { state: 'opened' }), defaultReminders)).toBeDefined();
    expect(openInvitation(invited(day, { rounds: 3 }), defaultReminders)).toBeDefined();
  });
});

it('holds for every policy, zone and moment: never quiet, never too often, never early', () => {
  const time = fc.integer({ min: 0, max: 24 * 60 - 1 }).map((minutes) => {
    const two = (number: number) => String(number).padStart(2, '0');
    return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  });
  const policy = fc.record({
    isOn: fc.constant(true),
    days: fc
      .uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 6 })
      .map((days) => days.sort((a, b) => a - b)),
    quietHours: fc.record({ from: time, to: time }),
    roundsMax: fc.integer({ min: 1, max: 6 }),
  });
  const zone = fc.constantFrom(
    'UTC',
    'Europe/Paris',
    'America/New_York',
    'Australia/Lord_Howe',
    'Pacific/Apia',
  );
  const sent = fc.integer({ min: Date.UTC(2026, 1, 1), max: Date.UTC(2026, 10, 15) });
  fc.assert(
    fc.property(policy, zone, sent, (reminders, timeZone, first) => {
      const settings = { reminders: ReminderPolicy.parse(reminders), timeZone };
      const firstSentAt = new Date(first).toISOString();
      let member = invited(firstSentAt);
      let mails = 1;
      for (let now = new Date(first); ; mails++) {
        const next = nextReminderLook(member, settings, now);
        if (next === undefined) break;
        expect(next > now).toBe(true);
        expect(isQuiet(next, reminders.quietHours, timeZone)).toBe(false);
        expect(shouldRemind(member, settings, next)).toBe(true);
        expect(shouldRemind(member, settings, new Date(next.getTime() - 1))).toBe(false);
        // A day has 23 hours at least.
        expect(next.getTime() - first).toBeGreaterThanOrEqual((reminders.days[0] ?? 0) * dayMs - dayMs / 24);
        now = next;
        member = invited(next.toISOString(), { firstSentAt, rounds: mails + 1 });
      }
      expect(mails).toBeLessThanOrEqual(reminders.roundsMax);
      expect(mails).toBeLessThanOrEqual(reminders.days.length + 1);
    }),
    { numRuns: 500 },
  );
});

it('takes a policy as people write it, and no other', () => {
  expect(ReminderPolicy.parse(defaultReminders)).toEqual(defaultReminders);
  const wrong = [
    { days: [3, 3] },
    { days: [7, 3] },
    { days: [0] },
    { days: [91] },
    { days: Array.from({ length: 11 }, (_, day) => day + 1) },
    { quietHours: { from: '24:00', to: '08:00' } },
    { quietHours: { from: '8:00', to: '09:00' } },
    { roundsMax: 0 },
    { roundsMax: 1.5 },
    { cadence: [1] },
  ];
  for (const change of wrong) {
    expect(ReminderPolicy.safeParse({ ...defaultReminders, ...change }).success, JSON.stringify(change)).toBe(
      false,
    );
  }
});
