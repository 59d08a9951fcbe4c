/** Days and times of day as the clocks of a time zone show them, with summer time, by Intl alone. */

/** The time zone of an organization that has chosen none (IANA Time Zone Database). */
export const defaultTimeZone = 'UTC';

/** Whether a name is a time zone of the IANA Time Zone Database. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The day that a moment falls on in a time zone, as `YYYY-MM-DD`. */
export function dayIn(timeZone: string, at: Date): string {
  return shownIn(timeZone, at).slice(0, 10);
}

/** The time of day that clocks of a time zone show at a moment, as `hh:mm:ss`. */
export function timeIn(timeZone: string, at: Date): string {
  return shownIn(timeZone, at).slice(11);
}

/** The day a number of days after another one; both `YYYY-MM-DD`. */
export function dayAfter(day: string, days = 1): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

/** The moment at which a day begins in a time zone: midnight or, where clocks skip midnight, the first one after. */
export function startOfDay(day: string, timeZone: string): Date {
  const [before, notBefore] = boundsOf(Date.parse(`${day}T00:00:00Z`));
  return firstBetween(before, notBefore, (at) => dayIn(timeZone, at) >= day);
}

/**
 * The moments at which clocks of a time zone show a time of a day, in order: one; two where clocks are put back over
 * it; and where they skip it, the one at which they go on.
 * @param time `hh:mm` or `hh:mm:ss`
 */
export function momentsAt(day: string, time: string, timeZone: string): [Date, ...Date[]] {
  const wanted = `${day}T${time.length === 5 ? `${time}:00` : time}`;
  const asUtc = Date.parse(`${wanted}Z`);
  const [before, notBefore] = boundsOf(asUtc);
  const shown = [before, notBefore]
    .map((bound) => new Date(asUtc - offsetMs(timeZone, new Date(bound))))
    .filter((at) => shownIn(timeZone, at) === wanted)
    .sort((one, other) => one.getTime() - other.getTime());
  const [first, second] = shown;
  if (first === undefined) {
    return [firstBetween(before, notBefore, (at) => shownIn(timeZone, at) >= wanted)];
  }
  return second === undefined || second.getTime() === first.getTime() ? [first] : [first, second];
}

const dayMs = 24 * 60 * 60 * 1000;
const hourMs = 60 * 60 * 1000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** A moment as the clocks of a time zone show it: `YYYY-MM-DDThh:mm:ss`. */
function shownIn(timeZone: string, at: Date): string {
  let format = formats.get(timeZone);
  if (format === undefined) {
    // Swedish writes dates as ISO 8601 does.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
    formats.set(timeZone, format);
  }
  return format.format(at).replace(' ', 'T');
}

/**
 * The milliseconds between which clocks anywhere show what UTC's show at `asUtc`. A zone is between 12 hours behind
 * and 14 ahead of UTC, and changes its offset once in these hours at most.
 */
function boundsOf(asUtc: number): [number, number] {
  return [asUtc - 15 * hourMs, asUtc + 13 * hourMs];
}

/** How far clocks of a time zone are ahead of UTC. */
function offsetMs(timeZone: string, at: Date): number {
  const seconds = Math.floor(at.getTime() / 1000) * 1000;
  return Date.parse(`${shownIn(timeZone, at)}Z`) - seconds;
}

/** The first millisecond of which something holds that holds from some time on. */
function firstBetween(before: number, notBefore: number, holds: (at: Date) => boolean): Date {
  let [low, high] = [before, notBefore];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(new Date(middle))) high = middle;
    else low = middle;
  }
  return new Date(high);
}
