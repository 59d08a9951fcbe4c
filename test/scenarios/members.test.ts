import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AdminDisableUserCommand,
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import type { Column } from 'roster/domain/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MusterClient, NewPasswordRequired } from '../../commands/client.ts';
import {
  importAndApprove,
  importFile,
  newTenant,
  startTestCloud,
  type Tenant,
  type TestCloud,
} from '../support/cloud.ts';
import { eventually } from '../support/eventually.ts';
import { type Answer, type Ask, asking } from '../support/people.ts';
import { describeShared } from '../support/shared.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'First', type: 'text', role: 'firstName' },
  { name: 'Last', type: 'text', role: 'lastName' },
  { name: 'Mail', type: 'email', role: 'email' },
  { name: 'Tel', type: 'phone', role: 'phone' },
  { name: 'Born', type: 'date' },
  { name: 'Note', type: 'text' },
];
const ownPassword = 'Own-Password-2026';

let test: TestCloud;
let club: Tenant;

beforeAll(async () => {
  test = await startTestCloud();
  club = await newTenant(test.cloud, 'Club', columns);
});
afterAll(() => test?.close());

const ask = (client: MusterClient, ...call: Parameters<Ask>) => asking(client, club.organization)(...call);
const admin = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  ask(club.client, method, path, body, headers);
const pathOf = (id: string) => `/members/${encodeURIComponent(id)}`;

async function added(id: string, more: Record<string, unknown> = {}, values: Record<string, string> = {}) {
  const answer = await admin('POST', '/members', { values: { ID: id, First: id, ...values }, ...more });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}

/** Asks again until the work passes or 20 seconds are over. */
const signIn = async (login: string, password: string) => {
  const client = new MusterClient(test.cloud.url);
  await client.signIn({ organization: club.organization, login, password });
  return client;
};

/** Signs in with a one-time password and chooses the own one. */
async function firstSignIn(login: string, oneTimePassword: string, password = ownPassword) {
  const client = new MusterClient(test.cloud.url);
  const credentials = { organization: club.organization, login };
  const asked = await client.signIn({ ...credentials, password: oneTimePassword }).catch((error) => error);
  expect(asked).toBeInstanceOf(NewPasswordRequired);
  await client.answerChallenge(asked.session, { ...credentials, password });
  return client;
}

/** A member with an account, signed in with a password of its own. */
async function person(id: string, level?: string, values: Record<string, string> = {}) {
  const { oneTimePassword } = await added(id, { account: { username: id, ...(level && { level }) } }, values);
  return firstSignIn(id, oneTimePassword);
}

const seesOrganization = async (client: MusterClient) => (await ask(client, 'GET', '')).status;

async function entriesOf(subject: string): Promise<string[]> {
  const { body } = await admin('GET', `/audit?limit=200&subject=${encodeURIComponent(subject)}`);
  return body.items.map(({ action }: { action: string }) => action);
}

