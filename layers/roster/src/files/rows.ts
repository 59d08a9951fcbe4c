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

/** The u32 at a place, read by hand: Buffer's own reading checks its argument each time. NaN behind the end. */
function readUnsigned(bytes: Buffer, at: number): number {
  const last = bytes[at + 3];
  if (last === undefined) return Number.NaN;
  return (
    (bytes[at] as number) +
    (bytes[at + 1] as number) * 0x100 +
    (bytes[at + 2] as number) * 0x10000 +
    last * 0x1000000
  );
}

/**
 * Walks over the frames of one buffer. Its fields are those of the frame it stands on, so that a million rows make
 * no objects and no views.
 */
export class FrameCursor {
  line = 0;
  quoted = false;
  malformed: Malformed | undefined;
  /** Where the record's bytes are in the segment; empty if malformed. */
  start = 0;
  end = 0;
  private nextAt = 0;
  private readonly segment: Buffer;

  constructor(segment: Buffer) {
    this.segment = segment;
  }

  /**
   * Moves to the next frame; false at the end.
   * @throws RangeError if the buffer is cut inside of a frame: a work file that was not written whole
   */
  next(): boolean {
    const { segment, nextAt } = this;
    if (nextAt >= segment.length) return false;
    const start = nextAt + headBytes;
    const end = start + readUnsigned(segment, nextAt + 5);
    if (!(end <= segment.length)) throw new RangeError('A work file of rows is cut inside of a row.');
    const flags = segment[nextAt + 4] as number;
    this.line = readUnsigned(segment, nextAt);
    this.start = start;
    this.end = end;
    this.nextAt = end;
    this.quoted = (flags & 1) !== 0;
    const code = flags > 1 ? malformedCodes[(flags >> 1) - 1] : undefined;
    this.malformed = code && { code, column: segment.readUInt32LE(this.start) };
    if (code !== undefined) this.end = this.start;
    return true;
  }

  /** The raw record as text. */
  text(): string {
    return this.segment.toString('utf8', this.start, this.end);
  }
}

/**
 * The rows of one or several buffers of frames, as views into them.
 * @throws RangeError if a buffer is cut inside of a frame
 */
export function* readFrames(...segments: Buffer[]): Generator<Frame, void, undefined> {
  for (const segment of segments) {
    const cursor = new FrameCursor(segment);
    while (cursor.next()) {
      const { line, quoted, malformed, start, end } = cursor;
      yield { line, quoted, malformed, bytes: segment.subarray(start, end) };
    }
  }
}
