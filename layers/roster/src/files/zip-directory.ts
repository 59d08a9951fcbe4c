import { Readable } from 'node:stream';
import unzipper, { type File } from 'unzipper';
import { FileError } from './errors.ts';
import type { FileLimits } from './limits.ts';
import { type ByteSource, readRange } from './source.ts';

/** A file in an archive as its central directory describes it. Offsets and sizes in bytes. */
export interface ZipEntry {
  name: string;
  isFolder: boolean;
  encrypted: boolean;
  /** 0 stored, 8 deflated; others are not read (APPNOTE 4.4.5). */
  method: number;
  crc32: number;
  compressedBytes: number;
  inflatedBytes: number;
  localHeaderOffset: number;
}

const endSignature = 0x06054b50;
const endBytes = 22;
const commentBytesMax = 0xffff;
const zip64LocatorSignature = 0x07064b50;
const zip64LocatorBytes = 20;
const zip64EndSignature = 0x06064b50;
const zip64EndBytes = 56;
const entrySignature = 0x02014b50;
/** A real directory of 1,000 entries takes some 100 KiB; this bounds the memory of one that is made to hurt. */
const directoryBytesMax = 16 * 1024 * 1024;

/**
 * Reads an archive's central directory. The end record is found here and its counts are checked before unzipper
 * parses the entries: unzipper takes the first signature that it sees, allocates by the count that it is told, and
 * never settles if its source fails.
 * @throws FileError `zip_corrupt`, `zip_unsupported`, `zip_too_many_entries`, `zip_overlapping`, `zip_unsafe_path`
 * @see APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16
 */
export async function readZipDirectory(source: ByteSource, limits: FileLimits): Promise<ZipEntry[]> {
  const end = await findEnd(source);
  if (end.entries > limits.entriesMax) {
    throw new FileError(
      'zip_too_many_entries',
      `The archive holds ${end.entries} entries; at most ${limits.entriesMax} are read. Zip the roster alone.`,
    );
  }
  if (end.entries === 0) return [];
  const files = await parse(source, end);
  const entries = files.map(toEntry);
  for (const entry of entries) checkName(entry.name);
  checkPlaces(entries, end.directoryOffset);
  return entries;
}

interface End {
  entries: number;
  directoryOffset: number;
  /** Where the (32-bit) end record starts. */
  endOffset: number;
}

async function findEnd(source: ByteSource): Promise<End> {
  const tailOffset = Math.max(0, source.size - endBytes - commentBytesMax - zip64LocatorBytes);
  const tail = await readRange(source, tailOffset, source.size);
  const at = endRecordIn(tail);
  const zip64 =
    tail.readUInt16LE(at + 10) === 0xffff ||
    tail.readUInt32LE(at + 12) === 0xffffffff ||
    tail.readUInt32LE(at + 16) === 0xffffffff;
  const end = zip64 ? await findZip64End(source, tail, at) : endFrom(tail, at);
  const inBounds = end.directoryOffset <= tailOffset + at;
  if (!inBounds) throw corrupt('its directory would lie behind its end');
  if (tailOffset + at - end.directoryOffset > directoryBytesMax) {
    throw new FileError(
      'zip_unsupported',
      'The archive’s directory is implausibly large. Zip the roster alone.',
    );
  }
  return { ...end, endOffset: tailOffset + at };
}

