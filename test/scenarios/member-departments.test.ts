/** S3.1 to S3.7 and S3.19 over HTTP: members are in departments and have roles, whoever put them there and how. */
import { readFileSync } from 'node:fs';
import { DepartmentTree, RejectList } from 'roster/domain/api';
import type { Column } from 'roster/domain/schema';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { namesOfPath, pathOfNames } from '../../layers/roster/src/domain/department-path.ts';
import { all, importAndApprove, importFile, newTenant, type Tenant } from '../support/cloud.ts';
import { describeShared } from '../support/shared.ts';

const columns = (createDepartments: boolean): Column[] => [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Name', type: 'text', role: 'fullName' },
  { name: 'Unit', type: 'text', role: 'department', createDepartments },
];

const cloud = inject('cloud');
/** Its department column may create departments. */
let open: Tenant;
/** Its department column may not. */
let strict: Tenant;

beforeAll(async () => {
  open = await newTenant(cloud, 'Open', columns(true));
  strict = await newTenant(cloud, 'Strict', columns(false));
});

async function ask(tenant: Tenant, method: string, path: string, body?: unknown) {
  const answer = await tenant.client.send(method, `${tenant.client.in(tenant.organization)}/${path}`, {
    ...(body !== undefined && { body }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
}
const refusal = async (...call: Parameters<typeof ask>) => {
  const { status, body } = await ask(...call);
  const places = (body?.places ?? []).map(({ path }: { path: string }) => path);
  return [status, body?.code, ...places];
};
const add = async (tenant: Tenant, name: string, parent?: string): Promise<string> => {
  const { status, body } = await ask(tenant, 'POST', 'departments', { name, parent });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id;
};
const role = async (tenant: Tenant, name: string): Promise<string> =>
  (await ask(tenant, 'POST', 'roles', { name })).body.id;
const tree = async (tenant: Tenant) =>
  DepartmentTree.parse((await ask(tenant, 'GET', 'departments')).body).items;
const idOf = async (tenant: Tenant, path: string) =>
  (await tree(tenant)).find((one) => one.path === path)?.id ?? `no ${path}`;
const put = async (tenant: Tenant, id: string, more: Record<string, unknown> = {}) => {
  const { values, ...rest } = more as { values?: Record<string, string> };
  const { status, body } = await ask(tenant, 'POST', 'members', { values: { ID: id, ...values }, ...rest });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
};
const member = async (tenant: Tenant, id: string) =>
  (await ask(tenant, 'GET', `members/${encodeURIComponent(id)}`)).body;
const roster = async (tenant: Tenant) => {
  const members = [];
  let cursor = '';
  do {
    const { body } = await ask(tenant, 'GET', `members?limit=200${cursor && `&cursor=${cursor}`}`);
    members.push(...body.items);
    cursor = body.nextCursor === undefined ? '' : encodeURIComponent(body.nextCursor);
  } while (cursor !== '');
  return members as { memberId: string; departments: string[]; departmentPaths: string[]; roles: string[] }[];
};
const file = (rows: readonly (readonly string[])[], header = ['ID', 'Name', 'Unit']) =>
  [header, ...rows].map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\n');
const rejects = async (tenant: Tenant, importId: string) => {
  const { body } = await ask(tenant, 'GET', `imports/${importId}/rejects`);
  return RejectList.parse(body).items.map(({ line, column, code, value }) => [line, column, code, value]);
};

/** What the tree and the roles say of members is what a count of the members says. */
async function expectCounts(tenant: Tenant) {
  const members = await roster(tenant);
  const counted = (name: 'departments' | 'roles', id: string) =>
    members.filter((one) => one[name].includes(id)).length;
  for (const { id, path, members: said } of await tree(tenant)) {
    expect([path, said]).toEqual([path, counted('departments', id)]);
  }
  const { items } = (await ask(tenant, 'GET', 'roles')).body;
  for (const one of items) expect(one.members).toBe(counted('roles', one.id));
}

describe('by hand', () => {
  it('a member is in several departments, the root among them, and has several roles', async () => {
    const north = await add(strict, 'North');
    const choir = await add(strict, 'Choir', north);
    const [chair, cook] = [await role(strict, 'Chair'), await role(strict, 'Cook')];
    const made = await put(strict, 'h1', { departments: [choir, 'root', choir], roles: [chair, cook] });
    expect(made).toMatchObject({
      departments: [choir, 'root'],
      departmentPaths: ['North / Choir', 'Strict'],
      roles: [chair, cook],
    });
    expect(await member(strict, 'h1')).toEqual(made);
    await expectCounts(strict);

    const moved = await ask(strict, 'PATCH', 'members/h1', { departments: [north, choir], roles: [cook] });
    expect(moved.body).toMatchObject({ departments: [north, choir], roles: [cook], version: 2 });
    await expectCounts(strict);
    expect(await refusal(strict, 'DELETE', `departments/${choir}`)).toEqual([409, 'department_not_empty']);
    const { body } = await ask(strict, 'DELETE', `departments/${choir}`);
    expect(body.detail).toContain('1 members');
    expect(await refusal(strict, 'DELETE', `roles/${cook}`)).toEqual([409, 'role_in_use']);
    expect((await ask(strict, 'DELETE', `roles/${chair}`)).status).toBe(204);

    expect((await ask(strict, 'DELETE', 'members/h1')).status).toBe(204);
    await expectCounts(strict);
    for (const path of [`departments/${choir}`, `departments/${north}`, `roles/${cook}`]) {
      expect((await ask(strict, 'DELETE', path)).status, path).toBe(204);
    }
  });

  it('an id that is not there is refused with its place, and nothing is written', async () => {
    const gone = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const elsewhere = await add(open, 'Elsewhere');
    for (const id of [gone, elsewhere]) {
      const input = { values: { ID: 'h2' }, departments: [id] };
      expect(await refusal(strict, 'POST', 'members', input)).toEqual([
        422,
        'unknown_department',
        'departments',
      ]);
    }
    const input = { values: { ID: 'h2' }, roles: [gone] };
    expect(await refusal(strict, 'POST', 'members', input)).toEqual([422, 'unknown_role', 'roles']);
    for (const id of ['', 'North', '../root', '__proto__', 'O#open#DEPT']) {
      const bad = { values: { ID: 'h2' }, departments: [id] };
      expect((await refusal(strict, 'POST', 'members', bad)).slice(0, 2), id).toEqual([
        400,
        'invalid_request',
      ]);
    }
    expect((await ask(strict, 'GET', 'members/h2')).status).toBe(404);
  });

  it('the department column leads to a department that is there', async () => {
    const south = await add(strict, 'South');
    const hall = await add(strict, 'Hall', south);
    const other = await add(strict, 'Hall', await add(strict, 'West'));
    expect(await put(strict, 'h3', { values: { Unit: 'south' } })).toMatchObject({
      departments: [south],
      values: { Unit: 'south' },
    });
    const unit = (Unit: string) => ({ values: { Unit } });
    expect(await refusal(strict, 'PATCH', 'members/h3', unit('Nowhere'))).toEqual([
      422,
      'unknown_department',
      'Unit',
    ]);
    expect(await refusal(strict, 'PATCH', 'members/h3', unit('Hall'))).toEqual([
      422,
      'invalid_member',
      'Unit',
    ]);
    expect((await ask(strict, 'PATCH', 'members/h3', unit('West / Hall'))).body.departments).toEqual([other]);
    const both = await ask(strict, 'PATCH', 'members/h3', { ...unit('South'), departments: [hall, other] });
    expect(both.body).toMatchObject({ departments: [hall, other], values: { Unit: 'South' } });
    expect((await ask(strict, 'PATCH', 'members/h3', unit(''))).body.departments).toEqual([]);
    await expectCounts(strict);
  });

  it('the department column may create one, once nothing else is wrong', async () => {
    const wrong = { values: { ID: 'h4', Unit: 'Not / Yet', Nothing: 'x' } };
    expect(await refusal(open, 'POST', 'members', wrong)).toEqual([422, 'invalid_member', 'Nothing']);
    expect(await idOf(open, 'Not')).toBe('no Not');
    const made = await put(open, 'h4', { values: { Unit: 'Now / There' } });
    expect(made.departmentPaths).toEqual(['Now / There']);
    const { body } = await ask(open, 'GET', `audit?action=department.add`);
    expect(body.items[0]).toMatchObject({
      subject: await idOf(open, 'Now'),
      details: { departments: [{ name: 'Now' }, { name: 'There' }] },
    });
    await expectCounts(open);
  });
});

describe('by import', () => {
  it('rows of departments that cannot be told are rejected with line, column and value', async () => {
    const room = async (parent: string) => add(strict, 'Room', await idOf(strict, parent));
    const southRoom = await room('South');
    await room('West');
    const rows = [
      ['s1', 'Ann', 'South / Room'],
      ['s2', 'Bob', 'Nowhere'],
      ['s3', 'Cid', 'Room'],
      ['s4', 'Dan', ''],
      ['s5', 'Eve', 'STRICT / west'],
    ];
    const refused = await importFile(strict, 'r.csv', file(rows), {
      onRowErrors: 'reject_file',
      mode: 'upsert',
    });
    expect([refused.status, refused.error?.code, refused.counts.rejected]).toEqual([
      'error',
      'rows_rejected',
      2,
    ]);
    expect((await ask(strict, 'GET', 'members/s1')).status).toBe(404);

    const taken = await importFile(strict, 'r.csv', file(rows), {
      onRowErrors: 'accept_valid',
      mode: 'upsert',
    });
    expect(taken).toMatchObject({ status: 'complete', counts: { rows: 5, added: 3, rejected: 2 } });
    expect(await rejects(strict, taken.importId)).toEqual([
      [3, 'Unit', 'unknown_department', 'Nowhere'],
      [4, 'Unit', 'ambiguous_department', 'Room'],
    ]);
    expect((await member(strict, 's1')).departments).toEqual([southRoom]);
    expect((await member(strict, 's4')).departments).toEqual([]);
    expect((await member(strict, 's5')).departmentPaths).toEqual(['West']);
    await expectCounts(strict);

    const again = await importFile(strict, 'r.csv', file(rows), {
      onRowErrors: 'accept_valid',
      mode: 'upsert',
    });
    expect(again.counts).toMatchObject({ added: 0, updated: 0, unchanged: 3, rejected: 2 });
  });

  it('departments are made where the column says so, after approval and no sooner', async () => {
    const rows = [
      ['o1', 'Ann', 'Europe / Sales'],
      ['o2', 'Bob', 'europe / SALES'],
      ['o3', 'Cid', 'Sales'],
      ['o4', 'Dan', 'Africa'],
      ['o5', 'Eve', 'A / / B'],
    ];
    const choices = { mode: 'upsert', onRowErrors: 'accept_valid', approve: 'review' } as const;
    const before = await tree(open);
    const waiting = await importFile(open, 'r.csv', file(rows), choices);
    expect(waiting).toMatchObject({
      step: 'review',
      departmentsToCreate: ['Europe', 'Europe / Sales', 'Sales', 'Africa'],
      departmentsToCreateCount: 4,
      counts: { added: 4, rejected: 1 },
    });
    expect(await rejects(open, waiting.importId)).toEqual([[6, 'Unit', 'bad_department', 'A / / B']]);
    expect(await tree(open)).toEqual(before);

    // Meanwhile somebody else makes one of them, and one of those to be added is left out.
    const europe = await add(open, 'EUROPE');
    await open.client.approve(open.organization, waiting.importId, { exclude: ['o4'] });
    const done = await open.client.waitForImport(open.organization, waiting.importId);
    expect(done).toMatchObject({ status: 'complete', counts: { added: 3, excluded: 1, conflicts: 0 } });
    expect((await tree(open)).find(({ path }) => path === 'EUROPE / Sales')).toMatchObject({
      parent: europe,
      members: 2,
    });
    expect((await member(open, 'o1')).departments).toEqual((await member(open, 'o2')).departments);
    expect((await member(open, 'o3')).departmentPaths).toEqual(['Sales']);
    expect(await idOf(open, 'Africa')).toBe('no Africa');
    await expectCounts(open);
    const { body } = await ask(open, 'GET', 'audit?action=department.add');
    expect(body.items[0]).toMatchObject({
      actor: { login: open.login },
      details: {
        importId: waiting.importId,
        departments: [{ name: 'Sales', parent: europe }, { name: 'Sales' }],
      },
    });
  });

  it('finds nothing to do in the same file, even when its departments have other names and places', async () => {
    const rows = [
      ['p1', 'Ann', 'Plant / Line'],
      ['p2', 'Bob', 'Line'],
    ];
    const choices = { mode: 'upsert' } as const;
    expect((await importFile(open, 'p.csv', file([...rows].slice(0, 1)), choices)).counts.added).toBe(1);
    expect((await importFile(open, 'p.csv', file(rows), choices)).counts).toMatchObject({
      added: 1,
      unchanged: 1,
    });
    const line = await idOf(open, 'Plant / Line');
    expect((await member(open, 'p2')).departments).toEqual([line]);
    await ask(open, 'PATCH', `departments/${line}`, { name: 'Row' });
    const again = await importFile(open, 'p.csv', file(rows), choices);
    expect(again.counts).toMatchObject({ updated: 0, unchanged: 2 });
    expect(again.departmentsToCreate).toBeUndefined();
    expect((await member(open, 'p1')).departmentPaths).toEqual(['Plant / Row']);
    // A changed row of the old path is another matter: the file is taken at its word.
    const changed = await importAndApprove(open, 'p.csv', file([['p1', 'Anna', 'Plant / Line 2']]), choices);
    expect(changed).toMatchObject({ departmentsToCreate: ['Plant / Line 2'], counts: { updated: 1 } });
    await expectCounts(open);
  });

  it('departments given by hand stay until the file names another one', async () => {
    const choices = { mode: 'upsert' } as const;
    await importFile(open, 'k.csv', file([['k1', 'Ann', 'Keep']]), choices);
    const both = [await idOf(open, 'Keep'), await add(open, 'Given')];
    await ask(open, 'PATCH', 'members/k1', { departments: both });
    await importFile(open, 'k.csv', file([['k1', 'Anna', 'Keep']]), choices);
    await importFile(open, 'k.csv', file([['k1', 'Anne']], ['ID', 'Name']), choices);
    expect(await member(open, 'k1')).toMatchObject({ departments: both, values: { Name: 'Anne' } });
    await importFile(open, 'k.csv', file([['k1', 'Anne', 'Given']]), choices);
    expect((await member(open, 'k1')).departments).toEqual([both[1]]);
    await importFile(open, 'k.csv', file([['k1', 'Anne', '']]), choices);
    expect((await member(open, 'k1')).departments).toEqual([]);
    await expectCounts(open);
  });

  it('more departments than there can be end the import before anything is written', async () => {
    const before = await tree(open);
    const rows = Array.from({ length: 2_001 }, (_, at) => [`t${at}`, 'T', `Department ${at}`]);
    const job = await importFile(open, 't.csv', file(rows), { mode: 'upsert' });
    expect([job.status, job.error?.code]).toEqual(['error', 'too_many_departments']);
    expect(await tree(open)).toEqual(before);
  });
});

describe('S3.3: a department with members', () => {
  it('is handed over in one go, and what members, lists, edits and imports show follows', async () => {
    const rows = Array.from({ length: 300 }, (_, at) => [`x${at}`, `X ${at}`, 'Old']);
    await importFile(open, 'x.csv', file(rows), { mode: 'upsert' });
    const [old, next] = [await idOf(open, 'Old'), await add(open, 'Next')];
    const { body } = await ask(open, 'DELETE', `departments/${old}`);
    expect([body.code, body.detail.includes('300 members')]).toEqual(['department_not_empty', true]);
    expect((await ask(open, 'DELETE', `departments/${old}?transferTo=${next}`)).status).toBe(204);
    await expectCounts(open);
    expect(await member(open, 'x7')).toMatchObject({
      departments: [next],
      departmentPaths: ['Next'],
      version: 1,
    });
    const edited = await ask(open, 'PATCH', 'members/x7', { values: { Name: 'Seven' } });
    expect(edited.body).toMatchObject({ departments: [next], version: 2 });
    expect((await ask(open, 'PATCH', 'members/x8', {})).body.version).toBe(1);
    const again = await importFile(open, 'x.csv', file(rows.slice(8)), { mode: 'upsert' });
    expect(again.counts).toMatchObject({ unchanged: 292, updated: 0 });
    await importFile(open, 'x.csv', file(rows.map(([id = '', name = '']) => [id, name, 'Next'])), {
      mode: 'upsert',
    });
    await expectCounts(open);
    expect((await tree(open)).find(({ id }) => id === next)?.members).toBe(300);
  });

  it('and a member who comes into it at the same time: one serial outcome', async () => {
    for (let round = 0; round < 12; round++) {
      const id = await add(strict, `Race ${round}`);
      const target = await add(strict, `Target ${round}`);
      const transfer = round % 2 === 0 ? '' : `?transferTo=${target}`;
      const [made, gone] = await Promise.all([
        ask(strict, 'POST', 'members', { values: { ID: `r${round}` }, departments: [id] }),
        ask(strict, 'DELETE', `departments/${id}${transfer}`),
      ]);
      const isThere = (await tree(strict)).some((one) => one.id === id);
      expect(isThere).toBe(gone.status !== 204);
      if (made.status === 201) {
        // The member was first: the deletion met it, or took it along.
        const { departments } = await member(strict, `r${round}`);
        if (round % 2 === 0) expect([gone.status, departments]).toEqual([409, [id]]);
        else expect(departments).toEqual([gone.status === 204 ? target : id]);
      } else expect([made.status, made.body.code, gone.status]).toEqual([422, 'unknown_department', 204]);
    }
    await expectCounts(strict);
  });

  it('and a role that is given while it is deleted: one serial outcome', async () => {
    for (let round = 0; round < 6; round++) {
      const id = await role(strict, `Role ${round}`);
      const [made, gone] = await Promise.all([
        ask(strict, 'POST', 'members', { values: { ID: `q${round}` }, roles: [id] }),
        ask(strict, 'DELETE', `roles/${id}`),
      ]);
      const outcome = [made.status, made.body.code, gone.status];
      expect([
        [201, undefined, 409],
        [422, 'unknown_role', 204],
      ]).toContainEqual(outcome);
    }
    await expectCounts(strict);
  });
});

describeShared('naughty strings', ['data', 'naughty-strings', 'blns.json'], (path) => {
  it('become departments by import and lead back to their names', { timeout: 170_000 }, async () => {
    const naughty = await newTenant(cloud, 'Naughty', columns(true));
    const strings: string[] = JSON.parse(readFileSync(path, 'utf8'));
    const kept = (text: string) => text.trim().normalize('NFC');
    const names = strings.map(kept).filter((name) => name !== '' && name.length <= 200);
    const rows = names.map((name, at) => [`n${at}`, 'N', pathOfNames([name])]);
    const job = await importAndApprove(naughty, 'n.csv', file(rows), { onRowErrors: 'accept_valid' });
    expect(job.status, JSON.stringify(job.error)).toBe('complete');
    const refused = new Map(
      (await all(naughty.client.rejects(naughty.organization, job.importId))).map((one) => [
        one.line,
        one.code,
      ]),
    );
    expect(job.counts.added + refused.size).toBe(names.length);
    expect(job.counts.added).toBeGreaterThan(400);
    const folded = (name: string) =>
      name.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/\s+/g, ' ').trim();
    const members = new Map((await roster(naughty)).map((one) => [one.memberId, one]));
    let placed = 0;
    for (const [at, name] of names.entries()) {
      const found = members.get(`n${at}`);
      if (found === undefined) continue;
      placed += 1;
      const [shown = ''] = found.departmentPaths;
      expect(namesOfPath(shown).map(folded), JSON.stringify(name)).toEqual([folded(name)]);
    }
    expect(placed).toBe(job.counts.added);
    await expectCounts(naughty);
  });
});
