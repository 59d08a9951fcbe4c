import { type ChainVerdict, verifyChain } from 'roster/domain/audit';
import { answer, api } from '../../api/client.ts';
import { auditPages } from './auditEntries.ts';

/**
 * Verifies an organization's whole audit trail, here and not on the server, which would have to be believed.
 * @param anchor the last hash of an earlier verification
 */
export async function verifyAudit(
  org: string,
  anchor: string | undefined,
  reading: Parameters<typeof auditPages>[2],
): Promise<ChainVerdict> {
  const call = { params: { path: { org }, query: { limit: 1 } }, signal: reading.signal };
  // The head is read first: what is appended meanwhile comes after it.
  const { head } = await answer(api.GET('/api/v1/orgs/{org}/audit', call));
  return verifyChain(entriesOf(auditPages(org, {}, reading)), sha256, { head, anchor });
}

async function* entriesOf<T>(pages: AsyncIterable<T[]>): AsyncGenerator<T> {
  for await (const page of pages) yield* page;
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
