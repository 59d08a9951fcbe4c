const startBytes = 64 * 1024;
const pendingLengthMax = 16 * 1024;
/** A UTF-16 code unit takes at most three bytes of UTF-8. */
const bytesPerUnitMax = 3;
/** Up to here a loop encodes faster than a native call. */
const encodedByHandMax = 24;
/** Up to here a loop copies faster than a native call. */
const copiedByHandMax = 48;
const zero = 0x30;

/**
 * Copies bytes to `at` of a target that has room for them.
 * @returns the place behind them
 */
export function copyBytes(target: Buffer, at: number, source: Buffer, start: number, end: number): number {
  if (end - start > copiedByHandMax) return at + source.copy(target, at, start, end);
  let to = at;
  for (let from = start; from < end; from++) target[to++] = source[from] as number;
  return to;
}

/**
 * Builds a work file of UTF-8 text in one growing buffer. An array of strings that are joined at the end would be
 * held, and moved by the garbage collector, several times over. Strings are put together before they are encoded,
 * because a call a line costs more than its bytes.
 */
export class ByteWriter {
  private bytes: Buffer;
  private used = 0;
  private pending = '';

  /** `bytesExpected` spares growing: room that is never written to costs no memory. */
  constructor(bytesExpected: number = startBytes) {
    this.bytes = Buffer.allocUnsafeSlow(bytesExpected);
  }

  /** How many bytes were written. */
  get length(): number {
    if (this.pending !== '') this.encode();
    return this.used;
  }

  /** What is written to, up to {@link length} and what {@link reserve} made room for; growing replaces it. */
  get buffer(): Buffer {
    return this.bytes;
  }

  /**
   * Makes room for so many bytes, which the caller writes to {@link buffer} by hand and {@link commit}s: a call a
   * byte would cost more than the byte.
   * @returns where they go
   */
  reserve(bytes: number): number {
    if (this.pending !== '') this.encode();
    if (this.used + bytes > this.bytes.length) this.grow(bytes);
    return this.used;
  }

  /** Tells where the bytes that were written by hand end. */
  commit(end: number): void {
    this.used = end;
  }

  /** Appends a text. */
  text(text: string): void {
    this.pending += text;
    if (this.pending.length >= pendingLengthMax) this.encode();
  }

  /** Appends one byte. */
  byte(byte: number): void {
    if (this.pending !== '') this.encode();
    if (this.used === this.bytes.length) this.grow(1);
    this.bytes[this.used++] = byte;
  }

  /** Appends a whole number from 0 to 2^32 - 1 in decimal digits. */
  decimal(number: number): void {
    let digits = 1;
    for (let limit = 10; number >= limit; limit *= 10) digits += 1;
    const start = this.reserve(digits);
    const { bytes } = this;
    let rest = number;
    for (let at = start + digits - 1; at >= start; at--) {
      const tenth = (rest / 10) >>> 0;
      bytes[at] = zero + rest - tenth * 10;
      rest = tenth;
    }
    this.used = start + digits;
  }

  /** Appends bytes of another buffer, as they are. */
  copy(source: Buffer, start = 0, end = source.length): void {
    const at = this.reserve(end - start);
    this.used = copyBytes(this.bytes, at, source, start, end);
  }

  /** What was written since the last {@link clear}: a view that the next write may change. */
  written(): Buffer {
    this.encode();
    return this.bytes.subarray(0, this.used);
  }

  /** Forgets what was written and keeps the room. */
  clear(): void {
    this.pending = '';
    this.used = 0;
  }

  /** What was written, as a buffer of its own; the writer is empty then. */
  take(): Buffer {
    const taken = this.written();
    this.bytes = Buffer.alloc(0);
    this.used = 0;
    return taken;
  }

  private encode(): void {
    if (this.pending === '') return;
    const bytesMax = this.pending.length * bytesPerUnitMax;
    if (this.used + bytesMax > this.bytes.length) this.grow(bytesMax);
    const isWritten = this.pending.length <= encodedByHandMax && this.encodeAscii(this.pending);
    if (!isWritten) this.used += this.bytes.write(this.pending, this.used);
    this.pending = '';
  }

  /** Writes a short text by hand; false if it is not ASCII. */
  private encodeAscii(text: string): boolean {
    const { bytes, used } = this;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) return false;
      bytes[used + at] = code;
    }
    this.used += text.length;
    return true;
  }

  private grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(startBytes, this.used + bytes, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.used);
    this.bytes = larger;
  }
}
