/**
 * The rows between validate and diff, as text: a line each, fields separated by tabs. What a plan may need of a row
 * is ready in it as bytes to be copied, so that comparing parses only the rows that differ.
 *
 *     line ⇥ external id ⇥ state ⇥ hash ⇥ [unique entry ⇥]… ["values",…]
 *
 * The state is `1` active, `0` disabled, `-` not said, `!` rejected (nothing follows: the row only shows that its
 * member is not absent). There is one entry a unique column, blank where the value is: the shard of the value in
 * two digits, then `[line,"external id",column,"value"]`, the canonical value. JSON holds no raw tab or line end.
 */
import { shardCount, shardOf } from '../domain/member.ts';
import { ByteWriter } from './byte-writer.ts';
import { IdTable } from './id-table.ts';
import type { PlainRow } from './plain-row.ts';
import { hashLength } from './values-hash.ts';

const [tab, lf, zero, comma] = [0x09, 0x0a, 0x30, 0x2c];
const [openBracket, closeBracket] = [0x5b, 0x5d];
const [quote, backslash] = [0x22, 0x5c];
const states = { active: 0x31, disabled: 0x30, unsaid: 0x2d, rejected: 0x21 } as const;

/** A good row, ready to be written. */
interface GoodRow {
  line: number;
  externalId: string;
  active: boolean | undefined;
  valuesHash: string;
  /** In the order of the mapped columns. */
  values: readonly string[];
  canonical: readonly string[];
}

/**
 * Writes the checked rows of a part; `uniqueAt` are the indexes of its unique columns. Of good rows with the same
 * identifier only the first counts: the later ones are written as rejected.
 */
export class CheckedWriter {
  private readonly writer: ByteWriter;
  private readonly uniqueAt: readonly number[];
  private readonly ids: IdTable;

  constructor(uniqueAt: readonly number[], bytesExpected: number, ids = new IdTable()) {
    this.writer = new ByteWriter(bytesExpected);
    this.uniqueAt = uniqueAt;
    this.ids = ids;
  }

  /** Writes a good row. @returns the line of the row that has its identifier already, if one has */
  good(row: GoodRow): number | undefined {
    const { writer } = this;
    const { line, externalId, active, canonical } = row;
    const idStart = this.startRow(line);
    writer.text(`${externalId}\t`);
    const earlier = this.earlierLine(idStart);
    if (earlier !== undefined) return earlier;
    writer.byte(stateOf(active));
    writer.text(`\t${row.valuesHash}\t`);
    for (const at of this.uniqueAt) writer.text(uniqueEntry(line, externalId, at, canonical[at] as string));
    writer.text(`${JSON.stringify(row.values)}\n`);
    return undefined;
  }

  /** Writes a row that {@link PlainRow.take} took, as {@link good} does. */
  plain(line: number, row: PlainRow): number | undefined {
    const { writer } = this;
    const idStart = this.startRow(line);
    row.writeId(writer);
    writer.byte(tab);
    const earlier = this.earlierLine(idStart);
    if (earlier !== undefined) return earlier;
    writer.byte(stateOf(row.active));
    writer.byte(tab);
    row.writeHash(writer);
    writer.byte(tab);
    for (const at of this.uniqueAt) this.plainUnique(line, row, at);
    row.writeValues(writer);
    writer.byte(lf);
    return undefined;
  }

  private startRow(line: number): number {
    this.writer.decimal(line);
    this.writer.byte(tab);
    return this.writer.length;
  }

  /** Looks the identifier of the row up that ends with it so far; ends the row if another one has it. */
  private earlierLine(idStart: number): number | undefined {
    const { writer } = this;
    const idEnd = writer.length - 1;
    const place = this.ids.add(writer.buffer, idStart, idEnd);
    if (place === 0) return undefined;
    writer.byte(states.rejected);
    writer.byte(lf);
    return lineBefore(writer.buffer, place);
  }

  private plainUnique(line: number, row: PlainRow, at: number): void {
    if (row.isBlank(at)) this.writer.byte(tab);
    else if (row.isAscii(at)) this.asciiUnique(line, row, at);
    else this.writer.text(uniqueEntry(line, row.externalId, at, row.canonicalAt(at)));
  }

  /** Writes the same as {@link uniqueEntry} gives: of ASCII, the bytes hash as the characters do. */
  private asciiUnique(line: number, row: PlainRow, at: number): void {
    const { writer } = this;
    const shard = row.hashOfAscii(at) % shardCount;
    writer.byte(zero + Math.floor(shard / 10));
    writer.byte(zero + (shard % 10));
    writer.byte(openBracket);
    writer.decimal(line);
    writer.byte(comma);
    row.writeJson(writer, row.idAt);
    writer.byte(comma);
    writer.decimal(at);
    writer.byte(comma);
    row.writeJson(writer, at);
    writer.byte(closeBracket);
    writer.byte(tab);
  }

  /** The identifier holds no control character. */
  rejected(line: number, externalId: string): void {
    this.writer.text(`${line}\t${externalId}\t!\n`);
  }

  take(): Buffer {
    return this.writer.take();
  }
}

function stateOf(active: boolean | undefined): number {
  return active === undefined ? states.unsaid : active ? states.active : states.disabled;
}

/** The line of the row whose identifier stands at `place`. */
function lineBefore(bytes: Buffer, place: number): number {
  let line = 0;
  let power = 1;
  for (let at = place - 2; at >= 0 && bytes[at] !== lf; at--) {
    line += ((bytes[at] as number) - zero) * power;
    power *= 10;
  }
  return line;
}

