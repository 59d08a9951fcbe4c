/** Which rows of a part a filter lets through, in the order asked for, found in its columns of bytes. */
import {
  type DirectoryOrder,
  type DirectoryPosition,
  foldGroup,
  neverRank,
  rankOf,
  timeCheck,
} from '../domain/directory-entry.ts';
import { memberStates } from '../domain/member.ts';
import type { MemberFilter, TimeFilter } from '../domain/member-filter.ts';
import { forgivesTypo, holdsSearch, readSearch, type SearchQuery } from '../domain/search-words.ts';
import { type Dictionary, type DirectoryPart, timeAt, wordsAt } from './directory-part.ts';

/** What is looked for in a part. `after` is where the page before ended. */
export interface RowSearch {
  filter: MemberFilter;
  within?: ReadonlySet<string> | undefined;
  order: DirectoryOrder;
  after?: DirectoryPosition | undefined;
  /** How many rows are asked for at most: an order by time has to know, before it gives the first. */
  rowsMax: number;
}

type Check = (row: number) => boolean;

/** The rows that the filter lets through after the place, in order; found as far as they are asked for. */
export function* rowsOf(part: DirectoryPart, search: RowSearch): Generator<number, void, undefined> {
  const check = columnChecks(part, search);
  const finder = search.filter.q ? wordFinder(part, search.filter.q) : everyRow;
  const { order, after } = search;
  const { direction } = order;
  const first = direction === 1 ? 0 : part.count - 1;
  const start = after === undefined ? first : rowAfter(part, after, direction);
  if (order.by === 'name') yield* byName(part, finder, check, start, direction);
  else if (order.by === 'state') {
    const ranks = [...memberStates.keys()];
    for (const rank of direction === 1 ? ranks : ranks.reverse()) {
      if (after !== undefined && rank * direction < after.rank * direction) continue;
      const from = rank === after?.rank ? start : first;
      const isOfState = part.states.includes(rank);
      if (isOfState)
        yield* byName(part, finder, (row) => part.states[row] === rank && check(row), from, direction);
    }
  } else {
    const matching = byName(part, finder, check, first, direction);
    yield* soonest(matching, part, search, start);
  }
}

/** Where a row stands in an order. */
export function positionAt(part: DirectoryPart, row: number, order: DirectoryOrder): DirectoryPosition {
  return { rank: rankAt(part, row, order), name: part.nameAt(row), externalId: part.idAt(row) };
}

function rankAt(part: DirectoryPart, row: number, order: DirectoryOrder): number {
  const state = memberStates[part.states[row] as number] as (typeof memberStates)[number];
  return rankOf(order, { state, lastSignIn: timeAt(part.lastSignIn, row) });
}

