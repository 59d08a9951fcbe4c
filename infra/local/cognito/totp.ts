import { createHmac, randomBytes } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const stepMilliseconds = 30_000;
/** Steps to either side of now that still count, for clocks that differ (RFC 6238 section 5.2). */
const driftSteps = 1;

/** A new secret of 32 bytes in base32 without padding (RFC 4648), as authenticator apps take it. */
export function generateSecret(): string {
  const bits = [...randomBytes(32)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => alphabet.charAt(Number.parseInt(group.padEnd(5, '0'), 2))).join('');
}

function bytesOf(secret: string): Buffer {
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** The six digits of a time step (RFC 4226 section 5.3 with SHA-1, as authenticator apps compute them). */
function codeAt(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', bytesOf(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/**
 * The 30-second step whose code this is, or undefined for a wrong code.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc6238
 */
export function stepOf(code: string, secret: string, now: Date): number | undefined {
  const current = Math.floor(now.getTime() / stepMilliseconds);
  for (let step = current - driftSteps; step <= current + driftSteps; step++) {
    if (codeAt(secret, step) === code) return step;
  }
  return undefined;
}
