import type { Column } from '../domain/schema.ts';
import { cleanValue } from '../domain/validate.ts';
import { type ByteCheck, byteCheckOf, isPlainlyClean } from './byte-checks.ts';
import { hashOfBytes } from './byte-hash.ts';
import { type ByteWriter, copyBytes } from './byte-writer.ts';
import { ColumnReader, KnownValues, type Reading } from './known-values.ts';
import { type HashedColumn, type Hasher, HashInput, hashedColumns, hashLength } from './values-hash.ts';
import type { Manifest } from './work-files.ts';

const [quote, backslash, space, comma] = [0x22, 0x5c, 0x20, 0x2c];
const [openBracket, closeBracket] = [0x5b, 0x5d];
/** The first byte of U+0300 in UTF-8: below it stands no combining mark, and every text is NFC. */
const firstMark = 0xcc;
/** The first byte of U+00A0, the only white space beyond ASCII below {@link firstMark}. */
const noBreakSpaceFirst = 0xc2;
const del = 0x7f;

/**
 * What a field has beside bytes to be copied, as bits: characters that may not be in NFC or may be white space;
 * something that JSON escapes or an identifier may not have; quotation marks that are doubled. The last is said only
 * of bytes: it ends the field.
 */
const [marked, escaped, doubled, stop] = [1, 2, 4, 8];

/** By byte, what it makes of a field that `ending` ends. */
function kindsOfBytes(ending: number): Uint8Array {
  const kinds = new Uint8Array(256);
  kinds.fill(escaped, 0, space);
  kinds.fill(marked, firstMark);
  kinds[noBreakSpaceFirst] = marked;
  for (const byte of [quote, backslash, del]) kinds[byte] = escaped;
  kinds[ending] = stop;
  return kinds;
}

/** The types whose columns have few values, or whose canonical form mostly is another text. */
const knownTypes: ReadonlySet<Column['type']> = new Set(['boolean', 'enum', 'decimal']);

interface ColumnChecks {
  ofBytes: ByteCheck;
  reader: ColumnReader;
  known: KnownValues | undefined;
}

function checksOf(column: Column): ColumnChecks {
  const reader = new ColumnReader(column);
  const isOtherDate = column.type === 'date' && column.dateFormat !== undefined;
  const known = knownTypes.has(column.type) || isOtherDate ? new KnownValues(reader) : undefined;
  return { ofBytes: byteCheckOf(column), reader, known };
}

/**
 * A good row checked as the bytes it is. Most values hold nothing unusual, and to make strings of them, check, hash
 * and write them costs several times as much; the others (escapes, marks beyond U+0300, control characters…) are made
 * strings one by one. Rows that are not good, or have other than the header's number of fields, are left to the
 * general check, compileRow of domain/validate.ts, with which this one agrees on every row that it takes.
 */
export class PlainRow {
  private segment: Buffer = Buffer.alloc(0);
  /** Where the values are in the segment, by column. */
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  /** How the value of a column reads where it is not its canonical form, or not the bytes themselves. */
  private readonly readings: (Reading | undefined)[];
  /** About how many bytes the values take, in whichever form is longer. */
  private valueBytes = 0;
  private readonly fieldStarts: Int32Array;
  private readonly fieldEnds: Int32Array;
  private readonly fieldKinds: Uint8Array;
  private readonly bareKinds: Uint8Array;
  private readonly quotedKinds: Uint8Array;
  private readonly checks: ColumnChecks[];
  private readonly positions: Int32Array;
  private readonly delimiter: number;
  /** The column of the identifier. */
  readonly idAt: number;
  private readonly stateAt: number;
  private readonly hashed: HashedColumn[];
  private readonly labelBytes: number;
  private readonly hashInput: HashInput;

