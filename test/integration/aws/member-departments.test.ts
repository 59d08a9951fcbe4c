/** How many members name each department and role, as the writes of members count them, is what a recount says. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { type DepartmentRecords, departmentRecords } from '../../../layers/roster/src/aws/departments.ts';
import { readGroupCounts } from '../../../layers/roster/src/aws/group-counts.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { memberFromItem } from '../../../layers/roster/src/aws/member-item.ts';
import { type MemberRecords, memberRecords } from '../../../layers/roster/src/aws/members.ts';
import { type RoleRecords, roleRecords } from '../../../layers/roster/src/aws/roles.ts';
import { rosterMembers } from '../../../layers/roster/src/aws/roster-members.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import { pathOf, standingFor } from '../../../layers/roster/src/domain/departments.ts';
import { isMusterError } from '../../../layers/roster/src/domain/errors.ts';
import { type Member, shardCount } from '../../../layers/roster/src/domain/member.ts';
import type { Organization } from '../../../layers/roster/src/domain/organization.ts';
import type { ApplyContext, PlannedChange } from '../../../layers/roster/src/domain/ports.ts';
import type { Column } from '../../../layers/roster/src/domain/schema.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

const at = '2026-01-01T00:00:00.000Z';
const actor = { account: 'a', login: 'ann' };
const organization = { organization: 'acme', timeZone: 'UTC' };
const ref = { organization: 'acme', importId: '01KE0000000000000000000001' };
const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId' },
  { name: 'Unit', type: 'text', role: 'department' },
];

let dynamo: TestDynamo;
let table: Table;
let departments: DepartmentRecords;
let roles: RoleRecords;
let members: MemberRecords;

let ids = 0;
const newId = () => String(++ids).padStart(26, '0');

beforeAll(async () => {
  dynamo = await startDynamo();
});
async function begin() {
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  const audit = auditTrail(table, () => new Date());
  const get = async (id: string) => ({ organization: id, name: 'Acme', version: 1 }) as Organization;
  departments = departmentRecords({ table, organizations: { get }, audit, newId });
  roles = roleRecords({ table, audit, newId });
  members = memberRecords(table, audit);
}
beforeEach(begin);
afterAll(() => dynamo.stop());

const add = async (name: string) =>
  (await departments.add('acme', { name, parent: 'root' }, actor)).department.id;
const memberOf = (externalId: string, more: Partial<Member> = {}): Member => ({
  externalId,
  state: 'not_joined',
  values: { ID: externalId },
  valuesHash: 'x',
  name: externalId,
  departments: [],
  roles: [],
  version: 1,
  createdAt: at,
  updatedAt: at,
  ...more,
});
const commit = (before: Member | undefined, after: Member | undefined) =>
  members.commit(
    { organization, member: { before, after } },
    { action: 'member.update', actor, subject: 'subject' },
  );
const stored = async (): Promise<Member[]> => {
  const shards = Array.from({ length: shardCount }, async (_, shard) => {
    const { items } = await table.query({
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': keys.memberShard('acme', shard) },
      ConsistentRead: true,
    });
    return items.map(memberFromItem);
  });
  return (await Promise.all(shards)).flat();
};

const memberAt = async (id: string): Promise<Member> =>
  memberFromItem((await table.get(keys.member('acme', id), { consistent: true })) ?? {});

/** The counts as they are stored, without those of nobody, and what a look at every member gives. */
async function counts() {
  const said = Object.fromEntries(
    [...(await readGroupCounts(table, 'acme'))].filter(([, count]) => count !== 0),
  );
  const recounted: Record<string, number> = {};
  for (const member of await stored()) {
    for (const id of [...member.departments, ...member.roles]) recounted[id] = (recounted[id] ?? 0) + 1;
  }
  return { said, recounted };
}
async function expectExactCounts() {
  const { said, recounted } = await counts();
  expect(said).toEqual(recounted);
}

