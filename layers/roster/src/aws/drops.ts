/**
 * Drops of all data in the table. Everything that a drop removes goes in transactions that move its record on too, on
 * condition that it has the version seen: so a step that is killed, repeated or run by two at once removes and counts
 * everything once.
 */
import * as z from 'zod';
import type { AuditEntry, AuditEvent } from '../domain/audit.ts';
import { type Drop, dropStages, dropStates } from '../domain/drop.ts';
import { MusterError } from '../domain/errors.ts';
import { shardCount } from '../domain/member.ts';
import { isEnabledOwner } from '../domain/member-authority.ts';
import type { Membership } from '../domain/organization.ts';
import { leftAccount } from './account-deletion.ts';
import { leaveLogin, loginsOf, toMembership } from './accounts.ts';
import { administratorActions } from './administrators.ts';
import { type AuditTrail, erasingActions, erasingActionsMax } from './audit.ts';
import { directoryChange } from './directory-log.ts';
import { type Key, keys } from './keys.ts';
import { ownersUpdate } from './member-write.ts';
import { parseItem } from './parse-item.ts';
import {
  type Action,
  attributeIs,
  type Item,
  isAbsent,
  isPresent,
  type Table,
  TransactionFailed,
  transactionActionsMax,
  versionIs,
} from './table.ts';

/** How many audit entries are erased in one transaction, beside the drop's own record. */
export const erasedAtOnce = Math.floor((transactionActionsMax - 1) / erasingActionsMax);
/** How many items are deleted in one transaction, beside the drop's own record. */
export const deletedAtOnce = transactionActionsMax - 1;

/** Where items lie: a partition, or those of it under a prefix or of one organization. */
export interface Place {
  pk: string;
  prefix?: string;
  organization?: string;
}

/** A member to be removed with all that it has here. */
export interface LeavingMember {
  key: Key;
  externalId: string;
  version: number;
  account?: string;
  membership?: Membership;
  /** The account's item, where it has no membership anywhere else. */
  orphan?: Item;
}

/** @throws MusterError `conflict` from each write if the drop was moved on meanwhile */
export interface Drops {
  /** The newest drop of an organization; undefined if there was none. */
  get(organization: string): Promise<Drop | undefined>;
  /**
   * Stores a new drop, or one that is confirmed, cancelled or resumed, with its audit entry. One that runs closes the
   * organization to all changes, and marks it as dropped once more.
   * @param seen the version of the stored drop, whichever it is; undefined if there is none
   */
  put(organization: string, drop: Drop, seen: number | undefined, event?: AuditEvent): Promise<void>;
  /** Has everybody who counts on the organization as it was before add no members any more. */
  endEra(organization: string): Promise<void>;
  /** Moves a drop on together with these actions, at most {@link deletedAtOnce}. */
  step(organization: string, next: Drop, actions: readonly Action[]): Promise<void>;
  /** Keys of items, a page at a time. */
  keysIn(place: Place): AsyncIterable<Key[]>;
  /** The next members of a shard to be removed, with their memberships; fewer where many have an account. */
  leaving(organization: string, shard: number): Promise<LeavingMember[]>;
  /** Ends a drop: the counts begin anew, the organization is open again, and the trail says what was removed. */
  complete(organization: string, next: Drop, event: AuditEvent): Promise<void>;
}

const Actor = z.object({
  account: z.string(),
  login: z.string(),
  address: z.string().optional(),
  via: z.string().optional(),
});
const count = z.int().min(0);
const DropItem = z.object({
  dropId: z.string(),
  state: z.enum(dropStates),
  stage: z.enum(dropStages),
  position: z.object({ at: count, after: z.string().optional() }),
  counts: z.object({
    members: count,
    accounts: count,
    imports: count,
    jobs: count,
    exports: count,
    files: count,
    auditEntries: count,
  }),
  erasedDigest: z.string(),
  toFollow: z.array(z.string()),
  askedBy: Actor,
  confirmedBy: Actor.optional(),
  confirmUntil: z.string().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
  endedAt: z.string().optional(),
  version: z.int().min(1),
});
const EraItem = z.object({ era: z.int().default(0), dropping: z.string().optional() });

