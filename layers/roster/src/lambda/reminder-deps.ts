/** The composition root of sending reminders; apart, since no other function sends them by itself. */
import { deps } from './deps.ts';
import { lazily } from './lazily.ts';
import type { ReminderDeps, SendRound } from './reminders.ts';

/**
 * Stands in for `sendRound` of the invitations, which are made elsewhere: without them nobody was ever invited, so
 * nobody is due and this is never called.
 */
const roundsNotWired: SendRound = async () => {
  throw new Error('Sending rounds of invitations is not wired to reminders.');
};

/** The process's adapters. */
export const reminderDeps: ReminderDeps = lazily<ReminderDeps>({
  clock: () => deps.clock,
  organizations: () => deps.organizations,
  roster: () => deps.roster,
  accounts: () => deps.accounts,
  mails: () => deps.mails,
  dueReminders: () => deps.dueReminders,
  sendRound: () => roundsNotWired,
});
