import { randomInt } from 'node:crypto';
import { hashOfBytes } from './byte-hash.ts';

/** A 32-bit hash of the bytes `[start, end)`, another function for every `basis`. */
export type HashBytes = (bytes: Uint8Array, start: number, end: number, basis: number) => number;

const startBits = 12;

/**
 * Which identifiers stand in a file already, as places in its bytes: a Map of a million strings costs ten times the
 * memory and most of the garbage collector's time. Every identifier ends at a tab, holds none, and begins behind the
 * first byte of the file.
 */
export class IdTable {
  /** Pairs of an identifier's hash and place, found by the hash's first bits (open addressing); place 0 is free. */
  private slots = new Int32Array(2 << startBits);
  private bits = startBits;
  private count = 0;
  /** Random, so that no file can be made of which all identifiers collide. */
  private readonly basis = randomInt(2 ** 32);
  private readonly hash: HashBytes;

  constructor(hash: HashBytes = hashOfBytes) {
    this.hash = hash;
  }

  /**
   * Adds the identifier at `[start, end)`, at whose end stands a tab, unless the file has it already.
   * @returns the place of the same identifier before; 0 if there is none
   */
  add(bytes: Uint8Array, start: number, end: number): number {
    const hash = this.hash(bytes, start, end, this.basis) | 0;
    const { slots } = this;
    const last = slots.length - 2;
    let slot = this.firstSlot(hash);
    for (let place = slots[slot + 1] as number; place !== 0; place = slots[slot + 1] as number) {
      if (slots[slot] === hash && isSame(bytes, place, start, end)) return place;
      slot = (slot + 2) & last;
    }
    slots[slot] = hash;
    slots[slot + 1] = start;
    this.count += 1;
    // At most half full.
    if (this.count >= 1 << (this.bits - 1)) this.grow();
    return 0;
  }

  private firstSlot(hash: number): number {
    return (hash >>> (32 - this.bits)) << 1;
  }

  private grow(): void {
    const old = this.slots;
    this.bits += 1;
    this.slots = new Int32Array(2 << this.bits);
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] !== 0) this.move(old[at] as number, old[at + 1] as number);
    }
  }

  private move(hash: number, place: number): void {
    const { slots } = this;
    let slot = this.firstSlot(hash);
    while (slots[slot + 1] !== 0) slot = (slot + 2) & (slots.length - 2);
    slots[slot] = hash;
    slots[slot + 1] = place;
  }
}

/** Compares up to and with the tab, so that no identifier equals the beginning of another. */
function isSame(bytes: Uint8Array, place: number, start: number, end: number): boolean {
  for (let at = start; at <= end; at++) if (bytes[at] !== bytes[place + at - start]) return false;
  return true;
}
