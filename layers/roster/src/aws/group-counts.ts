/**
 * How many members name each department and role, and what a write of members adds to its transaction so that the
 * counts are right and nobody is put into a department that is being deleted.
 *
 * The counts are attributes named by the id, in one item for each range of shards of members: the parts of an
 * import seldom meet in one, few actions serve a whole chunk, and a deletion can require "nobody" of all the items at
 * once, which is right at any size of the roster without reading a member. With 2,000 departments and 200 roles an
 * item is about 60 KB.
 */

import { rootDepartment } from '../domain/departments.ts';
import { MusterError } from '../domain/errors.ts';
import { groupCountSlotOf, groupCountSlots } from '../domain/group-counting.ts';
import { keys } from './keys.ts';
import type { Action, Condition, Item, Table } from './table.ts';

/** What a write does to the groups of one member: the ids of its departments and roles before and afterwards. */
export interface GroupChange {
  externalId: string;
  /** The ids exactly as stored in the member; empty for a new member. */
  before: readonly string[];
  /** Empty for a member that is removed. */
  after: readonly string[];
}

/**
 * The actions that keep the counts, for the transaction that writes these members: none or one for a member, and
 * at most {@link groupCountSlots} for any number of them (one where they are of neighbouring shards).
 */
export function departmentCountActions(organization: string, changes: readonly GroupChange[]): Action[] {
  const bySlot = new Map<number, Map<string, number>>();
  for (const { externalId, before, after } of changes) {
    const slot = groupCountSlotOf(externalId);
    const counts = bySlot.get(slot) ?? new Map<string, number>();
    bySlot.set(slot, counts);
    for (const id of new Set(before)) counts.set(id, (counts.get(id) ?? 0) - 1);
    for (const id of new Set(after)) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...bySlot].flatMap(([slot, counts]) => {
    const add = Object.fromEntries([...counts].filter(([, by]) => by !== 0));
    return Object.keys(add).length === 0
      ? []
      : [{ update: { key: keys.groupCount(organization, slot), add } }];
  });
}

/**
 * The checks that the departments a member is put into are there and not being deleted, one action each; the root
 * always is. For the ids that a write adds; those that a member had already need none.
 */
export function departmentChecks(organization: string, ids: readonly string[]): Action[] {
  const added = [...new Set(ids)].filter((id) => id !== rootDepartment);
  return added.map((id) => ({
    check: keys.department(organization, id),
    condition: {
      expression: 'attribute_exists(#pk) AND attribute_not_exists(#to)',
      names: { '#pk': 'pk', '#to': 'transferredTo' },
    },
  }));
}

/** The check that all of these roles are there: none or one action. */
export function roleChecks(organization: string, ids: readonly string[]): Action[] {
  const added = [...new Set(ids)];
  if (added.length === 0) return [];
  return [
    {
      check: keys.roles(organization),
      condition: {
        expression: added.map((_, index) => `attribute_exists(#roles.#r${index})`).join(' AND '),
        names: { '#roles': 'roles', ...Object.fromEntries(added.map((id, index) => [`#r${index}`, id])) },
      },
    },
  ];
}

/** The actions that hold only if no member names the department or role, in any of the items; one for each of the counts' items. */
export function nobodyInActions(organization: string, id: string): Action[] {
  const condition: Condition = {
    expression: 'attribute_not_exists(#id) OR #id = :none',
    names: { '#id': id },
    values: { ':none': 0 },
  };
  return Array.from({ length: groupCountSlots }, (_, slot) => ({
    update: { key: keys.groupCount(organization, slot), remove: [id], condition },
  }));
}

/** Reads how many members name each id: one query. */
export async function readGroupCounts(table: Table, organization: string): Promise<Map<string, number>> {
  const items = table.queryAll({
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: {
      ':pk': keys.departments(organization),
      ':prefix': keys.groupCountPrefix,
    },
    ConsistentRead: true,
  });
  const counts = new Map<string, number>();
  for await (const item of items) addCounts(counts, item);
  return counts;
}

/** Adds the counts of one stored item. @throws MusterError `corrupt_item` */
export function addCounts(counts: Map<string, number>, { pk: _, sk: __, ...stored }: Item): void {
  for (const [id, count] of Object.entries(stored)) {
    if (typeof count !== 'number') throw new MusterError('corrupt_item', 'A stored count cannot be read.');
    counts.set(id, (counts.get(id) ?? 0) + count);
  }
}
