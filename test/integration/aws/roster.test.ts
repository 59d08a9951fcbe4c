import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { memberToItem } from '../../../layers/roster/src/aws/member-item.ts';
import { type MemberQuery, type Roster, roster } from '../../../layers/roster/src/aws/roster.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import type { Member, MemberState } from '../../../layers/roster/src/domain/member.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let table: Table;
let queries = 0;
let members: Roster;

beforeAll(async () => {
  dynamo = await startDynamo();
});
beforeEach(async () => {
  const inner = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  table = {
    ...inner,
    query(input) {
      queries++;
      return inner.query(input);
    },
  };
  members = roster(table);
});
afterAll(() => dynamo.stop());

function member(externalId: string, name: string, state: MemberState = 'not_joined'): Member {
  return {
    externalId,
    name,
    state,
    values: { Name: name },
    valuesHash: 'x',
    departments: [],
    roles: [],
    version: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
  };
}

async function store(organization: string, spread: boolean, all: Member[]): Promise<void> {
  for (let start = 0; start < all.length; start += 100) {
    const some = all.slice(start, start + 100);
    await table.transact(some.map((one) => ({ put: memberToItem(organization, one, spread) })));
  }
}

const everything: MemberQuery = { limit: 50, descending: false };

/** All external ids of a list, page after page; no page may take more than two queries. */
async function listAll(
  where: { organization: string; spreadNames: boolean },
  query: Partial<MemberQuery>,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    queries = 0;
    const page = await members.list(where, { ...everything, ...query, cursor });
    expect(queries).toBeLessThanOrEqual(2);
    expect(page.items.length).toBeLessThanOrEqual(query.limit ?? everything.limit);
    ids.push(...page.items.map(({ externalId }) => externalId));
    cursor = page.nextCursor;
    expect(++pages).toBeLessThan(200);
  } while (cursor !== undefined);
  return ids;
}

// By hand, in the order of names with accents and case put aside: 42nd, Álvarez, Brown, Élan, Łuk, zhou, Ωmega.
const sample = [
  member('7', 'zhou'),
  member('1', 'Álvarez', 'enabled'),
  member('4', 'Łuk'),
  member('2', 'Brown', 'disabled'),
  member('3', 'Élan', 'enabled'),
  member('0', '42nd'),
];
const inOrder = ['0', '1', '2', '3', '4', '7'];

