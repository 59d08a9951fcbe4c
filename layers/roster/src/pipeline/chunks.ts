import { periodColumns } from '../domain/active-period.ts';
import { groupCountSlotOf } from '../domain/group-counting.ts';
import { chunkBytesMax, compileChangeBytes, groupCountBytesMax } from '../domain/member-size.ts';
import {
  actionsOf,
  chunkActionsMax,
  mayBeInvited,
  movesMembership,
  type PlannedChange,
} from '../domain/ports.ts';
import { compilePlacing } from '../domain/roster-row.ts';
import type { Column } from '../domain/schema.ts';

/** What a change adds to the transaction of its chunk. `slot` is the item that counts its departments, if one has to. */
interface Cost {
  memberships: number;
  /**
   * When to look at the member's active period and, if it has an account, tell of its end, where the roster has such
   * columns, and at its reminders: at most two.
   */
  looks: number;
  bytes: number;
  slot: number | undefined;
}

/** A chunk that is being filled. */
class OpenChunk {
  readonly changes: PlannedChange[] = [];
  private memberships = 0;
  private looks = 0;
  private bytes = 0;
  private readonly slots = new Set<number>();

  /** Takes a change if its transaction then still has no more than 100 actions and 4 MB. */
  take(change: PlannedChange, { memberships, looks, bytes, slot }: Cost): boolean {
    const slots = slot === undefined || this.slots.has(slot) ? this.slots.size : this.slots.size + 1;
    const members = actionsOf(this.changes.length + 1, this.memberships + memberships);
    const actions = members + this.looks + looks + slots;
    const isFull =
      actions > chunkActionsMax || this.bytes + bytes + slots * groupCountBytesMax > chunkBytesMax;
    if (isFull) return false;
    this.changes.push(change);
    this.memberships += memberships;
    this.looks += looks;
    this.bytes += bytes;
    if (slot !== undefined) this.slots.add(slot);
    return true;
  }
}

/**
 * Cuts a stream of batches into numbered chunks, a transaction each; always the same way for the same changes. Changes
 * whose departments are counted in one item come together, so that a chunk writes few such items; what is left of
 * all of them at the end shares the last chunks.
 */
export async function* chunked(
  batches: AsyncIterable<PlannedChange[]>,
  columns: readonly Column[],
): AsyncIterable<[number, PlannedChange[]]> {
  const costOf = compileCost(columns);
  const open = new Map<number | undefined, OpenChunk>();
  let number = 0;
  for await (const batch of batches) {
    for (const change of batch) {
      const cost = costOf(change);
      const chunk = open.get(cost.slot) ?? new OpenChunk();
      open.set(cost.slot, chunk);
      if (chunk.take(change, cost)) continue;
      yield [number++, chunk.changes];
      open.set(cost.slot, begun(change, cost));
    }
  }
  let last = new OpenChunk();
  for (const { changes } of open.values()) {
    for (const change of changes) {
      const cost = costOf(change);
      if (last.take(change, cost)) continue;
      yield [number++, last.changes];
      last = begun(change, cost);
    }
  }
  if (last.changes.length > 0) yield [number, last.changes];
}

function begun(change: PlannedChange, cost: Cost): OpenChunk {
  const chunk = new OpenChunk();
  if (!chunk.take(change, cost)) throw new RangeError('A single change is too large for a transaction.');
  return chunk;
}

function compileCost(columns: readonly Column[]): (change: PlannedChange) => Cost {
  const bytesOf = compileChangeBytes(columns);
  const hasDepartments = columns.some(({ role }) => role === 'department');
  const placing = compilePlacing(columns);
  // Who is removed leaves departments and roles, whatever columns there are by now.
  const isPlaced = (change: PlannedChange) =>
    change.kind === 'remove' ||
    change.restore?.departments !== undefined ||
    (hasDepartments && placing(change) !== undefined);
  const hasPeriods = periodColumns(columns).length > 0;
  return (change) => ({
    memberships: movesMembership(change) ? 1 : 0,
    looks: (hasPeriods ? periodLooksMax(change) : 0) + (mayBeInvited(change) ? 1 : 0),
    bytes: bytesOf(change),
    slot: isPlaced(change) ? groupCountSlotOf(change.externalId) : undefined,
  });
}

function periodLooksMax({ account }: PlannedChange): number {
  return account === undefined ? 1 : 2;
}