/** The last end record whose comment fills the file exactly. */
function endRecordIn(tail: Buffer): number {
  for (let at = tail.length - endBytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== endSignature) continue;
    if (at + endBytes + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  throw corrupt('its end is missing');
}

function endFrom(tail: Buffer, at: number): Omit<End, 'endOffset'> {
  const [disk, directoryDisk] = [tail.readUInt16LE(at + 4), tail.readUInt16LE(at + 6)];
  const entries = tail.readUInt16LE(at + 10);
  if (disk !== 0 || directoryDisk !== 0 || tail.readUInt16LE(at + 8) !== entries) throw severalDisks();
  return { entries, directoryOffset: tail.readUInt32LE(at + 16) };
}

async function findZip64End(source: ByteSource, tail: Buffer, at: number): Promise<Omit<End, 'endOffset'>> {
  const locator = at - zip64LocatorBytes;
  if (locator < 0 || tail.readUInt32LE(locator) !== zip64LocatorSignature) {
    throw corrupt('its Zip64 locator is missing');
  }
  const offset = Number(tail.readBigUInt64LE(locator + 8));
  if (offset + zip64EndBytes > source.size) throw corrupt('its Zip64 end lies outside of the file');
  const record = await readRange(source, offset, offset + zip64EndBytes);
  if (record.readUInt32LE(0) !== zip64EndSignature) throw corrupt('its Zip64 end is missing');
  if (record.readUInt32LE(16) !== 0 || record.readUInt32LE(20) !== 0) throw severalDisks();
  return {
    entries: Number(record.readBigUInt64LE(32)),
    directoryOffset: Number(record.readBigUInt64LE(48)),
  };
}

/** Lets unzipper parse the directory from memory, where reads neither fail nor run past the end. */
async function parse(source: ByteSource, end: End): Promise<File[]> {
  const window = await readRange(source, end.directoryOffset, source.size);
  const options = { tailSize: source.size - end.endOffset };
  try {
    // The package's types leave out the second parameter, which its README describes.
    const open = unzipper.Open.custom as (
      from: Parameters<typeof unzipper.Open.custom>[0],
      options: { tailSize: number },
    ) => ReturnType<typeof unzipper.Open.custom>;
    const directory = await open(
      {
        size: () => Promise.resolve(source.size),
        stream: (offset) => Readable.from([window.subarray(Math.max(0, offset - end.directoryOffset))]),
      },
      options,
    );
    return await directory.files;
  } catch (cause) {
    throw corrupt('its directory cannot be read', cause);
  }
}

function toEntry(file: File): ZipEntry {
  if (file.signature !== entrySignature) throw corrupt('its directory cannot be read');
  const sizes = [file.compressedSize, file.uncompressedSize, file.offsetToLocalFileHeader];
  if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw corrupt('an entry has no size or place');
  }
  if (file.diskNumber !== 0 && file.diskNumber !== 0xffff) throw severalDisks();
  const name = nameOf(file);
  const [compressedBytes = 0, inflatedBytes = 0, localHeaderOffset = 0] = sizes;
  const encrypted = (file.flags & 1) !== 0;
  if (file.compressionMethod === 0 && !encrypted && compressedBytes !== inflatedBytes) {
    throw corrupt('the two sizes of a stored entry differ');
  }
  return {
    name,
    isFolder: /[/\\]$/.test(name),
    encrypted,
    method: file.compressionMethod,
    crc32: file.crc32,
    compressedBytes,
    inflatedBytes,
    localHeaderOffset,
  };
}

/** Names are UTF-8 if they say so or are valid as such; else one byte is one character (APPNOTE D.1, nearly). */
function nameOf(file: File): string {
  return file.pathBuffer.toString(file.path.includes('\ufffd') ? 'latin1' : 'utf8');
}

function checkName(name: string): void {
  const path = name.replaceAll('\\', '/');
  const unsafe =
    path.startsWith('/') || /^[a-z]:/i.test(path) || path.includes('\0') || path.split('/').includes('..');
  if (!unsafe) return;
  throw new FileError(
    'zip_unsafe_path',
    `The archive holds an entry with an unsafe path, ${JSON.stringify(name.slice(0, 100))}. Zip the roster again, by name alone.`,
  );
}

/** Entries lie one after the other before the directory: none outside, no byte in two of them. */
function checkPlaces(entries: readonly ZipEntry[], directoryOffset: number): void {
  const localHeaderBytesMin = 30;
  let free = 0;
  for (const entry of entries.toSorted((a, b) => a.localHeaderOffset - b.localHeaderOffset)) {
    if (entry.localHeaderOffset < free) {
      throw new FileError(
        'zip_overlapping',
        'Files of the archive overlap, as in a decompression bomb. Zip the roster again.',
      );
    }
    free = entry.localHeaderOffset + localHeaderBytesMin + entry.compressedBytes;
    if (free > directoryOffset) throw corrupt('an entry is longer than the file');
  }
}

function severalDisks(): FileError {
  return new FileError(
    'zip_unsupported',
    'The archive is split over several disks. Zip the roster into one file.',
  );
}

/** The error for an archive that contradicts itself; `what` completes “The archive is damaged: …”. */
export function corrupt(what: string, cause?: unknown): FileError {
  return new FileError(
    'zip_corrupt',
    `The archive is damaged: ${what}. Zip the roster and upload it again.`,
    {
      cause,
    },
  );
}
