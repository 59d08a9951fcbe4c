import type { Delimiter, Encoding } from '../domain/file-format.ts';
import { openRoster, type RosterStream } from './archive.ts';
import { coalesce } from './chunks.ts';
import { chosenEncoding, type DetectedEncoding, detectEncoding, NotUtf8, toUtf8 } from './encoding.ts';
import { bytesText, FileError } from './errors.ts';
import { splitFields } from './fields.ts';
import { Framer } from './framing.ts';
import { findHeader, type HeaderPlace, headerNames } from './header.ts';
import type { FileLimits } from './limits.ts';
import { withoutApostrophes } from './neutral-records.ts';
import { RecordBatch, type RosterRecord } from './records.ts';
import { type ByteSource, HashingReader } from './source.ts';
import { readSheet, sheetDelimiter } from './xlsx.ts';

export type { RecordBatch, RosterRecord } from './records.ts';

/** What the header and the file around it say, before any row is read. */
export interface HeaderInfo {
  /** Column names in the file's order, trimmed; not yet matched to a schema. */
  names: string[];
  delimiter: string;
  encoding: Encoding;
  format: 'csv' | 'xlsx';
  /** Physical line of the header, from 1. */
  line: number;
  /** How many bytes the roster has, as far as the file says. */
  inflatedBytesExpected: number;
  /** The archive's entry that it was found in. */
  entryName?: string;
  /** The sheet read, and others that hold rows. */
  sheet?: string;
  otherSheets?: string[];
}

/** Takes what is read. Whatever it throws ends the reading and reaches the caller as it is. */
export interface RosterSink {
  /** Called once before any record; throws to refuse the file. */
  header(info: HeaderInfo): void | Promise<void>;
  /** Called for each batch; its records are views, valid until it returns or its promise settles. */
  records(batch: RecordBatch): void | Promise<void>;
  /** Forget everything: the file is read again from the start, in another encoding. */
  restart(): void;
}

export interface RosterRead {
  /** Rows given to the sink, malformed ones included. */
  rows: number;
  malformed: number;
  /** Bytes of the roster, as it stands in its archive if there is one. */
  inflatedBytes: number;
  /** Of the original file, in hex. */
  sha256: string;
}

/** What is known of a text file beforehand; a workbook needs none of it. */
export interface ReadHints {
  /** Column names that help to tell the delimiter. */
  knownNames?: readonly string[];
  /** As a person said: not to be found out. */
  encoding?: Encoding | undefined;
  delimiter?: Delimiter | undefined;
}

const chunkBytesMin = 128 * 1024;
const sheetBatchRows = 1000;

/**
 * Reads a roster file, whatever its kind, into a sink; memory does not grow with the file, but for a workbook's.
 * A file whose first bytes look like UTF-8 and whose later ones are not is started over as windows-1252.
 * @throws FileError; what the source or the sink throws, as it is
 */
export async function readRoster(
  source: ByteSource,
  limits: FileLimits,
  sink: RosterSink,
  hints: ReadHints = {},
): Promise<RosterRead> {
  const roster = await openRoster(source, limits);
  const hashing = new HashingReader(source);
  const reading: Reading = { roster, hashing, limits, sink, hints };
  const read = roster.format === 'xlsx' ? await readWorkbook(reading) : await readText(reading);
  if (read.rows === 0) {
    throw new FileError('no_rows', 'The file has a header and no rows. Export the roster again.');
  }
  return { ...read, sha256: await hashing.digest() };
}

interface Reading {
  roster: RosterStream;
  hashing: HashingReader;
  limits: FileLimits;
  sink: RosterSink;
  hints: ReadHints;
}

type Counted = Omit<RosterRead, 'sha256'>;

async function readText(reading: Reading): Promise<Counted> {
  try {
    return await readTextAs(reading);
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error;
    reading.sink.restart();
    return readTextAs(reading, { encoding: 'windows-1252', bomBytes: 0 });
  }
}

async function readTextAs(reading: Reading, encoding?: DetectedEncoding): Promise<Counted> {
  const { limits, sink } = reading;
  const counter = new ByteCounter(limits.inflatedBytesMax);
  const chunks = coalesce(counter.count(openHashing(reading)), chunkBytesMin);
  const text = new TextReader(reading, encoding);
  let rows = 0;
  for await (const batch of text.batches(chunks)) {
    rows += batch.length;
    if (rows > limits.rowsMax) throw tooManyRows(limits.rowsMax);
    const pending = batch.length > 0 ? sink.records(batch) : undefined;
    if (pending !== undefined) await pending;
  }
  return { rows, malformed: text.malformed, inflatedBytes: counter.bytes };
}

function openHashing({ roster, hashing }: Reading): AsyncIterable<Uint8Array> {
  return roster.open((start, end) => hashing.read(start, end));
}

function tooManyRows(rowsMax: number): FileError {
  return new FileError(
    'too_many_rows',
    `The file has more than ${rowsMax.toLocaleString('en')} rows. Split the roster.`,
  );
}

class ByteCounter {
  bytes = 0;
  private readonly bytesMax: number;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  async *count(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const chunk of chunks) {
      this.bytes += chunk.length;
      if (this.bytes > this.bytesMax) {
        throw new FileError(
          'inflated_too_large',
          `The roster is larger than ${bytesText(this.bytesMax)}. Split it.`,
        );
      }
      yield chunk;
    }
  }
}

/** Turns the chunks of a text file into batches of records, and its first record into the header. */
class TextReader {
  private framer: Framer | undefined;
  private place: HeaderPlace | undefined;
  private isHeaderGiven = false;
  private encoding: DetectedEncoding | undefined;
  private readonly reading: Reading;

