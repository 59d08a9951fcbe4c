/** Where FNV-1a starts. */
const offsetBasis = 0x811c9dc5;

/**
 * A 32-bit FNV-1a of bytes with a final avalanche. From the usual start, and of ASCII, it is the number that shardOf
 * takes the rest of; another `basis` gives another hash function.
 */
export function hashOfBytes(bytes: Uint8Array, start: number, end: number, basis = offsetBasis): number {
  let hash = basis;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
