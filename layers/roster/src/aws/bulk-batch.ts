/** Puts changes of several members into one transaction: what they would write to the same item is put together. */
import type { AuditEvent } from '../domain/audit.ts';
import type { BulkResult } from '../domain/bulk-job.ts';
import type { Member } from '../domain/member.ts';
import { actionsLeft } from './audit.ts';
import { directoryChange } from './directory-log.ts';
import { type Key, keys } from './keys.ts';
import { type MemberWrite, memberActions, ownersUpdate } from './member-write.ts';
import type { Action, Update } from './table.ts';

/** What is to become of one member: its result and, where something changes, the write with its audit entry. */
export interface PlannedMember {
  result: BulkResult;
  change?: { write: MemberWrite; event: AuditEvent } | undefined;
  /** The member's account, if it has one, for the user pool to follow. */
  account?: string | undefined;
}

/** The first of the planned members, as many as fit into one transaction, and its actions. */
export interface Batch {
  members: PlannedMember[];
  events: AuditEvent[];
  actions: Action[];
}

/** A transaction takes 4 MB (API Reference, TransactWriteItems); members and their audit entries stay well below. */
const batchBytesMax = 2 * 1024 * 1024;

/**
 * Makes a batch of the first planned members: at least one, all if they fit.
 * @param reserved how many actions the caller adds
 * @param slot which of the organization's counters of members takes the sum
 */
export function batchOf(
  organization: string,
  planned: readonly PlannedMember[],
  { reserved, slot }: { reserved: number; slot: number },
): Batch {
  let sum = nothing;
  const events: AuditEvent[] = [];
  let bytes = 0;
  let taken = 0;
  for (const { change } of planned) {
    if (change !== undefined) {
      bytes += bytesOf(change.write);
      const next = withWrite(sum, change.write);
      const room = actionsLeft(events.length + 1) - reserved - commonActions;
      if (taken > 0 && (next === undefined || next.byKey.size > room || bytes > batchBytesMax)) break;
      sum = next ?? sum;
      events.push(change.event);
    }
    taken++;
  }
  return { members: planned.slice(0, taken), events, actions: actionsOf(organization, slot, sum) };
}

/** The two counters, of members and of owners, and what tells the directory. */
const commonActions = 3;

/** What several writes come to: actions by the item they are on, and by how much the counters move. */
interface Sum {
  byKey: ReadonlyMap<string, Action>;
  members: Readonly<Record<string, number>>;
  owners: number;
  /** Whose entries in the directory change. */
  changed: readonly string[];
}

const nothing: Sum = { byKey: new Map(), members: {}, owners: 0, changed: [] };

/** The sum with one more write; undefined where two writes to the same item do not go together. */
function withWrite(sum: Sum, write: MemberWrite): Sum | undefined {
  const byKey = new Map(sum.byKey);
  let { members, owners } = sum;
  for (const { on, action } of memberActions(write)) {
    const added = ('update' in action && action.update.add) || {};
    if (on === 'count') members = summed(members, added);
    else if (on === 'directory') continue;
    else if (on === 'owners') owners += added.enabled ?? 0;
    else {
      const name = nameOf(action);
      const other = byKey.get(name);
      const both = other === undefined ? action : together(other, action);
      if (both === undefined) return undefined;
      byKey.set(name, both);
    }
  }
  const { before, after } = write.member;
  const changed = before === after ? sum.changed : [...sum.changed, ((after ?? before) as Member).externalId];
  return { byKey, members, owners, changed };
}

/** Two plain additions to the same item as one; nothing else goes together. */
function together(one: Action, other: Action): Action | undefined {
  if (!('update' in one && 'update' in other)) return undefined;
  if (!isAddition(one.update) || !isAddition(other.update)) return undefined;
  return { update: { key: one.update.key, add: summed(one.update.add ?? {}, other.update.add ?? {}) } };
}

function isAddition({ set, remove = [], condition }: Update): boolean {
  return set === undefined && remove.length === 0 && condition === undefined;
}

function summed(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>) {
  const sum = { ...one };
  for (const [name, by] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + by;
  return sum;
}

function actionsOf(organization: string, slot: number, { byKey, members, owners, changed }: Sum): Action[] {
  const add = Object.fromEntries(Object.entries(members).filter(([, by]) => by !== 0));
  return [
    ...byKey.values(),
    ...(Object.keys(add).length > 0 ? [{ update: { key: keys.count(organization, slot), add } }] : []),
    ...(owners === 0 ? [] : [ownersUpdate(organization, owners)]),
    ...(changed.length === 0 ? [] : [directoryChange(organization, changed)]),
  ];
}

function nameOf(action: Action): string {
  const key = keyOf(action);
  return JSON.stringify([key.pk, key.sk]);
}

function keyOf(action: Action): Key {
  if ('put' in action) return action.put;
  if ('update' in action) return action.update.key;
  return 'delete' in action ? action.delete : action.check;
}

/** The item and the audit entry each hold what the member holds, at most. */
function bytesOf({ member: { before, after } }: MemberWrite): number {
  return 2 * Buffer.byteLength(JSON.stringify(after ?? before ?? {}));
}
