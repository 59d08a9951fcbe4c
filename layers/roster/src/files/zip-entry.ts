import { pipeline } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { bytesText, FileError } from './errors.ts';
import { type FileLimits, ratioCheckedFromBytes } from './limits.ts';
import { type ByteSource, readRange } from './source.ts';
import { corrupt, type ZipEntry } from './zip-directory.ts';

/** Half as much CPU as with zlib's default of 16 KiB. */
const inflateChunkBytes = 256 * 1024;
const localHeaderBytes = 30;
const localHeaderSignature = 0x04034b50;

type EntryLimits = Pick<FileLimits, 'inflatedBytesMax' | 'ratioMax'>;

/** Where an entry's compressed bytes lie. */
export interface EntryRange {
  start: number;
  end: number;
}

/**
 * Finds an entry's bytes, which follow its local header.
 * @throws FileError `zip_encrypted`, `zip_unsupported`, `zip_corrupt`, or a limit that its sizes already break
 */
export async function locateEntry(
  source: ByteSource,
  entry: ZipEntry,
  limits: EntryLimits,
): Promise<EntryRange> {
  if (entry.encrypted) {
    throw new FileError(
      'zip_encrypted',
      `${quoted(entry)} is protected by a password. Zip it without one; the upload itself is encrypted.`,
    );
  }
  if (entry.method !== 0 && entry.method !== 8) {
    throw new FileError(
      'zip_unsupported',
      `${quoted(entry)} is compressed by method ${entry.method}. Zip it with the usual method, Deflate.`,
    );
  }
  checkSize(entry, entry.inflatedBytes, limits);
  const header = await readRange(source, entry.localHeaderOffset, entry.localHeaderOffset + localHeaderBytes);
  if (header.length < localHeaderBytes || header.readUInt32LE(0) !== localHeaderSignature) {
    throw corrupt(`${quoted(entry)} is not where the directory says`);
  }
  const start =
    entry.localHeaderOffset + localHeaderBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
  const end = start + entry.compressedBytes;
  if (end > source.size) throw corrupt(`${quoted(entry)} is longer than the file`);
  return { start, end };
}

/**
 * Inflates an entry's bytes and checks size, ratio and CRC-32 on the way; what was yielded is only known to be
 * right once the last chunk has come.
 * @throws FileError `zip_corrupt`, `inflated_too_large`, `ratio_too_high`; an error of `raw` as it is
 */
export async function* inflateEntry(
  raw: AsyncIterable<Uint8Array>,
  entry: ZipEntry,
  limits: EntryLimits,
): AsyncIterable<Uint8Array> {
  let bytes = 0;
  let crc = 0;
  for await (const chunk of entry.method === 0 ? raw : inflated(raw, entry)) {
    bytes += chunk.length;
    checkSize(entry, bytes, limits);
    if (bytes > entry.inflatedBytes) throw corrupt(`${quoted(entry)} holds more than its directory says`);
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (bytes !== entry.inflatedBytes) throw corrupt(`${quoted(entry)} is cut off`);
  if (crc !== entry.crc32) throw corrupt(`${quoted(entry)} does not match its checksum`);
}

async function* inflated(raw: AsyncIterable<Uint8Array>, entry: ZipEntry): AsyncIterable<Uint8Array> {
  const inflate = createInflateRaw({ chunkSize: inflateChunkBytes });
  // An error ends the iteration below as well; the callback only keeps it from being thrown twice.
  pipeline(raw, inflate, () => undefined);
  try {
    yield* inflate;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw corrupt(`${quoted(entry)} cannot be inflated`, error);
  }
  if (inflate.bytesWritten !== entry.compressedBytes) throw corrupt(`${quoted(entry)} ends too early`);
}

function isZlibError(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('Z_');
}

function checkSize(entry: ZipEntry, inflatedBytes: number, limits: EntryLimits): void {
  if (inflatedBytes > limits.inflatedBytesMax) {
    throw new FileError(
      'inflated_too_large',
      `${quoted(entry)} is larger than ${bytesText(limits.inflatedBytesMax)} when unzipped. Split the roster.`,
    );
  }
  if (inflatedBytes > ratioCheckedFromBytes && inflatedBytes > entry.compressedBytes * limits.ratioMax) {
    throw new FileError(
      'ratio_too_high',
      `${quoted(entry)} unzips to more than ${limits.ratioMax} times its size, as a decompression bomb does. Upload it as it is, without zipping.`,
    );
  }
}

function quoted(entry: ZipEntry): string {
  return `“${entry.name.slice(0, 100)}”`;
}
