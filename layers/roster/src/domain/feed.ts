/**
 * Feeding without a person: what an organization lets be done with files that are delivered by a program, whom it tells,
 * and by when it expects them.
 */
import * as z from 'zod';
import { ImportMode, OnRowErrors } from './import.ts';
import { dayAfter, dayIn, momentsAt } from './local-time.ts';

/** Weekdays (ISO 8601: 1 is Monday) and the time, on the organization's clocks, by which a file is to be there. */
export const FeedSchedule = z.strictObject({
  days: z
    .array(z.int().min(1).max(7))
    .min(1)
    .max(7)
    .refine((days) => new Set(days).size === days.length, 'each day once'),
  by: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day, hh:mm'),
});
export type FeedSchedule = z.infer<typeof FeedSchedule>;

/**
 * What is done with delivered files: as in an import by hand, and as the organization's `importDefaults` where nothing is
 * said. A mass change is held for an admin whatever `approve` says. `recipients` are logins of people who may see imports.
 */
export const FeedPolicy = z.strictObject({
  isOn: z.boolean(),
  mode: ImportMode.optional(),
  onRowErrors: OnRowErrors.optional(),
  approve: z.enum(['auto', 'review']),
  recipients: z.array(z.string().trim().min(1).max(254)).max(20),
  expected: FeedSchedule.optional(),
});
export type FeedPolicy = z.infer<typeof FeedPolicy>;

/** A key with which a program delivers files. What is stored of it is its hash. Times are ISO 8601 in UTC. */
export interface FeedKey {
  keyId: string;
  name: string;
  createdAt: string;
  createdBy: string;
  lastUsedAt?: string | undefined;
}

/** How many keys an organization can have at a time. */
export const feedKeysMax = 20;

/** The kinds of files that are taken, by the end of their names. */
export const feedFileName = /^[^/\\]{1,250}\.(csv|zip|xlsx)$/i;

/** The first moment after another one by which a file is expected. */
export function nextExpected(schedule: FeedSchedule, timeZone: string, after: Date): Date {
  return found(schedule, timeZone, after, 1, (at) => at > after);
}

/** The last moment before another one by which a file was expected. */
export function lastExpected(schedule: FeedSchedule, timeZone: string, before: Date): Date {
  return found(schedule, timeZone, before, -1, (at) => at < before);
}

/** Whether a file is expected by this very moment. */
export function isExpectedAt(schedule: FeedSchedule, timeZone: string, at: Date): boolean {
  return nextExpected(schedule, timeZone, new Date(at.getTime() - 1)).getTime() === at.getTime();
}

/** Every weekday comes within 8 days, the one that it is included. */
function found(
  { days, by }: FeedSchedule,
  timeZone: string,
  from: Date,
  step: 1 | -1,
  fits: (at: Date) => boolean,
): Date {
  const today = dayIn(timeZone, from);
  // A day more on each side, for a zone that skips a day.
  for (let distance = -1; distance <= 9; distance++) {
    const day = dayAfter(today, distance * step);
    if (!days.includes(weekdayOf(day))) continue;
    const [at] = momentsAt(day, by, timeZone);
    if (fits(at)) return at;
  }
  throw new RangeError('A schedule has at least one day a week.');
}

/** ISO 8601: Monday is 1, Sunday 7. */
function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
}
