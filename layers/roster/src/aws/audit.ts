/**
 * The audit trail in the table. An entry is its canonical text, so that what is read is what was hashed, under the
 * organization's one audit key in the order of time and sequence: newest first, a time range and the whole chain
 * are each one query, page by page. Two small pointer items beside each entry, by subject and by action, keep those
 * filters bounded too. The head item names the chain's end and is what writers meet at.
 */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import {
  type AuditAction,
  type AuditEntry,
  type AuditEvent,
  auditActions,
  type ChainHead,
  hashedText,
  nextEntry,
} from '../domain/audit.ts';
import { MusterError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports.ts';
import { type Backoff, delayMs } from './backoff.ts';
import { type CursorScope, readCursor, writeCursor } from './cursor.ts';
import { type Key, keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import {
  type Action,
  attributeIs,
  type Item,
  isAbsent,
  type QueryPage,
  type Table,
  TransactionFailed,
  transactionActionsMax,
} from './table.ts';

/** What to list: newest first unless `ascending`; `from` (included) and `to` (excluded) are ISO 8601 in UTC. */
export interface AuditQuery {
  limit: number;
  cursor?: string | undefined;
  subject?: string | undefined;
  action?: AuditAction | undefined;
  from?: string | undefined;
  to?: string | undefined;
  ascending?: boolean;
}

/** A page of entries. It may hold fewer than asked for, or none, and still have a next one. */
export interface AuditPage {
  items: AuditEntry[];
  nextCursor?: string;
}

export interface AuditTrail {
  /**
   * Does the actions and appends the entry in one transaction: both or nothing. The head is written on condition
   * of the sequence seen; a race lost on the head alone is run again with the same actions.
   * @param actions at most {@link commitActionsMax}
   * @throws TransactionFailed if conditions of `actions` did not hold, with reasons in their order and for them alone
   * @throws MusterError `throttled` if others kept winning the race, `corrupt_item` if the chain's end is unreadable
   */
  commit(organization: string, event: AuditEvent, actions: readonly Action[]): Promise<AuditEntry>;
  /**
   * As {@link commit} with an entry for each event, chained in their order in the one transaction: writers meet at
   * the head once for all of them.
   * @param actions at most as many as {@link actionsLeft} tells for so many events
   */
  commitAll(
    organization: string,
    events: readonly AuditEvent[],
    actions: readonly Action[],
  ): Promise<AuditEntry[]>;
  /**
   * A page of entries: at most two queries and batches of reads, whatever the filters.
   * @throws MusterError `invalid_cursor`, and `corrupt_item` if an entry is missing or unreadable
   */
  list(organization: string, query: AuditQuery): Promise<AuditPage>;
  /** Every entry from the first one on, read page by page. */
  all(organization: string): AsyncIterable<AuditEntry>;
  /**
   * The next entries from the oldest on, after a place, and the place of the last one; none where there are no more.
   * @param limit how many at most
   */
  following(
    organization: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ entries: AuditEntry[]; last?: string }>;
  /** The end of the chain; undefined before the first entry. */
  head(organization: string): Promise<ChainHead | undefined>;
}

/** What an entry takes of a transaction: itself and its two pointers. */
export const entryActionsCount = 3;

/** How many actions a transaction has left beside so many entries, and the head where there are any. */
export function actionsLeft(events: number): number {
  return transactionActionsMax - (events === 0 ? 0 : 1 + entryActionsCount * events);
}

/** The trail adds four: the entry, its two pointers and the head. */
export const commitActionsMax = actionsLeft(1);

/** A page of filtered entries stops at this length of text, for a Lambda function's answer takes 6 MB. */
const pageTextMax = 2 * 1024 * 1024;
/** How many pointers one page of a doubly filtered list looks at. */
const pointersMax = 1_000;

/** About 5 seconds of trying, on average: with 50 writers at once in one organization all come through. */
const defaultRace: Backoff = { attemptsMax: 20, firstMs: 20, delayMsMax: 800 };

/** As {@link Sha256} has it. */
export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** 128 random bits. */
const newSalt = () => randomBytes(16).toString('base64url');

const HeadItem = z.object({ sequence: z.int().min(1), hash: z.string(), at: z.string() });
type Head = z.infer<typeof HeadItem>;

const EntryItem = z.object({ entry: z.string(), hash: z.string() });
const open = z.record(z.string(), z.unknown());
const EntryText: z.ZodType<Omit<AuditEntry, 'hash'>> = z.object({
  action: z.enum(auditActions),
  actor: z.object({
    account: z.string(),
    login: z.string(),
    address: z.string().optional(),
    via: z.string().optional(),
  }),
  subject: z.string(),
  before: open.optional(),
  after: open.optional(),
  details: open.optional(),
  sequence: z.int(),
  at: z.string(),
  previousHash: z.string(),
  salt: z.string().optional(),
  erased: z.literal(true).optional(),
});
const Position = z.string().min(1).max(100);

/** Opens the trail over the table. `race` says how often a lost race on the head is run again. */
export function auditTrail(table: Table, clock: Clock, race: Backoff = defaultRace): AuditTrail {
  const headOf = async (organization: string): Promise<Head | undefined> => {
    const item = await table.get(keys.auditHead(organization), { consistent: true });
    return item === undefined ? undefined : parseItem(HeadItem, item, 'end of an audit trail');
  };

  /** One try. Undefined if another writer was first at the head. */
  const append = async (
    organization: string,
    events: readonly AuditEvent[],
    actions: readonly Action[],
  ): Promise<AuditEntry[] | undefined> => {
    const head = events.length === 0 ? undefined : await headOf(organization);
    const chained: { text: string; entry: AuditEntry }[] = [];
    for (const event of events) {
      chained.push(await nextEntry(event, chained.at(-1)?.entry ?? head, clock(), sha256, newSalt()));
    }
    try {
      await table.transact([
        ...actions,
        ...headActions(organization, chained.at(-1)?.entry, head),
        ...chained.flatMap(({ text, entry }) => entryActions(organization, text, entry)),
      ]);
      return chained.map(({ entry }) => entry);
    } catch (error) {
      if (!(error instanceof TransactionFailed)) throw error;
      const isTheirs = actions.some((_, index) => error.failedAt(index));
      if (isTheirs) throw new TransactionFailed(error.reasons.slice(0, actions.length), error);
      if (error.failedAt(actions.length)) return undefined;
      throw new MusterError('corrupt_item', 'The audit trail goes on beyond its end.', { cause: error });
    }
  };

  const entriesAt = async (organization: string, positions: readonly string[]): Promise<AuditEntry[]> => {
    const items = await table.batchGet(
      positions.map((at) => keys.auditEntry(organization, at)),
      { consistent: true },
    );
    return items.map((item) => {
      if (item === undefined) {
        throw new MusterError('corrupt_item', 'An audit entry is missing: verify the chain.');
      }
      return readEntry(item);
    });
  };

  const readPage = async (organization: string, query: AuditQuery) => {
    const pk = partition(organization, query);
    const { values, condition } = range(query);
    const both = query.subject !== undefined && query.action !== undefined;
    const scope = scopeOf(organization, query);
    const start = query.cursor === undefined ? undefined : readCursor(scope, Position, query.cursor);
    return table.query({
      KeyConditionExpression: `pk = :pk${condition}`,
      ExpressionAttributeValues: { ':pk': pk, ...values, ...(both && { ':action': query.action }) },
      ...(both && {
        FilterExpression: '#action = :action',
        ExpressionAttributeNames: { '#action': 'action' },
      }),
      ...(start !== undefined && { ExclusiveStartKey: { pk, sk: start } }),
      ScanIndexForward: query.ascending ?? false,
      ConsistentRead: true,
      Limit: both ? pointersMax : query.limit,
    });
  };

  const commitAll: AuditTrail['commitAll'] = async (organization, events, actions) => {
    const actionsMax = actionsLeft(events.length);
    if (actions.length > actionsMax) {
      throw new RangeError(`A commit takes ${actionsMax} actions at most, not ${actions.length}.`);
    }
    for (let attempt = 1; ; attempt++) {
      const entries = await append(organization, events, actions);
      if (entries !== undefined) return entries;
      if (attempt >= race.attemptsMax) {
        throw new MusterError('throttled', 'Too many changes at once. Try again in a moment.');
      }
      await wait(delayMs(race, attempt));
    }
  };

  return {
    commitAll,
    async commit(organization, event, actions) {
      const [entry] = await commitAll(organization, [event], actions);
      return entry as AuditEntry;
    },
    async list(organization, query) {
      // DynamoDB refuses a range that ends before it begins.
      if (query.from !== undefined && query.to !== undefined && query.from >= query.to) return { items: [] };
      const page = await readPage(organization, query);
      const found = page.items.slice(0, query.limit);
      const isFiltered = query.subject !== undefined || query.action !== undefined;
      const entries = isFiltered
        ? await entriesAt(organization, found.map(positionOf))
        : found.map(readEntry);
      const items = entries.slice(0, countWithin(pageTextMax, entries));
      const next = nextPosition(page, found, items.length);
      return {
        items,
        ...(next !== undefined && { nextCursor: writeCursor(scopeOf(organization, query), next) }),
      };
    },
    async *all(organization) {
      const items = table.queryAll({
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': keys.audit(organization) },
        ConsistentRead: true,
      });
      for await (const item of items) yield readEntry(item);
    },
    async following(organization, after, limit) {
      const { items } = await table.query({
        KeyConditionExpression: after === undefined ? 'pk = :pk' : 'pk = :pk AND sk > :after',
        ExpressionAttributeValues: {
          ':pk': keys.audit(organization),
          ...(after !== undefined && { ':after': after }),
        },
        ConsistentRead: true,
        Limit: limit,
      });
      const last = items.at(-1);
      return { entries: items.map(readEntry), ...(last && { last: positionOf(last) }) };
    },
    async head(organization) {
      const head = await headOf(organization);
      return head && { sequence: head.sequence, hash: head.hash };
    },
  };
}

/** The head comes first, moved to the last entry: its index among the actions tells a lost race. */
function headActions(organization: string, last: AuditEntry | undefined, head: Head | undefined): Action[] {
  if (last === undefined) return [];
  const { sequence, hash, at } = last;
  const inPlace = head === undefined ? isAbsent : attributeIs('sequence', head.sequence);
  return [{ put: { ...keys.auditHead(organization), sequence, hash, at }, condition: inPlace }];
}

function entryActions(organization: string, text: string, entry: AuditEntry): Action[] {
  const { sequence, hash, at, subject, action } = entry;
  const position = keys.auditPosition(at, sequence);
  const pointer = (pk: string): Key => ({ pk, sk: position });
  return [
    { put: { ...keys.auditEntry(organization, position), entry: text, hash }, condition: isAbsent },
    { put: { ...pointer(keys.auditOfSubject(organization, subject)), action } },
    { put: { ...pointer(keys.auditOfAction(organization, action)), subject } },
  ];
}

/** How many actions {@link erasingActions} takes for an entry at most. */
export const erasingActionsMax = 3;

/** The actions that put an erased entry in the place of what it was; nobody finds it by the person any more. */
export function erasingActions(organization: string, before: AuditEntry, after: AuditEntry): Action[] {
  const { action, sequence, at, hash, ...rest } = after;
  const position = keys.auditPosition(at, sequence);
  const entry = hashedText({ action, sequence, at, ...rest });
  const isSame = before.subject === after.subject;
  const bySubject = { pk: keys.auditOfSubject(organization, before.subject), sk: position };
  const byAction = { pk: keys.auditOfAction(organization, action), sk: position };
  return [
    {
      put: { ...keys.auditEntry(organization, position), entry, hash },
      condition: attributeIs('hash', hash),
    },
    ...(isSame ? [] : [{ delete: bySubject }, { put: { ...byAction, subject: after.subject } }]),
  ];
}

function readEntry(item: Item): AuditEntry {
  const { entry, hash } = parseItem(EntryItem, item, 'audit entry');
  const unreadable = (cause: unknown) =>
    new MusterError('corrupt_item', `The audit entry at ${positionOf(item)} cannot be read.`, { cause });
  let content: unknown;
  try {
    content = JSON.parse(entry);
  } catch (error) {
    throw unreadable(error);
  }
  const checked = EntryText.safeParse(content);
  if (!checked.success) throw unreadable(checked.error);
  // The content itself and not its checked copy: the hash is of all that stands there.
  return { ...(content as Omit<AuditEntry, 'hash'>), hash };
}

function partition(organization: string, { subject, action }: AuditQuery): string {
  if (subject !== undefined) return keys.auditOfSubject(organization, subject);
  return action === undefined ? keys.audit(organization) : keys.auditOfAction(organization, action);
}

/** Positions begin with the time, and every one of the moment `to` is longer than `to` itself. */
function range({ from, to }: AuditQuery): { condition: string; values: Record<string, string> } {
  if (from !== undefined && to !== undefined) {
    return { condition: ' AND sk BETWEEN :from AND :to', values: { ':from': from, ':to': to } };
  }
  if (from !== undefined) return { condition: ' AND sk >= :from', values: { ':from': from } };
  if (to !== undefined) return { condition: ' AND sk < :to', values: { ':to': to } };
  return { condition: '', values: {} };
}

function scopeOf(organization: string, query: AuditQuery): CursorScope {
  const { subject, action, from, to, ascending } = query;
  return [organization, 'audit', subject, action, from, to, ascending ? 'ascending' : 'descending'];
}

const positionOf = (item: Item): string => String(item.sk);

/** How many of the entries fit into a page by their length; at least one, if there is any. */
function countWithin(textMax: number, entries: readonly AuditEntry[]): number {
  let length = 0;
  const end = entries.findIndex((entry, index) => {
    length += JSON.stringify(entry).length;
    return length > textMax && index > 0;
  });
  return end === -1 ? entries.length : end;
}

/** Where the next page begins: after what was given out, or, if all that was found was, after what was read. */
function nextPosition(page: QueryPage, found: readonly Item[], given: number): string | undefined {
  const last = found[given - 1];
  if (given < page.items.length && last !== undefined) return positionOf(last);
  return page.lastKey && positionOf(page.lastKey);
}
