import { isUtf8 } from 'node:buffer';
import type { Encoding } from '../domain/file-format.ts';
import { FileError } from './errors.ts';

/**
 * A file's encoding as its first bytes tell it, or as a person said, and how many bytes are a byte order mark.
 */
export interface DetectedEncoding {
  encoding: Encoding;
  bomBytes: number;
  isChosen?: true;
}

/** Text that looked like UTF-8 and is not: it has to be read again from the start, as windows-1252. */
export class NotUtf8 extends Error {
  override readonly name = 'NotUtf8';
}

const boms: [bytes: number[], encoding: Encoding][] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];
const utf16SampleBytes = 4096;
const utf16ShareMin = 0.3;

/**
 * Tells the encoding from a file's first bytes: a byte order mark, else UTF-16 if a good part of either half of its
 * code units is zero, else UTF-8 until proven otherwise (`NotUtf8`).
 * @throws FileError `encoding_unknown` for UTF-32
 */
export function detectEncoding(start: Uint8Array): DetectedEncoding {
  const isUtf32 =
    (start[0] === 0xff && start[1] === 0xfe && start[2] === 0 && start[3] === 0) ||
    (start[0] === 0 && start[1] === 0 && start[2] === 0xfe && start[3] === 0xff);
  if (isUtf32) throw unknownEncoding('The file is encoded as UTF-32.');
  for (const [bytes, encoding] of boms) {
    if (bytes.every((byte, index) => start[index] === byte)) return { encoding, bomBytes: bytes.length };
  }
  return { encoding: utf16WithoutBom(start) ?? 'utf-8', bomBytes: 0 };
}

/** The encoding that a person said, with the file's own mark of it if it begins with one. */
export function chosenEncoding(start: Uint8Array, encoding: Encoding): DetectedEncoding {
  const mark = boms.find(
    ([bytes, marked]) => marked === encoding && bytes.every((byte, at) => start[at] === byte),
  );
  return { encoding, bomBytes: mark?.[0].length ?? 0, isChosen: true };
}

/** Latin letters, digits and delimiters have a zero high byte: one half of the bytes is full of zeros, the other is not. */
function utf16WithoutBom(start: Uint8Array): Encoding | undefined {
  const bytes = Math.min(start.length, utf16SampleBytes) & ~1;
  let [evenZeros, oddZeros] = [0, 0];
  for (let at = 0; at < bytes; at += 2) {
    if (start[at] === 0) evenZeros++;
    if (start[at + 1] === 0) oddZeros++;
  }
  const zerosMin = Math.max(1, (bytes / 2) * utf16ShareMin);
  if (oddZeros >= zerosMin && evenZeros * 10 <= oddZeros) return 'utf-16le';
  if (evenZeros >= zerosMin && oddZeros * 10 <= evenZeros) return 'utf-16be';
  return undefined;
}

/**
 * Turns text of a known encoding into UTF-8 without a byte order mark. UTF-8 itself is checked and passed through
 * as it came; a chunk ends at a character's end.
 * @throws NotUtf8 if UTF-8 was only assumed; FileError `encoding_unknown` if the text breaks the encoding that its
 *   mark names, `not_a_roster_file` if it holds NUL characters, as binary files do
 */
export async function* toUtf8(
  chunks: AsyncIterable<Buffer>,
  { encoding, bomBytes, isChosen }: DetectedEncoding,
): AsyncIterable<Buffer> {
  const text = withoutStart(chunks, bomBytes);
  const why = isChosen
    ? 'The file is to be read as UTF-8'
    : bomBytes > 0
      ? 'The file says that it is UTF-8'
      : undefined;
  const utf8 = encoding === 'utf-8' ? checkedUtf8(text, why) : transcoded(text, encoding);
  for await (const chunk of utf8) {
    if (chunk.includes(0)) {
      throw new FileError(
        'not_a_roster_file',
        'The file is not text: it holds NUL characters. Export the roster as .csv or .xlsx.',
      );
    }
    yield chunk;
  }
}

async function* withoutStart(chunks: AsyncIterable<Buffer>, bytes: number): AsyncIterable<Buffer> {
  let left = bytes;
  for await (const chunk of chunks) {
    const skipped = Math.min(left, chunk.length);
    left -= skipped;
    if (skipped < chunk.length) yield skipped === 0 ? chunk : chunk.subarray(skipped);
  }
}

/** `why` the text has to be UTF-8; undefined where that was only assumed. */
async function* checkedUtf8(chunks: AsyncIterable<Buffer>, why: string | undefined): AsyncIterable<Buffer> {
  let carry: Buffer | undefined;
  for await (const next of chunks) {
    const chunk = carry === undefined ? next : Buffer.concat([carry, next]);
    const end = chunk.length - unfinishedBytes(chunk);
    const whole = chunk.subarray(0, end);
    if (!isUtf8(whole)) throw notUtf8(why);
    carry = end < chunk.length ? chunk.subarray(end) : undefined;
    if (end > 0) yield whole;
  }
  if (carry !== undefined) throw notUtf8(why);
}

function notUtf8(why: string | undefined): Error {
  return why !== undefined
    ? unknownEncoding(`${why} and holds bytes that are not.`)
    : new NotUtf8('The text is not UTF-8.');
}

/** How many bytes at the end, at most 3, begin a character that is not complete (RFC 3629, section 3). */
function unfinishedBytes(chunk: Buffer): number {
  for (let back = 1; back <= Math.min(3, chunk.length); back++) {
    const byte = chunk[chunk.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}

async function* transcoded(chunks: AsyncIterable<Buffer>, encoding: Encoding): AsyncIterable<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  try {
    for await (const chunk of chunks) {
      const text = decoder.decode(chunk, { stream: true });
      if (text !== '') yield Buffer.from(text);
    }
    const rest = decoder.decode();
    if (rest !== '') yield Buffer.from(rest);
  } catch (error) {
    const isDecodeError =
      error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
    if (!isDecodeError) throw error;
    throw unknownEncoding(`The file looks like ${encoding.toUpperCase()} and is damaged.`, error);
  }
}

function unknownEncoding(what: string, cause?: unknown): FileError {
  return new FileError('encoding_unknown', `${what} Save it as “CSV UTF-8” and upload it again.`, { cause });
}