describe('a member made by hand', () => {
  it('is on the roster with what follows from its values, counted, and in the audit trail', async () => {
    const before = await club.client.summary(club.organization);
    const idOf = async (path: string, name: string) =>
      (await admin('POST', path, { name })).body.id as string;
    const departments = [await idOf('/departments', 'North'), await idOf('/departments', 'South')];
    const roles = [await idOf('/roles', 'Agent')];
    const made = await admin('POST', '/members', {
      values: { ID: '007', First: ' James ', Last: 'Bond', Mail: 'James@MI6.example', Born: '1968-04-13' },
      departments,
      roles,
    });
    expect(made.status, made.text).toBe(201);
    expect(made.etag).toBe('"1"');
    const read = await admin('GET', '/members/007');
    expect(read.body).toEqual(made.body);
    expect(read.body).toMatchObject({
      memberId: '007',
      name: 'James Bond',
      state: 'not_joined',
      email: 'james@mi6.example',
      departments,
      departmentPaths: ['North', 'South'],
      roles,
      values: { ID: '007', First: 'James', Last: 'Bond', Mail: 'James@MI6.example', Born: '1968-04-13' },
      createdBy: club.login,
      version: 1,
    });
    const after = await club.client.summary(club.organization);
    expect(after).toEqual({
      ...before,
      total: before.total + 1,
      enrolled: before.enrolled + 1,
      notJoined: before.notJoined + 1,
    });
    expect(await entriesOf('007')).toEqual(['member.add']);
  });

  it('is not updated by a file that says the same', async () => {
    await added(
      'same',
      {},
      { First: 'Ann', Last: 'Able', Mail: 'ann@able.example', Tel: '+1 (202) 555-0143' },
    );
    const file = 'ID,First,Last,Mail,Tel,Born,Note\nsame,Ann,Able,ANN@able.example,+12025550143,,\n';
    const job = await importAndApprove(club, 'same.csv', file, { mode: 'upsert' });
    expect(job.counts).toMatchObject({ unchanged: 1, updated: 0, added: 0 });
  });

  it('cannot take an identifier that is taken', async () => {
    await added('twice');
    const again = await admin('POST', '/members', { values: { ID: ' twice ' } });
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({ code: 'conflict', detail: expect.stringContaining('twice') });
    expect(await entriesOf('twice')).toEqual(['member.add']);
  });

  it('has every fault of its values named by column', async () => {
    const values = {
      ID: '',
      Mail: 'x',
      Tel: 'y',
      Born: '31/12/2000',
      Note: 'n'.repeat(1_001),
      Colour: 'red',
    };
    const { status, body } = await admin('POST', '/members', { values });
    expect([status, body.code]).toEqual([422, 'invalid_member']);
    expect(body.places.map(({ path }: { path: string }) => path).sort()).toEqual(Object.keys(values).sort());
    const nul = await admin('POST', '/members', { values: { ID: 'nul', Note: 'a\u0000b' } });
    expect(nul.body.places).toEqual([{ path: 'Note', message: expect.stringContaining('NUL') }]);
  });

  it.each([
    ['a number as a value', { values: { ID: 1 } }],
    ['a list for values', { values: ['ID'] }],
    ['an unknown field', { values: { ID: 'x' }, state: 'enabled' }],
    ['a role that is no text', { values: { ID: 'x' }, roles: [1] }],
    ['an account without username', { values: { ID: 'x' }, account: {} }],
    ['a level that there is none', { values: { ID: 'x' }, account: { username: 'x', level: 'king' } }],
    ['a value that is too long for any column', { values: { ID: 'x', Note: 'n'.repeat(10_001) } }],
  ])('is refused for %s', async (_, body) => {
    expect(await admin('POST', '/members', body)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
    expect((await admin('GET', '/members/x')).status).toBe(404);
  });
});

describe('editing a member', () => {
  it('merges values under the version seen, and refuses a stale one', async () => {
    await added('edit', {}, { Mail: 'old@club.example' });
    const edited = await admin(
      'PATCH',
      '/members/edit',
      { values: { Mail: null, Last: 'New' } },
      { 'if-match': '"1"' },
    );
    expect(edited).toMatchObject({ status: 200, etag: '"2"', body: { name: 'edit New', version: 2 } });
    expect(edited.body).not.toHaveProperty('email');
    const stale = await admin('PATCH', '/members/edit', { values: { Last: 'Lost' } }, { 'if-match': '"1"' });
    expect(stale).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
    for (const act of ['disable', 'enable', 'username', 'reset-credentials']) {
      const body = act === 'username' ? { username: 'edit' } : undefined;
      expect((await admin('POST', `/members/edit/${act}`, body, { 'if-match': '"1"' })).status, act).toBe(
        412,
      );
    }
    expect((await admin('DELETE', '/members/edit', undefined, { 'if-match': '"1"' })).status).toBe(412);
    const same = await admin('PATCH', '/members/edit', { values: { Last: ' New ' } });
    expect(same).toMatchObject({ status: 200, etag: '"2"' });
    expect(await entriesOf('edit')).toEqual(['member.update', 'member.add']);
    const { body } = await admin('GET', '/audit?subject=edit&limit=1');
    expect(body.items[0]).toMatchObject({
      actor: { login: club.login },
      before: { values: { Mail: 'old@club.example', Last: null } },
      after: { values: { Mail: null, Last: 'New' } },
    });
  });

  it('refuses wrong values, wrong types and another identifier', async () => {
    await added('wrong');
    expect((await admin('PATCH', '/members/wrong', { values: { Born: 'soon' } })).status).toBe(422);
    expect((await admin('PATCH', '/members/wrong', { values: { ID: 'other' } })).status).toBe(422);
    expect((await admin('PATCH', '/members/wrong', { values: 'none' })).status).toBe(400);
    expect((await admin('PATCH', '/members/wrong', { departments: ['x'.repeat(201)] })).status).toBe(400);
    expect((await admin('GET', '/members/wrong')).etag).toBe('"1"');
  });

  it('finds no member that is not there, by any call', async () => {
    const calls: [string, string, unknown?][] = [
      ['GET', ''],
      ['PATCH', '', {}],
      ['DELETE', ''],
      ['POST', '/disable'],
      ['POST', '/enable'],
      ['POST', '/username', { username: 'nobody' }],
      ['POST', '/reset-credentials'],
    ];
    for (const [method, path, body] of calls) {
      expect(await admin(method, `/members/nobody${path}`, body), path).toMatchObject({
        status: 404,
        body: { code: 'not_found' },
      });
    }
  });
});

describe('disabling and enabling', () => {
  it('moves the counts, once, and stays through a file that names the member', async () => {
    await added('off');
    const before = await club.client.summary(club.organization);
    for (let times = 0; times < 2; times++) {
      const off = await admin('POST', '/members/off/disable');
      expect(off).toMatchObject({
        status: 200,
        etag: '"2"',
        body: { state: 'disabled', disabledBy: 'admin' },
      });
    }
    expect(await club.client.summary(club.organization)).toMatchObject({
      total: before.total,
      disabled: before.disabled + 1,
      notJoined: before.notJoined - 1,
    });
    const file = await importAndApprove(club, 'off.csv', 'ID,First\noff,Offa\n', { mode: 'upsert' });
    expect(file.counts).toMatchObject({ updated: 1, reactivated: 0 });
    const on = await admin('POST', '/members/off/enable');
    expect(on.body).toMatchObject({ state: 'not_joined', name: 'Offa' });
    expect(on.body).not.toHaveProperty('disabledBy');
    expect(await club.client.summary(club.organization)).toEqual(before);
    expect(await entriesOf('off')).toEqual(['member.enable', 'member.disable', 'member.add']);
  });
});

describe('a member with an account', () => {
  it('signs in with a password that is shown once, kept nowhere and must be changed', async () => {
    const headers = { 'idempotency-key': 'once' };
    const values = { ID: 'ann', First: 'Ann', Mail: 'Ann@club.example', Tel: '+1 (202) 555-0199' };
    const made = await admin('POST', '/members', { values, account: { username: 'Ann.Able' } }, headers);
    expect(made.status, made.text).toBe(201);
    const { oneTimePassword } = made.body;
    expect(oneTimePassword).toMatch(/^\S{20}$/);
    expect(made.body).toMatchObject({
      state: 'enabled',
      username: 'Ann.Able',
      account: {
        username: 'ann.able',
        level: 'member',
        state: 'enabled',
        email: 'ann@club.example',
        phone: '+12025550199',
      },
    });
    expect(made.body.account).not.toHaveProperty('lastSignInAt');
    const again = await admin('POST', '/members', { values, account: { username: 'Ann.Able' } }, headers);
    expect(again).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await admin('GET', '/members/ann')).text).not.toContain(oneTimePassword);
    for (const name of await readdir(test.stateDirectory, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      const bytes = await readFile(join(name.parentPath, name.name));
      expect(bytes.includes(oneTimePassword), name.name).toBe(false);
    }

    const ann = await firstSignIn('ann.able', oneTimePassword);
    expect(await seesOrganization(ann)).toBe(200);
    await expect(signIn('ann.able', oneTimePassword)).rejects.toMatchObject({ code: 'wrong_credentials' });
    const first = (await admin('GET', '/members/ann')).body.account;
    expect(first.activatedAt).toBe(first.lastSignInAt);
    for (const login of ['ANN.able ', 'ann@CLUB.example', '+1 202 555 0199', '+12025550199'])
      await signIn(login, ownPassword);
    const later = (await admin('GET', '/members/ann')).body.account;
    expect(later.activatedAt).toBe(first.activatedAt);
    expect(Date.parse(later.lastSignInAt)).toBeGreaterThan(Date.parse(first.lastSignInAt));
    expect((await admin('GET', '/members/ann')).etag).toBe('"1"');
  });

  it('has the email and phone to sign in with only where nobody else has them', async () => {
    const shared = { Mail: 'family@club.example', Tel: '0123456789' };
    await added('mum', { account: { username: 'mum' } }, shared);
    const kid = await added('kid', { account: { username: 'kid' } }, shared);
    expect(kid).toMatchObject({ email: 'family@club.example', account: { username: 'kid' } });
    expect(kid.account).not.toHaveProperty('email');
    expect(kid.account).not.toHaveProperty('phone');
    const taken = await admin('POST', '/members', {
      values: { ID: 'thief' },
      account: { username: 'Family@club.example' },
    });
    expect(taken).toMatchObject({ status: 409, body: { code: 'login_taken' } });
    expect((await admin('GET', '/members/thief')).status).toBe(404);
    const other = await added('aunt', { account: { username: 'aunt', email: 'Aunt@club.example' } }, shared);
    expect(other.account).toMatchObject({ username: 'aunt', email: 'aunt@club.example' });
    expect(other.email).toBe('family@club.example');
  });

  it.each(['', ' ', 'two words', 'x'.repeat(101), 'zero\u200bwidth'])(
    'has no username such as %j',
    async (username) => {
      const answer = await admin('POST', '/members', { values: { ID: 'unnamed' }, account: { username } });
      expect(answer).toMatchObject({
        status: 422,
        body: { code: 'invalid_member', places: [{ path: 'username' }] },
      });
    },
  );

  it('is refused on the next request when disabled, and signs in again when enabled', async () => {
    const bob = await person('bob');
    const { account } = await bob.me();
    expect(await seesOrganization(bob)).toBe(200);
    expect((await admin('POST', '/members/bob/disable')).body).toMatchObject({
      state: 'disabled',
      account: { state: 'disabled' },
    });
    expect(await seesOrganization(bob)).toBe(403);
    await expect(signIn('bob', ownPassword)).rejects.toMatchObject({ code: 'wrong_credentials' });
    await eventually(async () => expect(await cognitoEnabled(account)).toBe(false), { deadlineSeconds: 20 });
    expect((await admin('POST', '/members/bob/enable')).body).toMatchObject({
      state: 'enabled',
      account: { state: 'enabled' },
    });
    expect(await seesOrganization(bob), 'the old token stays refused').toBe(403);
    const again = await eventually(() => signIn('bob', ownPassword), { deadlineSeconds: 20 });
    expect(await seesOrganization(again)).toBe(200);
  });

  it('gets an account and another username later on', async () => {
    await added('carl');
    const made = await admin('POST', '/members/carl/username', { username: 'carl' });
    expect(made).toMatchObject({ status: 200, body: { state: 'enabled', version: 2 } });
    await firstSignIn('carl', made.body.oneTimePassword);
    const moved = await admin('POST', '/members/carl/username', { username: 'Carlos' });
    expect(moved.body).toMatchObject({ username: 'Carlos', account: { username: 'carlos' } });
    expect(moved.body).not.toHaveProperty('oneTimePassword');
    await signIn('carlos', ownPassword);
    await expect(signIn('carl', ownPassword)).rejects.toMatchObject({ code: 'wrong_credentials' });
    await added('dora', { account: { username: 'carl' } });
    const taken = await admin('POST', '/members/dora/username', { username: 'CARLOS' });
    expect(taken).toMatchObject({ status: 409, body: { code: 'login_taken' } });
    await signIn('carlos', ownPassword);
    const file = await importAndApprove(club, 'carl.csv', 'ID,First\ncarl,Charles\n', { mode: 'upsert' });
    expect(file.counts.updated).toBe(1);
    expect((await admin('GET', '/members/carl')).body).toMatchObject({ name: 'Charles', username: 'Carlos' });
  });

  it('gets new credentials, which end the old ones at once', async () => {
    const eve = await person('eve');
    const reset = await admin('POST', '/members/eve/reset-credentials');
    expect(reset.status, reset.text).toBe(200);
    expect(await seesOrganization(eve)).toBe(403);
    await expect(signIn('eve', ownPassword)).rejects.toMatchObject({ code: 'wrong_credentials' });
    const back = await firstSignIn('eve', reset.body.oneTimePassword, 'Another-Password-2026');
    expect(await seesOrganization(back)).toBe(200);
    await added('bare');
    expect(await admin('POST', '/members/bare/reset-credentials')).toMatchObject({
      status: 409,
      body: { code: 'no_account' },
    });
    expect(await entriesOf('eve')).toEqual(['member.resetCredentials', 'member.add']);
    expect((await admin('GET', '/audit?limit=200')).text).not.toContain(reset.body.oneTimePassword);
  });

  it('loses membership and logins when removed; the account stays, and the name is free', async () => {
    const fay = await person('fay', undefined, { Mail: 'fay@club.example' });
    const before = await club.client.summary(club.organization);
    expect((await admin('DELETE', '/members/fay')).status).toBe(204);
    expect(await seesOrganization(fay)).toBe(403);
    expect((await admin('GET', '/members/fay')).status).toBe(404);
    expect((await fay.send('GET', '/me')).status).toBe(200);
    for (const login of ['fay', 'fay@club.example']) {
      await expect(signIn(login, ownPassword)).rejects.toMatchObject({ code: 'wrong_credentials' });
    }
    expect(await club.client.summary(club.organization)).toMatchObject({
      total: before.total - 1,
      enabled: before.enabled - 1,
    });
    const again = await added('fay', { account: { username: 'fay' } }, { Mail: 'fay@club.example' });
    await firstSignIn('fay@club.example', again.oneTimePassword);
  });
});