function uniqueEntry(line: number, externalId: string, column: number, value: string): string {
  if (value === '') return '\t';
  const shard = shardOf(value);
  return `${shard < 10 ? '0' : ''}${shard}${formatUnique(line, externalId, column, value)}\t`;
}

/**
 * Who holds a value of a unique column in the roster as planned: the row of a line; with line 0, a member that has
 * it already and keeps it; with a line below 0, the member of that row, which keeps it if the row is rejected.
 */
export function formatUnique(line: number, externalId: string, column: number, value: string): string {
  return `[${line},${JSON.stringify(externalId)},${column},${JSON.stringify(value)}]`;
}

/**
 * The checked rows of a part as places in their bytes: four numbers a row, and no objects. `index` below is the
 * number of the row in the file of the part, from 0.
 */
export class CheckedRows {
  readonly bytes: Buffer;
  private readonly uniqueColumns: number;
  private readonly starts: Uint32Array;
  private readonly idStarts: Uint32Array;
  private readonly idEnds: Uint32Array;
  readonly length: number;

  constructor(bytes: Buffer, uniqueColumns: number) {
    this.bytes = bytes;
    this.uniqueColumns = uniqueColumns;
    this.length = countLines(bytes);
    this.starts = new Uint32Array(this.length + 1);
    this.idStarts = new Uint32Array(this.length);
    this.idEnds = new Uint32Array(this.length);
    this.findPlaces();
  }

  private findPlaces(): void {
    const { bytes } = this;
    let start = 0;
    for (let index = 0; index < this.length; index++) {
      this.starts[index] = start;
      const idStart = nextTab(bytes, start) + 1;
      this.idStarts[index] = idStart;
      this.idEnds[index] = nextTab(bytes, idStart);
      start = bytes.indexOf(lf, this.idEnds[index]) + 1;
    }
    this.starts[this.length] = start;
  }

  /** Where the row's text begins: its line and its identifier, each with a tab, end at {@link headEnd}. */
  start(index: number): number {
    return this.starts[index] as number;
  }

  headEnd(index: number): number {
    return this.idEnd(index) + 1;
  }

  idStart(index: number): number {
    return this.idStarts[index] as number;
  }

  idEnd(index: number): number {
    return this.idEnds[index] as number;
  }

  /** Where the whole row stands in the file. */
  reference(index: number): { line: number; start: number; end: number } {
    return { line: this.line(index), start: this.start(index), end: this.starts[index + 1] as number };
  }

  line(index: number): number {
    return Number(this.bytes.toString('latin1', this.start(index), this.idStart(index) - 1));
  }

  externalId(index: number): string {
    return this.bytes.toString('utf8', this.idStart(index), this.idEnd(index));
  }

  isRejected(index: number): boolean {
    return this.state(index) === states.rejected;
  }

  active(index: number): boolean | undefined {
    const state = this.state(index);
    return state === states.active ? true : state === states.disabled ? false : undefined;
  }

  private state(index: number): number {
    return this.bytes[this.headEnd(index)] as number;
  }

  valuesHash(index: number): string {
    const start = this.hashStart(index);
    return this.bytes.toString('latin1', start, start + hashLength);
  }

  /** Whether the row's values have this hash; tells without making a string of its own. */
  hasHash(index: number, hash: string): boolean {
    const start = this.hashStart(index);
    for (let at = 0; at < hashLength; at++) {
      if (this.bytes[start + at] !== hash.charCodeAt(at)) return false;
    }
    return hash.length === hashLength;
  }

  hashStart(index: number): number {
    return this.headEnd(index) + 2;
  }

  /** The JSON array of the values ends at {@link valuesEnd}. */
  valuesStart(index: number): number {
    let at = this.uniquesStart(index);
    for (let column = 0; column < this.uniqueColumns; column++) at = nextTab(this.bytes, at) + 1;
    return at;
  }

  valuesEnd(index: number): number {
    return (this.starts[index + 1] as number) - 1;
  }

  values(index: number): string[] {
    return JSON.parse(
      this.bytes.toString('utf8', this.valuesStart(index), this.valuesEnd(index)),
    ) as string[];
  }

  /** One value of the row as it stands in the JSON array, its quotation marks included; one byte a character. */
  rawValue(index: number, column: number): string {
    const { bytes } = this;
    let start = this.valuesStart(index) + 1;
    let end = stringEnd(bytes, start);
    for (let at = 0; at < column; at++) {
      start = end + 1;
      end = stringEnd(bytes, start);
    }
    return bytes.toString('latin1', start, end);
  }

  private uniquesStart(index: number): number {
    return this.hashStart(index) + hashLength + 1;
  }

  /** Shows each entry of the row's unique values: the shard of the value, and where the entry's bytes are. */
  eachUnique(index: number, show: (shard: number, start: number, end: number) => void): void {
    let at = this.uniquesStart(index);
    for (let column = 0; column < this.uniqueColumns; column++) {
      const end = nextTab(this.bytes, at);
      if (end > at) show(twoDigits(this.bytes, at), at + 2, end);
      at = end + 1;
    }
  }
}

/** Where the JSON string ends that begins at `start`; behind its quotation mark. */
function stringEnd(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (bytes[at] !== quote && at < bytes.length) at += bytes[at] === backslash ? 2 : 1;
  return at + 1;
}

function twoDigits(bytes: Buffer, at: number): number {
  return (bytes[at] as number) * 10 + (bytes[at + 1] as number) - 11 * 0x30;
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(lf); at >= 0; at = bytes.indexOf(lf, at + 1)) lines += 1;
  return lines;
}

function nextTab(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] !== tab && at < bytes.length) at += 1;
  return at;
}
