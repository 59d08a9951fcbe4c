import { type Delimiter, delimiters } from '../domain/file-format.ts';
import { FileError } from './errors.ts';
import type { LineEnd } from './framing.ts';

/** Where the header starts, and how the file is written. */
export interface HeaderPlace {
  delimiter: Delimiter;
  lineEnd: LineEnd;
  /** Offset in bytes and physical line, from 1, of the line where the header starts. */
  offset: number;
  line: number;
}

interface Line {
  text: string;
  /** Offset of the next line. */
  next: number;
  /** Physical lines that it takes: more than one if a quoted name holds a line end. */
  lines: number;
  end: LineEnd | undefined;
}

const [lf, cr, quote] = [0x0a, 0x0d, 0x22];

/**
 * Finds the header, the first line that is not blank, and from it the delimiter: the one that cuts out most of the
 * `knownNames`, then most fields, then the first in order. A line `sep=;`, which Excel understands, decides, and
 * before it what a person has `chosen`.
 * @param start the file's first bytes in UTF-8
 * @returns `undefined` if the header does not end within `start`, unless that is all there is (`isLast`)
 * @throws FileError `header_missing` if there are only blank lines
 */
export function findHeader(
  start: Buffer,
  isLast: boolean,
  knownNames: readonly string[] = [],
  chosen?: Delimiter,
): HeaderPlace | undefined {
  let lineEnd: LineEnd | undefined;
  let told: Delimiter | undefined;
  let line = 1;
  for (let offset = 0; offset < start.length; ) {
    const found = lineAt(start, offset, isLast);
    if (found === undefined) return undefined;
    lineEnd ??= found.end;
    const separator = /^"?sep=([,;\t|])"?$/i.exec(found.text)?.[1] as Delimiter | undefined;
    if (separator !== undefined) told = separator;
    else if (/[^\s,;|"]/.test(found.text)) {
      const delimiter = chosen ?? told ?? likeliestDelimiter(found.text, knownNames);
      return { delimiter, lineEnd: lineEnd ?? 'lf', offset, line };
    }
    offset = found.next;
    line += found.lines;
  }
  if (!isLast) return undefined;
  throw new FileError(
    'header_missing',
    'The file holds only blank lines. Export the roster again, with its header.',
  );
}

/** The line at an offset; ends of lines inside quotation marks are a part of it. */
function lineAt(start: Buffer, offset: number, isLast: boolean): Line | undefined {
  let isQuoted = false;
  let lines = 1;
  const upTo = (end: number, next: number, kind: LineEnd | undefined): Line => ({
    text: start.toString('utf8', offset, end),
    next,
    lines,
    end: kind,
  });
  for (let at = offset; at < start.length; at++) {
    const byte = start[at];
    if (byte === quote) isQuoted = !isQuoted;
    else if (byte === lf && isQuoted) lines += 1;
    else if (byte === lf) return upTo(at, at + 1, 'lf');
    else if (byte === cr && !isQuoted) {
      if (at + 1 >= start.length && !isLast) return undefined;
      return start[at + 1] === lf ? upTo(at, at + 2, 'lf') : upTo(at, at + 1, 'cr');
    }
  }
  return isLast ? upTo(start.length, start.length, undefined) : undefined;
}

function likeliestDelimiter(header: string, knownNames: readonly string[]): Delimiter {
  const known = new Set(knownNames.map(fold));
  let best: { delimiter: Delimiter; matches: number; fields: number } | undefined;
  for (const delimiter of delimiters) {
    const names = splitOutsideQuotes(header, delimiter);
    const matches = names.filter((name) => known.has(fold(name))).length;
    const isBetter =
      best === undefined ||
      matches > best.matches ||
      (matches === best.matches && names.length > best.fields);
    if (isBetter) best = { delimiter, matches, fields: names.length };
  }
  return best?.delimiter ?? ',';
}

function splitOutsideQuotes(header: string, delimiter: Delimiter): string[] {
  const parts: string[] = [''];
  let isQuoted = false;
  for (const character of header) {
    if (character === '"') isQuoted = !isQuoted;
    if (character === delimiter && !isQuoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

function fold(name: string): string {
  return name.replaceAll('"', '').trim().toLowerCase();
}

/**
 * The header's names, trimmed, without the empty ones that trailing delimiters make.
 * @throws FileError `too_many_columns`, `unnamed_column`, `duplicate_column`
 */
export function headerNames(fields: readonly string[], line: number, columnsMax: number): string[] {
  const names = fields.map((field) => field.trim());
  while (names.at(-1) === '') names.pop();
  if (names.length > columnsMax) {
    throw new FileError(
      'too_many_columns',
      `Line ${line}: the header has ${names.length} columns; at most ${columnsMax} are read. Leave out those that the roster does not need.`,
    );
  }
  const positionOf = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    if (name === '') {
      throw new FileError(
        'unnamed_column',
        `Line ${line}: column ${index + 1} of the header has no name. Name it, or remove the column.`,
      );
    }
    const earlier = positionOf.get(name);
    if (earlier !== undefined) {
      throw new FileError(
        'duplicate_column',
        `Line ${line}: columns ${earlier + 1} and ${index + 1} of the header are both named “${name.slice(0, 100)}”. Rename or remove one of them.`,
      );
    }
    positionOf.set(name, index);
  }
  return names;
}
