import type { RosterRow } from './columns.ts';
import { mix, mulberry32, type Random } from './random.ts';
import * as words from './vocabulary.ts';

/** `rows` is at most {@link rowsMax}; rows of a larger file begin with those of a smaller one of the same seed. */
export interface RosterOptions {
  seed: number;
  rows: number;
}

/** The ids have seven digits. */
export const rowsMax = 9_000_000;

/**
 * The rows of a sample roster, one at a time: plausible people of many countries, all active, with ids and emails
 * that are unique. The same seed gives the same rows for ever.
 * @throws RangeError if `rows` is not a whole number from 0 to {@link rowsMax}.
 */
export function* rosterRows({ seed, rows }: RosterOptions): Generator<RosterRow, void, undefined> {
  checkRows(rows);
  for (let index = 0; index < rows; index++) yield rosterRow(seed, index);
}

/** Refuses a number of rows that the ids cannot count. */
export function checkRows(rows: number): void {
  if (!Number.isInteger(rows) || rows < 0 || rows > rowsMax) {
    throw new RangeError(`The number of rows is a whole number from 0 to ${rowsMax}, not ${rows}.`);
  }
}

/** The id of the row at an index: `M0000001` is the first. */
export function memberIdAt(index: number): string {
  return `M${String(index + 1).padStart(7, '0')}`;
}

/** The index of the row with an id, or undefined if it is not one of the generator's ids. */
export function indexOfMemberId(memberId: string): number | undefined {
  return /^M\d{7}$/.test(memberId) ? Number(memberId.slice(1)) - 1 : undefined;
}

/** The row at an index, which depends on nothing but the seed and the index. */
export function rosterRow(seed: number, index: number): RosterRow {
  const random = mulberry32(mix(seed, index));
  const first = pick(random, words.firstNames);
  const middle = random() < 0.3 ? pick(random, words.middleNames) : '';
  const last = pick(random, words.lastNames);
  const home = pick(random, words.cities);
  return {
    MemberID: memberIdAt(index),
    IsActive: 'True',
    FirstName: first,
    MiddleName: middle,
    LastName: last,
    FullName: fullName(random, first, middle, last),
    Email: `${mailName(first)}.${mailName(last)}.${(index + 1).toString(36)}@example.${pick(random, ['com', 'org', 'net'])}`,
    Phone: digits(random, home.phone),
    Department: pick(random, words.departments),
    Group: pick(random, words.groups),
    Birthday: day(random, 1940, 2008),
    JoinedOn: day(random, 2009, 2025),
    City: home.city,
    PostalCode: digits(random, home.postalCode),
    Fee: pick(random, words.fees),
  };
}

/** One of a list, by the next number of the stream. */
export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

/** A pattern with every `#` replaced by a digit. */
export function digits(random: Random, pattern: string): string {
  return pattern.replaceAll('#', () => String(Math.floor(random() * 10)));
}

function fullName(random: Random, first: string, middle: string, last: string): string {
  const given = middle === '' ? first : `${first} ${middle}`;
  const form = random();
  if (form < 0.02) return `${first} "${pick(random, words.nicknames)}" ${last}`;
  if (form < 0.05) return `${last}, ${given}`;
  return `${given} ${last}`;
}

const letters: Record<string, string> = { ø: 'o', Ø: 'o', ł: 'l', Ł: 'l', ß: 'ss', ð: 'd' };

function mailName(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[øØłŁßð]/g, (letter) => letters[letter] ?? '')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();
}

function day(random: Random, fromYear: number, toYear: number): string {
  const year = fromYear + Math.floor(random() * (toYear - fromYear + 1));
  const month = 1 + Math.floor(random() * 12);
  // Up to 28, so that every month has the day.
  const date = 1 + Math.floor(random() * 28);
  return `${year}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`;
}
