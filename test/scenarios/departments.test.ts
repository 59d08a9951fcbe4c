/**
 * S3.1 to S3.3 and S3.7 over HTTP: the tree at the left, its fixed root, deletion only of what is empty or handed
 * over, and roles.
 */
import { readFileSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DepartmentBody, DepartmentTree, RoleBody, RoleList } from 'roster/domain/api';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { departmentCountActions } from '../../layers/roster/src/aws/group-counts.ts';
import { keys } from '../../layers/roster/src/aws/keys.ts';
import { createTable, type Table } from '../../layers/roster/src/aws/table.ts';
import { namesOfPath } from '../../layers/roster/src/domain/department-path.ts';
import { newTenant, type Tenant } from '../support/cloud.ts';
import { describeShared } from '../support/shared.ts';

const cloud = inject('cloud');
let acme: Tenant;
let other: Tenant;
let table: Table;

beforeAll(async () => {
  acme = await newTenant(cloud, 'Acme');
  other = await newTenant(cloud, 'Other');
  const { endpoints, region, credentials } = cloud;
  const client = new DynamoDBClient({ endpoint: endpoints.DYNAMODB, region, credentials });
  table = createTable({ tableName: cloud.outputs.TableName ?? '', client });
});

type Options = Parameters<Tenant['client']['send']>[2];

const pathOf = (tenant: Tenant, path: string) =>
  `${tenant.client.in(tenant.organization)}${path === '' ? '' : `/${path}`}`;
const ask = async (tenant: Tenant, method: string, path: string, options?: Options) => {
  const answer = await tenant.client.send(method, pathOf(tenant, path), options);
  const text = await answer.text();
  return {
    status: answer.status,
    etag: answer.headers.get('etag'),
    body: text === '' ? undefined : JSON.parse(text),
  };
};
const refusal = async (tenant: Tenant, method: string, path: string, options?: Options) => {
  const { status, body } = await ask(tenant, method, path, options);
  return [status, body?.code];
};
const add = async (tenant: Tenant, name: string, parent?: string) => {
  const { status, body } = await ask(tenant, 'POST', 'departments', { body: { name, parent } });
  expect(status, JSON.stringify(body)).toBe(201);
  return DepartmentBody.parse(body);
};
const tree = async (tenant: Tenant) =>
  DepartmentTree.parse((await ask(tenant, 'GET', 'departments')).body).items;
const paths = async (tenant: Tenant) => (await tree(tenant)).map(({ path }) => path);
const auditActions = async (tenant: Tenant, subject: string) => {
  const { body } = await ask(tenant, 'GET', `audit?subject=${subject}`);
  return body.items.map(({ action }: { action: string }) => action);
};