/** One without an account takes one action; the directory, the owners and the drop take one each. */
const leavingAtOnce = 96;
const actionsWithAccountMax = 9;
const leavingWithAccountAtOnce = Math.floor(leavingAtOnce / actionsWithAccountMax);

/** Opens the drops over the table. */
export function dropsInTable(table: Table, audit: Pick<AuditTrail, 'commit' | 'commitAll'>): Drops {
  const commit = async (organization: string, actions: Action[], event?: AuditEvent): Promise<void> => {
    try {
      await audit.commitAll(organization, event === undefined ? [] : [event], actions);
    } catch (error) {
      if (!(error instanceof TransactionFailed)) throw error;
      throw new MusterError('conflict', 'The drop was moved on meanwhile. Look at it again.', {
        cause: error,
      });
    }
  };

  const eraOf = async (organization: string) => {
    const item = await table.get(keys.organization(organization), { consistent: true });
    return parseItem(EraItem, item ?? {}, 'organization');
  };

  return {
    async get(organization) {
      const item = await table.get(keys.drop(organization), { consistent: true });
      return item && parseItem(DropItem, item, 'drop');
    },

    async put(organization, drop, seen, event) {
      const { era, dropping } = await eraOf(organization);
      const begins = drop.state === 'running' && dropping !== drop.dropId;
      const close: Action = {
        update: {
          key: keys.organization(organization),
          set: { dropping: drop.dropId, era: era + 1 },
          condition: isPresent,
        },
      };
      const condition = seen === undefined ? isAbsent : versionIs(seen);
      const own: Action = { put: { ...keys.drop(organization), ...drop }, condition };
      await commit(organization, [own, ...(begins ? [close] : [])], event);
    },

    async endEra(organization) {
      const { era } = await eraOf(organization);
      const slots = Array.from({ length: shardCount }, (_, slot) => keys.count(organization, slot));
      await table.transact(slots.map((key) => ({ update: { key, set: { era } } })));
    },

    step: (organization, next, actions) => commit(organization, [moved(organization, next), ...actions]),

    async *keysIn({ pk, prefix, organization }) {
      const isNarrow = organization !== undefined;
      const pages = table.queryPages({
        KeyConditionExpression:
          prefix === undefined ? '#pk = :pk' : '#pk = :pk AND begins_with(#sk, :prefix)',
        ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk', ...(isNarrow && { '#org': 'organization' }) },
        ExpressionAttributeValues: {
          ':pk': pk,
          ...(prefix !== undefined && { ':prefix': prefix }),
          ...(isNarrow && { ':org': organization }),
        },
        ...(isNarrow && { FilterExpression: '#org = :org' }),
        ProjectionExpression: '#pk, #sk',
        ConsistentRead: true,
      });
      for await (const items of pages) yield items.map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) }));
    },

    async leaving(organization, shard) {
      const { items } = await table.query({
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: {
          '#pk': 'pk',
          '#sk': 'sk',
          '#version': 'version',
          '#account': 'account',
        },
        ExpressionAttributeValues: { ':pk': keys.memberShard(organization, shard) },
        ProjectionExpression: '#pk, #sk, #version, #account',
        ConsistentRead: true,
        Limit: leavingAtOnce,
      });
      const members = items.map(toLeaving);
      const [joined, others] = [members.filter(({ account }) => account !== undefined), members];
      const taken = joined.length > 0 ? withoutMany(members) : others;
      return withMemberships(table, organization, taken);
    },

    async complete(organization, next, event) {
      const { era } = await eraOf(organization);
      const open: Action = {
        update: {
          key: keys.organization(organization),
          remove: ['dropping'],
          condition: attributeIs('dropping', next.dropId),
        },
      };
      const slots = Array.from({ length: shardCount }, (_, slot) => keys.count(organization, slot));
      const counts = slots.map((key): Action => ({ put: { ...key, era } }));
      await commit(organization, [moved(organization, next), open, ...counts], event);
    },
  };
}

