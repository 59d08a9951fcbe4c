import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountRecords } from '../../../layers/roster/src/aws/accounts.ts';
import { auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { readDirectory, readHead } from '../../../layers/roster/src/aws/directory-log.ts';
import { refreshDirectory } from '../../../layers/roster/src/aws/directory-refresh.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { memberToItem } from '../../../layers/roster/src/aws/member-item.ts';
import { memberRecords } from '../../../layers/roster/src/aws/members.ts';
import { type BucketObjects, bucketObjects } from '../../../layers/roster/src/aws/objects.ts';
import { type MemberQuery, type Roster, roster } from '../../../layers/roster/src/aws/roster.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import type { Member, MemberState } from '../../../layers/roster/src/domain/member.ts';
import { shardOf } from '../../../layers/roster/src/domain/member.ts';
import type { Column } from '../../../layers/roster/src/domain/schema.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { memoryOrganizations } from '../../support/memory.ts';
import { clientOf, startServer } from '../local-s3/server.ts';
import { BUCKET } from '../local-s3/settings.ts';

const at = '2026-01-01T00:00:00.000Z';
const columns: Column[] = [
  { name: 'Id', type: 'text', role: 'externalId' },
  { name: 'Name', type: 'text', role: 'fullName' },
  { name: 'Section', type: 'text', role: 'group' },
];

let dynamo: TestDynamo;
let table: Table;
let objects: BucketObjects;
let organizations: ReturnType<typeof memoryOrganizations>;
let members: Roster;
/** What was asked of the table and the queue since the last look. */
let asked: { queries: number; batches: number; pending: string[]; lost: string[] };
let now: number;

const forget = () => {
  asked = { queries: 0, batches: 0, pending: [], lost: [] };
};

beforeAll(async () => {
  dynamo = await startDynamo();
});
beforeEach(async () => {
  const inner = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  table = {
    ...inner,
    query(input) {
      asked.queries++;
      return inner.query(input);
    },
    batchGet(wanted, options) {
      asked.batches += Math.ceil(wanted.length / 100);
      return inner.batchGet(wanted, options);
    },
  };
  objects = bucketObjects(BUCKET, clientOf(await startServer()));
  organizations = memoryOrganizations(columns);
  now = Date.parse(at);
  members = open();
  forget();
});
afterAll(() => dynamo.stop());

/** A process of its own, but for the parts that it holds in memory. */
function open(): Roster {
  return roster(table, {
    clock: () => new Date(now),
    directoryObjects: objects,
    directoryQueue: {
      pending: async (organization) => void asked.pending.push(organization),
      lost: async (organization) => void asked.lost.push(organization),
    },
    organizations,
  });
}

const refresh = (organization = 'acme', options = {}) =>
  refreshDirectory({ table, directoryObjects: objects, organizations }, organization, options);

function member(externalId: string, name: string, more: Partial<Member> = {}): Member {
  return {
    externalId,
    name,
    state: 'not_joined',
    values: { Name: name },
    valuesHash: 'x',
    departments: [],
    roles: [],
    version: 1,
    createdAt: at,
    updatedAt: at,
    ...more,
  };
}

/** Stores members with their counts and tells nobody, as it was before there was a directory. */
async function store(organization: string, all: Member[]): Promise<void> {
  for (let start = 0; start < all.length; start += 100) {
    const some = all.slice(start, start + 100);
    await table.transact(some.map((one) => ({ put: memberToItem(organization, one) })));
  }
  const of = (state: MemberState) => all.filter((one) => one.state === state).length;
  await table.update({
    key: keys.count(organization, 0),
    add: { enabled: of('enabled'), disabled: of('disabled'), notJoined: of('not_joined') },
  });
}

/** Adds, changes or removes a member as admins do. */
async function write(before: Member | undefined, after: Member | undefined, organization = 'acme') {
  const records = memberRecords(
    table,
    auditTrail(table, () => new Date(now)),
  );
  const event = { action: 'member.update' as const, actor: { account: 'A', login: 'a' }, subject: 's' };
  await records.commit({ organization: { organization, timeZone: 'UTC' }, member: { before, after } }, event);
}

const everything: MemberQuery = { limit: 50, filter: {}, sort: 'name' };

async function listAll(query: Partial<MemberQuery> = {}, organization = 'acme'): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await members.list(organization, { ...everything, ...query, cursor });
    expect(page.items.length).toBeLessThanOrEqual(query.limit ?? everything.limit);
    ids.push(...page.items.map(({ externalId }) => externalId));
    cursor = page.nextCursor;
    expect(ids.length).toBeLessThan(10_000);
  }
  return ids;
}

