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
import { shardOf } from '../domain/member.ts';
import { ByteWriter } from './byte-writer.ts';
import type { PlainRow } from './plain-row.ts';
import { hashLength } from './values-hash.ts';

const [tab, lf] = [0x09, 0x0a];
const states = { active: 0x31, disabled: 0x30, rejected: 0x21 } as const;

interface RowHead {
  line: number;
  externalId: string;
  active: boolean | undefined;
  valuesHash: string;
}

/** A good row, ready to be written. */
interface GoodRow extends RowHead {
  /** In the order of the mapped columns. */
  values: readonly string[];
  canonical: readonly string[];
}

/** Writes the checked rows of a part; `uniqueAt` are the indexes of its unique columns. */
export class CheckedWriter {
  private readonly writer: ByteWriter;
  private readonly uniqueAt: readonly number[];

  constructor(uniqueAt: readonly number[], bytesExpected: number) {
    this.writer = new ByteWriter(bytesExpected);
    this.uniqueAt = uniqueAt;
  }

  good(row: GoodRow): void {
    const values = `${JSON.stringify(row.values)}\n`;
    this.writer.text(this.head(row, (at) => row.canonical[at] as string) + values);
  }

  plain(line: number, externalId: string, row: PlainRow): void {
    const head = { line, externalId, active: row.active, valuesHash: row.valuesHash() };
    this.writer.text(this.head(head, (at) => row.canonicalAt(at)));
    row.writeValues(this.writer);
    this.writer.byte(lf);
  }

  private head(row: RowHead, canonical: (at: number) => string): string {
    const { line, externalId } = row;
    const state = row.active === undefined ? '-' : row.active ? '1' : '0';
    let text = `${line}\t${externalId}\t${state}\t${row.valuesHash}\t`;
    for (const at of this.uniqueAt) text += uniqueEntry(line, externalId, at, canonical(at));
    return text;
  }

  /** The identifier holds no control character. */
  rejected(line: number, externalId: string): void {
    this.writer.text(`${line}\t${externalId}\t!\n`);
  }

  take(): Buffer {
    return this.writer.take();
  }
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
