import { createHmac } from 'node:crypto';

/** What a person's authenticator app shows: RFC 6238 with SHA-1, 30 s, six digits, from a base32 secret. */
export function authenticatorCode(secret: string, at: Date): string {
  let buffered = 0;
  let bits = 0;
  const key: number[] = [];
  for (const letter of secret) {
    buffered = ((buffered << 5) | 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter)) & 0xffff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      key.push((buffered >> bits) & 0xff);
    }
  }
  const counter = new DataView(new ArrayBuffer(8));
  counter.setUint32(4, Math.floor(at.getTime() / 30_000));
  const mac = createHmac('sha1', Buffer.from(key)).update(new Uint8Array(counter.buffer)).digest();
  const start = mac[19]! % 16;
  const number =
    ((mac[start]! & 0x7f) << 24) | (mac[start + 1]! << 16) | (mac[start + 2]! << 8) | mac[start + 3]!;
  return (number % 1e6).toString().padStart(6, '0');
}
