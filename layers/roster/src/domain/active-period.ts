/**
 * Timed access (B14): from which day a member may enter and until which. The days are columns of the roster with the
 * roles `activeFrom` and `activeUntil`; both are included, and a day is one in the organization's time zone.
 */
import { MusterError } from './errors.ts';
import { dayAfter, dayIn, startOfDay } from './local-time.ts';
import type { Member } from './member.ts';
import type { Column } from './schema.ts';

/** The days of a member's period as `YYYY-MM-DD`; one that is absent bounds nothing. */
export type ActivePeriod = Pick<Member, 'activeFrom' | 'activeUntil'>;
type Standing = Pick<Member, 'state' | 'disabledBy'> & ActivePeriod;

/** The names of the columns that bound a member's period. */
export function periodColumns(columns: readonly Column[]): string[] {
  const bounding = columns.filter(({ role }) => role === 'activeFrom' || role === 'activeUntil');
  return bounding.map(({ name }) => name);
}

/** Whether a day is outside of a period. */
export function isOutside({ activeFrom, activeUntil }: ActivePeriod, day: string): boolean {
  return (activeFrom !== undefined && day < activeFrom) || (activeUntil !== undefined && day > activeUntil);
}

/** What a period demands of a member on a day. It brings back only whom it had disabled itself. */
export function demandOf(member: Standing, day: string): 'disable' | 'enable' | undefined {
  const isActive = member.state !== 'disabled';
  if (isOutside(member, day)) return isActive ? 'disable' : undefined;
  return !isActive && member.disabledBy === 'period' ? 'enable' : undefined;
}

/**
 * When to look at a member's period next: `now` if it demands something already, the moment its first or the day
 * after its last day begins, or never.
 */
export function nextLook(member: Standing, now: Date, timeZone: string): Date | undefined {
  const { state, disabledBy, activeFrom, activeUntil } = member;
  if (activeFrom === undefined && activeUntil === undefined && disabledBy !== 'period') return undefined;
  const today = dayIn(timeZone, now);
  if (demandOf(member, today) !== undefined) return now;
  if (state === 'disabled') {
    const begins = disabledBy === 'period' && activeFrom !== undefined && today < activeFrom;
    return begins ? startOfDay(activeFrom, timeZone) : undefined;
  }
  const isEndless = activeUntil === undefined || activeUntil >= lastDay;
  return isEndless ? undefined : startOfDay(dayAfter(activeUntil), timeZone);
}

/**
 * When to tell of the last day of a member who can enter: at the beginning of the day a week before it, `now` if that is
 * past, or never for one who is outside of its period, has no account or may enter for ever.
 */
export function expiryNoticeAt(
  member: Pick<Member, 'state' | 'account'> & ActivePeriod,
  now: Date,
  timeZone: string,
): Date | undefined {
  const { state, account, activeUntil } = member;
  if (state !== 'enabled' || account === undefined) return undefined;
  if (activeUntil === undefined || activeUntil >= lastDay) return undefined;
  if (isOutside(member, dayIn(timeZone, now))) return undefined;
  const at = startOfDay(dayAfter(activeUntil, -noticeDays), timeZone);
  return at < now ? now : at;
}

/** How many days before the last one it is told of. */
const noticeDays = 7;

/** Rosters write "for ever" as the last day that has four digits of a year. */
const lastDay = '9999-12-31';

/**
 * Refuses to enable a member by hand outside of its period, which would disable it again.
 * @throws MusterError `outside_period`
 */
export function requireWithin(period: ActivePeriod, day: string): void {
  if (!isOutside(period, day)) return;
  const { activeFrom, activeUntil } = period;
  const span = [activeFrom && `from ${activeFrom}`, activeUntil && `until ${activeUntil}`].filter(Boolean);
  const message = `The member may enter ${span.join(' ')} only. Change these days on the roster first.`;
  throw new MusterError('outside_period', message);
}
