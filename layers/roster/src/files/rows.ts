import { type Malformed, malformedCodes } from './records.ts';

/**
 * A row as the steps of an import hand it on, in a work file of frames one after the other, little-endian:
 * u32 line, u8 flags, u32 length, then the bytes. Flags: bit 0 quoted; bits 1 to 3 the number of the malformed
 * code from 1, or 0, and then the bytes are the field's number as a u32.
 */
export interface Frame {
  /** Physical line of the file, or row of the sheet, from 1. */
  line: number;
  quoted: boolean;
  malformed?: Malformed | undefined;
  /** The raw record in UTF-8; empty if malformed. */
  bytes: Buffer;
}

const headBytes = 9;
const startBytes = 64 * 1024;

/** A growing buffer of whole frames: it is cut only between frames, by `take`. */
export class FrameBuffer {
  private buffer: Buffer = Buffer.allocUnsafeSlow(startBytes);
  private used = 0;

  /** Bytes held. */
  get length(): number {
    return this.used;
  }

  append(row: Readonly<Frame>): void {
    const { malformed } = row;
    if (malformed !== undefined) this.appendMalformed(row.line, malformed);
    else this.appendBytes(row.line, row.quoted, row.bytes);
  }

  /** The frames so far, as a buffer of their own; the next ones start a new one. */
  take(): Buffer {
    const taken = this.buffer.subarray(0, this.used);
    this.buffer = Buffer.allocUnsafeSlow(this.used === 0 ? startBytes : this.buffer.length);
    this.used = 0;
    return taken;
  }

  private appendBytes(line: number, quoted: boolean, bytes: Buffer): void {
    const at = this.startFrame(line, quoted ? 1 : 0, bytes.length);
    this.buffer.set(bytes, at);
  }

  private appendMalformed(line: number, { code, column }: Malformed): void {
    const at = this.startFrame(line, (malformedCodes.indexOf(code) + 1) << 1, 4);
    this.buffer.writeUInt32LE(column, at);
  }

  /** Writes a frame's head and makes room for its bytes. @returns where they go */
  private startFrame(line: number, flags: number, length: number): number {
    const at = this.used;
    this.used += headBytes + length;
    if (this.used > this.buffer.length) this.grow(at);
    this.buffer.writeUInt32LE(line, at);
    this.buffer[at + 4] = flags;
    this.buffer.writeUInt32LE(length, at + 5);
    return at + headBytes;
  }

  private grow(filled: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.used, this.buffer.length * 2));
    larger.set(this.buffer.subarray(0, filled));
    this.buffer = larger;
  }
}

/**
 * The rows of one or several buffers of frames, as views into them.
 * @throws RangeError if a buffer is cut inside of a frame: a work file that was not written whole
 */
export function* readFrames(...segments: Buffer[]): Generator<Frame, void, undefined> {
  for (const segment of segments) {
    for (let at = 0; at < segment.length; ) {
      const line = segment.readUInt32LE(at);
      const flags = segment.readUInt8(at + 4);
      const start = at + headBytes;
      const end = start + segment.readUInt32LE(at + 5);
      if (end > segment.length) throw new RangeError('A work file of rows is cut inside of a row.');
      const code = malformedCodes[(flags >> 1) - 1];
      if (code === undefined) {
        yield { line, quoted: (flags & 1) !== 0, malformed: undefined, bytes: segment.subarray(start, end) };
      } else {
        const column = segment.readUInt32LE(start);
        yield { line, quoted: false, malformed: { code, column }, bytes: segment.subarray(start, start) };
      }
      at = end;
    }
  }
}
