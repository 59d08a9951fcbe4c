import { createWriteStream, mkdirSync, openSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';

/** A log file of bounded size: when full, it becomes `<file>.1`, which the next full one replaces. */
export class LogFile {
  readonly #path: string;
  readonly #bytesMax: number;
  #bytes: number;
  #stream: WriteStream;

  constructor(path: string, bytesMax = 5_000_000) {
    this.#path = path;
    this.#bytesMax = bytesMax;
    mkdirSync(dirname(path), { recursive: true });
    this.#bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    this.#stream = this.#open();
  }

  write(chunk: string | Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) this.#rotate(chunk.length);
    this.#stream.write(chunk);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(() => resolve()));
  }

  #rotate(bytes: number): void {
    this.#stream.end();
    renameSync(this.#path, `${this.#path}.1`);
    this.#bytes = bytes;
    this.#stream = this.#open();
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.#path, { fd: openSync(this.#path, 'a') });
    // A full disk must not take the cloud down with it; the function itself goes on.
    stream.on('error', () => undefined);
    return stream;
  }
}
