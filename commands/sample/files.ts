import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { columnNames, type RosterRow } from './columns.ts';

const rowsPerChunk = 1_000;

/** Writes rows as CSV (RFC 4180: CRLF, quotes doubled; UTF-8, header first), in memory bounded at any size. */
export async function writeRosterCsv(path: string, rows: Iterable<RosterRow>): Promise<void> {
  await pipeline(csvOf(rows), createWriteStream(path));
}

/** Writes rows as `roster.csv` in a zip. The same rows give the same bytes, at any time and in any time zone. */
export async function writeRosterZip(path: string, rows: Iterable<RosterRow>): Promise<void> {
  const zip = new ZipFile();
  // A fixed local time, and no extra field with its universal time.
  const entry = { mtime: new Date(2026, 0, 1), mode: 0o100644, forceDosTimestamp: true };
  const csv = csvOf(rows);
  zip.addReadStream(csv, 'roster.csv', entry);
  zip.end();
  const failure = new Promise<never>((_, reject) => csv.once('error', reject));
  await Promise.race([pipeline(zip.outputStream, createWriteStream(path)), failure]);
}

function csvOf(rows: Iterable<RosterRow>): Readable {
  return Readable.from(csvChunks(rows), { objectMode: false });
}

function* csvChunks(rows: Iterable<RosterRow>): Generator<Buffer, void, undefined> {
  let chunk = `${columnNames.join(',')}\r\n`;
  let inChunk = 0;
  for (const row of rows) {
    chunk += `${columnNames.map((name) => quoted(row[name])).join(',')}\r\n`;
    if (++inChunk < rowsPerChunk) continue;
    yield Buffer.from(chunk);
    chunk = '';
    inChunk = 0;
  }
  yield Buffer.from(chunk);
}

function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
