/**
 * Random-looking numbers that are pure functions of their inputs, so that row 900,000 can be made without the
 * 899,999 before it and a test can ask what changed for one id without remembering any other.
 */

/** A stream of numbers in [0, 1). */
export type Random = () => number;

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state, the same numbers on every machine. */
export function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Mixes integers into one of 32 bits (the finalizer of MurmurHash3 after each). */
export function mix(...parts: number[]): number {
  let hash = 0x9e3779b9;
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/**
 * The place of `index` in a shuffled 0..size-1, without the shuffled list: a four-round Feistel network over the
 * next even number of bits, walked until it lands inside (Black and Rogaway, "Ciphers with Arbitrary Finite
 * Domains", 2002). Every index gets a place of its own.
 *
 * @param size 1 to 2^30.
 */
export function shuffledPlace(seed: number, size: number, index: number): number {
  const halfBits = Math.max(1, Math.ceil(Math.log2(size) / 2));
  const mask = 2 ** halfBits - 1;
  let place = index;
  do {
    let left = Math.floor(place / (mask + 1));
    let right = place & mask;
    for (let round = 0; round < 4; round++) {
      [left, right] = [right, left ^ (mix(seed, round, right) & mask)];
    }
    place = left * (mask + 1) + right;
  } while (place >= size);
  return place;
}
