import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { type DepartmentRecords, departmentRecords } from '../../../layers/roster/src/aws/departments.ts';
import {
  departmentChecks,
  departmentCountActions,
  readGroupCounts,
  roleChecks,
} from '../../../layers/roster/src/aws/group-counts.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { type RoleRecords, roleRecords } from '../../../layers/roster/src/aws/roles.ts';
import { createTable, type Table, TransactionFailed } from '../../../layers/roster/src/aws/table.ts';
import { pathOf, standingFor } from '../../../layers/roster/src/domain/departments.ts';
import { shardOf } from '../../../layers/roster/src/domain/member.ts';
import type { Organization } from '../../../layers/roster/src/domain/organization.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let table: Table;
let departments: DepartmentRecords;
let roles: RoleRecords;
let audit: ReturnType<typeof auditTrail>;

let ids = 0;
const newId = () => String(++ids).padStart(26, '0');
const actor = { account: 'a', login: 'ann' };
const organizations = {
  get: async (organization: string) => ({ organization, name: 'Acme', version: 3 }) as Organization,
};

beforeAll(async () => {
  dynamo = await startDynamo();
});
beforeEach(async () => {
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  audit = auditTrail(table, () => new Date());
  departments = departmentRecords({ table, organizations, audit, newId });
  roles = roleRecords({ table, audit, newId });
});
afterAll(() => dynamo.stop());

const add = async (name: string, parent = 'root', organization = 'acme') =>
  (await departments.add(organization, { name, parent }, actor)).department.id;
const paths = async (organization = 'acme') => {
  const { tree } = await departments.read(organization);
  return [...tree.departments.keys()].map((id) => pathOf(tree, id)).sort();
};
const auditOf = async (organization = 'acme') => {
  const entries = [];
  for await (const entry of audit.all(organization)) entries.push(entry);
  return entries;
};
/** What a write of members does beside the member. */
const setGroups = (externalId: string, before: string[], after: string[]) => {
  const added = after.filter((id) => !before.includes(id));
  return table.transact([
    ...departmentChecks('acme', added),
    ...departmentCountActions('acme', [{ externalId, before, after }]),
  ]);
};