  constructor({ columns, positions, fieldCount, delimiter }: Manifest, hasher: Hasher) {
    this.starts = new Int32Array(columns.length);
    this.ends = new Int32Array(columns.length);
    this.readings = new Array<Reading | undefined>(columns.length).fill(undefined);
    this.fieldStarts = new Int32Array(fieldCount);
    this.fieldEnds = new Int32Array(fieldCount);
    this.fieldKinds = new Uint8Array(fieldCount);
    this.bareKinds = kindsOfBytes(delimiter.charCodeAt(0));
    this.quotedKinds = kindsOfBytes(quote);
    this.checks = columns.map(checksOf);
    this.positions = Int32Array.from(positions);
    this.delimiter = delimiter.charCodeAt(0);
    this.idAt = columns.findIndex(({ role }) => role === 'externalId');
    this.stateAt = columns.findIndex(({ role }) => role === 'state');
    this.hashed = hashedColumns(columns.map(({ name }) => name));
    this.labelBytes = this.hashed.reduce((sum, { label }) => sum + label.length, 0);
    this.hashInput = new HashInput(hasher);
  }

  /** Takes a row if it is good; false leaves it to the general check. */
  take(segment: Buffer, start: number, end: number): boolean {
    this.segment = segment;
    this.valueBytes = end - start;
    if (!this.split(start, end)) return false;
    for (let at = 0; at < this.checks.length; at++) if (!this.takeValue(at)) return false;
    return true;
  }

  /** Finds the fields; false where there are too few or too many. */
  private split(start: number, end: number): boolean {
    const { segment, delimiter } = this;
    const last = this.fieldStarts.length - 1;
    let at = start;
    for (let field = 0; field <= last; field++) {
      const isQuoted = at < end && segment[at] === quote;
      at = isQuoted ? this.quotedField(field, at + 1, end) : this.bareField(field, at, end);
      if (field === last ? at !== end : at >= end || segment[at] !== delimiter) return false;
      at += 1;
    }
    return true;
  }

  /** @returns the place behind the field */
  private bareField(field: number, from: number, end: number): number {
    const { segment, bareKinds } = this;
    let kind = 0;
    let at = from;
    for (; at < end; at++) {
      const ofByte = bareKinds[segment[at] as number] as number;
      if (ofByte === stop) break;
      kind |= ofByte;
    }
    this.setField(field, from, at, kind);
    return at;
  }

  private quotedField(field: number, from: number, end: number): number {
    const { segment, quotedKinds } = this;
    let kind = 0;
    let at = from;
    for (; at < end; at++) {
      const ofByte = quotedKinds[segment[at] as number] as number;
      if (ofByte !== stop) {
        kind |= ofByte;
        continue;
      }
      if (at + 1 >= end || segment[at + 1] !== quote) break;
      kind |= doubled;
      at += 1;
    }
    this.setField(field, from, at, kind);
    return at + 1;
  }

  private setField(field: number, start: number, end: number, kind: number): void {
    this.fieldStarts[field] = start;
    this.fieldEnds[field] = end;
    this.fieldKinds[field] = kind;
  }

  private takeValue(at: number): boolean {
    const { segment } = this;
    const field = this.positions[at] as number;
    let start = this.fieldStarts[field] as number;
    let end = this.fieldEnds[field] as number;
    while (start < end && segment[start] === space) start += 1;
    while (start < end && segment[end - 1] === space) end -= 1;
    this.starts[at] = start;
    this.ends[at] = end;
    this.readings[at] = undefined;
    const kind = this.fieldKinds[field] as number;
    if (kind !== 0 && (kind > marked || !this.isClean(at))) return this.takeText(at, field);
    const { ofBytes } = this.checks[at] as ColumnChecks;
    return ofBytes(segment, start, end) || this.takeBytes(at);
  }

  private isClean(at: number): boolean {
    if (isPlainlyClean(this.segment, this.starts[at] as number, this.ends[at] as number)) return true;
    const text = this.decoded(at);
    return cleanValue(text) === text;
  }

  /** Takes a value that is the bytes themselves, by the column's own check. */
  private takeBytes(at: number): boolean {
    const { known, reader } = this.checks[at] as ColumnChecks;
    return this.setReading(
      at,
      known === undefined
        ? reader.read(this.decoded(at), true)
        : known.read(this.segment, this.starts[at] as number, this.ends[at] as number),
    );
  }

  /** Takes a value that has to be written otherwise than it stands in the field. */
  private takeText(at: number, field: number): boolean {
    const raw = this.segment.toString('utf8', this.fieldStarts[field], this.fieldEnds[field]);
    const isDoubled = ((this.fieldKinds[field] as number) & doubled) !== 0;
    const text = cleanValue(isDoubled ? raw.replaceAll('""', '"') : raw);
    return this.setReading(at, (this.checks[at] as ColumnChecks).reader.read(text, false));
  }

