import { hash } from 'node:crypto';
import type { Column } from '../domain/schema.ts';
import { activeReader, cleanValue, compileColumn } from '../domain/validate.ts';
import { type ByteCheck, byteCheckOf } from './byte-checks.ts';
import { ByteWriter } from './byte-writer.ts';
import { hashLabels, hashLength } from './values-hash.ts';
import type { Manifest } from './work-files.ts';

const [quote, backslash, space, comma] = [0x22, 0x5c, 0x20, 0x2c];
const [openBracket, closeBracket] = [0x5b, 0x5d];
/** The first byte of U+0300 in UTF-8: below it stands no combining mark, and every text is NFC. */
const firstMark = 0xcc;
/** The two bytes of U+00A0, the only white space beyond ASCII below {@link firstMark}. */
const [noBreakSpaceFirst, noBreakSpaceLast] = [0xc2, 0xa0];

/**
 * What a field is made of, each kind asking for more than the one before: bytes to be copied; marks that may not be
 * in NFC; something that JSON escapes; quotation marks that are doubled.
 */
const [plain, marked, escaped, doubled] = [0, 1, 2, 3];

function kindOfByte(byte: number): number {
  return byte < space || byte === backslash ? escaped : byte >= firstMark ? marked : plain;
}

/**
 * A good row checked as the bytes it is. Most values hold nothing unusual, and to make strings of them, check, hash
 * and write them costs three times as much; the others (escapes, marks beyond U+0300, control characters…) are made
 * strings one by one. Rows that are not good, or have other than the header's number of fields, are left to the
 * general check, compileRow of domain/validate.ts, with which this one agrees on every row that it takes.
 */
export class PlainRow {
  /** Where the values are in the segment, by column. */
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  private segment: Buffer = Buffer.alloc(0);
  private readonly fieldStarts: Int32Array;
  private readonly fieldEnds: Int32Array;
  private readonly fieldKinds: Uint8Array;
  /** The value of a column where it is not the bytes themselves. */
  private readonly texts: (string | undefined)[];
  /** The canonical value of a column where it is not the value itself. */
  private readonly canonical: (string | undefined)[];
  private readonly checks: ColumnChecks[];
  private readonly positions: readonly number[];
  private readonly delimiter: number;
  private readonly idAt: number;
  private readonly stateAt: number;
  private readonly readActive: ((canonical: string) => boolean | undefined) | undefined;
  private readonly labels: { at: number; label: Buffer }[];
  private readonly hashed = new ByteWriter();

  constructor({ columns, positions, fieldCount, delimiter }: Manifest) {
    this.starts = new Int32Array(columns.length);
    this.ends = new Int32Array(columns.length);
    this.fieldStarts = new Int32Array(fieldCount);
    this.fieldEnds = new Int32Array(fieldCount);
    this.fieldKinds = new Uint8Array(fieldCount);
    this.texts = new Array<string | undefined>(columns.length).fill(undefined);
    this.canonical = new Array<string | undefined>(columns.length).fill(undefined);
    this.checks = columns.map((column) => ({ ofBytes: byteCheckOf(column), ofText: compileColumn(column) }));
    this.positions = positions;
    this.delimiter = delimiter.charCodeAt(0);
    this.idAt = columns.findIndex(({ role }) => role === 'externalId');
    this.stateAt = columns.findIndex(({ role }) => role === 'state');
    this.readActive = this.stateAt < 0 ? undefined : activeReader(columns[this.stateAt] as Column);
    this.labels = hashLabels(columns.map(({ name }) => name)).map(({ at, label }) => ({
      at,
      label: Buffer.from(label),
    }));
  }

  /** Takes a row if it is good; false leaves it to the general check. */
  take(segment: Buffer, start: number, end: number): boolean {
    if (segment !== this.segment) this.canonical.fill(undefined);
    this.segment = segment;
    if (!this.split(start, end)) return false;
    for (let at = 0; at < this.checks.length; at++) if (!this.takeValue(at)) return false;
    return true;
  }

  /** Finds the fields; false where there are too few or too many. */
  private split(start: number, end: number): boolean {
    const { segment, delimiter, fieldStarts } = this;
    const last = fieldStarts.length - 1;
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
    const { segment, delimiter } = this;
    let kind = plain;
    let at = from;
    for (; at < end; at++) {
      const byte = segment[at] as number;
      if (byte === delimiter) break;
      if (byte < space || byte === backslash || byte >= firstMark) kind = Math.max(kind, kindOfByte(byte));
    }
    this.setField(field, from, at, kind);
    return at;
  }