  constructor(reading: Reading, encoding: DetectedEncoding | undefined) {
    this.reading = reading;
    this.encoding = encoding;
  }

  get malformed(): number {
    return this.framer?.malformed ?? 0;
  }

  async *batches(chunks: AsyncIterable<Buffer>): AsyncIterable<RecordBatch> {
    let start: Buffer | undefined;
    for await (const chunk of this.utf8(chunks)) {
      if (this.framer !== undefined) {
        yield await this.push(chunk, false);
        continue;
      }
      start = start === undefined ? chunk : Buffer.concat([start, chunk]);
      if (this.findHeader(start, false)) yield await this.push(start.subarray(this.place?.offset), false);
    }
    if (this.framer !== undefined) yield await this.push(Buffer.alloc(0), true);
    else if (this.findHeader(start ?? Buffer.alloc(0), true)) {
      yield await this.push((start as Buffer).subarray(this.place?.offset), true);
    }
    if (!this.isHeaderGiven) throw headerMissing();
  }

  private async *utf8(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    // The first chunk tells the encoding, so the iterator is opened by hand, and has to be closed by hand.
    const iterator = chunks[Symbol.asyncIterator]();
    try {
      const first = await iterator.next();
      if (first.done) return;
      const { encoding } = this.reading.hints;
      this.encoding ??=
        encoding === undefined ? detectEncoding(first.value) : chosenEncoding(first.value, encoding);
      yield* toUtf8(prepended(first.value, iterator), this.encoding);
    } finally {
      await iterator.return?.();
    }
  }

  private findHeader(start: Buffer, isLast: boolean): boolean {
    const { limits, hints } = this.reading;
    this.place = findHeader(start, isLast, hints.knownNames, hints.delimiter);
    if (this.place === undefined) {
      if (start.length > limits.recordBytesMax) throw headerMissing();
      return false;
    }
    this.framer = new Framer({
      delimiter: this.place.delimiter,
      lineEnd: this.place.lineEnd,
      recordBytesMax: limits.recordBytesMax,
      firstLine: this.place.line,
    });
    return true;
  }

  private async push(chunk: Buffer, isLast: boolean): Promise<RecordBatch> {
    const framed = (this.framer as Framer).push(chunk, isLast);
    const batch = withoutApostrophes(framed, (this.place as HeaderPlace).delimiter);
    if (!this.isHeaderGiven && batch.length > 0) await this.giveHeader(batch.shift() as RosterRecord);
    return batch;
  }

  private async giveHeader(record: RosterRecord): Promise<void> {
    const { roster, limits, sink } = this.reading;
    const { delimiter } = this.place as HeaderPlace;
    if (record.malformed) {
      throw new FileError(
        'header_malformed',
        `Line ${record.line}: the header has a misplaced quotation mark in column ${record.malformed.column}. Export the roster again.`,
      );
    }
    const fields = splitFields(record.bytes, delimiter, record.quoted);
    await sink.header({
      names: headerNames(fields, record.line, limits.columnsMax),
      delimiter,
      encoding: (this.encoding as DetectedEncoding).encoding,
      format: 'csv',
      line: record.line,
      inflatedBytesExpected: roster.inflatedBytesExpected,
      ...(roster.entryName !== undefined && { entryName: roster.entryName }),
    });
    this.isHeaderGiven = true;
  }
}

async function* prepended<T>(first: T, rest: AsyncIterator<T>): AsyncIterable<T> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

function headerMissing(): FileError {
  return new FileError(
    'header_missing',
    'The file does not begin with a header line. Its first line has to name the columns.',
  );
}

async function readWorkbook(reading: Reading): Promise<Counted> {
  const { roster, limits, sink } = reading;
  const chunks: Uint8Array[] = [];
  for await (const chunk of openHashing(reading)) chunks.push(chunk);
  const { sheet, otherSheets, rows } = await readSheet(Buffer.concat(chunks));
  const [header, ...body] = rows;
  if (header === undefined) throw headerMissing();
  if (body.length > limits.rowsMax) throw tooManyRows(limits.rowsMax);
  await sink.header({
    names: headerNames(header.fields, header.line, limits.columnsMax),
    delimiter: sheetDelimiter,
    encoding: 'utf-8',
    format: 'xlsx',
    line: header.line,
    inflatedBytesExpected: roster.inflatedBytesExpected,
    sheet,
    otherSheets,
    ...(roster.entryName !== undefined && { entryName: roster.entryName }),
  });
  let malformed = 0;
  for (let from = 0; from < body.length; from += sheetBatchRows) {
    const batch = new RecordBatch(sheetDelimiter);
    malformed += fill(batch, body.slice(from, from + sheetBatchRows), limits.recordBytesMax);
    await sink.records(batch);
  }
  return { rows: body.length, malformed, inflatedBytes: roster.inflatedBytesExpected };
}

/** Puts a sheet's rows into a batch. @returns how many of them are too long */
function fill(
  batch: RecordBatch,
  rows: readonly { line: number; quoted: boolean; bytes: Buffer }[],
  recordBytesMax: number,
): number {
  batch.reset(Buffer.concat(rows.map(({ bytes }) => bytes)));
  let at = 0;
  let malformed = 0;
  for (const { line, quoted, bytes } of rows) {
    if (bytes.length > recordBytesMax) {
      batch.addMalformed(line, 'record_too_long', 1);
      malformed += 1;
    } else batch.add(line, at, at + bytes.length, quoted);
    at += bytes.length;
  }
  return malformed;
}
