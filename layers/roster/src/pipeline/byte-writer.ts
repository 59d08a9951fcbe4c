const startBytes = 64 * 1024;
const pendingLengthMax = 16 * 1024;
/** A UTF-16 code unit takes at most three bytes of UTF-8. */
const bytesPerUnitMax = 3;
/** Up to here a loop copies faster than a native call. */
const copiedByHandMax = 24;

/**
 * Builds a work file of UTF-8 text in one growing buffer. An array of strings that are joined at the end would be
 * held, and moved by the garbage collector, several times over. Strings are put together before they are encoded,
 * because a call a line costs more than its bytes.
 */
export class ByteWriter {
  private buffer: Buffer;
  private used = 0;
  private pending = '';

  /** `bytesExpected` spares growing: room that is never written to costs no memory. */
  constructor(bytesExpected: number = startBytes) {
    this.buffer = Buffer.allocUnsafeSlow(bytesExpected);
  }

  /** Appends a text. */
  text(text: string): void {
    this.pending += text;
    if (this.pending.length >= pendingLengthMax) this.encode();
  }

  /** Appends one byte. */
  byte(byte: number): void {
    if (this.pending !== '') this.encode();
    if (this.used === this.buffer.length) this.grow(1);
    this.buffer[this.used++] = byte;
  }

  /** Appends bytes of another buffer, as they are. */
  copy(source: Buffer, start = 0, end = source.length): void {
    if (this.pending !== '') this.encode();
    if (this.used + end - start > this.buffer.length) this.grow(end - start);
    if (end - start > copiedByHandMax) {
      this.used += source.copy(this.buffer, this.used, start, end);
      return;
    }
    const { buffer } = this;
    let { used } = this;
    for (let at = start; at < end; at++) buffer[used++] = source[at] as number;
    this.used = used;
  }

  /** What was written since the last {@link clear}: a view that the next write may change. */
  written(): Buffer {
    this.encode();
    return this.buffer.subarray(0, this.used);
  }

  /** Forgets what was written and keeps the room. */
  clear(): void {
    this.pending = '';
    this.used = 0;
  }

  /** What was written, as a buffer of its own; the writer is empty then. */
  take(): Buffer {
    const taken = this.written();
    this.buffer = Buffer.alloc(0);
    this.used = 0;
    return taken;
  }

  private encode(): void {
    if (this.pending === '') return;
    const bytesMax = this.pending.length * bytesPerUnitMax;
    if (this.used + bytesMax > this.buffer.length) this.grow(bytesMax);
    const isWritten = this.pending.length <= copiedByHandMax && this.encodeAscii(this.pending);
    if (!isWritten) this.used += this.buffer.write(this.pending, this.used);
    this.pending = '';
  }

  /** Writes a short text by hand; false if it is not ASCII. */
  private encodeAscii(text: string): boolean {
    const { buffer, used } = this;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) return false;
      buffer[used + at] = code;
    }
    this.used += text.length;
    return true;
  }

  private grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(startBytes, this.used + bytes, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.used);
    this.buffer = larger;
  }
}