describe('departments in the table', () => {
  it('begin with the root alone, which is the organization', async () => {
    const { tree, version, members } = await departments.read('acme');
    expect([...tree.departments.values()]).toEqual([{ id: 'root', name: 'Acme', version: 3 }]);
    expect([version, members.size]).toEqual([0, 0]);
  });

  it('are added, renamed, moved and deleted, each with its audit entry', async () => {
    const europe = await add('Europe');
    const sales = await add('Sales', europe);
    await departments.change('acme', sales, { name: 'Selling' }, { actor, seenVersion: 1 });
    await departments.change('acme', sales, { parent: 'root' }, { actor, seenVersion: 2 });
    await departments.delete('acme', europe, undefined, { actor });
    expect(await paths()).toEqual(['', 'Selling']);
    expect((await departments.read('acme')).version).toBe(5);
    expect(
      (await auditOf()).map(({ action, subject, before, after }) => [action, subject, before, after]),
    ).toEqual([
      ['department.add', europe, undefined, { name: 'Europe', parent: 'root' }],
      ['department.add', sales, undefined, { name: 'Sales', parent: europe }],
      ['department.rename', sales, { name: 'Sales', parent: europe }, { name: 'Selling', parent: europe }],
      ['department.move', sales, { name: 'Selling', parent: europe }, { name: 'Selling', parent: 'root' }],
      ['department.delete', europe, { name: 'Europe', parent: 'root' }, undefined],
    ]);
  });

  it('leave no trace of what is refused or changes nothing', async () => {
    const europe = await add('Europe');
    const code = (code: string) => ({ code });
    await expect(add('EUROPE')).rejects.toMatchObject(code('department_name_taken'));
    await expect(
      departments.change('acme', europe, { name: 'X' }, { actor, seenVersion: 9 }),
    ).rejects.toMatchObject(code('precondition_failed'));
    await expect(
      departments.delete('acme', europe, undefined, { actor, seenVersion: 9 }),
    ).rejects.toMatchObject(code('precondition_failed'));
    await departments.change('acme', europe, { name: 'Europe' }, { actor });
    expect(await auditOf()).toHaveLength(1);
    expect((await departments.read('acme')).version).toBe(1);
  });

  it('are an organization’s own', async () => {
    const europe = await add('Europe');
    expect(await paths('other')).toEqual(['']);
    await expect(departments.delete('other', europe, undefined, { actor })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(add('X', europe, 'other')).rejects.toMatchObject({ code: 'unknown_department' });
    expect(await paths()).toEqual(['', 'Europe']);
  });

  it('are read in one query', async () => {
    for (const name of ['A', 'B', 'C']) await add(name);
    let queries = 0;
    const counting: Table = {
      ...table,
      query: (input) => {
        queries++;
        return table.query(input);
      },
      queryAll: async function* (input) {
        queries++;
        const { items, lastKey } = await table.query(input);
        expect(lastKey).toBeUndefined();
        yield* items;
      },
    };
    await departmentRecords({ table: counting, organizations, audit, newId }).read('acme');
    expect(queries).toBe(1);
  });

  it('are corrupt, not absent, where one was deleted or edited by other hands', async () => {
    const europe = await add('Europe');
    await table.delete(keys.department('acme', europe));
    await expect(departments.read('acme')).rejects.toMatchObject({ code: 'corrupt_item' });
    await expect(add('Asia')).rejects.toMatchObject({ code: 'corrupt_item' });
  });
});

describe('changes at once', () => {
  it('two moves that together would be a cycle: one is done, the other refused', async () => {
    for (let round = 0; round < 5; round++) {
      const [a, b] = [await add(`A${round}`), await add(`B${round}`)];
      const moves = await Promise.allSettled([
        departments.change('acme', a, { parent: b }, { actor }),
        departments.change('acme', b, { parent: a }, { actor }),
      ]);
      const lost = moves.filter((one) => one.status === 'rejected').map((one) => one.reason.code);
      expect(lost).toEqual(['department_below_itself']);
      const { tree } = await departments.read('acme');
      expect([pathOf(tree, a), pathOf(tree, b)].sort()).toEqual(
        tree.departments.get(a)?.parent === b
          ? [`B${round}`, `B${round} / A${round}`]
          : [`A${round}`, `A${round} / B${round}`],
      );
    }
  });

  it('many additions of one name: one is there, and one audit entry', async () => {
    const added = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) => add(at % 2 ? 'Sales' : 'SALES')),
    );
    expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of added) {
      if (one.status === 'rejected') expect(one.reason.code).toBe('department_name_taken');
    }
    expect(await auditOf()).toHaveLength(1);
  });

  it('unrelated additions all come through', async () => {
    await Promise.all(Array.from({ length: 6 }, (_, at) => add(`Department ${at}`)));
    expect(await paths()).toHaveLength(7);
    expect((await auditOf()).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('with one and the same version seen: one edit is done', async () => {
    const id = await add('Sales');
    const edits = await Promise.allSettled([
      departments.change('acme', id, { name: 'One' }, { actor, seenVersion: 1 }),
      departments.change('acme', id, { name: 'Two' }, { actor, seenVersion: 1 }),
    ]);
    expect(edits.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = edits.find((one) => one.status === 'rejected');
    expect(lost?.reason.code).toBe('precondition_failed');
  });
});

describe('members of departments', () => {
  it('are counted', async () => {
    const [a, b] = [await add('A'), await add('B')];
    await setGroups('m1', [], [a, b]);
    await setGroups('m2', [], [a, 'root']);
    await setGroups('m1', [a, b], [b]);
    const { members } = await departments.read('acme');
    expect(Object.fromEntries(members)).toEqual({ [a]: 1, [b]: 1, root: 1 });
    expect([...(await readGroupCounts(table, 'other'))]).toEqual([]);
  });

  it('take one action for a chunk of neighbouring shards, 16 for any other, and none where nothing changes', () => {
    const inShard = Array.from({ length: 20_000 }, (_, at) => `m${at}`).filter((id) =>
      [4, 5].includes(shardOf(id)),
    );
    const chunk = inShard.slice(0, 97).map((externalId, at) => ({
      externalId,
      before: at % 2 ? ['x'] : [],
      after: ['y', 'y'],
    }));
    const actions = departmentCountActions('acme', chunk);
    expect(actions).toEqual([{ update: { key: keys.groupCount('acme', 1), add: { x: -48, y: 97 } } }]);
    const all = Array.from({ length: 2_000 }, (_, at) => ({
      externalId: `m${at}`,
      before: [],
      after: ['y'],
    }));
    expect(departmentCountActions('acme', all)).toHaveLength(16);
    expect(
      departmentCountActions('acme', [{ externalId: 'm', before: ['x', 'y'], after: ['y', 'x'] }]),
    ).toEqual([]);
  });

  it('keep their department from being deleted, until they are in another one', async () => {
    const [a, b] = [await add('A'), await add('B')];
    await setGroups('m1', [], [a]);
    await expect(departments.delete('acme', a, undefined, { actor })).rejects.toMatchObject({
      code: 'department_not_empty',
    });
    await setGroups('m1', [a], [b]);
    await departments.delete('acme', a, undefined, { actor });
    expect(await paths()).toEqual(['', 'B']);
    expect((await readGroupCounts(table, 'acme')).has(a)).toBe(false);
  });

  it('go to another department in one transaction, however many they are', async () => {
    const [a, b] = [await add('A'), await add('B')];
    const below = await add('Below', a);
    await table.transact(
      departmentCountActions(
        'acme',
        Array.from({ length: 500 }, (_, at) => ({ externalId: `m${at}`, before: [], after: [a] })),
      ),
    );
    await departments.delete('acme', a, b, { actor });
    const { tree, members } = await departments.read('acme');
    expect(await paths()).toEqual(['', 'B', 'B / Below']);
    expect(tree.departments.get(below)?.version).toBe(2);
    expect([members.get(a), members.get(b), standingFor(tree, a)]).toEqual([undefined, 500, b]);
    const last = (await auditOf()).at(-1);
    expect(last?.details).toEqual({ transferTo: b, members: 500, departments: [below] });
    // Nobody can be put into the deleted one, and the one that took its members cannot go.
    await expect(setGroups('m9', [], [a])).rejects.toThrow(TransactionFailed);
    await departments.delete('acme', below, undefined, { actor });
    await expect(departments.delete('acme', b, undefined, { actor })).rejects.toMatchObject({
      code: 'department_not_empty',
    });
  });

  it('are forgotten of a deleted department once none names it', async () => {
    const [a, b, c] = [await add('A'), await add('B'), await add('C')];
    await setGroups('m1', [], [a]);
    await departments.delete('acme', a, b, { actor });
    await departments.delete('acme', c, undefined, { actor });
    expect((await departments.read('acme')).tree.transfers.size).toBe(1);
    await setGroups('m1', [a], [b]);
    const d = await add('D');
    await departments.delete('acme', d, undefined, { actor });
    expect((await departments.read('acme')).tree.transfers.size).toBe(0);
    expect(await table.get(keys.department('acme', a))).toBeUndefined();
  });

  it('joining while their department is deleted: either they are in, or it is gone', async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 12; round++) {
      const id = await add(`D${round}`);
      const member = `m${round}`;
      const joining = async () => {
        // By and by later, so that the deletion comes first at times.
        for (let reads = 0; reads < round; reads++) await departments.read('acme');
        await setGroups(member, [], [id]);
      };
      const [join, deletion] = await Promise.allSettled([
        joining(),
        departments.delete('acme', id, undefined, { actor }),
      ]);
      const isIn = join.status === 'fulfilled';
      const { tree, members } = await departments.read('acme');
      expect(deletion.status).toBe(isIn ? 'rejected' : 'fulfilled');
      expect(tree.departments.has(id)).toBe(isIn);
      expect(members.get(id)).toBe(isIn ? 1 : undefined);
      outcomes.add(join.status);
    }
    expect([...outcomes].sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('being written by an import keep departments from being deleted until it has ended', async () => {
    const id = await add('A');
    const job = (step: string, status: string, version: number) => ({
      ...keys.import('acme', 'job'),
      ...{ step, status, version },
    });
    await table.put({ ...keys.currentImport('acme'), importId: 'job' });
    await table.put(job('applying', 'in_progress', 4));
    await expect(departments.delete('acme', id, undefined, { actor })).rejects.toMatchObject({
      code: 'import_applying',
    });
    await table.put(job('done', 'complete', 5));
    await departments.delete('acme', id, undefined, { actor });
    expect(await paths()).toEqual(['']);
  });
});

describe('any changes by two admins at once', () => {
  it('leave a tree that reads, with an audit entry for each change', async () => {
    const step = fc.record({
      do: fc.constantFrom('add', 'move', 'rename', 'delete'),
      a: fc.nat({ max: 9 }),
      b: fc.nat({ max: 9 }),
      name: fc.constantFrom('x', 'y', 'z'),
    });
    let organization = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, step), { minLength: 3, maxLength: 8 }), async (pairs) => {
        const org = `org${++organization}`;
        const known = ['root', await add('x', 'root', org), await add('y', 'root', org)];
        let done = 2;
        const perform = async (one: { do: string; a: number; b: number; name: string }) => {
          const [id, other] = [known[one.a % known.length] ?? '', known[one.b % known.length] ?? ''];
          if (one.do === 'add') known.push(await add(`${one.name}${one.b}`, id, org));
          else if (one.do === 'delete')
            await departments.delete(org, id, one.a % 2 ? undefined : other, { actor });
          else {
            const before = (await departments.read(org)).tree.departments.get(id);
            const patch = one.do === 'move' ? { parent: other } : { name: one.name };
            const seenVersion = before?.version;
            const after = await departments.change(org, id, patch, { actor, seenVersion });
            if (after.department.version === before?.version) return;
          }
          done++;
        };
        for (const pair of pairs) {
          for (const outcome of await Promise.allSettled(pair.map(perform))) {
            if (outcome.status === 'rejected') {
              expect(outcome.reason.code).toMatch(
                /^(department_|root_|unknown_|not_found|precondition_failed)/,
              );
            }
          }
        }
        const { version } = await departments.read(org);
        expect(version).toBe(done);
        expect(await auditOf(org)).toHaveLength(done);
      }),
      { numRuns: 12 },
    );
  });
});

