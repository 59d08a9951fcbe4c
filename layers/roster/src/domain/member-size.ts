/**
 * How large a member may be, so that every write of an import stays within DynamoDB's bounds: 400 KB an item and
 * 4 MB a transaction, a changed item counting whole (Developer Guide, "Quotas", "Amazon DynamoDB Transactions").
 */
import { chunkActionsMax } from './ports.ts';
import type { Column } from './schema.ts';

/**
 * Bytes of UTF-8 that the values of one member may have together. Ordinary rosters need less than a tenth of it;
 * with it a chunk of {@link chunkActionsMax} members fits into one transaction, and a page of members into one answer.
 */
export const valuesBytesMax = 16 * 1024;

const transactionBytesMax = 4 * 1024 * 1024;
/** For the checkpoint, which may name each member of the chunk, and for the counter. */
const checkpointBytesMax = 256 * 1024;
/** Keys, identifier, times, states and the names of attributes; an identifier has 200 characters at most. */
const ownBytesMax = 4 * 1024;

const encoder = new TextEncoder();

/** Whether a member's values have no more than {@link valuesBytesMax} together. */
export function valuesFit(values: Iterable<string>): boolean {
  const all = [...values];
  const units = all.reduce((sum, value) => sum + value.length, 0);
  // A UTF-16 code unit takes three bytes at most, so nearly every member needs no encoding.
  if (units * 3 <= valuesBytesMax) return true;
  return all.reduce((sum, value) => sum + encoder.encode(value).length, 0) <= valuesBytesMax;
}

/** How many members with these columns go into one transaction, however large each of them is. */
export function chunkChangesFor(columns: readonly Column[]): number {
  const nameBytes = columns.reduce((sum, { name }) => sum + encoder.encode(name).length, 0);
  // Names, login details and departments repeat values beside them: each value once, at most.
  const memberBytesMax = ownBytesMax + nameBytes + 2 * valuesBytesMax;
  const fitting = Math.floor((transactionBytesMax - checkpointBytesMax) / memberBytesMax);
  return Math.min(chunkActionsMax, fitting);
}
