import { fieldAt } from './fields.ts';

/** What breaks a record, in the order of the codes' numbers in a work file (rows.ts). */
export const malformedCodes = [
  'stray_quote',
  'text_after_quote',
  'quote_not_closed',
  'record_too_long',
] as const;
export type MalformedCode = (typeof malformedCodes)[number];

/** Why a record cannot be split into fields; `column` is the number of the field where it breaks, from 1. */
export interface Malformed {
  code: MalformedCode;
  column: number;
}

/** One record of a file: a view that is valid until the iteration moves on. */
export interface RosterRecord {
  /** Physical line where the record starts, from 1. */
  readonly line: number;
  /** Whether it holds a quotation mark, so that splitting takes more than looking for delimiters. */
  readonly quoted: boolean;
  readonly malformed: Malformed | undefined;
  /** The raw UTF-8 bytes without the line end; none if malformed. */
  readonly bytes: Buffer;
  /** One field by its position from 0; `''` if there is none. */
  field(position: number): string;
}

const [plain, quoted, firstMalformed] = [0, 1, 2];

/**
 * The records that ended within one chunk, held as numbers so that a million of them make no objects. Valid until
 * the next chunk is pushed into the framer that fills it.
 */
export class RecordBatch implements Iterable<RosterRecord> {
  private readonly delimiter: number;
  private readonly lines: number[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly kinds: number[] = [];
  private readonly columns: number[] = [];
  private buffer: Buffer = Buffer.alloc(0);
  private first = 0;
  private count = 0;

  constructor(delimiter: string) {
    this.delimiter = delimiter.charCodeAt(0);
  }

  get length(): number {
    return this.count - this.first;
  }

  /** The bytes that the records lie in, and others. */
  get contents(): Buffer {
    return this.buffer;
  }

  /** Takes the first record out of the batch: the header. */
  shift(): RosterRecord | undefined {
    return this.length === 0 ? undefined : new RecordView(this, this.first++);
  }

  *[Symbol.iterator](): Iterator<RosterRecord> {
    const view = new RecordView(this, this.first);
    for (; view.index < this.count; view.index++) yield view;
  }

  /** Empties the batch for records of another buffer. */
  reset(buffer: Buffer): void {
    this.buffer = buffer;
    this.first = 0;
    this.count = 0;
  }

  add(line: number, start: number, end: number, isQuoted: boolean): void {
    this.kinds[this.count] = isQuoted ? quoted : plain;
    this.lines[this.count] = line;
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
  }

  addMalformed(line: number, code: MalformedCode, column: number): void {
    this.kinds[this.count] = firstMalformed + malformedCodes.indexOf(code);
    this.lines[this.count] = line;
    this.columns[this.count] = column;
    this.starts[this.count] = 0;
    this.ends[this.count++] = 0;
  }

  lineAt(index: number): number {
    return this.lines[index] as number;
  }

  quotedAt(index: number): boolean {
    return this.kinds[index] === quoted;
  }

  malformedAt(index: number): Malformed | undefined {
    const code = malformedCodes[(this.kinds[index] as number) - firstMalformed];
    return code && { code, column: this.columns[index] as number };
  }

  bytesAt(index: number): Buffer {
    return this.buffer.subarray(this.starts[index], this.ends[index]);
  }

  fieldAt(index: number, position: number): string {
    const [start, end] = [this.starts[index] as number, this.ends[index] as number];
    return fieldAt(this.buffer, start, end, position, this.delimiter);
  }
}

class RecordView implements RosterRecord {
  index: number;
  private readonly batch: RecordBatch;

  constructor(batch: RecordBatch, index: number) {
    this.batch = batch;
    this.index = index;
  }

  get line(): number {
    return this.batch.lineAt(this.index);
  }

  get quoted(): boolean {
    return this.batch.quotedAt(this.index);
  }

  get malformed(): Malformed | undefined {
    return this.batch.malformedAt(this.index);
  }

  get bytes(): Buffer {
    return this.batch.bytesAt(this.index);
  }

  field(position: number): string {
    return this.batch.fieldAt(this.index, position);
  }
}
