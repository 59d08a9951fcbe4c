/**
 * How large a member may be, so that every write of an import stays within DynamoDB's bounds: 400 KB an item and
 * 4 MB a transaction, a changed item counting whole (Developer Guide, "Quotas", "Amazon DynamoDB Transactions").
 */
import type { PlannedChange } from './ports.ts';
import type { Column } from './schema.ts';

/**
 * Bytes of UTF-8 that the values of one member may have together. Ordinary rosters need less than a tenth of it;
 * with it a chunk of some hundred members fits into one transaction, and a page of members into one answer.
 */
export const valuesBytesMax = 16 * 1024;

const transactionBytesMax = 4 * 1024 * 1024;
/** For the checkpoint, which may name each member of the chunk, and for the counter. */
const checkpointBytesMax = 256 * 1024;
/** Keys, identifier, times, states, departments and the names of attributes; an identifier has 200 characters at most. */
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

/** An item of counts: 2,000 departments, as many that were taken over, and 200 roles, each an id and a number. */
export const groupCountBytesMax = 128 * 1024;

/** How many bytes the members of one chunk, and the items that count their departments, may take together. */
export const chunkBytesMax = transactionBytesMax - checkpointBytesMax;

/**
 * Compiles how many bytes the member of a change takes at most. Of one to be added all is known; one that is changed
 * may be as large as a member can be.
 */
export function compileChangeBytes(
  columns: readonly Column[],
): (change: Pick<PlannedChange, 'kind' | 'values'>) => number {
  const nameBytes = columns.reduce((sum, { name }) => sum + encoder.encode(name).length, 0);
  return ({ kind, values = {} }) => {
    const units = Object.values(values).reduce((sum, value) => sum + value.length, 0);
    const valuesBytes = kind === 'add' ? Math.min(units * 3, valuesBytesMax) : valuesBytesMax;
    // Names and login details repeat values beside them, and what is protected the columns: each once, at most.
    return ownBytesMax + 2 * nameBytes + 2 * valuesBytes;
  };
}
