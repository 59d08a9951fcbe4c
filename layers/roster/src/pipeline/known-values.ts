import type { Column } from '../domain/schema.ts';
import { activeReader, type Checked, compileColumn } from '../domain/validate.ts';
import { hashOfBytes } from './byte-hash.ts';

/** How a good value of a file reads, where that is not as the bytes that stand in it. */
export interface Reading {
  /** The value as JSON, unless it is the bytes that stand in the file. */
  json: Buffer | undefined;
  /** The value's canonical form. */
  canonical: string;
  canonicalBytes: Buffer;
  /** What the value says of a member's state; undefined in any column but that of the state. */
  active: boolean | undefined;
}

/** Checks the values of a column that are made texts, and tells how they read. */
export class ColumnReader {
  private readonly check: (text: string) => Checked;
  private readonly readActive: ((canonical: string) => boolean | undefined) | undefined;

  constructor(column: Column) {
    this.check = compileColumn(column);
    this.readActive = column.role === 'state' ? activeReader(column) : undefined;
  }

  /**
   * The reading of a text, which stands in the file as it is or, if not `asItStands`, otherwise.
   * @returns undefined if the text is not good
   */
  read(text: string, asItStands: boolean): Reading | undefined {
    const canonical = this.check(text);
    if (typeof canonical !== 'string') return undefined;
    return {
      json: asItStands ? undefined : Buffer.from(JSON.stringify(text)),
      canonical,
      canonicalBytes: Buffer.from(canonical),
      active: this.readActive?.(canonical),
    };
  }
}

const slotBits = 10;

/**
 * Remembers how the values of a column read, by their bytes: columns of few values, such as states, grades and
 * fees, ask the same all the time. It keeps the first value of each of its slots and so never grows beyond them.
 */
export class KnownValues {
  private readonly known: ({ bytes: Buffer; reading: Reading } | undefined)[];
  private readonly reader: Pick<ColumnReader, 'read'>;

  constructor(reader: Pick<ColumnReader, 'read'>) {
    this.reader = reader;
    this.known = new Array<undefined>(1 << slotBits).fill(undefined);
  }

  /** The reading of the text at `[start, end)`; undefined if it is not good. */
  read(bytes: Buffer, start: number, end: number): Reading | undefined {
    const slot = hashOfBytes(bytes, start, end) >>> (32 - slotBits);
    const known = this.known[slot];
    if (known !== undefined && isAt(known.bytes, bytes, start, end)) return known.reading;
    return this.learn(slot, bytes, start, end);
  }

  /** Apart from {@link read}, which is compiled for speed: what differs by column would have it compiled anew. */
  private learn(slot: number, bytes: Buffer, start: number, end: number): Reading | undefined {
    const reading = this.reader.read(bytes.toString('utf8', start, end), true);
    if (reading !== undefined) this.known[slot] ??= { bytes: copyOf(bytes, start, end), reading };
    return reading;
  }
}

function isAt(value: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (value.length !== end - start) return false;
  for (let at = 0; at < value.length; at++) if (value[at] !== bytes[start + at]) return false;
  return true;
}

/** A copy, because a view would keep the whole segment. */
function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  return Buffer.from(bytes.subarray(start, end));
}