describe('roles in the table', () => {
  const names = async () => (await roles.read('acme')).roles.map(({ name }) => name);

  it('are added, renamed and deleted, each with its audit entry', async () => {
    const teacher = await roles.add('acme', 'Teacher', actor);
    const pupil = await roles.add('acme', 'Pupil', actor);
    const renamed = await roles.rename('acme', teacher.id, 'Professor', { actor, seenVersion: 1 });
    expect(renamed).toEqual({ role: { id: teacher.id, name: 'Professor', version: 2 }, members: 0 });
    await roles.delete('acme', pupil.id, { actor, seenVersion: 1 });
    expect(await names()).toEqual(['Professor']);
    const actions = (await auditOf()).map(({ action }) => action);
    expect(actions).toEqual(['role.add', 'role.add', 'role.rename', 'role.delete']);
    await expect(roles.rename('acme', pupil.id, 'X', { actor })).rejects.toMatchObject({ code: 'not_found' });
    await expect(roles.rename('acme', teacher.id, 'X', { actor, seenVersion: 1 })).rejects.toMatchObject({
      code: 'precondition_failed',
    });
  });

  it('have one name each, whoever adds at once', async () => {
    const added = await Promise.allSettled(
      ['A', 'a', 'A ', 'b'].map((name) => roles.add('acme', name, actor)),
    );
    expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(await names()).toHaveLength(2);
  });

  it('that a member has cannot be deleted, and one that is gone cannot be given', async () => {
    const { id } = await roles.add('acme', 'Teacher', actor);
    await table.transact([
      ...roleChecks('acme', [id]),
      ...departmentCountActions('acme', [{ externalId: 'm1', before: [], after: [id] }]),
    ]);
    expect((await roles.read('acme')).members.get(id)).toBe(1);
    await expect(roles.delete('acme', id, { actor })).rejects.toMatchObject({ code: 'role_in_use' });
    await table.transact(departmentCountActions('acme', [{ externalId: 'm1', before: [id], after: [] }]));
    await roles.delete('acme', id, { actor });
    await expect(table.transact(roleChecks('acme', [id]))).rejects.toThrow(TransactionFailed);
  });
});