function pool() {
  return new CognitoIdentityProviderClient({
    endpoint: test.cloud.endpoints.COGNITO_IDENTITY_PROVIDER,
    region: test.cloud.region,
    credentials: test.cloud.credentials,
  });
}

async function cognitoEnabled(account: string): Promise<boolean | undefined> {
  const UserPoolId = test.cloud.outputs.UserPoolId;
  const user = await pool().send(new AdminGetUserCommand({ UserPoolId, Username: account }));
  return user.Enabled;
}

describe('the user pool', () => {
  it('is repaired where it differs from the memberships', async () => {
    const gus = await person('gus');
    const { account } = await gus.me();
    const UserPoolId = test.cloud.outputs.UserPoolId;
    await pool().send(new AdminDisableUserCommand({ UserPoolId, Username: account }));
    const name = test.cloud.resource('Muster-dev-App/Functions/AccessReconcile/Function').ref;
    await test.cloud.invoke(name, {});
    await eventually(async () => expect(await cognitoEnabled(account)).toBe(true), { deadlineSeconds: 20 });
    await signIn('gus', ownPassword);
  });
});

describe('an owner on the roster', () => {
  it('acts on others but not on itself, and no lower level on it', async () => {
    const boss = await person('boss', 'owner');
    for (const [method, path] of [
      ['POST', '/members/boss/disable'],
      ['POST', '/members/boss/reset-credentials'],
      ['DELETE', '/members/boss'],
    ] as const) {
      expect(await ask(boss, method, path), path).toMatchObject({
        status: 409,
        body: { code: 'own_account' },
      });
    }
    const clerk = await person('clerk', 'administrator');
    expect(await ask(clerk, 'POST', '/members/boss/disable')).toMatchObject({ status: 403 });
    expect(await ask(clerk, 'POST', '/members/boss/reset-credentials')).toMatchObject({ status: 403 });
    const king = { values: { ID: 'king' }, account: { username: 'king', level: 'owner' } };
    expect(await ask(clerk, 'POST', '/members', king)).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    const reader = await person('reader', 'auditor');
    expect(await ask(reader, 'POST', '/members/clerk/disable')).toMatchObject({ status: 403 });
    expect((await ask(boss, 'POST', '/members/clerk/disable')).status).toBe(200);
    expect((await admin('POST', '/members/boss/disable')).status).toBe(200);
  });
});

