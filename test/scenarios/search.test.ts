/** Finding members over HTTP: words, filters, orders and pages, on the running system (S0.1, S0.13, S0.15, S3.4, S3.5). */
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readDirectory } from 'roster/aws/directory-log';
import { createTable } from 'roster/aws/table';
import type { Column } from 'roster/domain/schema';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { MusterClient } from '../../commands/client.ts';
import { importFile, newTenant, type Tenant } from '../support/cloud.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'First', type: 'text', role: 'firstName' },
  { name: 'Last', type: 'text', role: 'lastName' },
  { name: 'Mail', type: 'email', role: 'email' },
  { name: 'Tel', type: 'phone', role: 'phone' },
  { name: 'Party', type: 'text', role: 'group' },
];

const roster = `ID,First,Last,Mail,Tel,Party
C-01,Élodie,Brontë,elodie@senate.example,+33612345678,Green
C-02,Łukasz,Wójcik,l.wojcik@house.example,+48221234567,Liberal
C-03,Jean-Luc,O'Brien,jl@senate.example,,green
C-04,Sarah,Smith,sarah.smith@house.example,+12025550143,Independent
C-05,Sarah,Smythe,s.smythe@house.example,,Liberal
C-06,Zoë,Ångström,zoe@senate.example,,GREEN
`;
const byName = ['C-01', 'C-03', 'C-02', 'C-04', 'C-05', 'C-06'];

const cloud = inject('cloud');
let congress: Tenant;
let other: Tenant;

beforeAll(async () => {
  congress = await newTenant(cloud, 'Congress', columns);
  other = await newTenant(cloud, 'Other', columns);
  expect(await importFile(congress, 'congress.csv', roster)).toMatchObject({ status: 'complete' });
});

interface Listed {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into answers of every shape
  body: any;
  ids: string[];
}

async function ask(query: string, tenant = congress): Promise<Listed> {
  const path = `${tenant.client.in(tenant.organization)}/members?${query}`;
  const response = await tenant.client.send('GET', path);
  const body = JSON.parse(await response.text());
  const ids = (body.items ?? []).map(({ memberId }: { memberId: string }) => memberId);
  return { status: response.status, body, ids };
}

async function found(query: Record<string, string | string[]>, tenant = congress): Promise<string[]> {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  const { status, body, ids } = await ask(new URLSearchParams(pairs).toString(), tenant);
  expect(status, JSON.stringify(body)).toBe(200);
  return ids;
}

async function admin(method: string, path: string, body: unknown = {}) {
  const url = `${congress.client.in(congress.organization)}${path}`;
  const response = await congress.client.send(method, url, { body });
  const text = await response.text();
  expect(response.ok, text).toBe(true);
  return text === '' ? undefined : JSON.parse(text);
}

it('an import that is done is listed and found at once', async () => {
  expect(await found({})).toEqual(byName);
  expect(await found({ q: 'angstrom' })).toEqual(['C-06']);
  expect((await ask('')).body.behind).toBeUndefined();
});

describe('a search', () => {
  it.each([
    ['accents and case put aside', ['elodie bronte', 'ÉLODIE', 'brontë'], ['C-01']],
    ['Ł as l', ['lukasz', 'łuk', 'wojcik'], ['C-02']],
    ['a piece of a name', ['brien', "o'br", 'luc obrien', 'jean-luc'], ['C-03']],
    ['one typing error', ['elodei', 'elode', 'bromte', 'eelodie'], ['C-01']],
    ['words in any order', ['wojcik lukasz', 'łukasz house'], ['C-02']],
    ['the phone', ['+33612', '0612', '06 12 34', '612345'], ['C-01']],
    ['the identifier', ['C-04', 'c-04'], ['C-04']],
    ['the email', ['l.wojcik@house', 'zoe@'], undefined],
    ['nothing that is there', ['xyzzy', 'odie', '—'], []],
  ])('finds by %s', async (_, asked, ids) => {
    for (const q of asked) {
      if (ids !== undefined) expect(await found({ q }), q).toEqual(ids);
      else expect(await found({ q }), q).toHaveLength(1);
    }
  });

  it('finds near words too, from five letters on', async () => {
    expect(await found({ q: 'smith' })).toEqual(['C-04', 'C-05']);
    expect(await found({ q: 'smit' })).toEqual(['C-04']);
    expect(await found({ q: 'house' })).toEqual(['C-02', 'C-04', 'C-05']);
  });
});

