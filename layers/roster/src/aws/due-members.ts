/**
 * When to look at whom: for active periods (B14), for telling of their end (S3.9) and for reminders (B8) an item a member and moment, in the order of
 * time, over all organizations. It is written with the member and only says when to look; what is to be done is
 * decided on the member as it is then. So an item too many does no harm, and one is taken away once it was looked at.
 */
import * as z from 'zod';
import { expiryNoticeAt, nextLook } from '../domain/active-period.ts';
import { type Member, shardCount, shardOf } from '../domain/member.ts';
import { defaultReminders, nextReminderLook, type ReminderPolicy } from '../domain/reminders.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { keys } from './keys.ts';
import { memberFromItem } from './member-item.ts';
import { parseItem } from './parse-item.ts';
import type { Action, Table } from './table.ts';

/** Why to look at a member. */
export type DueKind = 'period' | 'expiry' | 'reminder';

/** A member to be looked at from a moment on, ISO 8601 in UTC. */
export interface DueMember {
  organization: string;
  externalId: string;
  at: string;
}

/** What of an organization says when its members are due; without `reminders`, reminders as Muster's default has them. */
export interface DueSettings {
  organization: string;
  timeZone: string;
  reminders?: ReminderPolicy;
}

/** The partitions in which members of all organizations lie that are due. */
export function duePartitions(): string[] {
  const slots = Array.from({ length: dueSlots }, (_, slot) => slot);
  return (['period', 'expiry', 'reminder'] as const).flatMap((kind) =>
    slots.map((slot) => keys.due(kind, slot)),
  );
}

export interface DueMembers {
  /** The members due before a moment, slot by slot and the longest overdue first, until the caller stops. */
  due(now: Date): AsyncIterable<DueMember>;
  /** Forgets one that was looked at; with `next`, to look again then. */
  settle(looked: DueMember, next?: Date): Promise<void>;
}

/** Reminders that are planned in one organization. */
export interface PlannedReminders {
  /**
   * A page of those to be looked at, the soonest first, each once. Whether they are reminded then is to be asked of
   * them: a file or a change of the settings may have decided otherwise since.
   * @throws MusterError `invalid_cursor`
   */
  list(
    organization: string,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<{ items: Member[]; nextCursor?: string }>;
}

/** In how many partitions the items lie, so that an import can write as many members as a table takes. */
const dueSlots = 16;

const DueItem = z.object({ organization: z.string(), externalId: z.string(), at: z.string() });

/** Where an item lies: by slot and, for what an organization can list, under the organization too. */
function keysOf(kind: DueKind, { organization, externalId, at }: DueMember) {
  const slot = Math.floor((shardOf(externalId) * dueSlots) / shardCount);
  const due = keys.dueMember(kind, slot, at, organization, externalId);
  return kind === 'reminder' ? [due, keys.plannedReminder(organization, at, externalId)] : [due];
}

const puts = (kind: DueKind, due: DueMember): Action[] =>
  keysOf(kind, due).map((key) => ({ put: { ...key, ...due } }));
const deletions = (kind: DueKind, due: DueMember): Action[] =>
  keysOf(kind, due).map((key) => ({ delete: key }));

/**
 * The actions that say when to look at a member's period next and when to tell of its end, if ever, for the
 * transaction that writes the member: at most two, one for a member without an account.
 */
export function periodActions({ organization, timeZone }: DueSettings, member: Member, now: Date): Action[] {
  const { externalId } = member;
  const putAt = (kind: DueKind, at: Date | undefined) =>
    at === undefined ? [] : puts(kind, { organization, externalId, at: at.toISOString() });
  return [
    ...putAt('period', nextLook(member, now, timeZone)),
    ...putAt('expiry', expiryNoticeAt(member, now, timeZone)),
  ];
}

/**
 * The actions that say when to look at a member's reminders next, for the transaction that changes the member: at most
 * four. What was said before falls away, unless it is due by now: then whoever looks at it settles it, and so meets a
 * reminder whose sender was killed on the way.
 */
export function reminderActions(
  { organization, timeZone, reminders = defaultReminders }: DueSettings,
  { before, after }: { before?: Member | undefined; after?: Member | undefined },
): Action[] {
  const lookOf = (member: Member | undefined) =>
    member && nextReminderLook(member, { timeZone, reminders }, new Date(member.updatedAt))?.toISOString();
  const [was, is] = [lookOf(before), lookOf(after)];
  const externalId = (after ?? before)?.externalId ?? '';
  const isKept = was === undefined || was === is || (after !== undefined && was <= after.updatedAt);
  return [
    ...(isKept ? [] : deletions('reminder', { organization, externalId, at: was })),
    ...(is === undefined ? [] : puts('reminder', { organization, externalId, at: is })),
  ];
}

/** Looks at a member at once, whatever is known of it. */
export function dueNow(kind: DueKind, organization: string, externalId: string, now: Date): Action[] {
  return puts(kind, { organization, externalId, at: now.toISOString() }).slice(0, 1);
}

/** Opens the members in the table that are due for a reason. */
export function dueMembers(table: Table, kind: DueKind): DueMembers {
  return {
    async *due(now) {
      for (let slot = 0; slot < dueSlots; slot++) {
        const items = table.queryAll({
          KeyConditionExpression: 'pk = :pk AND sk < :until',
          // The character after the separator, so that what is due this very millisecond is in.
          ExpressionAttributeValues: { ':pk': keys.due(kind, slot), ':until': `${now.toISOString()}$` },
          ConsistentRead: true,
        });
        for await (const item of items) yield parseItem(DueItem, item, 'due member');
      }
    },
    settle: (looked, next) => {
      const at = next?.toISOString();
      if (at === looked.at) return Promise.resolve();
      const again = at === undefined ? [] : puts(kind, { ...looked, at });
      return table.transact([...deletions(kind, looked), ...again]);
    },
  };
}

/** Opens the reminders planned in the organizations of the table. */
export function plannedReminders(table: Table): PlannedReminders {
  return {
    async list(organization, { limit, cursor }) {
      const scope = [organization, 'reminders'] as const;
      const pk = keys.plannedReminders(organization);
      const after = cursor === undefined ? undefined : readCursor(scope, z.string().max(300), cursor);
      const page = await table.query({
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
        Limit: limit,
        ConsistentRead: true,
        ...(after !== undefined && { ExclusiveStartKey: { pk, sk: after } }),
      });
      const due = page.items.map((item) => parseItem(DueItem, item, 'planned reminder'));
      const ids = [...new Set(due.map(({ externalId }) => externalId))];
      const items = await table.batchGet(
        ids.map((id) => keys.member(organization, id)),
        { consistent: true },
      );
      return {
        items: items.filter((item) => item !== undefined).map(memberFromItem),
        ...(page.lastKey && { nextCursor: writeCursor(scope, page.lastKey.sk) }),
      };
    },
  };
}
