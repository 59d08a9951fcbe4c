/** The read side of a roster: lists and searches, single members, and the summary of the page's header. */
import * as z from 'zod';
import { compileMemberFilter, type DirectoryPosition, entryOf } from '../domain/directory-entry.ts';
import { MusterError } from '../domain/errors.ts';
import type { Member, MemberSummary } from '../domain/member.ts';
import type { MemberFilter, MemberSort } from '../domain/member-filter.ts';
import type { Organizations } from '../domain/ports.ts';
import { columnWithRole } from '../domain/schema.ts';
import { type CursorScope, readCursor, writeCursor } from './cursor.ts';
import { type DirectoryDeps, type DirectoryPage, directory } from './directory.ts';
import type { PartCache } from './directory-parts.ts';
import { keys } from './keys.ts';
import { memberFromItem } from './member-item.ts';
import { readSummary } from './summary.ts';
import type { Table } from './table.ts';

export { readSummary } from './summary.ts';

/**
 * What to list. `within`, if given, are departments that a coordinator is bounded to: a member has to be in one.
 * A cursor belongs to an organization, filter, sort and `within`.
 */
export interface MemberQuery {
  limit: number;
  cursor?: string | undefined;
  filter: MemberFilter;
  sort: MemberSort;
  within?: ReadonlySet<string> | undefined;
}

/**
 * A page of members, each of which the filter lets through as it is stored now. It may be short where members
 * changed just now, and still have a `nextCursor`. `behind`: so many changed that not all of them were looked at.
 */
export interface MemberPage {
  items: Member[];
  nextCursor?: string;
  behind?: true;
}

/** As {@link MemberPage}, of external ids alone; what they name is not read. */
export interface MemberIdPage {
  ids: string[];
  nextCursor?: string;
  behind?: true;
}

export interface Roster {
  /**
   * One page: one query of the table at any size of the roster and with any filter, a read of those who changed
   * since the directory was made, and one of the page's members.
   * @throws MusterError `invalid_cursor`
   */
  list(organization: string, query: MemberQuery): Promise<MemberPage>;
  /**
   * One page of ids, a thousand at most, for what goes through many members.
   * @throws MusterError `invalid_cursor`
   */
  ids(organization: string, query: MemberQuery): Promise<MemberIdPage>;
  /** @throws MusterError `not_found` */
  get(organization: string, externalId: string): Promise<Member>;
  /** Those of these members who are there, in this order: one read for each hundred. */
  some(organization: string, externalIds: readonly string[]): Promise<Member[]>;
  summary(organization: string): Promise<MemberSummary>;
}

/** What lists need beside the table; a roster opened without it reads single members. */
export type RosterDeps = DirectoryDeps & { organizations: Pick<Organizations, 'get' | 'schema'> };

/** How many ids one page has at most. */
export const idsMax = 1_000;

/** Opens the read side of rosters in the table. `cache` holds parts of directories; the process's own by default. */
export function roster(table: Table, deps?: RosterDeps, cache?: PartCache): Roster {
  let opened: ReturnType<typeof directory> | undefined;
  const find = async (organization: string, query: MemberQuery, groupColumn: string | undefined) => {
    if (deps === undefined) throw new Error('This roster was opened without its directory.');
    opened ??= directory(table, deps, cache);
    const scope = scopeOf(organization, query);
    const { filter, sort, within, limit, cursor } = query;
    const after = cursor === undefined ? undefined : readCursor(scope, Position, cursor);
    const page = await opened.find(organization, { filter, sort, within, limit, after, groupColumn });
    return { page, rest: restOf(scope, page) };
  };
  const groupColumnOf = async (organization: string, { group }: MemberFilter) =>
    group === undefined || deps === undefined ? undefined : findGroupColumn(deps.organizations, organization);

  return {
    async list(organization, query) {
      const groupColumn = await groupColumnOf(organization, query.filter);
      const { page, rest } = await find(organization, query, groupColumn);
      const matches = compileMemberFilter(query.filter, query.within);
      const members = await readMembers(table, organization, idsOf(page));
      const items = members.filter((member) => matches(entryOf(member, member.values[groupColumn ?? ''])));
      return { items, ...rest };
    },
    async ids(organization, query) {
      if (query.limit > idsMax) throw new RangeError(`A page has ${idsMax} ids at most, not ${query.limit}.`);
      const groupColumn = await groupColumnOf(organization, query.filter);
      const { page, rest } = await find(organization, query, groupColumn);
      return { ids: idsOf(page), ...rest };
    },
    async get(organization, externalId) {
      const item = await table.get(keys.member(organization, externalId), { consistent: true });
      if (item === undefined) throw noSuchMember();
      return memberFromItem(item);
    },
    some: (organization, externalIds) => readMembers(table, organization, externalIds),
    summary: (organization) => readSummary(table, organization),
  };
}

/** The answer for a member that is not there, or that the caller must not know of. */
export function noSuchMember(): MusterError {
  return new MusterError('not_found', 'There is no such member.');
}

/** The name of the column that is the group in the schema in force, if one is. */
export async function findGroupColumn(
  organizations: Pick<Organizations, 'get' | 'schema'>,
  organization: string,
): Promise<string | undefined> {
  const { schemaVersion } = await organizations.get(organization);
  const { columns } = await organizations.schema(organization, schemaVersion);
  return columnWithRole(columns, 'group')?.name;
}

/** Where a page starts: after a place in the order. */
const Position = z.strictObject({
  rank: z.number(),
  name: z.string().max(200),
  externalId: z.string().min(1).max(200),
});

function scopeOf(organization: string, { filter, sort, within }: MemberQuery): CursorScope {
  const sorted = (list: Iterable<string> | undefined) => list && [...list].sort();
  const question = {
    ...filter,
    states: sorted(filter.states),
    departments: sorted(filter.departments),
    roles: sorted(filter.roles),
    within: sorted(within),
  };
  const names = Object.keys(question).sort() as (keyof typeof question)[];
  return [organization, 'members', JSON.stringify(names.map((name) => [name, question[name]])), sort];
}

function restOf(scope: CursorScope, { positions, hasMore, behind }: DirectoryPage) {
  const last = positions.at(-1);
  return {
    ...(hasMore && last !== undefined && { nextCursor: writeCursor(scope, last) }),
    ...(behind && { behind: true as const }),
  };
}

const idsOf = ({ positions }: { positions: readonly DirectoryPosition[] }) =>
  positions.map(({ externalId }) => externalId);

/** These members; one that is not there, as when it was removed meanwhile, is left out. */
async function readMembers(
  table: Table,
  organization: string,
  externalIds: readonly string[],
): Promise<Member[]> {
  const items = await table.batchGet(
    externalIds.map((externalId) => keys.member(organization, externalId)),
    { consistent: true },
  );
  return items.filter((item) => item !== undefined).map(memberFromItem);
}
