/** The read side of a roster: lists by name, single members, and the summary of the page's header. */
import * as z from 'zod';
import { MusterError } from '../domain/errors.ts';
import { type Member, type MemberState, type MemberSummary, summarize } from '../domain/member.ts';
import type { MemberFilter, MemberSort } from '../domain/member-filter.ts';
import { coversMember, type Within } from '../domain/scope.ts';
import { type CursorScope, invalidCursor, readCursor, writeCursor } from './cursor.ts';
import { keys, tableShape } from './keys.ts';
import { foldName, memberFromItem, nameBuckets, nameBucketsOf } from './member-item.ts';
import { parseItem } from './parse-item.ts';
import type { Item, QueryInput, Table } from './table.ts';

/** What to list. `q` is the beginning of a name, case and accents put aside, or a whole external id. */
export interface MemberQuery {
  limit: number;
  cursor?: string | undefined;
  q?: string | undefined;
  states?: readonly MemberState[] | undefined;
  /** Only members in one of these departments. */
  within?: Within | undefined;
  descending: boolean;
}

/** A page of members. It may be short, even empty, and still have a `nextCursor`. */
export interface MemberPage {
  items: Member[];
  nextCursor?: string;
}

export interface Roster {
  /**
   * One page in the order of names, for at most {@link pageQueriesMax} queries of at most
   * {@link filteredItemsMax} index entries, at any size of the roster.
   * @throws MusterError `invalid_cursor`
   */
  list(organization: { organization: string; spreadNames: boolean }, query: MemberQuery): Promise<MemberPage>;
  /**
   * The external ids of the members that match, page by page in the order of `sort`.
   * @throws MusterError `invalid_cursor`, `invalid_request` for what cannot be filtered by
   */
  ids(
    organization: string,
    query: {
      limit: number;
      cursor?: string;
      filter: MemberFilter;
      sort: MemberSort;
      within?: ReadonlySet<string>;
    },
  ): Promise<{ ids: string[]; nextCursor?: string; behind?: true }>;
  /** @throws MusterError `not_found` */
  get(organization: string, externalId: string): Promise<Member>;
  summary(organization: string): Promise<MemberSummary>;
}

export const pageQueriesMax = 2;
/** How many index entries one query looks at where a filter leaves some out. */
export const filteredItemsMax = 1_000;

/** Opens the read side of rosters in the table. */
export function roster(table: Table): Roster {
  return {
    list: (organization, query) => listMembers(table, organization, query),
    async ids(organization, { filter, sort, within, ...page }) {
      const { q, states, ...others } = filter;
      if (within !== undefined || Object.values(others).some((one) => one !== undefined)) {
        throw new MusterError('invalid_request', 'Members are filtered by q and status only.');
      }
      const item = await table.get(keys.organization(organization));
      const spread = { organization, spreadNames: item?.spreadNames === true };
      const found = await listMembers(table, spread, { ...page, q, states, descending: sort === '-name' });
      const ids = found.items.map(({ externalId }) => externalId);
      return { ids, ...(found.nextCursor !== undefined && { nextCursor: found.nextCursor }) };
    },
    async get(organization, externalId) {
      const item = await table.get(keys.member(organization, externalId), { consistent: true });
      if (item === undefined) throw noSuchMember();
      return memberFromItem(item);
    },
    summary: (organization) => readSummary(table, organization),
  };
}

/** The answer for a member that is not there, or that the caller must not know of. */
export function noSuchMember(): MusterError {
  return new MusterError('not_found', 'There is no such member.');
}

const CountItem = z.object({
  enabled: z.int().default(0),
  disabled: z.int().default(0),
  notJoined: z.int().default(0),
});

/** Adds up the counter items of an organization: one query, at any size of the roster. */
export async function readSummary(table: Table, organization: string): Promise<MemberSummary> {
  const sum = { enabled: 0, disabled: 0, notJoined: 0 };
  const { pk } = keys.organization(organization);
  const items = table.queryAll({
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': pk, ':prefix': keys.countPrefix },
    ConsistentRead: true,
  });
  for await (const item of items) {
    const counts = parseItem(CountItem, item, 'counter');
    sum.enabled += counts.enabled;
    sum.disabled += counts.disabled;
    sum.notJoined += counts.notJoined;
  }
  return summarize(sum);
}

/** Where a page starts: in a bucket, after an entry, or at the bucket's beginning. */
const Position = z.strictObject({
  bucket: z.string().max(2),
  after: z.strictObject({ nameSk: z.string().max(1_000), externalId: z.string().min(1).max(200) }).optional(),
});
type Position = z.infer<typeof Position>;

interface Search {
  organization: string;
  query: MemberQuery;
  /** The folded beginning of the name; empty for the whole roster. */
  prefix: string;
  buckets: string[];
}