  private setReading(at: number, reading: Reading | undefined): boolean {
    if (reading === undefined) return false;
    this.readings[at] = reading;
    this.valueBytes += reading.canonicalBytes.length + (reading.json?.length ?? 0);
    return true;
  }

  get externalId(): string {
    return this.valueAt(this.idAt);
  }

  /** What the state column says; a blank says nothing. */
  get active(): boolean | undefined {
    return this.stateAt < 0 ? undefined : this.readings[this.stateAt]?.active;
  }

  /** The value of a column. */
  private valueAt(at: number): string {
    const json = this.readings[at]?.json;
    return json === undefined ? this.decoded(at) : (JSON.parse(json.toString()) as string);
  }

  /** The canonical value of a column. */
  canonicalAt(at: number): string {
    return this.readings[at]?.canonical ?? this.decoded(at);
  }

  private decoded(at: number): string {
    return this.segment.toString('utf8', this.starts[at], this.ends[at]);
  }

  /** Whether the canonical value of a column is the bytes that stand in the file, and these are ASCII. */
  isAscii(at: number): boolean {
    if (this.readings[at] !== undefined) return false;
    const { segment } = this;
    const end = this.ends[at] as number;
    let bits = 0;
    for (let index = this.starts[at] as number; index < end; index++) bits |= segment[index] as number;
    return bits < 0x80;
  }

  /** The 32-bit hash of which shardOf takes the rest, of a canonical value that {@link isAscii}. */
  hashOfAscii(at: number): number {
    return hashOfBytes(this.segment, this.starts[at] as number, this.ends[at] as number);
  }

  isBlank(at: number): boolean {
    const reading = this.readings[at];
    return reading === undefined ? this.starts[at] === this.ends[at] : reading.canonical === '';
  }

  /** Writes the identifier as it is. */
  writeId(writer: ByteWriter): void {
    if (this.readings[this.idAt]?.json === undefined) this.writeBytes(writer, this.idAt);
    else writer.text(this.externalId);
  }

  /** Writes a value as JSON. */
  writeJson(writer: ByteWriter, at: number): void {
    const json = this.readings[at]?.json;
    if (json !== undefined) {
      writer.copy(json);
      return;
    }
    writer.byte(quote);
    this.writeBytes(writer, at);
    writer.byte(quote);
  }

  private writeBytes(writer: ByteWriter, at: number): void {
    writer.copy(this.segment, this.starts[at], this.ends[at]);
  }

  /** Writes the same as compileValuesHash gives of the canonical values. */
  writeHash(writer: ByteWriter): void {
    const { segment, readings, starts, ends, hashed } = this;
    const input = this.hashInput.reserve(this.labelBytes + this.valueBytes);
    let length = 0;
    for (let index = 0; index < hashed.length; index++) {
      const { at, label } = hashed[index] as HashedColumn;
      const reading = readings[at];
      const source = reading === undefined ? segment : reading.canonicalBytes;
      const start = reading === undefined ? (starts[at] as number) : 0;
      const end = reading === undefined ? (ends[at] as number) : source.length;
      if (start === end) continue;
      length = copyBytes(input, length, label, 0, label.length);
      length = copyBytes(input, length, source, start, end);
    }
    const to = writer.reserve(hashLength);
    this.hashInput.writeHex(length, writer.buffer, to);
    writer.commit(to + hashLength);
  }

  /** Writes the values as a JSON array. */
  writeValues(writer: ByteWriter): void {
    const { segment, readings, starts, ends } = this;
    const bracketsAndQuotes = 2 + 3 * starts.length;
    let to = writer.reserve(this.valueBytes + bracketsAndQuotes);
    const target = writer.buffer;
    for (let at = 0; at < starts.length; at++) {
      target[to++] = at === 0 ? openBracket : comma;
      const json = readings[at]?.json;
      if (json !== undefined) {
        to = copyBytes(target, to, json, 0, json.length);
        continue;
      }
      target[to++] = quote;
      to = copyBytes(target, to, segment, starts[at] as number, ends[at] as number);
      target[to++] = quote;
    }
    target[to++] = closeBracket;
    writer.commit(to);
  }
}
