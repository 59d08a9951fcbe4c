import { FileError } from './errors.ts';
import { isBlank } from './fields.ts';
import { malformedRowsMax } from './limits.ts';
import { type MalformedCode, RecordBatch } from './records.ts';

export { splitFields } from './fields.ts';

/**
 * How lines end: `lf` for LF and CRLF, where a lone CR is a character like any other; `cr` for files of the old
 * Macintosh kind, where CR, CRLF and LF each end a line.
 */
export type LineEnd = 'lf' | 'cr';

export interface FramerOptions {
  /** One ASCII character. */
  delimiter: string;
  lineEnd: LineEnd;
  recordBytesMax: number;
  /** Number of the physical line that the first chunk starts with; 1 unless told. */
  firstLine?: number;
}

const [lf, cr, quote] = [0x0a, 0x0d, 0x22];

/**
 * Finds the records of RFC 4180 text in UTF-8, chunk by chunk. Lines without a quotation mark are found by native
 * search; the others go through a byte scanner. A record that breaks the rules is reported with its place, and
 * reading goes on at the physical line after its first one. Lines of only blank fields are left out.
 *
 * What it accepts, and the fields and lines of it, are csv-parse's (the reference that it is fuzzed against),
 * whatever the chunks.
 */
export class Framer {
  /** Malformed records so far. */
  malformed = 0;
  private readonly delimiter: number;
  private readonly isCr: boolean;
  private readonly recordBytesMax: number;
  private readonly batch: RecordBatch;
  private readonly scan: Scanner;
  private buffer: Buffer = Buffer.alloc(0);
  private at = 0;
  private line: number;
  private nextQuote = 0;
  /** Whether the rest of the current physical line belongs to a record that was reported already. */
  private skipping = false;

  constructor({ delimiter, lineEnd, recordBytesMax, firstLine = 1 }: FramerOptions) {
    this.delimiter = delimiter.charCodeAt(0);
    this.isCr = lineEnd === 'cr';
    this.recordBytesMax = recordBytesMax;
    this.batch = new RecordBatch(delimiter);
    this.scan = new Scanner(this.delimiter, this.isCr);
    this.line = firstLine;
  }

  /**
   * Takes the next chunk, or the end of the file as `isLast`, and gives the records that it completes. The batch
   * is the same object every time.
   * @throws FileError `too_many_malformed_rows`
   */
  push(chunk: Buffer, isLast = false): RecordBatch {
    const carry = this.buffer.subarray(this.at);
    this.buffer = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    this.at = 0;
    this.nextQuote = this.findQuote(0);
    this.batch.reset(this.buffer);
    while (this.at < this.buffer.length && this.step(isLast));
    return this.batch;
  }

  /** Moves over one record; false if it needs more bytes. */
  private step(isLast: boolean): boolean {
    if (this.skipping) return this.skipLine(isLast);
    if (this.isCr) return this.stepScanning(isLast);
    if (this.nextQuote < this.at) this.nextQuote = this.findQuote(this.at);
    const end = this.buffer.indexOf(lf, this.at);
    if (end < 0 || end > this.nextQuote) return this.stepScanning(isLast);
    const hasCr = end > this.at && this.buffer[end - 1] === cr;
    this.take(hasCr ? end - 1 : end, end + 1, 1, false);
    return true;
  }

  private stepScanning(isLast: boolean): boolean {
    const { scan } = this;
    // Two bytes more than a record may have: a closing quotation mark and CRLF are told apart by what follows.
    const limit = Math.min(this.buffer.length, this.at + this.recordBytesMax + 3);
    const isWhole = isLast && limit === this.buffer.length;
    switch (scan.record(this.buffer, this.at, limit, isWhole)) {
      case 'record':
        this.take(scan.end, scan.next, scan.lines, scan.quoted);
        return true;
      case 'incomplete':
        if (this.buffer.length < this.at + this.recordBytesMax + 3) return false;
        this.refuse('record_too_long', 1);
        return true;
      case 'malformed':
        if (this.isTooLong(scan.end)) this.refuse('record_too_long', 1);
        else this.refuse(scan.fault, scan.column);
        return true;
    }
  }

  private take(end: number, next: number, lines: number, quoted: boolean): void {
    if (this.isTooLong(end)) {
      this.refuse('record_too_long', 1);
      return;
    }
    if (!isBlank(this.buffer, this.at, end, this.delimiter, quoted)) {
      this.batch.add(this.line, this.at, end, quoted);
    }
    this.at = next;
    this.line += lines;
  }

  private isTooLong(end: number): boolean {
    return end - this.at > this.recordBytesMax;
  }

