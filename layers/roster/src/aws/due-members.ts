/**
 * When to look at whose active period (B14): an item a member and moment, in the order of time, over all
 * organizations. It is written with the member and only says when to look; what is to be done is decided on the
 * member as it is then. So an item too many does no harm, and one is taken away once it was looked at.
 */
import * as z from 'zod';
import { nextLook } from '../domain/active-period.ts';
import { type Member, shardCount, shardOf } from '../domain/member.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import type { Action, Table } from './table.ts';

/** A member to be looked at from a moment on, ISO 8601 in UTC. */
export interface DueMember {
  organization: string;
  externalId: string;
  at: string;
}

export interface DueMembers {
  /** The members due before a moment, slot by slot and the longest overdue first, until the caller stops. */
  due(now: Date): AsyncIterable<DueMember>;
  /** Forgets one that was looked at; with `next`, to look again then. */
  settle(looked: DueMember, next?: Date): Promise<void>;
}

/** In how many partitions the items lie, so that an import can write as many members as a table takes. */
const dueSlots = 16;

const DueItem = z.object({ organization: z.string(), externalId: z.string(), at: z.string() });

function keyOf({ organization, externalId, at }: DueMember) {
  const slot = Math.floor((shardOf(externalId) * dueSlots) / shardCount);
  return keys.dueMember(slot, at, organization, externalId);
}

function itemOf(due: DueMember) {
  return { ...keyOf(due), ...due };
}

/** The action that says when to look at a member next, if ever, for the transaction that writes it. */
export function dueActions(
  { organization, timeZone }: { organization: string; timeZone: string },
  member: Member,
  now: Date,
): Action[] {
  const at = nextLook(member, now, timeZone)?.toISOString();
  return at === undefined ? [] : [{ put: itemOf({ organization, externalId: member.externalId, at }) }];
}

/** Looks at a member at once, whatever its period is. */
export function dueNow(organization: string, externalId: string, now: Date): Action {
  return { put: itemOf({ organization, externalId, at: now.toISOString() }) };
}

/** Opens the due members in the table. */
export function dueMembers(table: Table): DueMembers {
  return {
    async *due(now) {
      for (let slot = 0; slot < dueSlots; slot++) {
        const items = table.queryAll({
          KeyConditionExpression: 'pk = :pk AND sk < :until',
          // The character after the separator, so that what is due this very millisecond is in.
          ExpressionAttributeValues: { ':pk': keys.due(slot), ':until': `${now.toISOString()}$` },
          ConsistentRead: true,
        });
        for await (const item of items) yield parseItem(DueItem, item, 'due member');
      }
    },
    settle: (looked, next) =>
      table.transact([
        { delete: keyOf(looked) },
        ...(next === undefined ? [] : [{ put: itemOf({ ...looked, at: next.toISOString() }) }]),
      ]),
  };
}
