/**
 * A part of the directory's snapshot: a table of members in columns of bytes, rows in the order of names. A million
 * members take some 150 MB so, and are filtered without an object for each; a row is decoded when it is asked for.
 */
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import * as z from 'zod';
import type { DirectoryEntry } from '../domain/directory-entry.ts';
import { MusterError } from '../domain/errors.ts';
import { memberStates } from '../domain/member.ts';

/** The rows of a part. Lists of departments and of roles, and groups, are numbers of what is in a dictionary. */
export interface DirectoryPart {
  count: number;
  /** What it takes in memory, in bytes, without the dictionaries. */
  bytes: number;
  /** Index into `memberStates`. */
  states: Uint8Array;
  /** Milliseconds of the Unix epoch; NaN where it never happened. */
  activated: Float64Array;
  lastSignIn: Float64Array;
  departments: Dictionary<readonly string[]>;
  roles: Dictionary<readonly string[]>;
  groups: Dictionary<string>;
  /** The words of all rows, each after a zero byte; those of row n from `wordEnds[n]` up to `wordEnds[n + 1]`. */
  words: Buffer;
  wordEnds: Uint32Array;
  nameAt(row: number): string;
  idAt(row: number): string;
  entryAt(row: number): DirectoryEntry;
}

/** A column whose values are few. */
export interface Dictionary<T> {
  values: readonly T[];
  of: Uint32Array;
}

const Header = z.strictObject({
  format: z.literal(1),
  count: z.int().min(0),
  departments: z.array(z.array(z.string())),
  roles: z.array(z.array(z.string())),
  groups: z.array(z.string()),
});

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
/** Every column begins at a multiple of this, as typed arrays want it. */
const alignment = 8;

/** Writes entries, in any order, as a part. */
export async function encodePart(entries: readonly DirectoryEntry[]): Promise<Buffer> {
  const rows = [...entries].sort(byName);
  const departments = dictionary(rows.map((row) => row.departments));
  const roles = dictionary(rows.map((row) => row.roles));
  const groups = dictionary(rows.map(({ group }) => group));
  const header: z.input<typeof Header> = {
    format: 1,
    count: rows.length,
    departments: departments.values.map((list) => [...list]),
    roles: roles.values.map((list) => [...list]),
    groups: [...groups.values],
  };
  const columns = [
    Buffer.from(JSON.stringify(header)),
    Float64Array.from(rows, ({ activated }) => activated ?? Number.NaN),
    Float64Array.from(rows, ({ lastSignIn }) => lastSignIn ?? Number.NaN),
    departments.of,
    roles.of,
    groups.of,
    ...texts(rows.map(({ name }) => Buffer.from(name, 'latin1'))),
    ...texts(rows.map(({ externalId }) => Buffer.from(externalId))),
    ...texts(rows.map(({ words }) => Buffer.from(words.map((word) => `\0${word}`).join(''), 'latin1'))),
    Uint8Array.from(rows, ({ state }) => memberStates.indexOf(state)),
  ];
  const sizes = Float64Array.from(columns, ({ byteLength }) => byteLength);
  const raw = Buffer.concat([sizes, ...columns].flatMap(padded));
  return compress(raw, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
}

function byName(one: DirectoryEntry, other: DirectoryEntry): number {
  if (one.name !== other.name) return one.name < other.name ? -1 : 1;
  if (one.externalId === other.externalId) return 0;
  return one.externalId < other.externalId ? -1 : 1;
}

function dictionary<T>(values: readonly T[]): Dictionary<T> {
  const numbers = new Map<string, number>();
  const distinct: T[] = [];
  const of = Uint32Array.from(values, (value) => {
    const name = JSON.stringify(value);
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, distinct.length);
    return distinct.push(value) - 1;
  });
  return { values: distinct, of };
}

/** Where each text ends, from 0 on, and the texts one after the other. */
function texts(parts: readonly Buffer[]): [Uint32Array, Buffer] {
  let end = 0;
  const ends = Uint32Array.from([0, ...parts.map(({ length }) => length)], (length) => {
    end += length;
    return end;
  });
  return [ends, Buffer.concat(parts)];
}

function padded(column: Uint8Array | Float64Array | Uint32Array): Uint8Array[] {
  const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  return [bytes, new Uint8Array(-bytes.length & (alignment - 1))];
}

const columnCount = 13;

/** Reads a part. @throws MusterError `corrupt_item` where it is none */
export async function decodePart(stored: Uint8Array): Promise<DirectoryPart> {
  try {
    return readColumns(await decompress(stored));
  } catch (error) {
    throw new MusterError('corrupt_item', 'A part of the directory cannot be read.', { cause: error });
  }
}

function readColumns(decompressed: Buffer): DirectoryPart {
  const raw =
    decompressed.byteOffset % alignment === 0
      ? decompressed
      : Buffer.from(Uint8Array.from(decompressed).buffer);
  const sizes = new Float64Array(raw.buffer, raw.byteOffset, columnCount);
  let at = columnCount * Float64Array.BYTES_PER_ELEMENT;
  let column = 0;
  const next = (): Buffer => {
    const size = sizes[column++] as number;
    const bytes = raw.subarray(at, at + size);
    if (bytes.length !== size) throw new RangeError('A column is cut off.');
    at += size + (-size & (alignment - 1));
    return bytes;
  };
  const numbers = (): Uint32Array => {
    const bytes = next();
    return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / Uint32Array.BYTES_PER_ELEMENT);
  };
  const times = (): Float64Array => {
    const bytes = next();
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / Float64Array.BYTES_PER_ELEMENT);
  };
  const header = Header.parse(JSON.parse(next().toString()));
  const [activated, lastSignIn] = [times(), times()];
  const departments = { values: header.departments, of: numbers() };
  const roles = { values: header.roles, of: numbers() };
  const groups = { values: header.groups, of: numbers() };
  const [nameEnds, names, idEnds, ids, wordEnds, words] = [
    numbers(),
    next(),
    numbers(),
    next(),
    numbers(),
    next(),
  ];
  const states = next();
  const nameAt = (row: number) => names.toString('latin1', nameEnds[row], nameEnds[row + 1]);
  const idAt = (row: number) => ids.toString('utf8', idEnds[row], idEnds[row + 1]);
  return {
    count: header.count,
    bytes: raw.length,
    states,
    activated,
    lastSignIn,
    departments,
    roles,
    groups,
    words,
    wordEnds,
    nameAt,
    idAt,
    entryAt: (row) => ({
      externalId: idAt(row),
      name: nameAt(row),
      state: memberStates[states[row] as number] as DirectoryEntry['state'],
      departments: valueAt(departments, row),
      roles: valueAt(roles, row),
      group: valueAt(groups, row),
      activated: timeAt(activated, row),
      lastSignIn: timeAt(lastSignIn, row),
      words: wordsAt({ words, wordEnds }, row),
    }),
  };
}

/** The words of a row. */
export function wordsAt(
  { words, wordEnds }: Pick<DirectoryPart, 'words' | 'wordEnds'>,
  row: number,
): string[] {
  return words.toString('latin1', (wordEnds[row] as number) + 1, wordEnds[row + 1]).split('\0');
}

/** The time of a row; undefined where it never came. */
export function timeAt(times: Float64Array, row: number): number | undefined {
  const time = times[row] as number;
  return Number.isNaN(time) ? undefined : time;
}

function valueAt<T>({ values, of }: Dictionary<T>, row: number): T {
  return values[of[row] as number] as T;
}
