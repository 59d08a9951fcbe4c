import { reminderDeps } from 'roster/lambda/reminder-deps';
import { sendReminders } from 'roster/lambda/reminders';

/** Writes again to those who were invited and have not joined; called by a schedule. */
export const handler = () => sendReminders(reminderDeps);
