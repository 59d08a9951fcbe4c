/**
 * Reminders of invitations (B8): when somebody who was invited by email and has not joined is written to again. The
 * cadence counts days from the first sending, at its time of day on the organization's clocks; what falls into the
 * quiet hours comes at their end.
 */
import * as z from 'zod';
import type { Invitation } from './invitation.ts';
import { dayAfter, dayIn, momentsAt, timeIn } from './local-time.ts';
import type { Member } from './member.ts';

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day as 08:00');

/**
 * From when until when nobody is mailed, in the organization's time zone; `to` is quiet no more. It is before `from`
 * where the hours last over midnight, and the same for none at all.
 */
export const QuietHours = z.strictObject({ from: timeOfDay, to: timeOfDay });
export type QuietHours = z.infer<typeof QuietHours>;

const reminderDaysMax = 90;
const reminderStepsMax = 10;

/** How an organization reminds. */
export const ReminderPolicy = z.strictObject({
  isOn: z.boolean(),
  /** How many days after the first sending. */
  days: z
    .array(z.int().min(1).max(reminderDaysMax))
    .max(reminderStepsMax)
    .refine(
      (days) => days.every((day, index) => index === 0 || day > (days[index - 1] ?? 0)),
      'ascending days',
    ),
  quietHours: QuietHours,
  /** How many mails one invitation is at most, the first one included. */
  roundsMax: z.int().min(1).max(20),
});
export type ReminderPolicy = z.infer<typeof ReminderPolicy>;

/** What reminders look at of an organization. */
export interface ReminderSettings {
  reminders: ReminderPolicy;
  /** IANA name. */
  timeZone: string;
}

/** Of an organization that has chosen nothing else (B8). */
export const defaultReminders: ReminderPolicy = {
  isOn: true,
  days: [3, 7, 14],
  quietHours: { from: '20:00', to: '08:00' },
  roundsMax: 4,
};

/** What of a member decides about reminders. */
export type Invited = Pick<Member, 'state' | 'account' | 'invitation'>;

/**
 * The invitation that reminders are about, if any are left: none for one who joined, said no, cannot be reached, was
 * disabled, wants none, was given a link by hand, or was written to often enough.
 */
export function openInvitation(member: Invited, { roundsMax }: ReminderPolicy): Invitation | undefined {
  const { state, account, invitation } = member;
  if (state !== 'not_joined' || account !== undefined || invitation === undefined) return undefined;
  const isWaiting = invitation.state === 'sent' || invitation.state === 'opened';
  const isAsked = invitation.method === 'email' && invitation.remindersOff !== true;
  return isWaiting && isAsked && invitation.rounds < roundsMax ? invitation : undefined;
}

/**
 * When the cadence comes next after a moment, by default after the last sending: a step that another sending has
 * overtaken is left out. Never in quiet hours; undefined once all steps are over.
 */
export function nextReminderAt(
  invitation: Pick<Invitation, 'sentAt' | 'firstSentAt'>,
  { days, quietHours }: Pick<ReminderPolicy, 'days' | 'quietHours'>,
  timeZone: string,
  after = new Date(invitation.sentAt),
): Date | undefined {
  const first = new Date(invitation.firstSentAt ?? invitation.sentAt);
  for (const count of days) {
    const [onTime] = momentsAt(dayAfter(dayIn(timeZone, first), count), timeIn(timeZone, first), timeZone);
    // Clocks are read to the second.
    const at = new Date(onTime.getTime() + first.getUTCMilliseconds());
    const step = afterQuietHours(at, quietHours, timeZone);
    if (step > after) return step;
  }
  return undefined;
}

/**
 * When to look at a member's reminders next: the next step, the end of the quiet hours for one that is overdue in
 * them, `now` for one that is overdue, or never. While reminders are off steps pass by, so that turning them on sends
 * nothing at once.
 */
export function nextReminderLook(
  member: Invited,
  { reminders, timeZone }: ReminderSettings,
  now: Date,
): Date | undefined {
  const invitation = openInvitation(member, reminders);
  if (invitation === undefined) return undefined;
  const sentAt = new Date(invitation.sentAt);
  const after = reminders.isOn || sentAt > now ? sentAt : now;
  const step = nextReminderAt(invitation, reminders, timeZone, after);
  if (step === undefined || step > now) return step;
  return afterQuietHours(now, reminders.quietHours, timeZone);
}

/** Whether a member is to be reminded at this moment. */
export function shouldRemind(member: Invited, settings: ReminderSettings, now: Date): boolean {
  return settings.reminders.isOn && nextReminderLook(member, settings, now)?.getTime() === now.getTime();
}

/** The reminder that a member gets next, as things are now, and how many mails the invitation is with it. */
export function plannedReminder(
  member: Invited,
  settings: ReminderSettings,
  now: Date,
): { at: Date; round: number } | undefined {
  const at = nextReminderLook(member, settings, now);
  const isPlanned = settings.reminders.isOn && at !== undefined;
  return isPlanned ? { at, round: (member.invitation?.rounds ?? 0) + 1 } : undefined;
}

/** Whether a moment is in the quiet hours. */
export function isQuiet(at: Date, { from, to }: QuietHours, timeZone: string): boolean {
  const time = timeIn(timeZone, at).slice(0, 5);
  return from <= to ? from <= time && time < to : from <= time || time < to;
}

/** Enough for a day that clocks skip and one on which they skip the end of the quiet hours. */
const daysLooked = 4;

/** The moment itself or, in quiet hours, their end. Where clocks are put back over it, it may come twice. */
function afterQuietHours(at: Date, quietHours: QuietHours, timeZone: string): Date {
  if (!isQuiet(at, quietHours, timeZone)) return at;
  const today = dayIn(timeZone, at);
  for (let days = 0; days <= daysLooked; days++) {
    const ends = momentsAt(dayAfter(today, days), quietHours.to, timeZone);
    const end = ends.find((one) => one > at && !isQuiet(one, quietHours, timeZone));
    if (end !== undefined) return end;
  }
  throw new RangeError(`The quiet hours ${quietHours.from} to ${quietHours.to} do not end in ${timeZone}.`);
}