/** The actions that remove members with their memberships and logins. Whoever drops keeps the membership. */
export function leavingActions(
  organization: string,
  members: readonly LeavingMember[],
  { dropId, keeper, validFromSeconds }: { dropId: string; keeper: string; validFromSeconds: number },
): Action[] {
  let owners = 0;
  const actions = members.flatMap(({ key, version, account, membership, orphan }): Action[] => {
    const removal: Action = { delete: key, condition: versionIs(version) };
    if (account === undefined || membership === undefined) return [removal];
    const place = keys.membership(account, organization);
    const condition = versionIs(membership.version);
    if (account === keeper) {
      const set = { version: membership.version + 1 };
      return [removal, { update: { key: place, set, remove: ['externalId'], condition } }];
    }
    if (isEnabledOwner(membership)) owners -= 1;
    return [
      removal,
      { delete: place, condition },
      ...administratorActions(membership, undefined),
      ...loginsOf(membership).map((login) => leaveLogin(organization, login, account)),
      ...(orphan === undefined ? [] : leftAccount(orphan, dropId, validFromSeconds)),
    ];
  });
  const externalIds = members.map(({ externalId }) => externalId);
  return [
    ...actions,
    ...(owners === 0 ? [] : [ownersUpdate(organization, owners)]),
    directoryChange(organization, externalIds),
  ];
}

/** The actions that erase audit entries. */
export function erasures(
  organization: string,
  entries: readonly { before: AuditEntry; after: AuditEntry }[],
): Action[] {
  return entries.flatMap(({ before, after }) => erasingActions(organization, before, after));
}

function moved(organization: string, next: Drop): Action {
  return { put: { ...keys.drop(organization), ...next }, condition: versionIs(next.version - 1) };
}

/** Read by hand: one whose other attributes cannot be read is removed too. */
function toLeaving(item: Item): LeavingMember {
  const key = { pk: String(item.pk), sk: String(item.sk) };
  const { account, version } = item;
  return {
    key,
    externalId: key.sk.slice(keys.memberPrefix.length),
    version: Number(version),
    ...(typeof account === 'string' && { account }),
  };
}

/** The first of them, as many as one transaction takes. */
function withoutMany(members: readonly LeavingMember[]): LeavingMember[] {
  let accounts = 0;
  const end = members.findIndex(({ account }) => {
    if (account !== undefined) accounts += 1;
    return accounts > leavingWithAccountAtOnce;
  });
  const first = end === -1 ? members : members.slice(0, end);
  const room = leavingAtOnce - (actionsWithAccountMax - 1) * Math.min(accounts, leavingWithAccountAtOnce);
  return first.slice(0, Math.max(room, leavingWithAccountAtOnce));
}

/** The members with their memberships here, and the accounts' items of those that have no other. */
async function withMemberships(
  table: Table,
  organization: string,
  members: readonly LeavingMember[],
): Promise<LeavingMember[]> {
  return Promise.all(
    members.map(async (member) => {
      const { account } = member;
      if (account === undefined) return member;
      // All of an account's items lie together: itself and its memberships.
      const items: Item[] = [];
      const all = table.queryAll({
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': keys.memberships(account) },
        ConsistentRead: true,
      });
      for await (const item of all) items.push(item);
      const here = keys.membership(account, organization).sk;
      const own = items.find(({ sk }) => sk === here);
      const others = items.filter(({ sk }) => sk !== here && String(sk).startsWith(keys.membershipPrefix));
      const orphan = items.find(({ sk }) => sk === keys.account(account).sk);
      return {
        ...member,
        ...(own && { membership: toMembership(own) }),
        ...(others.length === 0 && orphan && { orphan }),
      };
    }),
  );
}
