import xxhash, { type XXHashAPI } from 'xxhash-wasm';

/** Length of a values hash: 64 bits in hex. */
export const hashLength = 16;

/** What xxHash is computed with, once loaded. */
export type Hasher = Pick<XXHashAPI, 'h64Raw'>;

let loading: Promise<Hasher> | undefined;

/** Loads xxHash, once a process: WebAssembly is made ready asynchronously. */
export function loadHasher(): Promise<Hasher> {
  loading ??= xxhash();
  return loading;
}

/** A column as it is hashed: `label` stands before its value. */
export interface HashedColumn {
  at: number;
  label: Buffer;
}

/** The columns in the order in which they are hashed, which is that of their names. */
export function hashedColumns(names: readonly string[]): HashedColumn[] {
  const order = [...names.keys()].sort((a, b) => ((names[a] as string) < (names[b] as string) ? -1 : 1));
  return order.map((at) => ({ at, label: Buffer.from(`\u0000${names[at]}\u0001`) }));
}

const startBytes = 4096;
const hexDigits = Buffer.from('0123456789abcdef');

/** Where the bytes to be hashed are put together, and the hash taken; kept for one row after the other. */
export class HashInput {
  private room = Buffer.allocUnsafeSlow(startBytes);
  /** Views of `room` by length: to make a view costs more than to hash it. */
  private views = noViews();
  private readonly digest = new BigUint64Array(1);
  private readonly digestBytes = new Uint8Array(this.digest.buffer);
  private readonly hasher: Hasher;

  constructor(hasher: Hasher) {
    this.hasher = hasher;
  }

  /** Room for so many bytes; what was in it may be lost. */
  reserve(bytes: number): Buffer {
    if (bytes > this.room.length) {
      this.room = Buffer.allocUnsafeSlow(Math.max(bytes, this.room.length * 2));
      this.views = noViews();
    }
    return this.room;
  }

  /** Writes the hash of the first `length` bytes in {@link hashLength} hex digits, of which there must be room. */
  writeHex(length: number, target: Buffer, start: number): void {
    this.digest[0] = this.hasher.h64Raw(this.view(length));
    let to = start;
    for (let at = this.digestBytes.length - 1; at >= 0; at--) {
      const byte = this.digestBytes[at] as number;
      target[to++] = hexDigits[byte >> 4] as number;
      target[to++] = hexDigits[byte & 15] as number;
    }
  }

  private view(length: number): Buffer {
    if (length >= startBytes) return this.room.subarray(0, length);
    const view = this.views[length] ?? this.room.subarray(0, length);
    this.views[length] = view;
    return view;
  }
}

function noViews(): (Buffer | undefined)[] {
  return new Array<undefined>(startBytes).fill(undefined);
}

/**
 * Compiles the hash of a member's canonical values: xxHash64 in hex. Blank values and the order of columns do not
 * count, so that a new or moved column changes no hash. A value cannot hold a NUL, which therefore separates them.
 *
 * 64 bits are enough, because a hash is only ever compared with the same member's earlier one: a change goes unseen
 * with a chance of 2^-64 a comparison, whatever the number of members. It is no protection against values made to
 * collide: who may upload a roster gains nothing from hiding a change of their own.
 */
export function compileValuesHash(
  names: readonly string[],
  hasher: Hasher,
): (canonical: readonly string[]) => string {
  const columns = hashedColumns(names);
  const input = new HashInput(hasher);
  const hex = Buffer.alloc(hashLength);
  return (canonical) => {
    const parts = columns
      .filter(({ at }) => canonical[at] !== '')
      .flatMap(({ at, label }) => [label, Buffer.from(canonical[at] as string)]);
    const bytes = Buffer.concat(parts);
    bytes.copy(input.reserve(bytes.length));
    input.writeHex(bytes.length, hex, 0);
    return hex.toString('latin1');
  };
}