describe('filters and orders', () => {
  beforeAll(async () => {
    await admin('POST', '/members/C-04/disable');
  });

  it('by state, one or several', async () => {
    expect(await found({ status: 'disabled' })).toEqual(['C-04']);
    expect(await found({ status: ['disabled', 'not_joined'] })).toEqual(byName);
    expect(await found({ status: 'enabled' })).toEqual([]);
  });

  it('by group, and together with others', async () => {
    expect(await found({ group: 'green' })).toEqual(['C-01', 'C-03', 'C-06']);
    expect(await found({ group: 'Green', q: 'senate', status: 'not_joined', sort: '-name' })).toEqual([
      'C-06',
      'C-03',
      'C-01',
    ]);
    expect(await found({ group: 'Gre' })).toEqual([]);
  });

  it('in every order', async () => {
    expect(await found({ sort: '-name' })).toEqual(byName.toReversed());
    expect(await found({ sort: 'state' })).toEqual([...byName.filter((id) => id !== 'C-04'), 'C-04']);
    expect((await found({ sort: '-state' }))[0]).toBe('C-04');
  });

  it('by the last sign-in, as soon as there is one', async () => {
    expect(await found({ lastSignIn: 'never', activated: 'never' })).toEqual(byName);
    const made = await admin('POST', '/members/C-05/username', { username: 'smythe' });
    const before = new Date(Date.now() - 60_000).toISOString();
    const own = new MusterClient(cloud.url);
    const login = { organization: congress.organization, login: 'smythe' };
    const challenge = await own
      .signIn({ ...login, password: made.oneTimePassword })
      .catch((error: unknown) => error);
    expect(await found({ lastSignInFrom: before })).toEqual([]);
    const { session } = challenge as { session: string };
    await own.answerChallenge(session, { ...login, password: 'Own-Password-2026' });
    expect(await found({ lastSignInFrom: before })).toEqual(['C-05']);
    expect(await found({ activatedFrom: before, lastSignInTo: before })).toEqual([]);
    expect((await found({ sort: '-lastSignIn' }))[0]).toBe('C-05');
    expect((await found({ sort: 'lastSignIn' }))[0]).toBe('C-05');
    expect(await found({ lastSignIn: 'never' })).toEqual(byName.filter((id) => id !== 'C-05'));
    // An edit leaves the time as it is.
    await admin('PATCH', '/members/C-05', { values: { Party: 'None' } });
    expect(await found({ lastSignInFrom: before, group: 'none' })).toEqual(['C-05']);
  });

  it('by department, with those below it or without, and by role', async () => {
    const chamber = await admin('POST', '/departments', { name: 'Chamber' });
    const lobby = await admin('POST', '/departments', { name: 'Lobby', parent: chamber.id });
    const whip = await admin('POST', '/roles', { name: 'Whip' });
    expect(await found({ department: [chamber.id, lobby.id] })).toEqual([]);
    await admin('PATCH', '/members/C-01', { departments: [lobby.id], roles: [whip.id] });
    await admin('PATCH', '/members/C-03', { departments: [chamber.id] });
    expect(await found({ department: chamber.id })).toEqual(['C-01', 'C-03']);
    expect(await found({ department: chamber.id, below: 'false' })).toEqual(['C-03']);
    expect(await found({ department: lobby.id })).toEqual(['C-01']);
    expect(await found({ department: chamber.id, role: whip.id, q: 'elodie' })).toEqual(['C-01']);
    expect(await found({ department: lobby.id, q: 'brien' })).toEqual([]);
    expect(await found({ department: 'root' })).toEqual(byName);
    const nobody = '01KE0000000000000000000009';
    expect(await found({ department: nobody })).toEqual([]);
    expect(await found({ role: nobody })).toEqual([]);
    // Who takes a department's members is who they are found by.
    await admin('DELETE', `/departments/${lobby.id}?transferTo=${chamber.id}`);
    expect(await found({ department: chamber.id, below: 'false' })).toEqual(['C-01', 'C-03']);
    expect(await found({ department: lobby.id })).toEqual([]);
  });
});

it('gives pages that hold each member once while others are added', async () => {
  const first = await ask('limit=2');
  expect(first.ids).toEqual(byName.slice(0, 2));
  await admin('POST', '/members', { values: { ID: 'A-00', First: 'Aaron', Last: 'Aa' } });
  const second = await ask(`limit=2&cursor=${first.body.nextCursor}`);
  const third = await ask(`limit=2&cursor=${second.body.nextCursor}`);
  expect([...second.ids, ...third.ids]).toEqual(byName.slice(2));
  expect(third.body.nextCursor).toBeUndefined();
  expect((await found({ limit: '1' }))[0]).toBe('A-00');
  await admin('DELETE', '/members/A-00');
  expect(await found({})).toEqual(byName);
});

it('refuses what makes no sense', async () => {
  const nonsense = [
    'sort=age',
    'status=retired',
    'limit=0',
    'limit=201',
    'cursor=abc',
    'lastSignIn=always',
    'lastSignInFrom=yesterday',
    `lastSignIn=never&lastSignInFrom=2026-01-01T00:00:00Z`,
    'department=choir',
    `q=${'x'.repeat(201)}`,
  ];
  for (const query of nonsense) expect((await ask(query)).status, query).toBe(400);
  const { body } = await ask('limit=2');
  expect((await ask(`limit=2&sort=-name&cursor=${body.nextCursor}`)).body.code).toBe('invalid_cursor');
  expect((await ask(`limit=2&q=smith&cursor=${body.nextCursor}`)).body.code).toBe('invalid_cursor');
});

it('shows another organization nothing', async () => {
  for (const query of ['', 'q=elodie', 'group=green']) expect((await ask(query, other)).ids).toEqual([]);
  const { body } = await ask('limit=2');
  expect((await ask(`limit=2&cursor=${body.nextCursor}`, other)).body.code).toBe('invalid_cursor');
});

it('makes the snapshot anew by itself when many members changed one by one', async () => {
  const ids = Array.from({ length: 110 }, (_, n) => `N-${String(n).padStart(3, '0')}`);
  for (const id of ids) await admin('POST', '/members', { values: { ID: id, First: 'Newcomer', Last: id } });
  const look = () => found({ q: 'newcomer', limit: '200' });
  expect(await look()).toEqual(ids);
  const deadline = Date.now() + 20_000;
  for (let pending = await changesPending(); pending > 0; pending = await changesPending()) {
    expect(Date.now()).toBeLessThan(deadline);
    // However often it is looked at meanwhile, everybody is there.
    expect(await look()).toEqual(ids);
    await wait(50);
  }
  expect(await look()).toEqual(ids);
});

/** How many changes the snapshot of the directory does not hold yet. */
async function changesPending(): Promise<number> {
  const { endpoints, credentials, region, outputs } = cloud;
  const client = new DynamoDBClient({ endpoint: endpoints.DYNAMODB, credentials, region });
  try {
    const table = createTable({ tableName: outputs.TableName ?? '', client });
    return (await readDirectory(table, congress.organization)).changes.length;
  } finally {
    client.destroy();
  }
}
