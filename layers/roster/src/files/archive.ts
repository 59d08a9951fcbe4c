import { bytesText, FileError } from './errors.ts';
import { type FileLimits, xlsxInflatedBytesMax } from './limits.ts';
import { type ByteSource, bufferSource, readRange } from './source.ts';
import { readZipDirectory, type ZipEntry } from './zip-directory.ts';
import { inflateEntry, locateEntry } from './zip-entry.ts';

/** A roster found in a file: its bytes as text, or a whole workbook. */
export interface RosterStream {
  format: 'csv' | 'xlsx';
  /** Name of the archive's entry that it was found in. */
  entryName?: string;
  /** How large the roster is, as far as the file says. */
  inflatedBytesExpected: number;
  /**
   * The roster's bytes, inflated and checked on the way; may be called again to start over.
   * `read` replaces the source's own way of reading the range where they lie.
   */
  open(read?: ByteSource['read']): AsyncIterable<Uint8Array>;
}

/**
 * Finds the roster in a file by its contents, never by its name: a .zip of one text file or workbook, a workbook
 * (itself a .zip), or text.
 * @throws FileError
 */
export async function openRoster(source: ByteSource, limits: FileLimits): Promise<RosterStream> {
  if (source.size === 0) throw new FileError('file_empty', 'The file is empty. Export the roster again.');
  if (source.size > limits.fileBytesMax) throw tooLarge('The file', limits.fileBytesMax);
  const start = await readRange(source, 0, Math.min(8, source.size));
  refuseOtherKinds(start);
  if (!isZip(start)) return wholeFile(source, 'csv', source.size);
  const entries = await readZipDirectory(source, limits);
  return isWorkbook(entries) ? workbook(source, entries, limits) : zippedRoster(source, entries, limits);
}

/** `PK` and a control character that no text has there: a local header, a lone end record, or a damaged one. */
function isZip(start: Buffer): boolean {
  return start.length > 3 && start[0] === 0x50 && start[1] === 0x4b && (start[2] as number) < 9;
}

/** Files that people mistake for a roster file get an answer that says what to do. */
function refuseOtherKinds(start: Buffer): void {
  const kinds: [signature: string, what: string][] = [
    ['d0cf11e0', 'an old Excel workbook (.xls) or one with a password. Save it as .xlsx or .csv without one'],
    ['1f8b', 'compressed with gzip. Unpack it, or use .zip'],
    ['377abcaf271c', 'a 7-Zip archive. Use .zip'],
    ['526172211a07', 'a RAR archive. Use .zip'],
    ['25504446', 'a PDF. Export the roster as .csv or .xlsx'],
  ];
  const hex = start.toString('hex');
  const kind = kinds.find(([signature]) => hex.startsWith(signature));
  if (kind) throw new FileError('not_a_roster_file', `The file is ${kind[1]}.`);
}

function isWorkbook(entries: readonly ZipEntry[]): boolean {
  return entries.some(({ name }) => name === 'xl/workbook.xml');
}

function wholeFile(
  source: ByteSource,
  format: RosterStream['format'],
  inflatedBytesExpected: number,
): RosterStream {
  return { format, inflatedBytesExpected, open: (read = source.read) => read.call(source, 0, source.size) };
}

/** A workbook whose every entry inflates to what it says: the package that reads it checks no limits. */
async function workbook(source: ByteSource, entries: readonly ZipEntry[], limits: FileLimits) {
  const inflatedBytesMax = Math.min(xlsxInflatedBytesMax, limits.inflatedBytesMax);
  const inflatedBytes = entries.reduce((sum, entry) => sum + entry.inflatedBytes, 0);
  if (inflatedBytes > inflatedBytesMax) {
    throw new FileError(
      'inflated_too_large',
      `The workbook is larger than ${bytesText(inflatedBytesMax)} when unpacked. Save the sheet as .csv and upload that.`,
    );
  }
  for (const entry of entries) {
    const { start, end } = await locateEntry(source, entry, { ...limits, inflatedBytesMax });
    for await (const _ of inflateEntry(source.read(start, end), entry, { ...limits, inflatedBytesMax }));
  }
  return wholeFile(source, 'xlsx', inflatedBytes);
}

async function zippedRoster(
  source: ByteSource,
  entries: readonly ZipEntry[],
  limits: FileLimits,
): Promise<RosterStream> {
  const entry = onlyRoster(entries);
  const { start, end } = await locateEntry(source, entry, limits);
  const open = (read = source.read) => inflateEntry(read.call(source, start, end), entry, limits);
  if (!entry.name.toLowerCase().endsWith('.xlsx')) {
    return { format: 'csv', entryName: entry.name, inflatedBytesExpected: entry.inflatedBytes, open };
  }
  if (entry.inflatedBytes > xlsxInflatedBytesMax) {
    throw tooLarge(`“${entry.name.slice(0, 100)}”`, xlsxInflatedBytesMax);
  }
  const inner = bufferSource(await gather(open()));
  const found = await openRoster(inner, limits);
  // The workbook's bytes lie in `inner`, so another way of reading the outer file does not concern it.
  if (found.format === 'xlsx') return { ...found, entryName: entry.name, open: () => found.open() };
  throw new FileError(
    'xlsx_corrupt',
    `“${entry.name.slice(0, 100)}” is no workbook, in spite of its name. Save it as .xlsx again.`,
  );
}

/** The one entry that can hold a roster; folders and what macOS and hidden files add are left aside. */
function onlyRoster(entries: readonly ZipEntry[]): ZipEntry {
  const files = entries.filter(({ name, isFolder }) => !isFolder && !isHidden(name));
  const rosters = files.filter(({ name }) => /\.(csv|txt|tsv|xlsx)$/i.test(name));
  const [roster] = rosters;
  if (roster === undefined) {
    const found = files.length === 0 ? 'It is empty.' : `It holds ${listed(files)}.`;
    throw new FileError(
      'zip_no_roster',
      `The archive holds no .csv, .txt, .tsv or .xlsx file. ${found} Zip the roster.`,
    );
  }
  if (rosters.length > 1) {
    throw new FileError(
      'zip_many_rosters',
      `The archive holds ${rosters.length} files that could be the roster: ${listed(rosters)}. Zip one of them alone.`,
    );
  }
  return roster;
}

function isHidden(name: string): boolean {
  const parts = name.split(/[/\\]/);
  return parts[0] === '__MACOSX' || parts.some((part) => part.startsWith('.'));
}

function listed(entries: readonly ZipEntry[]): string {
  const names = entries.slice(0, 5).map(({ name }) => `“${name.slice(0, 100)}”`);
  const rest = entries.length - names.length;
  return names.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

function tooLarge(what: string, bytesMax: number): FileError {
  return new FileError(
    'file_too_large',
    `${what} is larger than ${bytesText(bytesMax)}. Zip it, or split the roster.`,
  );
}