// By hand, in the order of names with accents and case put aside: 42nd, Álvarez, Brown, Élan, Łuk, zhou.
const sample = [
  member('7', 'zhou', { values: { Section: 'Nord' } }),
  member('1', 'Álvarez', { state: 'enabled' }),
  member('4', 'Łuk', { values: { Section: 'NORD' } }),
  member('2', 'Brown', { state: 'disabled' }),
  member('3', 'Élan', { state: 'enabled' }),
  member('0', '42nd'),
];
const inOrder = ['0', '1', '2', '3', '4', '7'];

describe('a roster with a snapshot', () => {
  beforeEach(async () => {
    await store('acme', sample);
    await refresh();
    forget();
  });

  it.each([1, 2, 3, 6, 50])('is listed by name, both ways, in pages of %i', async (limit) => {
    expect(await listAll({ limit })).toEqual(inOrder);
    expect(await listAll({ limit, sort: '-name' })).toEqual(inOrder.toReversed());
  });

  it('costs one query and one batch a page, whatever is asked', async () => {
    const filters = [{}, { q: 'zhou' }, { states: ['enabled' as const] }, { group: 'nord' }];
    for (const filter of filters) {
      forget();
      expect((await members.list('acme', { ...everything, filter })).items).not.toEqual([]);
      expect(asked).toMatchObject({ queries: 1, batches: 1, pending: [] });
    }
  });

  it('shows a change in the very next list, and after the next snapshot', async () => {
    const look = async () => {
      expect(await listAll()).toEqual(['0', '9', '2', '3', '4', '7', '1']);
      expect(await listAll({ filter: { q: 'zzyzx' } })).toEqual(['1']);
      expect(await listAll({ filter: { q: 'alvarez' } })).toEqual([]);
      expect(await listAll({ filter: { group: 'süd' } })).toEqual(['9']);
    };
    const [, alvarez] = sample;
    await write(alvarez, { ...(alvarez as Member), name: 'Zzyzx', version: 2 });
    await write(undefined, member('9', 'Anders', { values: { Section: 'Süd' } }));
    await look();
    await refresh();
    expect((await readDirectory(table, 'acme')).changes).toEqual([]);
    await look();
    await write(member('9', 'Anders'), undefined);
    expect(await listAll()).toEqual(['0', '2', '3', '4', '7', '1']);
    await refresh();
    expect(await listAll()).toEqual(['0', '2', '3', '4', '7', '1']);
  });

  it('gives each member that stays once, whoever is added or renamed while the pages are turned', async () => {
    const first = await members.list('acme', { ...everything, limit: 2 });
    await write(undefined, member('a', 'Aaa'));
    await write(undefined, member('c', 'Carl'));
    await refresh();
    const second = await members.list('acme', { ...everything, limit: 3, cursor: first.nextCursor });
    await write(undefined, member('b', 'Bbb'));
    const third = await members.list('acme', { ...everything, cursor: second.nextCursor });
    const ids = [first, second, third].flatMap(({ items }) => items.map(({ externalId }) => externalId));
    expect(ids).toEqual(['0', '1', '2', 'c', '3', '4', '7']);
    expect(third.nextCursor).toBeUndefined();
  });

  it('keeps the time of a sign-in when an edit of what was read before comes after it', async () => {
    const membership = {
      account: 'ACC',
      organization: 'acme',
      level: 'member' as const,
      login: 'elan',
      state: 'enabled' as const,
      externalId: '3',
      tokensValidFromSeconds: 0,
      version: 1,
    };
    await table.put({ ...keys.membership('ACC', 'acme'), ...membership });
    const [elan] = sample.filter(({ externalId }) => externalId === '3') as [Member];
    await accountRecords(table).recordSignIn([membership], '2026-03-03T00:00:00.000Z');
    await write(elan, { ...elan, name: 'Élan Vital', version: 2 });
    const times = { activatedAt: '2026-03-03T00:00:00.000Z', lastSignInAt: '2026-03-03T00:00:00.000Z' };
    expect(await members.get('acme', '3')).toMatchObject({ name: 'Élan Vital', version: 2, ...times });
    const filter = { lastSignIn: { from: '2026-03-01T00:00:00.000Z' } };
    expect(await listAll({ filter })).toEqual(['3']);
    await refresh();
    expect(await listAll({ filter })).toEqual(['3']);
    expect((await listAll({ sort: 'lastSignIn' }))[0]).toBe('3');
    expect(await listAll({ filter: { activated: { never: true } } })).toEqual(['0', '1', '2', '4', '7']);
  });

  it('asks for a new snapshot when many changes wait, once in a while', async () => {
    const many = Array.from({ length: 101 }, (_, n) => member(`n${n}`, `New ${n}`));
    for (const one of many.slice(0, 100)) await write(undefined, one);
    expect(await listAll({ filter: { q: 'new' }, limit: 200 })).toHaveLength(100);
    expect(asked.pending).toEqual([]);
    await write(undefined, many[100]);
    await listAll({ limit: 200 });
    await listAll({ limit: 200 });
    expect(asked.pending).toEqual(['acme']);
    now += 60_000;
    await listAll({ limit: 200 });
    expect(asked.pending).toEqual(['acme', 'acme']);
    await refresh();
    now += 60_000;
    expect(await listAll({ filter: { q: 'new' }, limit: 200 })).toHaveLength(101);
    expect(asked.pending).toHaveLength(2);
  });

  it('reads members that changed once, and anew when they change again', async () => {
    await write(undefined, member('9', 'Anders'));
    await listAll();
    forget();
    await listAll();
    expect(asked).toMatchObject({ queries: 1, batches: 1 });
    await write(member('9', 'Anders'), member('9', 'Bertil', { version: 2 }));
    expect(await listAll({ filter: { q: 'bertil' } })).toEqual(['9']);
  });

  it('says that it is behind where more changed than it looks at, and shows nobody who does not match', async () => {
    const all = Array.from({ length: 1_100 }, (_, n) => member(`n${n}`, `New ${n}`));
    await store('acme', all);
    await refresh('acme', { whole: true });
    for (let start = 0; start < all.length; start += 90) {
      const some = all.slice(start, start + 90);
      const log = {
        put: { ...keys.directoryLog('acme', `x${start}`), ids: some.map((one) => one.externalId) },
      };
      const renamed = some.map((one) => ({
        put: memberToItem('acme', { ...one, name: 'Other', version: 2 }),
      }));
      await table.transact([log, ...renamed]);
    }
    const page = await members.list('acme', { ...everything, filter: { q: 'new' } });
    expect(page).toMatchObject({ behind: true, items: [] });
    expect(asked.pending).toEqual(['acme']);
    await refresh();
    const { behind, items } = await members.list('acme', { ...everything, filter: { q: 'other' } });
    expect([behind, items.length]).toEqual([undefined, 50]);
  });

  it('refuses cursors of another organization, filter, order, bound or making', async () => {
    const { nextCursor = '' } = await members.list('acme', { ...everything, limit: 2 });
    const refused = { code: 'invalid_cursor' };
    const list = (query: Partial<MemberQuery>, organization = 'acme') =>
      members.list(organization, { ...everything, limit: 2, cursor: nextCursor, ...query });
    await expect(list({})).resolves.toBeDefined();
    await expect(list({}, 'other')).rejects.toMatchObject(refused);
    await expect(list({ sort: '-name' })).rejects.toMatchObject(refused);
    await expect(list({ filter: { q: 'a' } })).rejects.toMatchObject(refused);
    await expect(list({ within: new Set(['d1']) })).rejects.toMatchObject(refused);
    await expect(list({ cursor: 'no cursor' })).rejects.toMatchObject(refused);
    const opened = JSON.parse(Buffer.from(nextCursor, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...opened, at: { name: 'O#other' } })).toString('base64url');
    await expect(list({ cursor: forged })).rejects.toMatchObject(refused);
  });

  it('does not show another organization', async () => {
    await store('acme2', [member('1', 'Stranger')]);
    await refresh('acme2');
    expect(await listAll()).toEqual(inOrder);
    expect(await listAll({}, 'acme2')).toEqual(['1']);
    expect(await listAll({}, 'acme3')).toEqual([]);
    expect((await members.get('acme', '1')).name).toBe('Álvarez');
    await expect(members.get('acme3', '1')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('has a new snapshot made when its objects are lost, and says so instead of an empty list', async () => {
    await write(undefined, member('9', 'Anders'));
    await refresh();
    const { parts = [] } = (await readHead(table, 'acme')) ?? {};
    for (const name of parts) await objects.delete(`acme/${name}`);
    await expect(members.list('acme', everything)).rejects.toMatchObject({ code: 'corrupt_item' });
    expect(asked.lost).toEqual(['acme']);
    await refresh('acme', { whole: true });
    expect(await listAll()).toContain('9');
  });
});

describe('a refresh', () => {
  const objectsOf = async () => (await readHead(table, 'acme'))?.parts ?? [];
  const isThere = (name: string) =>
    objects.read(`acme/${name}`).then(
      () => true,
      () => false,
    );

  it('leaves what the head before named for those who read it, and deletes that the next time', async () => {
    const seen: string[][] = [];
    for (const id of ['a', 'b', 'c']) {
      await write(undefined, member(id, id));
      await refresh();
      seen.push(await objectsOf());
    }
    const there = await Promise.all(seen.flat().map(isThere));
    expect(there).toEqual([false, true, true]);
  });

  it('starts over when another one was quicker, and loses no change', async () => {
    for (let n = 0; n < 8; n++) await write(undefined, member(`m${n}`, `Name ${n}`));
    await Promise.all([refresh(), refresh(), write(undefined, member('late', 'Late')), refresh()]);
    expect((await listAll()).sort()).toEqual(['late', 'm0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']);
    await refresh();
    expect((await listAll()).sort()).toEqual(['late', 'm0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']);
    for (const name of await objectsOf()) expect(await isThere(name)).toBe(true);
  });

  it('leaves the directory as it was when it fails half-way, and nothing of its own', async () => {
    await write(undefined, member('a', 'Ann'));
    await refresh();
    const before = await readHead(table, 'acme');
    await write(undefined, member('b', 'Bob'));
    const written: string[] = [];
    const failing = {
      ...table,
      put: async () => {
        throw new Error('The connection broke');
      },
    };
    const directoryObjects = {
      ...objects,
      write: async (key: string, body: string | Uint8Array) => {
        written.push(key);
        await objects.write(key, body);
      },
    };
    const deps = { table: failing, directoryObjects, organizations };
    await expect(refreshDirectory(deps, 'acme')).rejects.toThrow('The connection broke');
    expect(await readHead(table, 'acme')).toEqual(before);
    expect(written).toHaveLength(1);
    await expect(objects.read(written[0] as string)).rejects.toMatchObject({ code: 'not_found' });
    expect(await listAll()).toEqual(['a', 'b']);
  });

  it('writes the parts alone in which somebody changed, and more parts when the roster outgrows them', async () => {
    // The counter alone decides how many parts there are.
    await store('acme', sample);
    await table.update({ key: keys.count('acme', 0), add: { notJoined: 40_000 } });
    await refresh();
    const before = await objectsOf();
    expect(before).toHaveLength(4);
    await write(undefined, member('9', 'Anders'));
    await refresh();
    const after = await objectsOf();
    const changed = [0, 1, 2, 3].filter((part) => before[part] !== after[part]);
    expect(changed).toEqual([Math.floor(shardOf('9') / 16)]);
    await table.update({ key: keys.count('acme', 0), add: { notJoined: 100_000 } });
    await write(undefined, member('8', 'Bo'));
    await refresh();
    expect(await objectsOf()).toHaveLength(16);
    expect((await members.list('acme', everything)).items).toHaveLength(8);
  });

  it('makes all anew when another column is the group', async () => {
    await store('acme', [member('1', 'Ann', { values: { Section: 'Nord', Team: 'Red' } })]);
    await refresh();
    organizations.schema = async () => ({
      version: 2,
      columns: [...columns.slice(0, 2), { name: 'Team', type: 'text', role: 'group' }],
    });
    const page = await members.list('acme', { ...everything, filter: { group: 'red' } });
    expect(page).toMatchObject({ behind: true });
    await refresh();
    expect(await listAll({ filter: { group: 'red' } })).toEqual(['1']);
    expect(await listAll({ filter: { group: 'nord' } })).toEqual([]);
  });
});

it('is behind, and asks for a snapshot, where there were members before there was a directory', async () => {
  await store('acme', sample);
  expect(await members.list('acme', everything)).toEqual({ items: [], behind: true });
  expect(asked.pending).toEqual(['acme']);
  await refresh();
  expect(await listAll()).toEqual(inOrder);
});

it('lists an organization that has nobody, and the first members without a snapshot', async () => {
  expect(await members.list('acme', everything)).toEqual({ items: [] });
  await write(undefined, member('1', 'Ann'));
  expect(await members.list('acme', everything)).toMatchObject({ items: [{ externalId: '1' }] });
  expect(asked.pending).toEqual([]);
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