describe('S3.1: the tree', () => {
  it('begins with the organization alone', async () => {
    expect(await tree(acme)).toEqual([{ id: 'root', name: 'Acme', path: '', members: 0, version: 1 }]);
  });

  it('takes departments at the same level and below, renames, moves and deletes them', async () => {
    const europe = await add(acme, 'Europe');
    const asia = await add(acme, 'Asia', europe.parent);
    const sales = await add(acme, 'Sales', europe.id);
    expect(sales).toMatchObject({ parent: europe.id, path: 'Europe / Sales', members: 0, version: 1 });
    expect(await paths(acme)).toEqual(['', 'Asia', 'Europe', 'Europe / Sales']);

    const renamed = await ask(acme, 'PATCH', `departments/${sales.id}`, {
      body: { name: 'Selling' },
      headers: { 'if-match': '"1"' },
    });
    expect([renamed.status, renamed.etag, renamed.body.path]).toEqual([200, '"2"', 'Europe / Selling']);
    const moved = await ask(acme, 'PATCH', `departments/${sales.id}`, { body: { parent: asia.id } });
    expect([moved.status, moved.body.path]).toEqual([200, 'Asia / Selling']);

    expect((await ask(acme, 'DELETE', `departments/${sales.id}`)).status).toBe(204);
    expect(await paths(acme)).toEqual(['', 'Asia', 'Europe']);
    expect(await auditActions(acme, sales.id)).toEqual([
      'department.delete',
      'department.move',
      'department.rename',
      'department.add',
    ]);
    for (const { id } of [europe, asia]) await ask(acme, 'DELETE', `departments/${id}`);
  });

  it('has no cycle, no namesakes side by side, nothing below what is not there', async () => {
    const a = await add(acme, 'A');
    const b = await add(acme, 'B', a.id);
    const patch = (id: string, body: unknown) => refusal(acme, 'PATCH', `departments/${id}`, { body });
    expect(await patch(a.id, { parent: b.id })).toEqual([409, 'department_below_itself']);
    expect(await patch(a.id, { parent: a.id })).toEqual([409, 'department_below_itself']);
    const gone = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
    expect(await patch(a.id, { parent: gone })).toEqual([422, 'unknown_department']);
    expect(await patch(gone, { name: 'X' })).toEqual([404, 'not_found']);
    const post = (body: unknown) => refusal(acme, 'POST', 'departments', { body });
    expect(await post({ name: ' a' })).toEqual([409, 'department_name_taken']);
    expect(await post({ name: 'C', parent: gone })).toEqual([422, 'unknown_department']);
    expect(await refusal(acme, 'DELETE', `departments/${gone}`)).toEqual([404, 'not_found']);
    expect(await paths(acme)).toEqual(['', 'A', 'A / B']);
    for (const { id } of [b, a]) await ask(acme, 'DELETE', `departments/${id}`);
  });

  it('refuses stale edits and bad input', async () => {
    const a = await add(acme, 'A');
    const stale = { headers: { 'if-match': '"7"' } };
    expect(await refusal(acme, 'PATCH', `departments/${a.id}`, { body: { name: 'X' }, ...stale })).toEqual([
      412,
      'precondition_failed',
    ]);
    expect(await refusal(acme, 'DELETE', `departments/${a.id}`, stale)).toEqual([412, 'precondition_failed']);
    const bad = [
      {},
      { name: '' },
      { name: ' \t' },
      { name: 'x'.repeat(201) },
      { name: 7 },
      { name: 'X', parent: 'y' },
    ];
    for (const body of [...bad, { name: 'X', more: 1 }]) {
      expect(await refusal(acme, 'POST', 'departments', { body }), JSON.stringify(body)).toEqual([
        400,
        'invalid_request',
      ]);
    }
    expect(await refusal(acme, 'PATCH', 'departments/nothing', { body: {} })).toEqual([
      400,
      'invalid_request',
    ]);
    await ask(acme, 'DELETE', `departments/${a.id}`);
    expect(await paths(acme)).toEqual(['']);
  });

  it('adds once under an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'once' };
    const [first, second] = [
      await ask(acme, 'POST', 'departments', { body: { name: 'Once' }, headers }),
      await ask(acme, 'POST', 'departments', { body: { name: 'Once' }, headers }),
    ];
    expect([first.status, second.status, second.body]).toEqual([201, 201, first.body]);
    await ask(acme, 'DELETE', `departments/${first.body.id}`);
  });

  it('goes 20 deep', async () => {
    const chain = ['root'];
    for (let depth = 1; depth <= 20; depth++) chain.push((await add(acme, 'Deeper', chain.at(-1))).id);
    const body = { name: 'Too deep', parent: chain.at(-1) };
    expect(await refusal(acme, 'POST', 'departments', { body })).toEqual([409, 'department_too_deep']);
    for (const id of chain.slice(1).reverse()) {
      expect((await ask(acme, 'DELETE', `departments/${id}`)).status).toBe(204);
    }
  });

  it('keeps one of the serial outcomes when two admins move at once', async () => {
    const [a, b] = [await add(acme, 'A'), await add(acme, 'B')];
    const moves = await Promise.all([
      ask(acme, 'PATCH', `departments/${a.id}`, { body: { parent: b.id } }),
      ask(acme, 'PATCH', `departments/${b.id}`, { body: { parent: a.id } }),
    ]);
    expect(moves.map(({ status }) => status).sort()).toEqual([200, 409]);
    const [winner, loser] = moves[0]?.status === 200 ? [a, b] : [b, a];
    expect(await paths(acme)).toEqual(['', loser.name, `${loser.name} / ${winner.name}`]);
    for (const { id } of [winner, loser]) await ask(acme, 'DELETE', `departments/${id}`);
  });
});