describe('an import', () => {
  it('shuts out and lets in whom it disables and reactivates, but not its own approver', async () => {
    const guild = await newTenant(test.cloud, 'Guild', columns);
    const call = (method: string, path: string, body?: unknown) =>
      guild.client.call(method, `${guild.client.in(guild.organization)}${path}`, { body }) as Promise<
        Answer['body']
      >;
    const people = new Map<string, MusterClient>();
    for (const [id, level] of [
      ['chief', 'owner'],
      ['hand', 'member'],
      ['foot', 'member'],
    ] as const) {
      const made = await call('POST', '/members', {
        values: { ID: id, First: id },
        account: { username: id, level },
      });
      const client = new MusterClient(test.cloud.url);
      const credentials = { organization: guild.organization, login: id };
      const asked = await client
        .signIn({ ...credentials, password: made.oneTimePassword })
        .catch((error) => error);
      await client.answerChallenge(asked.session, { ...credentials, password: ownPassword });
      people.set(id, client);
    }
    const enters = async (id: string) =>
      (await people.get(id)?.send('GET', guild.client.in(guild.organization)))?.status;
    const chief = { ...guild, client: people.get('chief') as MusterClient };
    const { account } = await (people.get('hand') as MusterClient).me();

    const job = await importAndApprove(chief, 'without.csv', 'ID,First\nfoot,foot\nnew,new\n', {
      mode: 'full',
      approve: 'review',
    });
    expect(job).toMatchObject({ status: 'complete', counts: { disabled: 1, conflicts: 1, added: 1 } });
    expect([await enters('chief'), await enters('hand'), await enters('foot')]).toEqual([200, 403, 200]);
    expect(await call('GET', '/members/chief')).toMatchObject({
      state: 'enabled',
      account: { state: 'enabled' },
    });
    expect(await call('GET', '/members/hand')).toMatchObject({
      state: 'disabled',
      disabledBy: 'absence',
      account: { state: 'disabled' },
    });
    expect(await call('GET', '/members/new')).toMatchObject({ createdBy: 'chief' });
    expect(await guild.client.summary(guild.organization)).toMatchObject({
      enabled: 2,
      disabled: 1,
      notJoined: 1,
    });
    await eventually(async () => expect(await cognitoEnabled(account)).toBe(false), { deadlineSeconds: 20 });

    const back = await importFile(chief, 'with.csv', 'ID,First\nhand,hand\n', { mode: 'upsert' });
    expect(back.counts).toMatchObject({ reactivated: 1 });
    const credentials = { organization: guild.organization, login: 'hand', password: ownPassword };
    await eventually(() => (people.get('hand') as MusterClient).signIn(credentials), { deadlineSeconds: 20 });
    expect(await enters('hand')).toBe(200);
  });
});