  private quotedField(field: number, from: number, end: number): number {
    const { segment } = this;
    let kind = plain;
    let at = from;
    for (; at < end; at++) {
      const byte = segment[at] as number;
      if (byte === quote) {
        if (at + 1 >= end || segment[at + 1] !== quote) break;
        kind = doubled;
        at += 1;
      } else if (byte < space || byte === backslash || byte >= firstMark) {
        kind = Math.max(kind, kindOfByte(byte));
      }
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
    const isRepeated = this.canonical[at] !== undefined && this.isSameAsBefore(at, start, end);
    this.starts[at] = start;
    this.ends[at] = end;
    if (isRepeated) return true;
    this.texts[at] = undefined;
    this.canonical[at] = undefined;
    const kind = this.fieldKinds[field] as number;
    const mayBeSpaced = segment[start] === noBreakSpaceFirst || segment[end - 1] === noBreakSpaceLast;
    if (kind > marked || (mayBeSpaced && start < end)) return this.takeText(at, field);
    if (kind === marked && !this.isClean(at)) return this.takeText(at, field);
    const { ofBytes, ofText } = this.checks[at] as ColumnChecks;
    if (ofBytes(segment, start, end)) return true;
    const checked = ofText(this.decoded(at));
    if (typeof checked !== 'string') return false;
    this.canonical[at] = checked;
    return true;
  }

  /** Whether the row before has the same bytes in this column, as a column of True and False mostly does. */
  private isSameAsBefore(at: number, start: number, end: number): boolean {
    const { segment } = this;
    const before = this.starts[at] as number;
    if (this.texts[at] !== undefined || (this.ends[at] as number) - before !== end - start) return false;
    for (let index = start; index < end; index++) {
      if (segment[index] !== segment[before + index - start]) return false;
    }
    return true;
  }

  private isClean(at: number): boolean {
    const text = this.decoded(at);
    return cleanValue(text) === text;
  }

  private takeText(at: number, field: number): boolean {
    const raw = this.segment.toString('utf8', this.fieldStarts[field], this.fieldEnds[field]);
    const text = cleanValue(this.fieldKinds[field] === doubled ? raw.replaceAll('""', '"') : raw);
    const checked = (this.checks[at] as ColumnChecks).ofText(text);
    if (typeof checked !== 'string') return false;
    this.texts[at] = text;
    this.canonical[at] = checked;
    return true;
  }

  get externalId(): string {
    return this.texts[this.idAt] ?? this.decoded(this.idAt);
  }

  private decoded(at: number): string {
    return this.segment.toString('utf8', this.starts[at], this.ends[at]);
  }

  get active(): boolean | undefined {
    return this.readActive?.(this.canonicalAt(this.stateAt));
  }

  /** The canonical value of a column. */
  canonicalAt(at: number): string {
    return this.canonical[at] ?? this.decoded(at);
  }

  /** The same as compileValuesHash gives of the canonical values. */
  valuesHash(): string {
    const { segment, hashed } = this;
    hashed.clear();
    for (const { at, label } of this.labels) {
      const canonical = this.canonical[at];
      const start = this.starts[at] as number;
      const end = this.ends[at] as number;
      if (canonical === undefined ? start === end : canonical === '') continue;
      hashed.copy(label, 0, label.length);
      if (canonical === undefined) hashed.copy(segment, start, end);
      else hashed.text(canonical);
    }
    return hash('sha256', hashed.written(), 'hex').slice(0, hashLength);
  }

  /** Writes the values as a JSON array; only those that are texts may need escaping. */
  writeValues(writer: ByteWriter): void {
    for (let at = 0; at < this.starts.length; at++) {
      const text = this.texts[at];
      writer.byte(at === 0 ? openBracket : comma);
      if (text !== undefined) {
        writer.text(JSON.stringify(text));
        continue;
      }
      writer.byte(quote);
      writer.copy(this.segment, this.starts[at] as number, this.ends[at] as number);
      writer.byte(quote);
    }
    writer.byte(closeBracket);
  }
}

interface ColumnChecks {
  ofBytes: ByteCheck;
  ofText: ReturnType<typeof compileColumn>;
}