describe('S3.2: the root', () => {
  it('is not moved and not deleted', async () => {
    const a = await add(acme, 'A');
    const move = { body: { parent: a.id } };
    expect(await refusal(acme, 'PATCH', 'departments/root', move)).toEqual([409, 'root_department_fixed']);
    expect(await refusal(acme, 'DELETE', 'departments/root')).toEqual([409, 'root_department_fixed']);
    const transfer = `departments/root?transferTo=${a.id}`;
    expect(await refusal(acme, 'DELETE', transfer)).toEqual([409, 'root_department_fixed']);
    await ask(acme, 'DELETE', `departments/${a.id}`);
  });

  it('has the organization’s name, which its owner changes', async () => {
    const renamed = await ask(acme, 'PATCH', 'departments/root', { body: { name: 'Acme Inc.' } });
    expect([renamed.status, renamed.body.name]).toEqual([200, 'Acme Inc.']);
    const { body } = await ask(acme, 'GET', '');
    expect(body.name).toBe('Acme Inc.');
    await ask(acme, 'PATCH', '', { body: { name: 'Acme' } });
    expect((await tree(acme))[0]?.name).toBe('Acme');
    expect(await auditActions(acme, acme.organization)).toContain('organization.update');
  });

  it('is not renamed by other admins', async () => {
    const { account } = await acme.client.me();
    const membership = keys.membership(account, acme.organization);
    for (const level of ['securityAdministrator', 'administrator', 'auditor']) {
      await table.update({ key: membership, set: { level } });
      const rename = { body: { name: 'Mine' } };
      expect((await ask(acme, 'PATCH', 'departments/root', rename)).status, level).toBe(403);
      expect((await ask(acme, 'PATCH', '', rename)).status, level).toBe(403);
      expect((await ask(acme, 'GET', 'departments')).status, level).toBe(200);
      const status = (await ask(acme, 'POST', 'departments', { body: { name: level } })).status;
      expect(status, level).toBe(level === 'auditor' ? 403 : 201);
    }
    await table.update({ key: membership, set: { level: 'member' } });
    expect((await ask(acme, 'GET', 'departments')).status).toBe(403);
    await table.update({ key: membership, set: { level: 'owner' } });
    for (const { id } of (await tree(acme)).slice(1)) await ask(acme, 'DELETE', `departments/${id}`);
    expect((await tree(acme)).map(({ name }) => name)).toEqual(['Acme']);
  });
});

describe('S3.3: a department with members', () => {
  /** What a write of these members does beside the members. */
  const setDepartments = (count: number, before: string[], after: string[]) =>
    table.transact(
      departmentCountActions(
        acme.organization,
        Array.from({ length: count }, (_, at) => ({ externalId: `m${at}`, before, after })),
      ),
    );

  it('is deleted once they are elsewhere, or handed over to another one', async () => {
    const [a, b, c] = [await add(acme, 'A'), await add(acme, 'B'), await add(acme, 'C')];
    const below = await add(acme, 'Below', b.id);
    await setDepartments(3, [], [a.id]);
    expect((await tree(acme)).find(({ id }) => id === a.id)?.members).toBe(3);
    expect(await refusal(acme, 'DELETE', `departments/${a.id}`)).toEqual([409, 'department_not_empty']);
    await setDepartments(3, [a.id], [b.id]);
    expect((await ask(acme, 'DELETE', `departments/${a.id}`)).status).toBe(204);

    const gone = `departments/${b.id}?transferTo=`;
    expect(await refusal(acme, 'DELETE', `departments/${b.id}`)).toEqual([409, 'department_not_empty']);
    expect(await refusal(acme, 'DELETE', gone + a.id)).toEqual([422, 'unknown_department']);
    expect(await refusal(acme, 'DELETE', gone + b.id)).toEqual([409, 'department_below_itself']);
    expect(await refusal(acme, 'DELETE', gone + below.id)).toEqual([409, 'department_below_itself']);
    expect((await ask(acme, 'DELETE', gone + c.id)).status).toBe(204);
    expect((await tree(acme)).map(({ path, members }) => [path, members])).toEqual([
      ['', 0],
      ['C', 3],
      ['C / Below', 0],
    ]);
    await setDepartments(3, [b.id], []);
    for (const { id } of [below, c])
      expect((await ask(acme, 'DELETE', `departments/${id}`)).status).toBe(204);
  });
});

