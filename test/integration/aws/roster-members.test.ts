import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { auditTrail } from 'roster/aws/audit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readDirectory } from '../../../layers/roster/src/aws/directory-log.ts';
import { type DueKind, dueMembers } from '../../../layers/roster/src/aws/due-members.ts';
import { readGroupCounts } from '../../../layers/roster/src/aws/group-counts.ts';
import { importRecords } from '../../../layers/roster/src/aws/imports.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { memberToItem } from '../../../layers/roster/src/aws/member-item.ts';
import { roster } from '../../../layers/roster/src/aws/roster.ts';
import { rosterMembers } from '../../../layers/roster/src/aws/roster-members.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import { type Member, shardOf } from '../../../layers/roster/src/domain/member.ts';
import {
  chunkBytesMax,
  compileChangeBytes,
  valuesBytesMax,
  valuesFit,
} from '../../../layers/roster/src/domain/member-size.ts';
import type {
  AppliedChunk,
  ApplyContext,
  MemberDigest,
  PlannedChange,
} from '../../../layers/roster/src/domain/ports.ts';
import type { Column } from '../../../layers/roster/src/domain/schema.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let table: Table;
let members: ReturnType<typeof rosterMembers>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
beforeEach(async () => {
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  members = rosterMembers(table);
});
afterAll(() => dynamo.stop());

const columns: Column[] = [
  { name: 'Id', type: 'text', role: 'externalId' },
  { name: 'First', type: 'text', role: 'firstName' },
  { name: 'Last', type: 'text', role: 'lastName' },
  { name: 'Mail', type: 'email', role: 'email' },
  { name: 'Tel', type: 'phone', role: 'phone' },
  { name: 'Login', type: 'text', role: 'username' },
  { name: 'Unit', type: 'text', role: 'department' },
];
const context: ApplyContext = {
  schema: { version: 1, columns },
  timeZone: 'UTC',
  now: new Date('2026-02-02T02:02:02.000Z'),
  approvedBy: 'approver@example.org',
  departments: new Map([
    ['Choir', 'CHOIR'],
    ['Brass / Low', 'LOW'],
  ]),
};
const ref = { organization: 'acme', importId: '01KE0000000000000000000001' };
const before = '2026-01-01T00:00:00.000Z';

function member(externalId: string, more: Partial<Member> = {}): Member {
  return {
    externalId,
    state: 'enabled',
    values: { Id: externalId, First: 'Zoë', Last: 'Old' },
    valuesHash: `old-${externalId}`,
    name: 'Zoë Old',
    departments: [],
    roles: [],
    version: 4,
    createdAt: before,
    updatedAt: before,
    ...more,
  };
}

function change(kind: PlannedChange['kind'], externalId: string, more: Partial<PlannedChange> = {}) {
  const state = kind === 'disable' ? 'disabled' : kind === 'add' ? 'not_joined' : 'enabled';
  const values = { Id: externalId, First: 'Élodie', Last: 'New' };
  return {
    kind,
    externalId,
    line: 2,
    version: kind === 'add' ? 0 : 4,
    state,
    before: {},
    ...(kind !== 'disable' && { values, valuesHash: `new-${externalId}` }),
    ...(kind === 'disable' && { from: 'enabled' }),
    ...(kind === 'reactivate' && { from: 'disabled' }),
    ...more,
  } as PlannedChange;
}

async function store(all: Member[]): Promise<void> {
  const counts = { enabled: 0, disabled: 0, notJoined: 0 };
  for (const { state } of all) counts[state === 'not_joined' ? 'notJoined' : state] += 1;
  for (const one of all) await table.put(memberToItem('acme', one));
  await table.put({ ...keys.count('acme', 63), ...counts });
}

const stored = (externalId: string) => roster(table).get('acme', externalId);
const apply = (changes: PlannedChange[], part = 0, chunk = 0) =>
  members.applyChunk(ref, { part, chunk, changes }, context);