describe('a member written by hand', () => {
  it('is counted in what it is put into, taken out of, and removed from', async () => {
    const [north, south] = [await add('North'), await add('South')];
    const cook = (await roles.add('acme', 'Cook', actor)).id;
    const first = memberOf('A', { departments: [north, 'root'], roles: [cook] });
    await commit(undefined, first);
    expect((await counts()).said).toEqual({ [north]: 1, root: 1, [cook]: 1 });
    const second = { ...first, departments: [south, 'root'], roles: [], version: 2 };
    await commit(first, second);
    expect((await counts()).said).toEqual({ [south]: 1, root: 1 });
    await commit(second, undefined);
    expect(await counts()).toEqual({ said: {}, recounted: {} });
  });

  it('is refused, and not counted, where a department or role is gone, handed over or unknown', async () => {
    const [gone, taken, next] = [await add('Gone'), await add('Taken'), await add('Next')];
    await departments.delete('acme', gone, undefined, { actor });
    await departments.delete('acme', taken, next, { actor });
    for (const id of [gone, taken, 'never']) {
      await expect(commit(undefined, memberOf('A', { departments: [next, id] }))).rejects.toMatchObject({
        code: 'unknown_department',
        places: [{ path: 'departments' }],
      });
    }
    await expect(commit(undefined, memberOf('A', { roles: ['never'] }))).rejects.toMatchObject({
      code: 'unknown_role',
      places: [{ path: 'roles' }],
    });
    expect(await counts()).toEqual({ said: {}, recounted: {} });
  });

  it('keeps a department that was handed over until it is written with another', async () => {
    const [old, next] = [await add('Old'), await add('Next')];
    const first = memberOf('A', { departments: [old] });
    await commit(undefined, first);
    await departments.delete('acme', old, next, { actor });
    const second = { ...first, name: 'B', version: 2 };
    await commit(first, second);
    expect((await departments.read('acme')).members.get(next)).toBe(1);
    await commit(second, { ...second, departments: [next], version: 3 });
    expect((await counts()).said).toEqual({ [next]: 1 });
  });

  it('is in 50 departments in one transaction', async () => {
    const made: string[] = [];
    for (let index = 0; index < 50; index++) made.push(await add(`D${index}`));
    await commit(undefined, memberOf('A', { departments: made }));
    expect(Object.keys((await counts()).said)).toHaveLength(50);
  });
});

const context = (departmentsByText: Record<string, string>): ApplyContext => ({
  schema: { version: 1, columns },
  timeZone: 'UTC',
  now: new Date(at),
  approvedBy: 'ann',
  departments: new Map(Object.entries(departmentsByText)),
});
const apply = (changes: PlannedChange[], where: ApplyContext, chunk = 0) =>
  rosterMembers(table).applyChunk(ref, { part: 0, chunk, changes }, where);
const placing = (member: Member | string, unit: string): PlannedChange => {
  const isNew = typeof member === 'string';
  const externalId = isNew ? member : member.externalId;
  return {
    kind: isNew ? 'add' : 'update',
    externalId,
    line: 2,
    version: isNew ? 0 : member.version,
    state: 'not_joined',
    values: { ID: externalId, ...(unit !== '' && { Unit: unit }) },
    valuesHash: 'y',
    before: isNew ? {} : { Unit: null },
  };
};
const conflicts = async (chunk: number) =>
  (await table.get(keys.chunk('acme', ref.importId, 0, chunk)))?.conflicts as string[];

describe('a chunk of an import', () => {
  it('puts members into departments by their texts and counts them once, however often it comes', async () => {
    const [north, south] = [await add('North'), await add('South')];
    const where = context({ N: north, 'S / S': south });
    const known = memberOf('K', { departments: [north, south] });
    await commit(undefined, known);
    const adds = Array.from({ length: 40 }, (_, index) => placing(`M${index}`, index % 2 ? 'N' : 'S / S'));
    const changes = [...adds, placing(known, 'N'), placing('BARE', '')];
    for (let times = 0; times < 3; times++) await apply(changes, where);
    expect(await counts()).toMatchObject({ said: { [north]: 21, [south]: 20 } });
    await expectExactCounts();
    expect((await memberAt('K')).departments).toEqual([north]);
  });

  it('leaves out, and does not count, what it cannot place and who changed since', async () => {
    const north = await add('North');
    const where = context({ N: north });
    const [kept, touched] = [memberOf('KEPT'), memberOf('TOUCHED', { departments: [north] })];
    for (const member of [kept, touched]) await commit(undefined, member);
    await commit(touched, { ...touched, departments: [], version: 2 });
    await apply(
      [placing('NEW', 'Nowhere'), placing(kept, 'N'), placing(touched, 'N'), placing('OLD', 'N')],
      where,
    );
    expect((await conflicts(0)).sort()).toEqual(['NEW', 'TOUCHED']);
    expect((await counts()).said).toEqual({ [north]: 2 });
    await expectExactCounts();
  });

  it('empties the departments of a member whose text the file blanks, and leaves others alone', async () => {
    const north = await add('North');
    const [blanked, left] = [
      memberOf('B', { departments: [north] }),
      memberOf('L', { departments: [north] }),
    ];
    for (const member of [blanked, left]) await commit(undefined, member);
    const other: PlannedChange = { ...placing(left, ''), before: { ID: null } };
    await apply([{ ...placing(blanked, ''), before: { Unit: 'N' } }, other], context({}));
    expect((await memberAt('B')).departments).toEqual([]);
    expect((await memberAt('L')).departments).toEqual([north]);
    await expectExactCounts();
  });

  it('meets other chunks and admins at the same members', async () => {
    const made = await Promise.all(['A', 'B', 'C'].map(add));
    const where = context(Object.fromEntries(made.map((id, index) => [`T${index}`, id])));
    const all = Array.from({ length: 24 }, (_, index) =>
      memberOf(`M${index}`, { departments: [made[0] as string] }),
    );
    await Promise.all(all.map((member) => commit(undefined, member)));
    const byHand = all.map((member) =>
      commit(member, { ...member, departments: [made[2] as string], version: 2 }).catch((error) => {
        if (!isMusterError(error, 'precondition_failed')) throw error;
      }),
    );
    const chunks = [0, 1, 2].map((chunk) =>
      apply(
        all.slice(chunk * 8, chunk * 8 + 8).map((member) => placing(member, `T${chunk % 2}`)),
        where,
        chunk,
      ),
    );
    await Promise.all([...byHand, ...chunks]);
    expect((await stored()).every(({ version }) => version === 2)).toBe(true);
    await expectExactCounts();
  });
});