describe('two admins at once', () => {
  it('leave the outcome of one after the other, with an entry each', async () => {
    for (let round = 0; round < 5; round++) {
      const id = `race-${round}`;
      await added(id);
      const [edited, disabled] = await Promise.all([
        admin('PATCH', pathOf(id), { values: { Last: 'Edited' } }),
        admin('POST', `${pathOf(id)}/disable`),
      ]);
      expect([edited.status, disabled.status]).toEqual([200, 200]);
      const { body } = await admin('GET', pathOf(id));
      expect(body).toMatchObject({ state: 'disabled', version: 3, values: { Last: 'Edited' } });
      const entries = await entriesOf(id);
      expect(entries.slice(0, 2).sort()).toEqual(['member.disable', 'member.update']);
      expect(entries).toHaveLength(3);
    }
  });

  it('who both saw the same version: one is told that it changed', async () => {
    await added('seen');
    const edits = ['One', 'Two'].map((Last) =>
      admin('PATCH', '/members/seen', { values: { Last } }, { 'if-match': '"1"' }),
    );
    const answers = await Promise.all(edits);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    const winner = answers.find(({ status }) => status === 200)?.body;
    expect((await admin('GET', '/members/seen')).body).toEqual(winner);
    expect(await entriesOf('seen')).toEqual(['member.update', 'member.add']);
  });

  it('who remove and enable: it is gone, or was never there to enable', async () => {
    await added('gone');
    const [removed, enabled] = await Promise.all([
      admin('DELETE', '/members/gone'),
      admin('POST', '/members/gone/enable'),
    ]);
    expect(removed.status).toBe(204);
    expect([200, 404]).toContain(enabled.status);
    expect((await admin('GET', '/members/gone')).status).toBe(404);
  });

  it('who add the same username: one has it', async () => {
    const adds = ['w1', 'w2'].map((ID) =>
      admin('POST', '/members', { values: { ID }, account: { username: 'wanted' } }),
    );
    expect((await Promise.all(adds)).map(({ status }) => status).sort()).toEqual([201, 409]);
  });
});

describeShared('naughty strings', ['data', 'naughty-strings', 'blns.json'], (path) => {
  it('come back exactly from every text field, as an import would keep them', {
    timeout: 600_000,
  }, async () => {
    const strings = JSON.parse(await readFile(path, 'utf8')) as string[];
    expect(strings.length).toBeGreaterThan(400);
    const kept = (text: string) => text.trim().normalize('NFC');
    const isControl = (text: string) => /[\u0000-\u001f\u007f]/.test(text);
    const check = async (text: string, at: number) => {
      const id = isControl(text) ? `n${at}` : kept(`n${at}:${text}`).slice(0, 200);
      const values = { ID: id, First: text, Note: text };
      const made = await admin('POST', '/members', { values });
      expect(made.status, `${JSON.stringify(text)}: ${made.text}`).toBe(201);
      const { body } = await admin('GET', pathOf(kept(id)));
      const expected = kept(text) === '' ? undefined : kept(text);
      expect([body?.values.First, body?.values.Note], text).toEqual([expected, expected]);
      expect(body.memberId).toBe(kept(id));
    };
    for (let start = 0; start < strings.length; start += 4) {
      await Promise.all(strings.slice(start, start + 4).map((text, index) => check(text, start + index)));
    }
  });
});
