/**
 * How large a member may be, so that every write of an import stays within DynamoDB's bounds: 400 KB an item and
 * 4 MB a transaction, a changed item counting whole (Developer Guide, "Quotas", "Amazon DynamoDB Transactions").
 */
import { groupCountSlotsOfPart } from './group-counting.ts';
import { chunkActionsMax } from './ports.ts';
import { type Column, columnWithRole } from './schema.ts';

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

/** An item of counts by department and role: 2,200 ids of 26 characters, each with a number. */
const groupCountBytesMax = 80 * 1024;

/** How many actions of a chunk of a part count departments, at most: none where the schema has no column of them. */
export function groupCountActionsOf(columns: readonly Column[], partCount: number): number {
  return columnWithRole(columns, 'department') === undefined ? 0 : groupCountSlotsOfPart(partCount);
}

/** How many members with these columns go into one transaction of a part, however large each of them is. */
export function chunkChangesFor(columns: readonly Column[], partCount: number): number {
  const groupCounts = groupCountActionsOf(columns, partCount);
  const nameBytes = columns.reduce((sum, { name }) => sum + encoder.encode(name).length, 0);
  // Names, login details and departments repeat values beside them: each value once, at most.
  const memberBytesMax = ownBytesMax + nameBytes + 2 * valuesBytesMax;
  const bytesMax = transactionBytesMax - checkpointBytesMax - groupCounts * groupCountBytesMax;
  return Math.min(chunkActionsMax - groupCounts, Math.floor(bytesMax / memberBytesMax));
}
