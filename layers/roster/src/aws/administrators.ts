/**
 * Who has which level above `member` in an organization. Memberships lie by account, so that each of these has a
 * pointer in one place of the organization, highest levels first, which every change of a level moves.
 */
import * as z from 'zod';
import type { Membership } from '../domain/organization.ts';
import { type Level, levels } from '../domain/permissions.ts';
import { toMembership } from './accounts.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import type { Action, Table } from './table.ts';

/** A membership above `member`, with the name of its member; an owner made by the operator is on no roster. */
export interface Administrator {
  membership: Membership;
  name?: string;
}

/** Those who administer an organization. */
export interface Administrators {
  /** Highest levels first; of one level alone where it is given. @throws MusterError `invalid_cursor` */
  page(
    organization: string,
    request: { limit: number; cursor?: string | undefined; level?: Level | undefined },
  ): Promise<{ items: Administrator[]; nextCursor?: string }>;
}

const PointerItem = z.object({ sk: z.string(), account: z.string() });
const NameItem = z.object({ name: z.string() });

/** What a change of a membership does to the pointers: nothing where the level stays. */
export function administratorActions(
  before: Membership | undefined,
  after: Membership | undefined,
): Action[] {
  if (before?.level === after?.level) return [];
  const put = after && pointerTo(after);
  const left = before && pointerTo(before);
  return [
    ...(left === undefined ? [] : [{ delete: left }]),
    ...(put === undefined || after === undefined ? [] : [{ put: { ...put, account: after.account } }]),
  ];
}

function pointerTo({ organization, account, level }: Membership) {
  return level === 'member' ? undefined : keys.administrator(organization, rank(level), account);
}

const rank = (level: Level) => levels.indexOf(level);

/** Opens the administrators over the table. */
export function administratorsInTable(table: Table): Administrators {
  const withNames = async (organization: string, memberships: readonly Membership[]) => {
    const ids = memberships.flatMap(({ externalId }) => externalId ?? []);
    const items = await table.batchGet(
      ids.map((id) => keys.member(organization, id)),
      { consistent: true, projection: ['name'] },
    );
    const names = new Map(
      ids.map((id, at) => [id, items[at] && parseItem(NameItem, items[at], 'member').name]),
    );
    return memberships.map((membership) => {
      const name = names.get(membership.externalId ?? '');
      return { membership, ...(name !== undefined && { name }) };
    });
  };
  return {
    async page(organization, { limit, cursor, level }) {
      const scope = [organization, 'administrators', level] as const;
      const after = cursor === undefined ? '' : readCursor(scope, z.string(), cursor);
      const [first, last] = keys.administratorRange(level === undefined ? undefined : rank(level));
      const { items } = await table.query({
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':pk': keys.administrators(organization),
          // The next text after the last one that was shown.
          ':from': after === '' ? first : `${after}\u0000`,
          ':to': last,
        },
        ConsistentRead: true,
        Limit: limit + 1,
      });
      const pointers = items.map((item) => parseItem(PointerItem, item, 'administrator'));
      const shown = pointers.slice(0, limit);
      const stored = await table.batchGet(
        shown.map(({ account }) => keys.membership(account, organization)),
        { consistent: true },
      );
      const memberships = stored.filter((item) => item !== undefined).map(toMembership);
      const end = pointers.length > limit ? shown.at(-1) : undefined;
      return {
        items: await withNames(organization, memberships),
        ...(end && { nextCursor: writeCursor(scope, end.sk) }),
      };
    },
  };
}
