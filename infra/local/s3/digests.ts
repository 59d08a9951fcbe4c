import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A checksum that objects may carry; the value in its `x-amz-checksum-` header is base64. */
export type ChecksumAlgorithm = 'crc32' | 'crc64nvme' | 'sha1' | 'sha256';

/** The algorithms served, by their lower-case names. S3 also knows CRC32C and others, refused here. */
export const CHECKSUM_ALGORITHMS: readonly ChecksumAlgorithm[] = ['crc32', 'crc64nvme', 'sha1', 'sha256'];

interface Running {
  update(chunk: Uint8Array): unknown;
  digest(): Buffer;
}

class Crc32 implements Running {
  #value = 0;

  update(chunk: Uint8Array): void {
    this.#value = crc32(chunk, this.#value);
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.#value);
    return bytes;
  }
}

/** Low and high halves of the table of CRC-64/NVME, whose reversed polynomial is 0x9a6c9329ac4bc9b5. */
function crc64Table(): [low: Uint32Array, high: Uint32Array] {
  const low = new Uint32Array(256);
  const high = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    let value = BigInt(i);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n;
    low[i] = Number(value & 0xffffffffn);
    high[i] = Number(value >> 32n);
  }
  return [low, high];
}

const [CRC64_LOW, CRC64_HIGH] = crc64Table();

/** CRC-64/NVME, a byte at a time: https://reveng.sourceforge.io/crc-catalogue/17plus.htm */
class Crc64Nvme implements Running {
  #low = -1;
  #high = -1;

  update(chunk: Uint8Array): void {
    let low = this.#low;
    let high = this.#high;
    for (let i = 0; i < chunk.length; i++) {
      const index = (low ^ chunk[i]!) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ CRC64_LOW[index]!;
      high = (high >>> 8) ^ CRC64_HIGH[index]!;
    }
    this.#low = low;
    this.#high = high;
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(~this.#high, 0);
    bytes.writeInt32BE(~this.#low, 4);
    return bytes;
  }
}

function start(algorithm: ChecksumAlgorithm): Running {
  if (algorithm === 'crc32') return new Crc32();
  if (algorithm === 'crc64nvme') return new Crc64Nvme();
  return createHash(algorithm);
}

/** Runs the MD5 of an ETag, and the checksums asked for, over bytes that pass by once. */
export class Digests {
  readonly #md5: Hash = createHash('md5');
  readonly #running = new Map<ChecksumAlgorithm, Running>();
  #done = new Map<ChecksumAlgorithm, Buffer>();
  #md5Done: Buffer | undefined;

  constructor(algorithms: Iterable<ChecksumAlgorithm> = []) {
    for (const algorithm of algorithms) this.#running.set(algorithm, start(algorithm));
  }

  update(chunk: Uint8Array): void {
    this.#md5.update(chunk);
    for (const running of this.#running.values()) running.update(chunk);
  }

  /** MD5 of what has passed; nothing may be added afterwards. */
  md5(): Buffer {
    this.#md5Done ??= this.#md5.digest();
    return this.#md5Done;
  }

  /** A checksum of what has passed; it must have been asked for at construction. */
  checksum(algorithm: ChecksumAlgorithm): Buffer {
    const value = this.#done.get(algorithm) ?? this.#running.get(algorithm)?.digest();
    if (!value) throw new Error(`The checksum ${algorithm} was not started`);
    this.#done.set(algorithm, value);
    return value;
  }
}

/** The checksum of a few bytes at hand, such as the joined checksums of parts. */
export function checksumOf(algorithm: ChecksumAlgorithm, bytes: Uint8Array): Buffer {
  const running = start(algorithm);
  running.update(bytes);
  return running.digest();
}
