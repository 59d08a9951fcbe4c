/** Pulls delimited text and delimited or counted bytes from a chunked source, holding little more than one chunk. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #truncated: () => Error;
  #buffer: Buffer = Buffer.alloc(0);

  /** `truncated` makes the error for a source that ends too early. */
  constructor(source: AsyncIterable<Uint8Array>, truncated: () => Error) {
    this.#source = source[Symbol.asyncIterator]();
    this.#truncated = truncated;
  }

  async #fill(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done) throw this.#truncated();
    this.#buffer = this.#buffer.length === 0 ? Buffer.from(value) : Buffer.concat([this.#buffer, value]);
  }

  /** Bytes before `mark`, which is consumed too; more than `bytesMax` of them throw what `tooLong` makes. */
  async until(mark: string, bytesMax: number, tooLong: () => Error): Promise<Buffer> {
    for (;;) {
      const at = this.#buffer.indexOf(mark, 0, 'latin1');
      if (at > bytesMax || (at < 0 && this.#buffer.length > bytesMax + mark.length)) throw tooLong();
      if (at >= 0) return this.#take(at, mark.length);
      await this.#fill();
    }
  }

  /** Streams the bytes before `mark`, and consumes the mark. */
  async *streamUntil(mark: string): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#buffer.indexOf(mark, 0, 'latin1');
      if (at >= 0) {
        yield this.#take(at, mark.length);
        return;
      }
      const sure = this.#buffer.length - mark.length + 1;
      if (sure > 0) yield this.#take(sure, 0);
      await this.#fill();
    }
  }

  /** Streams exactly `bytes` bytes. */
  async *stream(bytes: number): AsyncGenerator<Buffer> {
    let left = bytes;
    while (left > 0) {
      if (this.#buffer.length === 0) await this.#fill();
      const chunk = this.#take(Math.min(left, this.#buffer.length), 0);
      left -= chunk.length;
      yield chunk;
    }
  }

  /** Exactly `bytes` bytes, for small counts. */
  async exactly(bytes: number): Promise<Buffer> {
    while (this.#buffer.length < bytes) await this.#fill();
    return this.#take(bytes, 0);
  }

  /** Reads the rest and throws it away, so that the client gets to read an answer. */
  async drain(): Promise<void> {
    this.#buffer = Buffer.alloc(0);
    while (!(await this.#source.next()).done);
  }

  #take(bytes: number, skip: number): Buffer {
    const taken = this.#buffer.subarray(0, bytes);
    this.#buffer = this.#buffer.subarray(bytes + skip);
    return taken;
  }
}