describe.each([{ spreadNames: false }, { spreadNames: true }])('a roster with %o', ({ spreadNames }) => {
  const here = { organization: 'acme', spreadNames };
  beforeEach(() => store('acme', spreadNames, sample));

  it.each([1, 2, 3, 6, 50])('is listed by name, both ways, in pages of %i', async (limit) => {
    expect(await listAll(here, { limit })).toEqual(inOrder);
    expect(await listAll(here, { limit, descending: true })).toEqual([...inOrder].reverse());
  });

  it('is narrowed by state', async () => {
    expect(await listAll(here, { states: ['enabled'], limit: 1 })).toEqual(['1', '3']);
    expect(await listAll(here, { states: ['disabled', 'enabled'] })).toEqual(['1', '2', '3']);
  });

  it('is searched by the beginning of a name, whatever its accents and case', async () => {
    expect(await listAll(here, { q: 'ela' })).toEqual(['3']);
    expect(await listAll(here, { q: 'LUK' })).toEqual(['4']);
    expect(await listAll(here, { q: 'lan' })).toEqual([]);
    expect(await listAll(here, { q: 'B', states: ['enabled'] })).toEqual([]);
  });

  it('puts the member with exactly the external id first, and gives it once', async () => {
    await store('acme', spreadNames, [member('zh', 'Zzz'), member('x', 'zh')]);
    for (const limit of [1, 2, 50]) {
      expect(await listAll(here, { q: 'zh', limit })).toEqual(['zh', 'x', '7']);
    }
    expect(await listAll(here, { q: '—', limit: 5 })).toEqual([]);
  });

  it('refuses cursors of another organization, list, or making', async () => {
    const { nextCursor = '' } = await members.list(here, { ...everything, limit: 2 });
    const refused = { code: 'invalid_cursor' };
    const other = { ...here, organization: 'other' };
    const list = (where: typeof here, query: Partial<MemberQuery>) =>
      members.list(where, { ...everything, limit: 2, ...query });
    await expect(list(here, { cursor: nextCursor })).resolves.toBeDefined();
    await expect(list(other, { cursor: nextCursor })).rejects.toMatchObject(refused);
    await expect(list(here, { cursor: nextCursor, descending: true })).rejects.toMatchObject(refused);
    await expect(list(here, { cursor: nextCursor, q: 'a' })).rejects.toMatchObject(refused);
    await expect(list(here, { cursor: 'no cursor' })).rejects.toMatchObject(refused);
    const opened = JSON.parse(Buffer.from(nextCursor, 'base64url').toString());
    const forge = (at: unknown) => Buffer.from(JSON.stringify({ ...opened, at })).toString('base64url');
    await expect(list(here, { cursor: forge({ bucket: 'O#other' }) })).rejects.toMatchObject(refused);
    const place = { nameSk: 'brown#2', externalId: '3' };
    await expect(list(here, { cursor: forge({ ...opened.at, after: place }) })).rejects.toMatchObject(
      refused,
    );
  });

  it('does not show another organization', async () => {
    await store('acme2', spreadNames, [member('1', 'Stranger')]);
    expect(await listAll(here, {})).toEqual(inOrder);
    expect((await members.get('acme', '1')).name).toBe('Álvarez');
    await expect(members.get('acme3', '1')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a roster whose index was spread when it had members already', () => {
  const here = { organization: 'acme', spreadNames: true };
  beforeEach(async () => {
    await store('acme', false, [member('o1', 'Adam'), member('o2', 'Zoe')]);
    await store('acme', true, sample);
  });

  it.each([1, 2, 50])('lists all of them once, both ways, in pages of %i', async (limit) => {
    // Those of before come last, in their own order: they stay where they are until they change.
    expect(await listAll(here, { limit })).toEqual([...inOrder, 'o1', 'o2']);
    expect(await listAll(here, { limit, descending: true })).toEqual([...inOrder.toReversed(), 'o2', 'o1']);
  });

  it('finds those of before by name', async () => {
    expect(await listAll(here, { q: 'ada' })).toEqual(['o1']);
    expect(await listAll(here, { q: 'z', limit: 1 })).toEqual(['7', 'o2']);
  });

  it('shows members on the first page, not only a cursor', async () => {
    expect((await members.list(here, everything)).items).not.toEqual([]);
  });
});

it('looks at a bounded number of entries for a rare state, and goes on from there', async () => {
  const many = Array.from({ length: 2_500 }, (_, n) => member(`m${n}`, `Name ${String(n).padStart(4, '0')}`));
  many[2_400] = { ...member('m2400', 'Name 2400'), state: 'disabled' };
  await store('big', false, many);
  const here = { organization: 'big', spreadNames: false };
  queries = 0;
  const first = await members.list(here, { ...everything, states: ['disabled'] });
  expect(first.items).toEqual([]);
  expect(first.nextCursor).toBeDefined();
  expect(queries).toBe(2);
  expect(await listAll(here, { states: ['disabled'] })).toEqual(['m2400']);
});

it('sums the counters of all slots', async () => {
  await table.put({ ...keys.count('acme', 0), enabled: 2, disabled: 1, notJoined: 5 });
  await table.put({ ...keys.count('acme', 9), enabled: -1, notJoined: 3 });
  await table.put({ ...keys.count('other', 0), enabled: 100 });
  expect(await members.summary('acme')).toEqual({
    total: 10,
    enrolled: 9,
    enabled: 1,
    disabled: 1,
    notJoined: 8,
  });
  expect((await members.summary('none')).total).toBe(0);
});