/** Who changed, as the directory is told. */
async function logged(): Promise<string[]> {
  const { changes } = await readDirectory(table, 'acme');
  return changes.flatMap(({ externalIds }) => externalIds);
}

async function checkpoints(): Promise<AppliedChunk[]> {
  const all: AppliedChunk[] = [];
  for await (const chunk of importRecords(
    table,
    auditTrail(table, () => context.now),
  ).chunks(ref))
    all.push(chunk);
  return all;
}

/** The members by state as they really are in the table, whatever the counters say. */
async function countedOneByOne() {
  const counts = { enabled: 0, disabled: 0, not_joined: 0 };
  for (let shard = 0; shard < 64; shard++) {
    for await (const batch of members.shard('acme', shard, [])) {
      for (const { state } of batch) counts[state] += 1;
    }
  }
  return counts;
}

async function expectCounters(expected: { enabled: number; disabled: number; not_joined: number }) {
  expect(await countedOneByOne()).toEqual(expected);
  const { enabled, disabled, notJoined } = await members.summary('acme');
  expect({ enabled, disabled, not_joined: notJoined }).toEqual(expected);
}

const none = { add: 0, update: 0, reactivate: 0, disable: 0, remove: 0 };

describe('a chunk of changes', () => {
  it('adds members with all that follows from their values', async () => {
    const values = {
      Id: 'A1',
      First: 'Élodie',
      Last: 'Łuk',
      Mail: 'Elodie@Example.org',
      Login: 'eluk',
      Unit: 'Choir',
    };
    await apply([change('add', 'A1', { values }), change('add', 'A2', { state: 'disabled' })]);
    expect(await stored('A1')).toEqual({
      externalId: 'A1',
      state: 'not_joined',
      values,
      valuesHash: 'new-A1',
      name: 'Élodie Łuk',
      username: 'eluk',
      email: 'elodie@example.org',
      departments: ['CHOIR'],
      roles: [],
      version: 1,
      createdBy: 'approver@example.org',
      createdAt: '2026-02-02T02:02:02.000Z',
      updatedAt: '2026-02-02T02:02:02.000Z',
      importId: ref.importId,
    });
    expect(await stored('A2')).toMatchObject({ state: 'disabled', disabledBy: 'file' });
    expect((await logged()).sort()).toEqual(['A1', 'A2']);
    await expectCounters({ enabled: 0, disabled: 1, not_joined: 1 });
    expect(await checkpoints()).toEqual([
      {
        part: 0,
        chunk: 0,
        counts: { ...none, add: 2 },
        disabledByFile: 0,
        conflicts: [],
        departmentsBefore: {},
      },
    ]);
  });

  it('updates what follows from the values, drops what they no longer say, and keeps the rest', async () => {
    const contact = { email: 'old@example.org', phone: '+33123456789', username: 'zoe' };
    const rest = { account: 'ACCOUNT', roles: ['treasurer'] };
    await store([member('A1', { ...contact, ...rest, departments: ['Choir'] })]);
    await apply([change('update', 'A1', { before: { Unit: 'Choir' } })]);
    expect(await stored('A1')).toEqual({
      ...member('A1', rest),
      values: { Id: 'A1', First: 'Élodie', Last: 'New' },
      valuesHash: 'new-A1',
      name: 'Élodie New',
      version: 5,
      updatedAt: '2026-02-02T02:02:02.000Z',
      importId: ref.importId,
    });
    expect(await checkpoints()).toMatchObject([{ departmentsBefore: { A1: ['Choir'] } }]);
    expect(await logged()).toEqual(['A1']);
    await expectCounters({ enabled: 1, disabled: 0, not_joined: 0 });
  });

  it('disables by absence and by file, and takes that back on reactivation', async () => {
    await store([
      member('A1'),
      member('A2', { state: 'not_joined' }),
      member('A3', { state: 'disabled', disabledBy: 'absence' }),
      member('A4', { state: 'disabled', disabledBy: 'file', account: undefined }),
    ]);
    const { line: _, ...absent } = change('disable', 'A1');
    await apply([
      absent,
      change('disable', 'A2', { from: 'not_joined' }),
      change('reactivate', 'A3'),
      change('reactivate', 'A4', { state: 'not_joined', values: undefined, valuesHash: undefined }),
    ]);
    expect(await stored('A1')).toEqual({
      ...member('A1', { state: 'disabled', disabledBy: 'absence', version: 5 }),
      updatedAt: '2026-02-02T02:02:02.000Z',
      importId: ref.importId,
    });
    expect(await stored('A2')).toMatchObject({ state: 'disabled', disabledBy: 'file', name: 'Zoë Old' });
    expect(await stored('A3')).toMatchObject({ state: 'enabled', name: 'Élodie New' });
    expect(await stored('A3')).not.toHaveProperty('disabledBy');
    expect(await stored('A4')).toMatchObject({ state: 'not_joined', name: 'Zoë Old', valuesHash: 'old-A4' });
    await expectCounters({ enabled: 1, disabled: 2, not_joined: 1 });
    expect(await checkpoints()).toMatchObject([
      { counts: { ...none, disable: 2, reactivate: 2 }, disabledByFile: 1 },
    ]);
  });

  it('of an undo removes whom it added, out of all counts, unless somebody changed it', async () => {
    const added = { state: 'not_joined', departments: ['CHOIR'], roles: ['r1'], version: 1 } as const;
    await store([
      member('A1', { ...added, departments: [...added.departments], roles: [...added.roles] }),
      member('A2', { state: 'not_joined', version: 2 }),
    ]);
    const removal = { version: 1, from: 'not_joined', state: 'not_joined', values: undefined } as const;
    await apply([change('remove', 'A1', removal), change('remove', 'A2', removal)]);
    await expect(stored('A1')).rejects.toMatchObject({ code: 'not_found' });
    expect(await stored('A2')).toMatchObject({ version: 2 });
    await expectCounters({ enabled: 0, disabled: 0, not_joined: 1 });
    // Nobody was counted here before.
    expect(Object.fromEntries(await readGroupCounts(table, 'acme'))).toEqual({ CHOIR: -1, r1: -1 });
    expect(await logged()).toEqual(['A1']);
    expect(await checkpoints()).toMatchObject([
      { counts: { ...none, remove: 1 }, conflicts: ['A2'], departmentsBefore: {} },
    ]);
  });

  it('of an undo gives back who had disabled, which import had written, and the departments still there', async () => {
    await store([
      member('A1', { departments: ['NEW'], importId: 'later' }),
      member('A2', { importId: 'later' }),
      member('A3', { state: 'disabled', disabledBy: 'absence', importId: 'later' }),
      member('A4', { state: 'disabled', disabledBy: 'period', importId: 'later' }),
    ]);
    const departments = ['Choir', 'gone'];
    await apply([
      change('disable', 'A1', {
        restore: { disabledBy: 'admin', importId: 'earlier', departments },
        values: { Id: 'A1', First: 'Ann' },
        valuesHash: 'old',
      }),
      change('update', 'A2', { restore: {} }),
      change('reactivate', 'A3', { restore: {}, values: undefined, valuesHash: undefined }),
      // Its period had ended it already: only who disabled it is another one.
      change('disable', 'A4', { from: undefined, restore: { disabledBy: 'file' } }),
    ]);
    expect(await stored('A1')).toMatchObject({
      state: 'disabled',
      disabledBy: 'admin',
      importId: 'earlier',
      departments: ['CHOIR'],
      valuesHash: 'old',
      name: 'Ann',
    });
    expect(await stored('A2')).not.toHaveProperty('importId');
    expect(await stored('A3')).toMatchObject({ state: 'enabled', valuesHash: 'old-A3' });
    expect(await stored('A3')).not.toHaveProperty('disabledBy');
    expect(await stored('A4')).toMatchObject({ state: 'disabled', disabledBy: 'file' });
    await expectCounters({ enabled: 2, disabled: 2, not_joined: 0 });
  });

  it('tells when to look at periods, and at whose with an account also to tell of their end', async () => {
    const until: Column = { name: 'Until', type: 'date', role: 'activeUntil' };
    const timed = { ...context, schema: { version: 1, columns: [...columns, until] } };
    await store([member('M1', { account: 'A1' }), member('M2'), member('M3', { account: 'A3' })]);
    const moved = { before: { Until: null } };
    const changes = [
      change('update', 'M1', { ...moved, account: 'A1' }),
      change('update', 'M2', moved),
      change('update', 'M3', { account: 'A3', before: { First: 'Zoë' } }),
      change('add', 'M4', { values: { Id: 'M4', Until: '2026-03-31' } }),
    ];
    await members.applyChunk(ref, { part: 0, chunk: 0, changes }, timed);
    const due = async (kind: DueKind) => {
      const items: string[] = [];
      for await (const { externalId, at } of dueMembers(table, kind).due(new Date('2100-01-01'))) {
        items.push(`${externalId} ${at}`);
      }
      return items.sort();
    };
    const now = context.now.toISOString();
    expect(await due('period')).toEqual([`M1 ${now}`, `M2 ${now}`, 'M4 2026-04-01T00:00:00.000Z']);
    expect(await due('expiry')).toEqual([`M1 ${now}`]);
  });

  it('is written once, however often and at whatever time it comes', async () => {
    const changes = [change('add', 'A1'), change('add', 'A2')];
    await Promise.all([apply(changes), apply(changes), apply(changes)]);
    await apply(changes);
    expect(await stored('A1')).toMatchObject({ version: 1 });
    await expectCounters({ enabled: 0, disabled: 0, not_joined: 2 });
    expect(await checkpoints()).toEqual([
      {
        part: 0,
        chunk: 0,
        counts: { ...none, add: 2 },
        disabledByFile: 0,
        conflicts: [],
        departmentsBefore: {},
      },
    ]);
  });

  it('is written side by side with others, and the counters miss nothing', async () => {
    const chunks = Array.from({ length: 12 }, (_, n) => n);
    await Promise.all(
      chunks.map((n) => apply([change('add', `A${n}`), change('add', `B${n}`)], n % 3, Math.floor(n / 3))),
    );
    await expectCounters({ enabled: 0, disabled: 0, not_joined: 24 });
    expect(await checkpoints()).toHaveLength(12);
  });

  it('leaves out and names the members that changed since the plan, and writes the others', async () => {
    await store([member('changed', { version: 5 }), member('there', { version: 1 }), member('fine')]);
    await apply([
      change('update', 'changed'),
      change('add', 'there'),
      change('disable', 'gone'),
      change('update', 'fine'),
      change('add', 'new'),
    ]);
    expect(await stored('changed')).toEqual(member('changed', { version: 5 }));
    expect(await stored('there')).toEqual(member('there', { version: 1 }));
    await expect(stored('gone')).rejects.toMatchObject({ code: 'not_found' });
    expect(await stored('fine')).toMatchObject({ valuesHash: 'new-fine', version: 5 });
    expect(await stored('new')).toMatchObject({ valuesHash: 'new-new', version: 1 });
    await expectCounters({ enabled: 3, disabled: 0, not_joined: 1 });
    const [checkpoint] = await checkpoints();
    expect(checkpoint).toMatchObject({ counts: { ...none, add: 1, update: 1 }, disabledByFile: 0 });
    expect([...(checkpoint?.conflicts ?? [])].sort()).toEqual(['changed', 'gone', 'there']);
  });

  it('is done, with nothing written, when all of its members changed', async () => {
    await store([member('A1', { version: 5 })]);
    await apply([change('disable', 'A1'), change('update', 'gone')]);
    await expectCounters({ enabled: 1, disabled: 0, not_joined: 0 });
    expect(await checkpoints()).toEqual([
      {
        part: 0,
        chunk: 0,
        counts: none,
        disabledByFile: 0,
        conflicts: ['A1', 'gone'],
        departmentsBefore: {},
      },
    ]);
  });

  it('fails when the table cannot be reached, instead of calling it a conflict', async () => {
    const client = new DynamoDBClient({
      endpoint: 'http://127.0.0.1:9',
      region: 'eu-west-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
    const unreachable = rosterMembers(createTable({ tableName: 'none', client }));
    const one = { part: 0, chunk: 0, changes: [change('add', 'A1')] };
    await expect(unreachable.applyChunk(ref, one, context)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    client.destroy();
  });
});

describe('the largest members', () => {
  /** Values that reach the bound in characters of three bytes, those of the derived fields among them. */
  function largest(externalId: string): Record<string, string> {
    const own = { Id: externalId, Mail: 'a@example.org' };
    const used = Buffer.byteLength(Object.values(own).join(''));
    const length = Math.floor((valuesBytesMax - used) / 3 / 2);
    return { ...own, First: '語'.repeat(length), Login: '語'.repeat(length) };
  }

  /** The bytes of the items of a transaction as DynamoDB counts them: names and values in UTF-8. */
  const bytesOf = (value: unknown): number => {
    if (typeof value === 'string') return Buffer.byteLength(value);
    if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + bytesOf(one), 3);
    if (typeof value !== 'object' || value === null) return 21;
    return Object.entries(value).reduce((sum, [name, one]) => sum + bytesOf(name) + bytesOf(one) + 4, 3);
  };

  it('are bounded in bytes, not in characters', () => {
    expect(valuesFit(['x'.repeat(valuesBytesMax)])).toBe(true);
    expect(valuesFit(['x'.repeat(valuesBytesMax), 'x'])).toBe(false);
    expect(valuesFit(['語'.repeat(Math.floor(valuesBytesMax / 3)), 'x'])).toBe(true);
    expect(valuesFit(['語'.repeat(Math.ceil(valuesBytesMax / 3))])).toBe(false);
  });

  it('fit in a full chunk: 100 actions and 4 MB, and 400 KB each', async () => {
    const bare = columns.slice(0, -1);
    const ids = Array.from({ length: 97 }, (_, n) => String(n).padStart(200, 'é'));
    const changes = ids.map((id) => change('add', id, { values: largest(id) }));
    const bytes = changes.map(compileChangeBytes(bare));
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(chunkBytesMax);
    expect(changes.every(({ values }) => valuesFit(Object.values(values ?? {})))).toBe(true);
    await apply(changes);
    const items = await table.batchGet(
      ids.map((id) => keys.member('acme', id)),
      { consistent: true },
    );
    const sizes = items.map(bytesOf);
    expect(sizes).toHaveLength(97);
    expect(Math.max(...sizes)).toBeGreaterThan(2 * 16_000);
    expect(Math.max(...sizes)).toBeLessThan(400 * 1024);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(4 * 1024 * 1024 - 97 * 600);
  });

  it('take a smaller chunk where the names of the columns take room', () => {
    const wide = Array.from({ length: 200 }, (_, n) => ({
      name: `${n}`.padStart(100, '語'),
      type: 'text' as const,
    }));
    const bytes = compileChangeBytes(wide)(change('update', 'A1'));
    const changes = Math.floor(chunkBytesMax / bytes);
    // 200 names of some 297 bytes, with the values and as what is protected, beside derived fields: about 156 KB a member.
    expect(changes).toBeGreaterThan(20);
    expect(changes * (2 * 200 * 297 + 2 * valuesBytesMax)).toBeLessThan(4 * 1024 * 1024);
  });

  it('are conflicts where a file of other columns made them too large', async () => {
    await store([member('A1')]);
    const values = { Id: 'A1', First: 'x'.repeat(valuesBytesMax) };
    await apply([change('update', 'A1', { values }), change('add', 'A2')]);
    expect(await stored('A1')).toEqual(member('A1'));
    expect(await stored('A2')).toMatchObject({ version: 1 });
    expect(await checkpoints()).toMatchObject([{ counts: { ...none, add: 1 }, conflicts: ['A1'] }]);
  });
});

describe('reading members', () => {
  async function readShard(shard: number, columns: readonly string[] | 'all'): Promise<MemberDigest[][]> {
    const batches: MemberDigest[][] = [];
    for await (const batch of members.shard('acme', shard, columns)) batches.push(batch);
    return batches;
  }

  it('gives a shard whole, page after page, in the order of identifiers', async () => {
    const ids = Array.from({ length: 20_000 }, (_, n) => `M${n}`).filter((id) => shardOf(id) === 5);
    const some = ids.slice(0, 120);
    const values = { Text: 'x'.repeat(15_000) };
    for (const id of some) await table.put(memberToItem('acme', member(id, { values })));
    await table.put(memberToItem('acme2', member(some[0] as string)));
    const batches = await readShard(5, 'all');
    // 120 members of 15 KB are more than a query's 1 MB.
    expect(batches.length).toBeGreaterThan(1);
    const all = batches.flat();
    expect(all.map(({ externalId }) => externalId)).toEqual([...some].sort());
    expect(all[0]).toEqual({
      externalId: [...some].sort()[0],
      state: 'enabled',
      valuesHash: `old-${[...some].sort()[0]}`,
      version: 4,
      values,
    });
    const digests = (await readShard(5, [])).flat();
    expect(digests).toHaveLength(120);
    expect(digests[0]).not.toHaveProperty('values');
    expect((await readShard(6, 'all')).flat()).toEqual([]);
  });

  it('gives only the columns asked for, and a member that has none of them without values', async () => {
    const [first = '', second = ''] = Array.from({ length: 1_000 }, (_, n) => `C${n}`).filter(
      (id) => shardOf(id) === 7,
    );
    const odd = { 'E-mail.of the “member”': 'a@example.org', Text: 'x' };
    await table.put(memberToItem('acme', member(first, { values: odd })));
    await table.put(memberToItem('acme', member(second, { values: { Text: 'y' } })));
    const digests = (await readShard(7, ['E-mail.of the “member”', 'Phone'])).flat();
    const values = digests.map((digest) => [digest.externalId, digest.values]);
    expect(Object.fromEntries(values)).toEqual({
      [first]: { 'E-mail.of the “member”': 'a@example.org' },
      [second]: undefined,
    });
  });

  it('gives the values of those that are there', async () => {
    await store([member('A1'), member('A2')]);
    const asked = ['A2', 'unknown', 'A1', ...Array.from({ length: 150 }, (_, n) => `none${n}`)];
    expect(await members.values('acme', asked)).toEqual(
      new Map([
        ['A1', { Id: 'A1', First: 'Zoë', Last: 'Old' }],
        ['A2', { Id: 'A2', First: 'Zoë', Last: 'Old' }],
      ]),
    );
    expect(await members.values('other', ['A1'])).toEqual(new Map());
    expect(await members.values('acme', [])).toEqual(new Map());
  });

  it.each([
    ['state', 'gone'],
    ['disabledBy', 'nobody'],
    ['valuesHash', undefined],
    ['version', 'one'],
    ['account', 7],
    ['values', { Id: 7 }],
    ['values', undefined],
  ])('says so where %s of a member is %o, and does not take it for absent', async (name, value) => {
    const broken = { ...memberToItem('acme', member('A1')), [name]: value };
    await table.put(broken);
    await expect(readShard(shardOf('A1'), 'all')).rejects.toMatchObject({ code: 'corrupt_item' });
    if (name !== 'values') return;
    await expect(members.values('acme', ['A1'])).rejects.toMatchObject({ code: 'corrupt_item' });
  });
});
