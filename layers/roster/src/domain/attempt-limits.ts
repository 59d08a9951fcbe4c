/**
 * How often somebody may fail to prove who they are (OWASP Authentication Cheat Sheet, "Login Throttling").
 *
 * A login that is guessed from one network is refused after 10 failures, whatever network after 50. The user pool
 * locks a user after 5 failures in a row, for twice as long each time and 15 minutes at most; so without the first
 * limit, one stranger could keep a person out for long. With it that stranger is refused before the pool is asked,
 * and the person gets in again after a minute at most. Logins that nobody has are counted alike, and by what was
 * typed rather than by whom it names: a shared count would tell that a username and an email are one person's.
 */

/** Failures are counted from the first one on for this long, 15 minutes; then they are forgotten, if not said otherwise. */
export const attemptWindowMs = 15 * 60 * 1000;

/** What failures are counted for, and how many are taken in a window. `subject` is hashed before it is stored. */
export interface AttemptCounter {
  subject: string;
  failuresMax: number;
  /** Whether a success makes the count begin anew: for a person's counts, never for a network's. */
  endsWithSuccess: boolean;
  /** How long a window is; {@link attemptWindowMs} where absent. */
  windowMs?: number;
}

/** A count as stored; the window it is of ends at this time (Unix epoch). */
export interface Tally {
  failures: number;
  endsAtMs: number;
}

/** Where a call came from. `via` is a proxy's own address, where `address` is only its word. */
interface CameFrom {
  address?: string;
  via?: string;
}

const most = { loginFromNetwork: 10, login: 50, person: 10, network: 100, proxy: 2_000 } as const;

/** Counts for a password given with a login. `login` is in the form that logins are compared in. */
export function passwordCounters(
  { organization, login }: { organization?: string | undefined; login: string },
  from: CameFrom,
): AttemptCounter[] {
  const named = JSON.stringify([organization ?? '', login]);
  return [
    personal(`login ${named} from ${networkOf(from.address)}`, most.loginFromNetwork),
    personal(`login ${named}`, most.login),
    ...networkCounters(from),
  ];
}

/**
 * Counts for a code of the second factor given with a login. Only who has the password comes this far, so strangers
 * cannot use the count up; and with it, no number of networks helps to guess one of a million codes.
 */
export function codeCounters(
  { organization, login }: { organization?: string | undefined; login: string },
  from: CameFrom,
): AttemptCounter[] {
  const named = JSON.stringify([organization ?? '', login]);
  return [personal(`code ${named}`, most.person), ...networkCounters(from)];
}

/** Counts for what a signed-in account gives to prove itself once more. */
export function accountCounters(account: string, from: CameFrom): AttemptCounter[] {
  return [personal(`account ${account}`, most.person), ...networkCounters(from)];
}

/** Counts for links that nobody made. */
export function networkCounters({ address, via }: CameFrom): AttemptCounter[] {
  const shared = (subject: string, failuresMax: number) => ({ subject, failuresMax, endsWithSuccess: false });
  return [
    ...(address === undefined ? [] : [shared(`network ${networkOf(address)}`, most.network)]),
    // One who goes around CloudFront may write any address, but not this one, which otherwise many viewers share.
    ...(via === undefined ? [] : [shared(`proxy ${networkOf(via)}`, most.proxy)]),
  ];
}

/** How many attempts of people who are not signed in are heard, right or wrong: each may end in a mail. */
const heard = { network: 50, proxy: 2_000, organization: 2_000, nameFromNetwork: 5, name: 20 } as const;
/** How many mails strangers can cause for one person in a day, counted from the first. */
const mailsPerDay = 3;
const dayMs = 24 * 60 * 60 * 1000;

/** Counts for attempts to register at an organization, whatever is given. */
export function registrationCounters(organization: string, from: CameFrom): AttemptCounter[] {
  const all = { subject: `registrations of ${organization}`, failuresMax: heard.organization };
  return [...heardFrom('registrations', from), { ...all, endsWithSuccess: false }];
}

/** Counts for attempts to register as somebody; `identifier` is the id or email that the member is looked up by. */
export function proofCounters(organization: string, identifier: string, from: CameFrom): AttemptCounter[] {
  return heardAbout(`registration ${JSON.stringify([organization, identifier])}`, from);
}

/** Counts for invitations that strangers had sent to a member. */
export function memberRegistrationCounters(organization: string, externalId: string): AttemptCounter[] {
  return [mailed(`registration mail ${JSON.stringify([organization, externalId])}`)];
}

/** Counts for attempts to have a forgotten password's link sent. `login` is in the form that logins are compared in. */
export function resetRequestCounters(
  { organization, login }: { organization?: string | undefined; login: string },
  from: CameFrom,
): AttemptCounter[] {
  const named = `reset request ${JSON.stringify([organization ?? '', login])}`;
  return [...heardFrom('reset requests', from), ...heardAbout(named, from)];
}

/** Counts for reset links that strangers had sent to an account. */
export function accountResetCounters(account: string): AttemptCounter[] {
  return [mailed(`reset mail ${account}`)];
}

function heardFrom(what: string, { address, via }: CameFrom): AttemptCounter[] {
  const shared = (subject: string, failuresMax: number) => ({ subject, failuresMax, endsWithSuccess: false });
  return [
    ...(address === undefined ? [] : [shared(`${what} from ${networkOf(address)}`, heard.network)]),
    ...(via === undefined ? [] : [shared(`${what} through ${networkOf(via)}`, heard.proxy)]),
  ];
}

function heardAbout(subject: string, { address }: CameFrom): AttemptCounter[] {
  const fromNetwork = `${subject} from ${networkOf(address)}`;
  return [
    { subject: fromNetwork, failuresMax: heard.nameFromNetwork, endsWithSuccess: false },
    { subject, failuresMax: heard.name, endsWithSuccess: false },
  ];
}

function mailed(subject: string): AttemptCounter {
  return { subject, failuresMax: mailsPerDay, endsWithSuccess: false, windowMs: dayMs };
}

function personal(subject: string, failuresMax: number): AttemptCounter {
  return { subject, failuresMax, endsWithSuccess: true };
}

/** What is to be done about one more attempt. */
export type AttemptVerdict =
  | { act: 'begin'; endsAtMs: number }
  | { act: 'add' }
  | { act: 'refuse'; retryAfterSeconds: number };

/** Decides on one more attempt by what is stored. A window's end belongs to the next window. */
export function judgeAttempt(
  tally: Tally | undefined,
  failuresMax: number,
  nowMs: number,
  windowMs = attemptWindowMs,
): AttemptVerdict {
  if (tally === undefined || tally.endsAtMs <= nowMs) {
    return { act: 'begin', endsAtMs: nowMs + windowMs };
  }
  if (tally.failures < failuresMax) return { act: 'add' };
  return { act: 'refuse', retryAfterSeconds: Math.ceil((tally.endsAtMs - nowMs) / 1000) };
}

/**
 * The network of an address: an IPv4 address itself, of an IPv6 address the first 64 bits, which is what one
 * subscriber has (RFC 6177).
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return '-';
  if (!address.includes(':')) return address;
  const embedded = /:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (embedded !== undefined) return embedded;
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail?.split(':').filter(Boolean) ?? [];
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  const groups = [...left, ...zeros, ...right].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
