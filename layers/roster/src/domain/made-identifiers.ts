/**
 * Identifiers of rows that have none, made of the person's name: prenom.nom (S2.10). The same person gets the same one
 * in the next file: a row is first looked for among the members whose identifier was made of that name.
 */
import { foldText } from './fold-text.ts';
import { type Column, columnWithRole } from './schema.ts';
import { canonicalOf } from './validate.ts';

/** Who a row or a member seems to be. */
export interface Identity {
  /** The identifier that the name makes, without a number. */
  base: string;
  /** In canonical form; blank for none. */
  email: string;
  /** Tells apart whoever differs in any column of the file: a digest of all their values. */
  content: string;
}

/** A row without an identifier. */
export interface NamelessRow extends Identity {
  line: number;
}

/** A member whose identifier was made of the name that it still has. */
export interface Namesake extends Identity {
  externalId: string;
}

const baseLengthMax = 80;

/**
 * The identifier of a name: letters without accents in lower case, words of a name joined by hyphens, first and last
 * name by a dot: `Jean-Marc`, `d’Août` → `jean-marc.daout`. Undefined where nothing is left of one of them.
 */
export function identifierOf(...names: readonly string[]): string | undefined {
  const parts = names.map((name) =>
    foldText(name)
      .replace(/['’`]/g, '')
      .split(/[^a-z0-9]+/)
      .filter((word) => word !== '')
      .join('-'),
  );
  if (parts.length === 0 || parts.some((part) => part === '')) return undefined;
  return parts.join('.').slice(0, baseLengthMax);
}

/** The identifier of the nth person of a name, from 1: `jean.dupont`, `jean.dupont2`. */
export function numbered(base: string, number: number): string {
  return number === 1 ? base : `${base}${number}`;
}

/** What a full name is split at: its first word, and the rest. */
function namesOf(fullName: string): string[] {
  const [first = '', ...rest] = fullName.trim().split(/\s+/);
  return rest.length === 0 ? [first] : [first, rest.join(' ')];
}

/**
 * Compiles who values by column name seem to be, by the columns that the file has; undefined where they have no name to
 * make an identifier of. `digest` makes a short text of a long one.
 */
export function compileIdentity(
  columns: readonly Column[],
  digest: (text: string) => string,
): ((values: Record<string, string>) => Identity | undefined) | undefined {
  const first = columnWithRole(columns, 'firstName');
  const last = columnWithRole(columns, 'lastName');
  const full = columnWithRole(columns, 'fullName');
  const email = columnWithRole(columns, 'email');
  const own = columns.filter(({ role }) => role !== 'externalId');
  const canonical = canonicalOf(own);
  const emailAt = email === undefined ? -1 : own.indexOf(email);
  const nameOf = (values: Record<string, string>): string[] | undefined => {
    if (first !== undefined && last !== undefined) return [values[first.name] ?? '', values[last.name] ?? ''];
    return full && namesOf(values[full.name] ?? '');
  };
  if (nameOf({}) === undefined) return undefined;
  return (values) => {
    const base = identifierOf(...(nameOf(values) ?? []));
    if (base === undefined) return undefined;
    const forms = canonical(values);
    return { base, email: forms[emailAt] ?? '', content: digest(JSON.stringify(forms)) };
  };
}

/** What the rows of one name are: a member each, somebody new each, or not to be told apart. */
export interface Told {
  /** The identifiers of members that rows are about, by the content of the row. */
  known: Map<string, string>;
  /** The contents of rows that are about nobody yet, in the order in which they get numbers. */
  fresh: string[];
  /** The contents of rows that may be any of several members. */
  ambiguous: string[];
}

/**
 * Tells which members the rows of one name are about, whatever the order of either: those that are the same in every
 * column of the file, then those with the same email, and then the one that is left for the one that is left. Where
 * several are left it is a guess, which is not taken: an account must not pass to a namesake. Rows that are the same in
 * every column are one.
 */
export function tellApart(rows: readonly Identity[], members: readonly Namesake[]): Told {
  const known = new Map<string, string>();
  let openRows = [...new Map(rows.map((row) => [row.content, row])).values()].sort(byContent);
  let openMembers = [...members].sort(byNumber);
  const isOnly = rows.length > 0 && openRows.length === 1 && openMembers.length === 1;
  const pair = (row: Identity, member: Namesake) => {
    known.set(row.content, member.externalId);
    openRows = openRows.filter((one) => one !== row);
    openMembers = openMembers.filter((one) => one !== member);
  };
  for (const row of openRows) {
    const same = openMembers.find(({ content }) => content === row.content);
    if (same !== undefined) pair(row, same);
  }
  for (const row of openRows) {
    const having = openMembers.filter(({ email }) => email !== '' && email === row.email);
    const asking = openRows.filter(({ email }) => email === row.email);
    if (having.length === 1 && asking.length === 1) pair(row, having[0] as Namesake);
  }
  const [row] = openRows;
  const [member] = openMembers;
  if (isOnly && row !== undefined && member !== undefined) pair(row, member);
  const contents = openRows.map(({ content }) => content);
  return openMembers.length === 0
    ? { known, fresh: contents, ambiguous: [] }
    : { known, fresh: [], ambiguous: contents };
}

function byContent(one: Identity, other: Identity): number {
  return compared(one.email, other.email) || compared(one.content, other.content);
}

/** `x2` before `x10`. */
function byNumber({ externalId: one }: Namesake, { externalId: other }: Namesake): number {
  return one.length - other.length || compared(one, other);
}

function compared(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