async function listMembers(
  table: Table,
  { organization, spreadNames }: { organization: string; spreadNames: boolean },
  query: MemberQuery,
): Promise<MemberPage> {
  const prefix = foldName(query.q ?? '').slice(0, 200);
  const buckets =
    prefix === '' ? nameBuckets(spreadNames, query.descending) : nameBucketsOf(prefix, spreadNames);
  const search = { organization, query, prefix, buckets };
  const scope = scopeOf(search);
  const start = query.cursor === undefined ? undefined : readCursor(scope, Position, query.cursor);

  const items = start === undefined ? await exactMatch(table, search) : [];
  // A search for something that folds to nothing can only be an external id.
  if (query.q && prefix === '') return { items };
  const next = await fill(table, search, start, items);
  return { items, ...(next && { nextCursor: writeCursor(scope, next) }) };
}

function scopeOf({ organization, query }: Search): CursorScope {
  const states = query.states && [...query.states].sort().join();
  return [organization, 'members', query.q || undefined, states, query.descending ? 'down' : 'up'];
}

/** The member whose external id is what was searched for comes first, whatever the name. */
async function exactMatch(table: Table, { organization, query }: Search): Promise<Member[]> {
  if (!query.q) return [];
  const item = await table.get(keys.member(organization, query.q));
  if (item === undefined) return [];
  const member = memberFromItem(item);
  const isWanted = query.states === undefined || query.states.includes(member.state);
  return isWanted && coversMember(query.within, member) ? [member] : [];
}

/** Adds members to `items` up to the limit and returns where the next page starts, if there is more. */
async function fill(
  table: Table,
  search: Search,
  start: Position | undefined,
  items: Member[],
): Promise<Position | undefined> {
  const { buckets, query } = search;
  let bucketAt = start === undefined ? 0 : buckets.indexOf(start.bucket);
  if (bucketAt < 0) throw invalidCursor();
  let after = start?.after;
  if (after !== undefined && !isPlaceIn(search, after)) throw invalidCursor();
  // The exact match may have filled a page of one.
  if (items.length >= query.limit) return { bucket: buckets[bucketAt] as string };
  for (let queries = 0; queries < pageQueriesMax; queries++) {
    const bucket = buckets[bucketAt] as string;
    const page = await table.query(bucketQuery(search, bucket, after, query.limit - items.length));
    for (const [index, item] of page.items.entries()) {
      const isLast = index === page.items.length - 1 && page.lastKey === undefined;
      const member = memberFromItem(item);
      // The exact match has been given on the first page.
      if (member.externalId !== query.q && coversMember(query.within, member)) items.push(member);
      if (items.length === query.limit && !isLast) return { bucket, after: positionOf(item) };
    }
    after = page.lastKey && positionOf(page.lastKey);
    if (after === undefined) bucketAt++;
    if (bucketAt === buckets.length) return undefined;
    if (items.length === query.limit) break;
  }
  return { bucket: buckets[bucketAt] as string, ...(after && { after }) };
}

/** DynamoDB refuses a start outside of the query's range, so a made-up place is refused before. */
function isPlaceIn({ prefix }: Search, { nameSk, externalId }: NonNullable<Position['after']>): boolean {
  return nameSk.startsWith(prefix) && nameSk.endsWith(`#${externalId}`);
}

const { byName } = tableShape.indexes;

/** Builds the query, and its start, from the verified organization: a cursor names no partition. */
function bucketQuery(search: Search, bucket: string, after: Position['after'], room: number): QueryInput {
  const { organization, query, prefix } = search;
  const namePk = keys.nameBucket(organization, bucket);
  const states = query.states ?? [];
  return {
    IndexName: byName.name,
    KeyConditionExpression: prefix === '' ? '#pk = :pk' : '#pk = :pk AND begins_with(#sk, :prefix)',
    ...(states.length > 0 && {
      FilterExpression: `#state IN (${states.map((_, index) => `:state${index}`).join(', ')})`,
    }),
    ExpressionAttributeNames: {
      '#pk': byName.partitionKey,
      ...(prefix !== '' && { '#sk': byName.sortKey }),
      ...(states.length > 0 && { '#state': 'state' }),
    },
    ExpressionAttributeValues: {
      ':pk': namePk,
      ...(prefix !== '' && { ':prefix': prefix }),
      ...Object.fromEntries(states.map((state, index) => [`:state${index}`, state])),
    },
    ScanIndexForward: !query.descending,
    Limit: states.length > 0 || query.within !== undefined ? filteredItemsMax : room + 1,
    ...(after && {
      ExclusiveStartKey: { ...keys.member(organization, after.externalId), namePk, nameSk: after.nameSk },
    }),
  };
}

/** An entry's place in the index. Its external id is the rest of its sort key in the table. */
function positionOf(entry: Item): NonNullable<Position['after']> {
  return { nameSk: String(entry.nameSk), externalId: String(entry.sk).slice(keys.memberPrefix.length) };
}
