/** Addresses that bounced for good or whose owners complained; by hash, so that the list tells nobody's address. */
import { createHash } from 'node:crypto';
import { keys } from './keys.ts';
import type { Table } from './table.ts';

export interface Suppressions {
  /** Whether the address is not to be written to. */
  has(address: string): Promise<boolean>;
  add(address: string, reason: 'bounced' | 'complained', now: Date): Promise<void>;
  /** Allows the address again: for an admin who knows that its fault was mended. */
  lift(address: string): Promise<void>;
}

/** Mailboxes are told apart by case on no server of today (RFC 5321 would allow it). */
function hashOf(address: string): string {
  return createHash('sha256').update(address.trim().normalize('NFC').toLowerCase()).digest('hex');
}

/** Opens the list in the table. It is one for all organizations, since SES judges the installation as a whole. */
export function suppressions(table: Table): Suppressions {
  const keyOf = (address: string) => keys.suppressedAddress(hashOf(address));
  return {
    has: async (address) => (await table.get(keyOf(address), { consistent: true })) !== undefined,
    add: (address, reason, now) => table.put({ ...keyOf(address), reason, at: now.toISOString() }),
    lift: (address) => table.delete(keyOf(address)),
  };
}
