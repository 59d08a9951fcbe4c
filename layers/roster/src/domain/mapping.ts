/** What an admin says about the columns of a file whose import waits at `mapping`. */
import { type ErrorPlace, MusterError } from './errors.ts';
import { type HeaderMeanings, isNeeded } from './header.ts';
import { isPasswordLabel } from './passwords.ts';
import { type Column, columnsMax, foldLabel } from './schema.ts';

/** How an import treats a header: `auto` goes on where it can, `confirm` waits for an admin at a new header. */
export const mappingModes = ['auto', 'confirm'] as const;
export type MappingMode = (typeof mappingModes)[number];

/** What becomes of one header: it means a column, becomes a new text column, or is left out. */
export type HeaderChoice = { column: string } | { keep: true } | { drop: true };
export type HeaderChoices = Readonly<Record<string, HeaderChoice>>;

/** A header's meanings, kept for the next file with the same header. */
export interface SavedMapping {
  /** Of the header alone: SHA-256 of its names, in lower case hexadecimal, cut to 32 digits. */
  mappingId: string;
  headers: HeaderMeanings;
  /** The file that it was made with. */
  fileName: string;
  savedBy: string;
  savedAt: string;
}

/** How long the meanings of a header may be as JSON, in UTF-16 code units, so that they can be kept. */
const meaningsLengthMax = 64 * 1024;

/** How many mappings an organization keeps. */
export const savedMappingsMax = 100;

/** The text that tells headers apart: their names, whatever the order. */
export function headerText(names: readonly string[]): string {
  return JSON.stringify(names.map((name) => name.normalize('NFC')).sort());
}

/** Choices that hold: what each header means, and the columns to be added for it. */
export interface SettledChoices {
  meanings: HeaderMeanings;
  added: Column[];
}

/**
 * Checks what an admin said against the file's header and the roster schema. A header that is kept and whose column
 * is there already means that column, so that saying it twice adds one.
 * @throws MusterError `invalid_mapping` with a place for each fault
 */
export function settleChoices(
  names: readonly string[],
  columns: readonly Column[],
  choices: HeaderChoices,
): SettledChoices {
  const places = [...unknownHeaders(names, choices)];
  const byLabel = new Map(
    columns.flatMap((column) =>
      [column.name, ...(column.aliases ?? [])].map((label) => [foldLabel(label), column]),
    ),
  );
  const isColumn = new Set(columns.map(({ name }) => name));
  const added: Column[] = [];
  const meant = new Map<string, { column: string } | { drop: true }>();
  for (const name of names) {
    const fault = (message: string) => places.push({ path: `columns.${name}`, message });
    const choice = Object.hasOwn(choices, name) ? choices[name] : undefined;
    if (choice === undefined) fault(`Say what becomes of “${name}”: a column, keep or drop.`);
    else if ('drop' in choice) meant.set(name, { drop: true });
    else if (isPasswordLabel(name)) {
      fault(
        `“${name}” holds passwords, which are never taken from a file. Drop it: members choose their own.`,
      );
    } else if ('column' in choice) {
      if (isColumn.has(choice.column)) meant.set(name, { column: choice.column });
      else fault(`The roster has no column “${choice.column}”. It has: ${[...isColumn].join(', ')}.`);
    } else {
      const there = byLabel.get(foldLabel(name));
      const why = there === undefined ? newColumnFault(name, added) : undefined;
      if (why !== undefined) fault(why);
      else {
        meant.set(name, { column: there?.name ?? name });
        if (there === undefined) added.push({ name, type: 'text' });
      }
    }
  }
  const meanings: HeaderMeanings = Object.fromEntries(meant);
  places.push(...sharedColumns(meanings), ...absentColumns(columns, meanings));
  if (columns.length + added.length > columnsMax) {
    const message = `The roster would have more than ${columnsMax} columns. Drop some of them.`;
    places.push({ path: 'columns', message });
  }
  if (JSON.stringify(meanings).length > meaningsLengthMax) {
    places.push({
      path: 'columns',
      message: 'The names of the headers are too long together. Shorten them in the file.',
    });
  }
  if (places.length > 0) throw new MusterError('invalid_mapping', 'The mapping has faults.', { places });
  return { meanings, added };
}

function unknownHeaders(names: readonly string[], choices: HeaderChoices): ErrorPlace[] {
  const known = new Set(names);
  return Object.keys(choices)
    .filter((name) => !known.has(name))
    .map((name) => ({
      path: `columns.${name}`,
      message: `The file has no header “${name}”. It has: ${names.slice(0, 20).join(', ')}.`,
    }));
}

const columnNameLengthMax = 100;

function newColumnFault(name: string, added: readonly Column[]): string | undefined {
  if (name.length > columnNameLengthMax) {
    return `“${name.slice(0, 40)}…” is longer than ${columnNameLengthMax} characters, and so no name of a column. Rename it in the file.`;
  }
  const folded = foldLabel(name);
  if (folded === '')
    return `“${name}” has neither letters nor digits, and so names no column. Rename it in the file.`;
  const twin = added.find((column) => foldLabel(column.name) === folded);
  return twin && `“${name}” and “${twin.name}” would be the same column. Drop one of them.`;
}

function sharedColumns(meanings: HeaderMeanings): ErrorPlace[] {
  const headerOf = new Map<string, string>();
  const places: ErrorPlace[] = [];
  for (const [name, meaning] of Object.entries(meanings)) {
    if (!('column' in meaning)) continue;
    const earlier = headerOf.get(meaning.column);
    if (earlier === undefined) headerOf.set(meaning.column, name);
    else {
      const message = `“${earlier}” and “${name}” both are to be the column “${meaning.column}”. Keep one of them.`;
      places.push({ path: `columns.${name}`, message });
    }
  }
  return places;
}

function absentColumns(columns: readonly Column[], meanings: HeaderMeanings): ErrorPlace[] {
  const given = new Set(
    Object.values(meanings).map((meaning) => ('column' in meaning ? meaning.column : '')),
  );
  return columns
    .filter((column) => isNeeded(column) && !given.has(column.name))
    .map(({ name }) => ({
      path: 'columns',
      message: `The roster needs the column “${name}”. Say which header it is.`,
    }));
}
