import type { Checked } from '../domain/validate.ts';
import { hashOfBytes } from './byte-hash.ts';

/** How a good value of a file reads, where that is not as the bytes that stand in it. */
export interface Reading {
  /** The value as JSON, unless it is the bytes that stand in the file. */
  json: Buffer | undefined;
  /** The value's canonical form. */
  canonical: string;
  canonicalBytes: Buffer;
}

/** A reading of a value whose canonical form is `canonical`; `text` is the value if the file has other bytes. */
export function readingOf(canonical: string, text?: string): Reading {
  const json = text === undefined ? undefined : Buffer.from(JSON.stringify(text));
  return { json, canonical, canonicalBytes: Buffer.from(canonical) };
}

const slotBits = 10;

/**
 * Remembers how the values of a column read, by their bytes: columns of few values, such as states, grades and
 * fees, ask the same all the time. It keeps the first value of each of its slots and so never grows beyond them.
 */
export class KnownValues {
  private readonly known: ({ bytes: Buffer; reading: Reading } | undefined)[];
  private readonly check: (text: string) => Checked;

  constructor(check: (text: string) => Checked) {
    this.check = check;
    this.known = new Array<undefined>(1 << slotBits).fill(undefined);
  }

  /** The reading of the text at `[start, end)`; undefined if it is not good. */
  read(bytes: Buffer, start: number, end: number): Reading | undefined {
    const slot = hashOfBytes(bytes, start, end) >>> (32 - slotBits);
    const known = this.known[slot];
    if (known !== undefined && isAt(known.bytes, bytes, start, end)) return known.reading;
    const checked = this.check(bytes.toString('utf8', start, end));
    if (typeof checked !== 'string') return undefined;
    const reading = readingOf(checked);
    if (known === undefined) this.known[slot] = { bytes: copyOf(bytes, start, end), reading };
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
