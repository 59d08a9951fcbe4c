import { randomUUID } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Digests } from './digests.ts';

const CHUNK_BYTES = 256 * 1024;

/** Content that is complete on disk and not yet anybody's: keep it or discard it. */
export interface Draft {
  readonly id: string;
  readonly size: number;
  /** Moves it in place; from now on `remove` is the way to lose it. */
  keep(): void;
  discard(): void;
}

/** Immutable content in files, named by a random id: written aside as a temporary file, then moved in place. */
export class Blobs {
  readonly #directory: string;
  readonly #temporary: string;

  constructor(directory: string) {
    this.#directory = join(directory, 'blobs');
    this.#temporary = join(directory, 'tmp');
    rmSync(this.#temporary, { recursive: true, force: true });
    for (const path of [this.#directory, this.#temporary]) mkdirSync(path, { recursive: true, mode: 0o700 });
  }

  /** Streams a source to a temporary file; what fails on the way leaves nothing behind. */
  async write(source: AsyncIterable<Uint8Array>, digests: Digests): Promise<Draft> {
    const id = randomUUID();
    const path = join(this.#temporary, id);
    let size = 0;
    const discard = () => rmSync(path, { force: true });
    // Made at once: a stream that fails early would else create the file after it was discarded.
    const fd = openSync(path, 'wx', 0o600);
    async function* measured(): AsyncGenerator<Uint8Array> {
      for await (const chunk of source) {
        digests.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    }
    try {
      await pipeline(measured, createWriteStream(path, { fd, highWaterMark: CHUNK_BYTES }));
    } catch (error) {
      discard();
      throw error;
    }
    return { id, size, keep: () => renameSync(path, this.#path(id)), discard };
  }

  /** Opens a blob at once, so that it can be read to the end even if it is removed meanwhile. */
  open(id: string): number {
    return openSync(this.#path(id), 'r');
  }

  /** All bytes of a blob, opened at once as by `open`; read them to the end. */
  read(id: string): AsyncIterable<Uint8Array> {
    return createReadStream('', { fd: this.open(id), highWaterMark: CHUNK_BYTES });
  }

  remove(id: string): void {
    rmSync(this.#path(id), { force: true });
  }

  /** Removes the blobs that no row names, left by a process that died between file and row. */
  removeOrphans(known: ReadonlySet<string>): void {
    for (const id of readdirSync(this.#directory)) if (!known.has(id)) this.remove(id);
  }

  #path(id: string): string {
    return join(this.#directory, id);
  }
}

/** Bytes of an open file from `start` to `end`, both inclusive; closes it. */
export function readOpen(
  fd: number,
  start: number,
  end: number,
): AsyncIterable<Uint8Array> & NodeJS.ReadableStream {
  return createReadStream('', { fd, start, end, highWaterMark: CHUNK_BYTES });
}
