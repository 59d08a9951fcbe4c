/** The schedule of reminders as a form has it, and as the API takes it. */
import type { Organization } from '../../api/schema.ts';

export interface RemindersDraft {
  isOn: boolean;
  /** As typed: `3, 7, 14`. */
  days: string;
  from: string;
  to: string;
  rounds: string;
}

export function draftOf({ reminders: { isOn, days, quietHours, roundsMax } }: Organization): RemindersDraft {
  return { isOn, days: days.join(', '), ...quietHours, rounds: String(roundsMax) };
}

/** `3, 7, 14` → numbers; undefined where it is something else. */
export function daysOf(text: string): number[] | undefined {
  const days = text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number);
  return days.every((day) => Number.isInteger(day) && day > 0) ? days : undefined;
}

export function remindersOf({ isOn, days, from, to, rounds }: RemindersDraft): Organization['reminders'] {
  return { isOn, days: daysOf(days) ?? [], quietHours: { from, to }, roundsMax: Number(rounds) };
}
