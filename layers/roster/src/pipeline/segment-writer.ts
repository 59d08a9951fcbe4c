import { partCountFor, partOfShard } from '../domain/import.ts';
import { shardOf } from '../domain/member.ts';
import type { ImportRef, Objects } from '../domain/ports.ts';
import { FrameBuffer } from '../files/rows.ts';
import { workFiles } from './work-files.ts';

/** About how many bytes of rows a segment has. */
export const segmentBytes = 512 * 1024;
const writesInFlightMax = 4;

/**
 * Deals rows out to the parts of an import by the shard of their identifier. A part's rows go to the work bucket
 * in segments of about 512 KiB, so that memory holds at most one segment a part, whatever the file's size.
 */
export class SegmentWriter {
  readonly parts: { part: number; segments: number; rows: number }[];
  private readonly buffers: FrameBuffer[];
  private readonly writes = new Set<Promise<void>>();
  private readonly work: Objects;
  private readonly ref: ImportRef;

  constructor(work: Objects, ref: ImportRef, inflatedBytes: number, members: number) {
    this.work = work;
    this.ref = ref;
    const partCount = partCountFor(inflatedBytes, members);
    this.parts = Array.from({ length: partCount }, (_, part) => ({ part, segments: 0, rows: 0 }));
    this.buffers = this.parts.map(() => new FrameBuffer());
  }

  /** The buffer that a row with this identifier is appended to; a row without one goes to the first part. */
  bufferFor(externalId: string | undefined): FrameBuffer {
    const at = externalId === undefined ? 0 : partOfShard(shardOf(externalId), this.parts.length);
    (this.parts[at] as { rows: number }).rows += 1;
    return this.buffers[at] as FrameBuffer;
  }

  /** Writes the segments that are full; waits while too many writes are under way. */
  async flushFull(): Promise<void> {
    for (const [part, buffer] of this.buffers.entries()) {
      if (buffer.length >= segmentBytes) await this.write(part, buffer);
    }
  }

  async close(): Promise<void> {
    for (const [part, buffer] of this.buffers.entries()) {
      if (buffer.length > 0) await this.write(part, buffer);
    }
    await Promise.all(this.writes);
  }

  private async write(part: number, buffer: FrameBuffer): Promise<void> {
    const entry = this.parts[part] as { segments: number };
    const key = workFiles.segment(this.ref, part, entry.segments);
    entry.segments += 1;
    const write = this.work.write(key, buffer.take());
    this.writes.add(write);
    const settled = write.then(() => this.writes.delete(write));
    settled.catch(() => undefined);
    if (this.writes.size >= writesInFlightMax) await Promise.race(this.writes);
  }
}