describe('departments added together', () => {
  it('are there once, however many add them at once, each batch with one audit entry', async () => {
    const texts = Array.from({ length: 130 }, (_, index) => `Area ${index % 10} / Unit ${index}`);
    const trees = await Promise.all(
      [0, 1, 2].map(() => departments.addMany('acme', texts, { actor, details: { importId: 'I' } })),
    );
    const paths = (tree: (typeof trees)[number]) =>
      [...tree.departments.keys()].map((id) => pathOf(tree, id));
    const now = await departments.tree('acme');
    expect(paths(now)).toHaveLength(1 + 10 + 130);
    expect(new Set(paths(now)).size).toBe(1 + 10 + 130);
    for (const tree of trees) expect(texts.every((text) => paths(tree).includes(text))).toBe(true);
    const audit = auditTrail(table, () => new Date());
    const told: string[] = [];
    for await (const { action, details } of audit.all('acme')) {
      expect([action, details?.importId]).toEqual(['department.add', 'I']);
      const batch = details?.departments as { id: string }[];
      told.push(...batch.map(({ id }) => id));
    }
    expect(told.sort()).toEqual([...now.departments.keys()].filter((id) => id !== 'root').sort());
  });

  it('are what is read without counts, too', async () => {
    const north = await add('North');
    await commit(undefined, memberOf('A', { departments: [north] }));
    expect(await departments.tree('acme')).toEqual((await departments.read('acme')).tree);
  });

  it('leave out what cannot be one, and stop where there is no room', async () => {
    const tree = await departments.addMany('acme', ['A / / B', 'C'], { actor });
    expect([...tree.departments.values()].map(({ name }) => name)).toEqual(['Acme', 'C']);
    const many = Array.from({ length: 2_000 }, (_, index) => `D${index}`);
    await expect(departments.addMany('acme', many, { actor })).rejects.toMatchObject({
      code: 'too_many_departments',
    });
    expect((await departments.tree('acme')).departments.size).toBe(2);
  });
});

describe('any sequence of changes', () => {
  const step = fc.record({
    what: fc.constantFrom('put', 'put', 'put', 'remove', 'chunk', 'hand over', 'delete'),
    member: fc.integer({ min: 0, max: 5 }),
    groups: fc.subarray([0, 1, 2, 3]),
  });

  it('leaves the counts that a recount gives, and nobody in a department that is gone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        await begin();
        const made: string[] = [];
        for (const name of ['A', 'B', 'C', 'D']) made.push(await add(name));
        for (const [number, { what, member, groups }] of steps.entries()) {
          const id = `M${member}`;
          const before = (await stored()).find(({ externalId }) => externalId === id);
          const wanted = groups.map((index) => made[index] as string);
          const [one = made[0] as string, two = 'root'] = wanted;
          const refusable = async (work: Promise<unknown>) => {
            await work.catch((error) => {
              if (!isMusterError(error) || error.status >= 500) throw error;
            });
          };
          if (what === 'put')
            await refusable(
              commit(before, memberOf(id, { departments: wanted, version: (before?.version ?? 0) + 1 })),
            );
          else if (what === 'remove' && before) await commit(before, undefined);
          else if (what === 'chunk') {
            const tree = await departments.tree('acme');
            const standing = standingFor(tree, one);
            await apply([placing(before ?? id, 'T')], context(standing ? { T: standing } : {}), number);
          } else if (what === 'hand over') await refusable(departments.delete('acme', one, two, { actor }));
          else if (what === 'delete') await refusable(departments.delete('acme', one, undefined, { actor }));
        }
        await expectExactCounts();
        const { tree, members: counted } = await departments.read('acme');
        for (const { departments: named } of await stored()) {
          for (const id of named) expect(standingFor(tree, id)).toBeDefined();
        }
        expect(Math.min(0, ...counted.values())).toBe(0);
      }),
      { seed: 7, numRuns: 40 },
    );
  });
});
