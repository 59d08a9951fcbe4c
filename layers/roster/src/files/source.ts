import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** A file of known size that can be read from any place, and again: an S3 object, a file on disk, a buffer. */
export interface ByteSource {
  /** Bytes. */
  readonly size: number;
  /** The bytes from `start` up to but not including `end`, in chunks of any size. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** A buffer as a source; `chunkBytes` cuts it, so that tests meet every chunk boundary. */
export function bufferSource(bytes: Uint8Array, chunkBytes = 256 * 1024): ByteSource {
  return {
    size: bytes.length,
    async *read(start, end) {
      for (let at = start; at < end; at += chunkBytes) {
        yield bytes.subarray(at, Math.min(at + chunkBytes, end));
      }
    },
  };
}

/** A file on disk as a source. @throws the system's error if there is none. */
export async function fileSource(path: string): Promise<ByteSource> {
  const { size } = await stat(path);
  return {
    size,
    async *read(start, end) {
      if (start >= end) return;
      yield* createReadStream(path, { start, end: end - 1, highWaterMark: 256 * 1024 });
    },
  };
}

/** Reads a range whole. Only for ranges whose size the caller has bounded. */
export async function readRange(source: ByteSource, start: number, end: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.read(start, end)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * Hashes a file on the way: a range is read by reading all of the file once, in order, so that hash and contents
 * cost one download.
 */
export class HashingReader {
  private sha256: string | undefined;
  private readonly source: ByteSource;

  constructor(source: ByteSource) {
    this.source = source;
  }

  /** The bytes of a range; the rest of the file is hashed and dropped. */
  async *read(start: number, end: number): AsyncIterable<Uint8Array> {
    const hash = createHash('sha256');
    let at = 0;
    for await (const chunk of this.source.read(0, this.source.size)) {
      hash.update(chunk);
      const from = Math.max(start - at, 0);
      const to = Math.min(end - at, chunk.length);
      if (from < to) yield chunk.subarray(from, to);
      at += chunk.length;
    }
    this.sha256 = hash.digest('hex');
  }

  /** The SHA-256 of the whole file in hex; reads the file if no read has come to its end yet. */
  async digest(): Promise<string> {
    if (this.sha256 === undefined) for await (const _ of this.read(0, 0));
    return this.sha256 as string;
  }
}
