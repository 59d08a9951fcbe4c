import { createHash, randomBytes } from 'node:crypto';

/** The token of a link, 256 random bits in base64url, and what is stored of it: its SHA-256 (design section 4). */
export function newLinkToken(): { token: string; hash: string } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashOfLinkToken(token) };
}

/** The hash under which a token's link is stored. A token has so many bits that no salt is needed. */
export function hashOfLinkToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