/** The row that follows a name and external id in a direction: `count` or -1 where there is none. */
function rowAfter(part: DirectoryPart, { name, externalId }: DirectoryPosition, direction: 1 | -1): number {
  const isBefore = (row: number) => {
    const at = part.nameAt(row);
    if (at !== name) return at < name;
    const id = part.idAt(row);
    return id < externalId || (direction === 1 && id === externalId);
  };
  let [low, high] = [0, part.count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return direction === 1 ? low : low - 1;
}

/** All that a filter asks of a row but its words. What is asked of a dictionary is asked of each value once. */
function columnChecks(part: DirectoryPart, { filter, within }: RowSearch): Check {
  const checks: Check[] = [];
  const bySome = ({ values, of }: Dictionary<readonly string[]>, wanted: ReadonlySet<string> | undefined) => {
    if (wanted === undefined) return;
    const isWanted = Uint8Array.from(values, (list) => (list.some((one) => wanted.has(one)) ? 1 : 0));
    checks.push((row) => isWanted[of[row] as number] === 1);
  };
  const byTime = (times: Float64Array, bound: TimeFilter | undefined) => {
    if (bound === undefined) return;
    const isIn = timeCheck(bound);
    checks.push((row) => isIn(timeAt(times, row)));
  };
  if (filter.states !== undefined) {
    const wanted = new Set<string>(filter.states);
    const isWanted = memberStates.map((state) => wanted.has(state));
    checks.push((row) => isWanted[part.states[row] as number] === true);
  }
  bySome(part.departments, filter.departments && new Set(filter.departments));
  bySome(part.departments, within);
  bySome(part.roles, filter.roles && new Set(filter.roles));
  if (filter.group !== undefined) {
    const number = part.groups.values.indexOf(foldGroup(filter.group));
    checks.push((row) => part.groups.of[row] === number);
  }
  byTime(part.lastSignIn, filter.lastSignIn);
  byTime(part.activated, filter.activated);
  const [only, ...others] = checks;
  if (only === undefined) return () => true;
  return others.length === 0 ? only : (row) => checks.every((check) => check(row));
}

/** Finds the rows, of some that follow one another, whose words hold a search. */
interface WordFinder {
  /** Marks, with 1, the rows from `from` up to `to` that may hold it; undefined marks all. */
  mark(from: number, to: number): Uint8Array | undefined;
  /** Whether a marked row holds it. */
  holds: Check;
}

const everyRow: WordFinder = { mark: () => undefined, holds: () => true };
const nobody: WordFinder = { mark: (from, to) => new Uint8Array(to - from), holds: () => false };

/** How many rows are looked through at once: a page of a common word needs but the first. */
const blockRows = 1_024;

function* byName(
  part: DirectoryPart,
  finder: WordFinder,
  check: Check,
  start: number,
  direction: 1 | -1,
): Generator<number, void, undefined> {
  for (let at = start; at >= 0 && at < part.count; ) {
    const from = direction === 1 ? at : Math.max(0, at - blockRows + 1);
    const to = direction === 1 ? Math.min(part.count, at + blockRows) : at + 1;
    const marks = finder.mark(from, to);
    for (; at >= from && at < to; at += direction) {
      if ((marks === undefined || marks[at - from] === 1) && check(at) && finder.holds(at)) yield at;
    }
  }
}

/**
 * Prepares a search in a part. The clause whose words are longest, so rarest, is looked for in the bytes; the rows
 * that this finds are then looked at word by word, where that is not all that was asked.
 */
function wordFinder(part: DirectoryPart, q: string): WordFinder {
  const search = readSearch(q);
  if (search === undefined) return nobody;
  const needles = needlesOf(search);
  const [only] = search.clauses;
  const [way, ...ways] = only?.ways ?? [];
  const isPlain =
    search.clauses.length === 1 && ways.length === 0 && way?.length === 1 && !forgivesTypo(way[0] ?? '');
  return {
    mark(from, to) {
      const marks = new Uint8Array(to - from);
      for (const needle of needles) markRows(part, needle, from, marks);
      return marks;
    },
    holds: isPlain ? () => true : (row) => holdsSearch(search, wordsAt(part, row)),
  };
}

function markRows({ words, wordEnds }: DirectoryPart, needle: Buffer, from: number, marks: Uint8Array): void {
  const begin = wordEnds[from] as number;
  const block = words.subarray(begin, wordEnds[from + marks.length]);
  let row = from;
  for (let at = block.indexOf(needle); at >= 0; ) {
    while ((wordEnds[row + 1] as number) - begin <= at) row++;
    marks[row - from] = 1;
    // One is enough of a row.
    at = block.indexOf(needle, (wordEnds[row + 1] as number) - begin);
  }
}

/** Bytes of which every row that holds the search has some. */
function needlesOf({ clauses }: SearchQuery): Buffer[] {
  const longest = (words: readonly string[]) => words.reduce((a, b) => (b.length > a.length ? b : a), '');
  const rarest = clauses
    .map(({ ways }) => ways.map(longest))
    .reduce((a, b) => (shortest(b) > shortest(a) ? b : a));
  return rarest.flatMap(needlesOfWord).map((needle) => Buffer.from(needle, 'latin1'));
}

const shortest = (words: readonly string[]) => Math.min(...words.map(({ length }) => length));

/**
 * What a word that begins like this has in it, to within a typing error: one error leaves one of two halves as it
 * is, unless it swaps the letters where they meet.
 */
function needlesOfWord(asked: string): string[] {
  if (!forgivesTypo(asked)) return [`\0${asked}`];
  const half = asked.length >> 1;
  const swapped = `\0${asked.slice(0, half - 1)}${asked.charAt(half)}${asked.charAt(half - 1)}`;
  return [`\0${asked.slice(0, half)}`, asked.slice(half), swapped];
}

/** The first rows by time, of rows in the order of names; those of the same time stay in that order. */
function soonest(
  rows: Iterable<number>,
  part: DirectoryPart,
  { order: { direction }, after, rowsMax }: RowSearch,
  start: number,
): number[] {
  const never = neverRank(direction);
  const rank = (row: number) => {
    const time = part.lastSignIn[row] as number;
    return (Number.isNaN(time) ? never : time) * direction;
  };
  const afterRank = after === undefined ? -Infinity : after.rank * direction;
  let kept: number[] = [];
  let worst = Infinity;
  const cut = () => {
    kept.sort((one, other) => rank(one) - rank(other) || (one - other) * direction);
    kept = kept.slice(0, rowsMax);
    worst = kept.length < rowsMax ? Infinity : rank(kept.at(-1) as number);
  };
  for (const row of rows) {
    const at = rank(row);
    const isAfter = at > afterRank || (at === afterRank && (row - start) * direction >= 0);
    // Of rows as late as the last one kept, those that come later by name are not wanted.
    if (!isAfter || at >= worst) continue;
    kept.push(row);
    if (kept.length >= 2 * rowsMax) cut();
  }
  cut();
  return kept;
}
