/** A member as the directory knows it: what lists, searches and filters look at, and the orders they come in. */
import { foldText } from './fold-text.ts';
import { type Member, memberStates } from './member.ts';
import type { MemberFilter, MemberSort, TimeFilter } from './member-filter.ts';
import { holdsSearch, readSearch, searchWords } from './search-words.ts';

/** An entry of the directory. Times are milliseconds of the Unix epoch. */
export interface DirectoryEntry {
  externalId: string;
  /** The folded name, cut at {@link sortNameLengthMax}. */
  name: string;
  state: Member['state'];
  departments: readonly string[];
  roles: readonly string[];
  /** The folded value of the group's column; empty where there is none. */
  group: string;
  activated?: number | undefined;
  lastSignIn?: number | undefined;
  words: readonly string[];
}

/** What of a member an entry is made of. */
export type ListedMember = Pick<
  Member,
  | 'externalId'
  | 'name'
  | 'username'
  | 'email'
  | 'phone'
  | 'state'
  | 'departments'
  | 'roles'
  | 'activatedAt'
  | 'lastSignInAt'
>;

/** How much of a folded name orders; the external id decides between those that are the same so far. */
export const sortNameLengthMax = 200;
const groupLengthMax = 200;

/** Makes the entry of a member; `group` is its value in the column that is the group. */
export function entryOf(member: ListedMember, group = ''): DirectoryEntry {
  const { externalId, state, departments, roles, activatedAt, lastSignInAt } = member;
  return {
    externalId,
    name: foldText(member.name).slice(0, sortNameLengthMax),
    state,
    departments,
    roles,
    group: foldGroup(group),
    ...(activatedAt !== undefined && { activated: Date.parse(activatedAt) }),
    ...(lastSignInAt !== undefined && { lastSignIn: Date.parse(lastSignInAt) }),
    words: searchWords(member),
  };
}

/** A group as it is compared. */
export function foldGroup(group: string): string {
  return foldText(group).slice(0, groupLengthMax);
}

/** Decides about one entry. */
export type EntryMatcher = (entry: DirectoryEntry) => boolean;

/** A department or role list that an entry has one of; everybody where it is undefined, nobody where it is empty. */
type Wanted = ReadonlySet<string> | undefined;

/**
 * Compiles a filter. `within` are the departments that a coordinator is bounded to: of these, too, an entry has to
 * be in one.
 */
export function compileMemberFilter(filter: MemberFilter, within?: ReadonlySet<string>): EntryMatcher {
  const checks: EntryMatcher[] = [];
  const hasOne = (wanted: Wanted, of: (entry: DirectoryEntry) => readonly string[]) => {
    if (wanted !== undefined) checks.push((entry) => of(entry).some((one) => wanted.has(one)));
  };
  if (filter.states !== undefined) {
    const states = new Set(filter.states);
    checks.push(({ state }) => states.has(state));
  }
  hasOne(filter.departments && new Set(filter.departments), ({ departments }) => departments);
  hasOne(within, ({ departments }) => departments);
  hasOne(filter.roles && new Set(filter.roles), ({ roles }) => roles);
  if (filter.group !== undefined) {
    const group = foldGroup(filter.group);
    checks.push((entry) => entry.group === group);
  }
  if (filter.lastSignIn !== undefined) {
    const during = timeCheck(filter.lastSignIn);
    checks.push(({ lastSignIn }) => during(lastSignIn));
  }
  if (filter.activated !== undefined) {
    const during = timeCheck(filter.activated);
    checks.push(({ activated }) => during(activated));
  }
  if (filter.q) {
    const search = readSearch(filter.q);
    checks.push(({ words }) => search !== undefined && holdsSearch(search, words));
  }
  return (entry) => checks.every((check) => check(entry));
}

/** Compiles a bound on a time in milliseconds; undefined is a time that never came. */
export function timeCheck(bound: TimeFilter): (time: number | undefined) => boolean {
  if ('never' in bound) return (time) => time === undefined;
  const from = bound.from === undefined ? -Infinity : Date.parse(bound.from);
  const to = bound.to === undefined ? Infinity : Date.parse(bound.to);
  return (time) => time !== undefined && time >= from && time < to;
}

/**
 * Where an entry stands in an order: `rank` first (of the state or, in time, of the last sign-in; 0 by name), then
 * the name, then the external id.
 */
export interface DirectoryPosition {
  rank: number;
  name: string;
  externalId: string;
}

/** An order of entries: `direction` -1 is the other way round. */
export interface DirectoryOrder {
  by: 'name' | 'state' | 'lastSignIn';
  direction: 1 | -1;
}

/** The order of a sort. */
export function orderOf(sort: MemberSort): DirectoryOrder {
  const isReversed = sort.startsWith('-');
  return {
    by: (isReversed ? sort.slice(1) : sort) as DirectoryOrder['by'],
    direction: isReversed ? -1 : 1,
  };
}

/** States rank as they are listed; who never signed in comes last, whichever way the others are turned. */
export function rankOf(
  { by, direction }: DirectoryOrder,
  { state, lastSignIn }: Pick<DirectoryEntry, 'state' | 'lastSignIn'>,
): number {
  if (by === 'name') return 0;
  return by === 'state' ? memberStates.indexOf(state) : (lastSignIn ?? neverRank(direction));
}

/** The rank of who never signed in: after every date there is (ECMA-262, 21.4.1.1), and JSON holds it. */
export function neverRank(direction: 1 | -1): number {
  return direction * 8.64e15;
}

/** Compares two places: negative where the first one comes first. Total, since external ids differ. */
export function comparePositions(
  { direction }: DirectoryOrder,
  one: DirectoryPosition,
  other: DirectoryPosition,
): number {
  if (one.rank !== other.rank) return one.rank < other.rank ? -direction : direction;
  if (one.name !== other.name) return one.name < other.name ? -direction : direction;
  if (one.externalId === other.externalId) return 0;
  return one.externalId < other.externalId ? -direction : direction;
}