  private refuse(code: MalformedCode, column: number): void {
    this.malformed += 1;
    if (this.malformed > malformedRowsMax) {
      throw new FileError(
        'too_many_malformed_rows',
        `More than ${malformedRowsMax} rows have misplaced quotation marks or are too long, the last one read on line ${this.line}. Export the roster again, with values quoted by the program.`,
      );
    }
    this.batch.addMalformed(this.line, code, column);
    this.skipping = true;
  }

  /** Goes to the start of the next physical line. */
  private skipLine(isLast: boolean): boolean {
    const end = this.lineEndFrom(this.at);
    if (end < 0) {
      this.at = this.buffer.length;
      return false;
    }
    const mayBeCrLf = this.buffer[end] === cr;
    if (mayBeCrLf && end + 1 >= this.buffer.length && !isLast) {
      this.at = end;
      return false;
    }
    this.at = mayBeCrLf && this.buffer[end + 1] === lf ? end + 2 : end + 1;
    this.line += 1;
    this.skipping = false;
    return true;
  }

  private lineEndFrom(at: number): number {
    const end = this.buffer.indexOf(lf, at);
    if (!this.isCr) return end;
    const crEnd = this.buffer.subarray(at, end < 0 ? undefined : end).indexOf(cr);
    return crEnd < 0 ? end : at + crEnd;
  }

  private findQuote(from: number): number {
    const found = this.buffer.indexOf(quote, from);
    return found < 0 ? Number.MAX_SAFE_INTEGER : found;
  }
}

type Outcome = 'record' | 'incomplete' | 'malformed';

/** Scans one record byte by byte; the findings are in its fields, so that a record makes no object. */
class Scanner {
  /** Where the record ends, or where it breaks. */
  end = 0;
  /** Start of the next record. */
  next = 0;
  /** Physical lines that the record takes. */
  lines = 0;
  /** Number of the last field, from 1. */
  column = 0;
  quoted = false;
  fault: MalformedCode = 'stray_quote';
  private readonly delimiter: number;
  private readonly isCr: boolean;

  constructor(delimiter: number, isCr: boolean) {
    this.delimiter = delimiter;
    this.isCr = isCr;
  }

  /** Scans from `start`. Bytes from `limit` on are not known yet, unless `isWhole`: then the file ends there. */
  record(buffer: Buffer, start: number, limit: number, isWhole: boolean): Outcome {
    this.lines = 1;
    this.quoted = false;
    this.column = 0;
    for (let at = start; ; at += 1) {
      this.column += 1;
      const isQuoted = at < limit && buffer[at] === quote;
      if (isQuoted) {
        this.quoted = true;
        at = this.closingQuote(buffer, at + 1, limit);
        if (at >= limit) return isWhole ? this.broken('quote_not_closed', limit) : 'incomplete';
        at += 1;
      } else {
        at = this.endOfPlain(buffer, at, limit);
      }
      if (at >= limit) return isWhole ? this.ended(limit, limit) : 'incomplete';
      const byte = buffer[at] as number;
      if (byte === this.delimiter) continue;
      if (byte === lf) return this.ended(at, at + 1);
      if (byte === cr) {
        if (at + 1 >= limit && !isWhole) return 'incomplete';
        if (at + 1 < limit && buffer[at + 1] === lf) return this.ended(at, at + 2);
        if (this.isCr) return this.ended(at, at + 1);
        if (at + 1 >= limit && !isQuoted) return this.ended(limit, limit);
      }
      return this.broken(isQuoted ? 'text_after_quote' : 'stray_quote', at);
    }
  }

  /** The quotation mark that closes a field, counting the lines inside; `limit` or more if none does. */
  private closingQuote(buffer: Buffer, from: number, limit: number): number {
    for (let at = from; at < limit; at++) {
      const byte = buffer[at] as number;
      if (byte === quote) {
        // The last byte known may be the first of a doubled mark: the caller then asks for what follows.
        if (at + 1 >= limit || buffer[at + 1] !== quote) return at;
        at += 1;
      } else if (byte === lf) {
        if (!(this.isCr && buffer[at - 1] === cr)) this.lines += 1;
      } else if (byte === cr && this.isCr) {
        this.lines += 1;
      }
    }
    return limit;
  }

  /** Where a field without quotation marks ends: at a delimiter, a line end, or a mark that should not be there. */
  private endOfPlain(buffer: Buffer, from: number, limit: number): number {
    for (let at = from; at < limit; at++) {
      const byte = buffer[at] as number;
      if (byte === this.delimiter || byte === lf || byte === quote) return at;
      if (byte === cr && (this.isCr || at + 1 >= limit || buffer[at + 1] === lf)) return at;
    }
    return limit;
  }

  private ended(end: number, next: number): Outcome {
    this.end = end;
    this.next = next;
    return 'record';
  }

  private broken(fault: MalformedCode, at: number): Outcome {
    this.fault = fault;
    this.end = at;
    return 'malformed';
  }
}