describe('S3.7: roles', () => {
  it('are added, renamed and deleted', async () => {
    const made = await ask(acme, 'POST', 'roles', { body: { name: 'Teacher' } });
    expect(made.status).toBe(201);
    const { id } = RoleBody.parse(made.body);
    expect(await refusal(acme, 'POST', 'roles', { body: { name: 'TEACHER' } })).toEqual([
      409,
      'role_name_taken',
    ]);
    const headers = { 'if-match': '"1"' };
    const renamed = await ask(acme, 'PATCH', `roles/${id}`, { body: { name: 'Professor' }, headers });
    expect([renamed.status, renamed.etag]).toEqual([200, '"2"']);
    expect(await refusal(acme, 'PATCH', `roles/${id}`, { body: { name: 'X' }, headers })).toEqual([
      412,
      'precondition_failed',
    ]);
    expect(RoleList.parse((await ask(acme, 'GET', 'roles')).body).items).toEqual([
      { id, name: 'Professor', members: 0, version: 2 },
    ]);
    expect((await ask(other, 'GET', 'roles')).body.items).toEqual([]);
    expect(await refusal(other, 'DELETE', `roles/${id}`)).toEqual([404, 'not_found']);
    expect((await ask(acme, 'DELETE', `roles/${id}`)).status).toBe(204);
    expect(await refusal(acme, 'DELETE', `roles/${id}`)).toEqual([404, 'not_found']);
    expect(await auditActions(acme, id)).toEqual(['role.delete', 'role.rename', 'role.add']);
  });
});

describe('another organization', () => {
  it('sees nothing of the tree and cannot name its departments', async () => {
    const secret = await add(acme, 'Secret');
    expect(await paths(other)).toEqual(['']);
    const rename = { body: { name: 'X' } };
    expect(await refusal(other, 'PATCH', `departments/${secret.id}`, rename)).toEqual([404, 'not_found']);
    expect(await refusal(other, 'DELETE', `departments/${secret.id}`)).toEqual([404, 'not_found']);
    const below = { body: { name: 'X', parent: secret.id } };
    expect(await refusal(other, 'POST', 'departments', below)).toEqual([422, 'unknown_department']);
    const answer = await other.client.send('GET', pathOf(acme, 'departments'));
    expect([403, 404]).toContain(answer.status);
    expect(await answer.text()).not.toContain('Secret');
    await ask(acme, 'DELETE', `departments/${secret.id}`);
  });
});

describeShared('naughty strings', ['data', 'naughty-strings', 'blns.json'], (path) => {
  it('are names like any other, exactly, or are refused with a reason', { timeout: 170_000 }, async () => {
    const strings: string[] = JSON.parse(readFileSync(path, 'utf8'));
    const named: { id: string; name: string; path: string }[] = [];
    const taken: string[] = [];
    for (const name of strings) {
      const { status, body } = await ask(other, 'POST', 'departments', { body: { name } });
      const shows = name.trim() !== '' && [...name].length <= 200;
      if (!shows) expect([status, body.code], name).toEqual([400, 'invalid_request']);
      else if (status === 409 && body.code === 'department_name_taken') taken.push(name);
      else {
        expect(status, JSON.stringify(name)).toBe(201);
        named.push(body);
        expect(body.name).toBe(name);
      }
    }
    const items = await tree(other);
    expect(named.length).toBeGreaterThan(400);
    for (const { id, name } of named) {
      const found = items.find((one) => one.id === id);
      expect(found?.name).toBe(name);
      expect(namesOfPath(found?.path ?? '')).toEqual([name]);
    }
    // Those refused as taken differ from one that is there by case, width or white space only.
    const folded = (name: string) =>
      name.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/\s+/g, ' ').trim();
    const present = new Set(named.map(({ name }) => folded(name)));
    for (const name of taken) expect(present.has(folded(name)), JSON.stringify(name)).toBe(true);
  });
});
