/** The composition root of sending reminders; apart, since no other function sends them by itself. */
import { deps } from './deps.ts';
import { sendRound } from './invitations.ts';
import { lazily } from './lazily.ts';
import type { ReminderDeps } from './reminders.ts';

/** The process's adapters. */
export const reminderDeps: ReminderDeps = lazily<ReminderDeps>({
  clock: () => deps.clock,
  organizations: () => deps.organizations,
  roster: () => deps.roster,
  accounts: () => deps.accounts,
  mails: () => deps.mails,
  dueReminders: () => deps.dueReminders,
  sendRound:
    () =>
    (...round) =>
      sendRound(deps, ...round),
});
