import { readdir, readFile } from 'node:fs/promises';
import { join as pathOf } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Column } from 'roster/domain/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CodeRequired, MusterClient, NewPasswordRequired } from '../../commands/client.ts';
import { auditTrail } from '../../layers/roster/src/aws/audit.ts';
import { memberRecords } from '../../layers/roster/src/aws/members.ts';
import { roster } from '../../layers/roster/src/aws/roster.ts';
import { createTable } from '../../layers/roster/src/aws/table.ts';
import { withAccount } from '../../layers/roster/src/domain/member-edit.ts';
import { authenticatorCode } from '../integration/local-cognito/authenticator.ts';
import { newTenant, startTestCloud, type Tenant, type TestCloud } from '../support/cloud.ts';
import { eventually } from '../support/eventually.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'First', type: 'text', role: 'firstName' },
  { name: 'Mail', type: 'email', role: 'email' },
];
const ownPassword = 'Own-Password-2026';
const newPassword = 'New-Password-2027';

let test: TestCloud;
let club: Tenant;

beforeAll(async () => {
  test = await startTestCloud();
  club = await newTenant(test.cloud, 'Club', columns);
});
afterAll(() => test?.close());

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into answers of every shape
  body: any;
}

async function ask(
  client: MusterClient,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await client.send(method, path, { ...(body !== undefined && { body }), headers });
  const text = await response.text();
  const { status } = response;
  return {
    status,
    headers: response.headers,
    text,
    body: text.startsWith('{') ? JSON.parse(text) : undefined,
  };
}
const at = (path: string, { organization }: Tenant = club) => `/orgs/${organization}${path}`;
const admin = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  ask(club.client, method, at(path), body, headers);
const anybody = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  ask(new MusterClient(test.cloud.url), method, path, body, headers);

/** Asks again until the work passes or 60 seconds are over. */
const naming = (login: string, { organization }: Tenant = club) => ({ organization, login });

async function signIn(login: string, password = ownPassword, tenant = club) {
  const client = new MusterClient(test.cloud.url);
  await client.signIn({ ...naming(login, tenant), password });
  return client;
}

/** A member with an account, signed in with a password of its own. */
async function person(id: string, level?: string, tenant = club) {
  const account = { username: id, ...(level && { level }) };
  const made = await ask(tenant.client, 'POST', at('/members', tenant), {
    values: { ID: id, First: id },
    account,
  });
  expect(made.status, made.text).toBe(201);
  const client = new MusterClient(test.cloud.url);
  const credentials = { ...naming(id, tenant), password: made.body.oneTimePassword };
  const asked = await client.signIn(credentials).catch((error) => error);
  expect(asked).toBeInstanceOf(NewPasswordRequired);
  await client.answerChallenge(asked.session, { ...credentials, password: ownPassword });
  return client;
}

const sees = async (client: MusterClient, tenant = club) => (await ask(client, 'GET', at('', tenant))).status;
const isOut = { code: 'wrong_credentials' };

async function entriesOf(subject: string, tenant = club) {
  const path = at(`/audit?limit=200&subject=${encodeURIComponent(subject)}`, tenant);
  const { body } = await ask(tenant.client, 'GET', path);
  return body.items.map(({ action }: { action: string }) => action);
}

async function linkFor(id: string) {
  const made = await admin('POST', `/members/${id}/reset-link`);
  expect(made.status, made.text).toBe(200);
  return { ...made.body, token: made.body.url.split('#')[1] } as {
    url: string;
    expiresAt: string;
    token: string;
  };
}
/** Of their own, so that the void links of all tests stay below the limit of one address. */
const holder = { 'x-forwarded-for': '192.0.2.200' };
const inspect = (token: unknown) => anybody('POST', '/public/resets/inspect', { token }, holder);
const complete = (token: unknown, password: unknown) =>
  anybody('POST', '/public/resets/complete', { token, newPassword: password }, holder);

/** An authenticator app: each code once, of the steps that a pool takes for clocks that differ by one. */
function authenticator(secret: string) {
  let last = 0;
  return async () => {
    for (;;) {
      const current = Math.floor(Date.now() / 30_000);
      const step = Math.max(last + 1, current - 1);
      if (step <= current + 1) {
        last = step;
        return authenticatorCode(secret, new Date(step * 30_000));
      }
      await wait(200);
    }
  };
}

async function withSecondFactor(client: MusterClient) {
  const { secret } = await client.beginSecondFactor();
  const code = authenticator(secret);
  await client.confirmSecondFactor(await code());
  return code;
}

async function askedForCode(login: string, password = ownPassword): Promise<string> {
  const asked = await signIn(login, password).catch((error) => error);
  expect(asked).toBeInstanceOf(CodeRequired);
  return asked.session;
}

async function signInWithCode(login: string, code: () => Promise<string>, password = ownPassword) {
  const session = await askedForCode(login, password);
  const client = new MusterClient(test.cloud.url);
  await client.answerCode(session, naming(login), await code());
  return client;
}

/** Where in the state of the cloud, logs and all, one of these texts stands. */
async function filesWith(texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(test.stateDirectory, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const bytes = await readFile(pathOf(name.parentPath, name.name));
    if (texts.some((text) => bytes.includes(text))) found.push(name.name);
  }
  return found;
}

describe('a reset link', () => {
  it('leads to a new password, once, and ends every session (S3.21, B5)', async () => {
    const ann = await person('ann');
    const { url, expiresAt, token } = await linkFor('ann');
    expect(url).toMatch(/^\/reset#[\w-]{43}$/);
    const hours24 = 24 * 60 * 60 * 1000;
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(hours24 - 60_000);
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(hours24);
    expect(await sees(ann), 'making a link ends nothing').toBe(200);
    expect((await inspect(token)).body).toEqual({
      organization: club.organization,
      name: 'Club',
      username: 'ann',
      expiresAt,
    });
    expect(await complete(token, newPassword)).toMatchObject({ status: 204, text: '' });
    expect(await sees(ann)).toBe(403);
    await expect(signIn('ann')).rejects.toMatchObject(isOut);
    expect(await sees(await signIn('ann', newPassword))).toBe(200);
    for (const again of [await complete(token, ownPassword), await inspect(token)]) {
      expect(again).toMatchObject({ status: 410, body: { code: 'link_invalid' } });
    }
    expect(await entriesOf('ann')).toEqual(['account.password', 'member.resetLink', 'member.add']);
    const audit = (await admin('GET', '/audit?limit=200')).text;
    expect(audit).not.toContain(token);
    expect(audit).not.toContain(newPassword);
    expect(await filesWith([token, newPassword, ownPassword])).toEqual([]);
  });

  it('is not kept for an Idempotency-Key, and does not lead where the Host header says', async () => {
    await person('host');
    const headers = { 'idempotency-key': 'link', host: 'evil.example', 'x-forwarded-host': 'evil.example' };
    const first = await admin('POST', '/members/host/reset-link', undefined, headers);
    const second = await admin('POST', '/members/host/reset-link', undefined, headers);
    expect(first.body.url).not.toBe(second.body.url);
    expect(first.text).not.toContain('evil');
    const { url } = await club.client.makeResetLink(club.organization, 'host');
    expect(url).toMatch(new RegExp(`^${test.cloud.url}/reset#`));
  });

  it('is consumed by nothing but a new password: no GET, HEAD or automatic POST (B6)', async () => {
    await person('scan');
    const { token } = await linkFor('scan');
    for (const path of ['/public/resets/inspect', '/public/resets/complete', '/reset', `/reset?t=${token}`]) {
      for (const method of ['GET', 'HEAD']) {
        expect((await anybody(method, path)).status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
      }
    }
    for (const method of ['GET', 'HEAD']) await fetch(`${test.cloud.url}/reset#${token}`, { method });
    for (let tens = 0; tens < 10; tens++) {
      const all = await Promise.all(Array.from({ length: 10 }, () => inspect(token)));
      expect(all.map(({ status }) => status)).toEqual(Array(10).fill(200));
    }
    for (const body of [{ token }, { token, newPassword: '' }, { token, newPassword: 7 }, {}]) {
      expect((await anybody('POST', '/public/resets/complete', body)).status).toBe(400);
    }
    expect(await complete(token, 'weak')).toMatchObject({ status: 422, body: { code: 'invalid_password' } });
    await signIn('scan');
    expect((await complete(token, newPassword)).status).toBe(204);
    await signIn('scan', newPassword);
  });

  it('says when to try again where the user pool stays busy, and is then as good as before', async () => {
    await person('busy');
    const { token } = await linkFor('busy');
    const poolRefuses = (throttle: Record<string, number>) =>
      fetch(`${test.cloud.endpoints.COGNITO_IDENTITY_PROVIDER}/faults`, {
        method: 'PUT',
        body: JSON.stringify({ throttle }),
      });
    for (const operation of ['AdminSetUserPassword', 'AdminUserGlobalSignOut']) {
      await poolRefuses({ [operation]: 1_000 });
      const busy = { status: 429, body: { code: 'too_many_requests' } };
      expect(await complete(token, newPassword), operation).toMatchObject(busy);
    }
    await poolRefuses({ AdminSetUserPassword: 2 });
    expect((await complete(token, newPassword)).status).toBe(204);
    await signIn('busy', newPassword);
  });

  it('lets exactly one of 20 passwords at once come to count', async () => {
    await person('race');
    const { token } = await linkFor('race');
    const passwords = Array.from({ length: 20 }, (_, index) => `Racing-Password-${index}`);
    const answers = await Promise.all(passwords.map((password) => complete(token, password)));
    const winners = passwords.filter((_, index) => answers[index]?.status === 204);
    expect(winners).toHaveLength(1);
    for (const { status, body } of answers.filter((answer) => answer.status !== 204)) {
      expect([status, body.code]).toSatisfy(([given, code]: [number, string]) =>
        code === 'link_in_use' ? given === 409 : given === 410 && code === 'link_invalid',
      );
    }
    await signIn('race', winners[0]);
    // Those beside the winner; the pool slows down after four wrong ones.
    for (const password of passwords.filter((one) => one !== winners[0]).slice(0, 3)) {
      await expect(signIn('race', password)).rejects.toMatchObject(isOut);
    }
    expect((await entriesOf('race')).filter((action: string) => action === 'account.password')).toHaveLength(
      1,
    );
  });

  it.each([
    ['a newer link', async () => linkFor('newer'), 'newer'],
    ['a one-time password', async () => admin('POST', '/members/onetime/reset-credentials'), 'onetime'],
    ['a disable', async () => admin('POST', '/members/disabled/disable'), 'disabled'],
    [
      'a disable, though enabled again',
      async () => {
        await admin('POST', '/members/back/disable');
        await admin('POST', '/members/back/enable');
      },
      'back',
    ],
    ['a removal', async () => admin('DELETE', '/members/removed'), 'removed'],
    [
      'a change of the password by its owner',
      async () => (await signIn('self')).changePassword(ownPassword, newPassword),
      'self',
    ],
  ])('is made void by %s', async (_, act, id) => {
    await person(id);
    const { token } = await linkFor(id);
    await act();
    for (const answer of [await inspect(token), await complete(token, 'Void-Password-2026')]) {
      expect(answer, answer.text).toMatchObject({ status: 410, body: { code: 'link_invalid' } });
    }
  });

  it('is made by whom the rules of credentials allow, for members that have an account of their own', async () => {
    const wanted: [string, number, string][] = [
      ['nobody', 404, 'not_found'],
      ['bare', 409, 'no_account'],
      ['off', 409, 'member_disabled'],
    ];
    await admin('POST', '/members', { values: { ID: 'bare' } });
    await person('off');
    await admin('POST', '/members/off/disable');
    for (const [id, status, code] of wanted) {
      expect(await admin('POST', `/members/${id}/reset-link`), id).toMatchObject({ status, body: { code } });
    }
    const chief = await person('chief', 'securityAdministrator');
    const helper = await person('helper', 'administrator');
    const plain = await person('plain');
    const by = (client: MusterClient, id: string) => ask(client, 'POST', at(`/members/${id}/reset-link`));
    expect(await by(helper, 'chief')).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await by(helper, 'helper')).toMatchObject({ status: 409, body: { code: 'own_account' } });
    expect((await by(plain, 'helper')).status).toBe(403);
    expect((await by(chief, 'helper')).status).toBe(200);
    const stale = await admin('POST', '/members/plain/reset-link', undefined, { 'if-match': '"9"' });
    expect(stale).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
  });

  it.each([undefined, '', 7, null, 'x'.repeat(201), ['x']])('is no token such as %j', async (token) => {
    expect(await inspect(token)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect((await complete(token, newPassword)).status).toBe(400);
  });

  it.each(['x', '🎟', "' OR 1=1", '../../TOKEN', 'T#x'])(
    'is nothing where nobody made it: %j',
    async (token) => {
      expect(await inspect(token)).toMatchObject({ status: 410, body: { code: 'link_invalid' } });
    },
  );
});

describe('changing the own password', () => {
  it('keeps this session by new tokens and ends all others', async () => {
    const here = await person('pat');
    const there = await signIn('pat');
    await here.changePassword(ownPassword, newPassword);
    expect(await sees(here)).toBe(200);
    expect(await sees(there)).toBe(403);
    await expect(signIn('pat')).rejects.toMatchObject(isOut);
    await signIn('pat', newPassword);
    expect(await entriesOf('pat')).toEqual(['account.password', 'member.add']);
  });

  it('takes the current password and one that the policy takes', async () => {
    const kit = await person('kit');
    const change = (body: unknown) => ask(kit, 'POST', '/me/password', body);
    const wrong = { currentPassword: 'Wrong-Password-1', newPassword };
    expect(await change(wrong)).toMatchObject({ status: 401, body: { code: 'wrong_credentials' } });
    for (const refused of ['weak', ownPassword]) {
      const body = { currentPassword: ownPassword, newPassword: refused };
      expect(await change(body)).toMatchObject({ status: 422, body: { code: 'invalid_password' } });
    }
    for (const body of [{}, { newPassword }, { currentPassword: ownPassword }, { ...wrong, more: 1 }]) {
      expect(await change(body)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    }
    expect((await anybody('POST', '/me/password', wrong)).status).toBe(401);
    await signIn('kit');
  });

  it('is limited to ten wrong guesses with all else that takes the password, wherever they come from', async () => {
    const lea = await person('lea');
    const statuses: number[] = [];
    for (let guess = 0; guess < 11; guess++) {
      const password = `Wrong-Password-${guess}`;
      const headers = { 'x-forwarded-for': `198.51.100.${guess}` };
      statuses.push((await ask(lea, 'DELETE', '/me/totp', { password }, headers)).status);
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429]);
    const right = await ask(lea, 'POST', '/me/password', { currentPassword: ownPassword, newPassword });
    expect(right).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(840);
    expect(await sees(lea), 'the session goes on').toBe(200);
  });
});

describe('a second factor', () => {
  it('is on once a code confirms it, is then asked for, and is off by the password', async () => {
    const tom = await person('tom');
    expect(await tom.me()).toMatchObject({ secondFactor: false });
    const { secret, uri } = await tom.beginSecondFactor();
    expect(uri).toBe(`otpauth://totp/Muster%3Atom?secret=${secret}&issuer=Muster`);
    await signIn('tom');
    const code = authenticator(secret);
    const first = await code();
    const wrong = first === '000000' ? '000001' : '000000';
    const confirm = (given: unknown) => ask(tom, 'POST', '/me/totp/confirm', { code: given });
    expect(await confirm(wrong)).toMatchObject({ status: 401, body: { code: 'wrong_code' } });
    for (const given of ['', '12345', '1234567', 'abcdef', 123456, undefined]) {
      expect(await confirm(given)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    }
    expect((await confirm(first)).status).toBe(204);
    expect(await tom.me()).toMatchObject({ secondFactor: true });

    const session = await askedForCode('tom');
    const challenge = { challenge: 'SOFTWARE_TOKEN_MFA', session, ...naming('tom') };
    const answer = (more: object) => anybody('POST', '/sessions/challenge', { ...challenge, ...more });
    for (const given of [wrong, first]) {
      expect(await answer({ code: given })).toMatchObject({ status: 401, body: { code: 'wrong_code' } });
    }
    expect(await answer({ code: 'soon' })).toMatchObject({ status: 400 });
    expect(await answer({ newPassword })).toMatchObject({ status: 400 });
    expect(await answer({ session: 'made-up', code: '123456' })).toMatchObject({
      status: 401,
      body: { code: 'invalid_session' },
    });
    const stranger = await answer({ login: 'nobody', code: '123456' });
    expect(stranger).toMatchObject({ status: 401, body: { code: 'invalid_session' } });
    const right = await answer({ code: await code() });
    expect(right.body).toMatchObject({ accessToken: expect.any(String), refreshToken: expect.any(String) });
    expect((await answer({ code: await code() })).body).toMatchObject({ code: 'invalid_session' });
    const { accessToken, refreshToken } = right.body;
    const bearer = { authorization: `Bearer ${accessToken}` };
    expect((await anybody('POST', '/me/totp', undefined, bearer)).status).toBe(200);
    expect(await filesWith([accessToken, refreshToken])).toEqual([]);

    const drop = (password: unknown) => ask(tom, 'DELETE', '/me/totp', { password });
    expect(await drop('Wrong-Password-1')).toMatchObject({
      status: 401,
      body: { code: 'wrong_credentials' },
    });
    expect((await drop(undefined)).status).toBe(400);
    await askedForCode('tom');
    expect((await drop(ownPassword)).status).toBe(204);
    expect(await tom.me()).toMatchObject({ secondFactor: false });
    await signIn('tom');
    expect(await entriesOf('tom')).toEqual(['account.secondFactor', 'account.secondFactor', 'member.add']);
    expect((await admin('GET', '/audit?limit=200')).text).not.toContain(secret);
    const logs = await filesWith([secret]);
    expect(logs, 'the pool itself keeps it').toSatisfy((names: string[]) =>
      names.every((name) => name.startsWith('cognito')),
    );
  });

  it('is asked for after a new password too, and stays on after a reset link', async () => {
    const una = await person('una');
    const code = await withSecondFactor(una);
    await expect(una.changePassword(ownPassword, newPassword)).rejects.toBeInstanceOf(CodeRequired);
    await signInWithCode('una', code, newPassword);
    const { token } = await linkFor('una');
    expect((await complete(token, ownPassword)).status).toBe(204);
    await askedForCode('una');
  });

  it('goes with new credentials, for a telephone is lost', async () => {
    const lou = await person('lou');
    await withSecondFactor(lou);
    const reset = await admin('POST', '/members/lou/reset-credentials');
    expect(reset.status, reset.text).toBe(200);
    expect(await sees(lou)).toBe(403);
    const client = new MusterClient(test.cloud.url);
    const credentials = { ...naming('lou'), password: reset.body.oneTimePassword };
    const asked = await client.signIn(credentials).catch((error) => error);
    expect(asked).toBeInstanceOf(NewPasswordRequired);
    await client.answerChallenge(asked.session, { ...credentials, password: newPassword });
    expect(await client.me()).toMatchObject({ secondFactor: false });
    const { body } = await admin('GET', '/audit?limit=1&subject=lou');
    expect(body.items[0]).toMatchObject({
      action: 'member.resetCredentials',
      details: { username: 'lou', secondFactorRemoved: true },
    });
  });

  it('has its codes guessed ten times at most, from however many addresses', async () => {
    const max = await person('max');
    await withSecondFactor(max);
    const session = await askedForCode('max');
    const guesses = await Promise.all(
      Array.from({ length: 25 }, (_, index) =>
        anybody(
          'POST',
          '/sessions/challenge',
          {
            challenge: 'SOFTWARE_TOKEN_MFA',
            session,
            ...naming('max'),
            code: String(100_000 + index),
          },
          { 'x-forwarded-for': `203.0.113.${index}` },
        ),
      ),
    );
    const statuses = guesses.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(10).fill(401), ...Array(15).fill(429)]);
  });
});

describe('an organization that requires a second factor', () => {
  it('refuses its administrators without one everything but their own account', async () => {
    const guild = await newTenant(test.cloud, 'Guild', columns);
    const chief = await person('chief', 'administrator', guild);
    const plain = await person('plain', 'member', guild);
    const settings = (client: MusterClient, body: unknown) => ask(client, 'PATCH', at('', guild), body);
    expect((await ask(guild.client, 'GET', at('', guild))).body).toMatchObject({
      requireSecondFactor: false,
    });
    for (const body of [{ requireSecondFactor: 'yes' }, { requireSecondFactor: null }]) {
      expect((await settings(guild.client, body)).status).toBe(400);
    }
    expect(await settings(guild.client, { requireSecondFactor: true })).toMatchObject({
      status: 409,
      body: { code: 'no_second_factor' },
    });
    await withSecondFactor(guild.client);
    expect((await settings(guild.client, { requireSecondFactor: true })).body).toMatchObject({
      requireSecondFactor: true,
    });
    const renamed = await settings(guild.client, { name: 'The Guild' });
    expect(renamed.body, 'stays with other changes').toMatchObject({ requireSecondFactor: true });

    const calls: [string, string, unknown?][] = [
      ['GET', ''],
      ['GET', '/members'],
      ['GET', '/audit'],
      ['POST', '/members', { values: { ID: 'x' } }],
      ['PATCH', '', { requireSecondFactor: false }],
    ];
    for (const [method, path, body] of calls) {
      expect(await ask(chief, method, at(path, guild), body), `${method} ${path}`).toMatchObject({
        status: 403,
        body: { code: 'second_factor_required' },
      });
    }
    expect(await sees(plain, guild)).toBe(200);
    expect(await chief.me()).toMatchObject({ secondFactor: false });
    await withSecondFactor(chief);
    expect(await sees(chief, guild)).toBe(200);
    await chief.dropSecondFactor(ownPassword);
    expect(await ask(chief, 'GET', at('', guild))).toMatchObject({
      body: { code: 'second_factor_required' },
    });
    await chief.signOut();
    expect((await settings(guild.client, { requireSecondFactor: false })).status).toBe(200);
    expect(await sees(await signIn('chief', ownPassword, guild), guild)).toBe(200);
  });
});

describe('guessing passwords', () => {
  const attempt = (login: string, password: string, address: string) =>
    anybody('POST', '/sessions', { ...naming(login), password }, { 'x-forwarded-for': address });
  const guess = async (login: string, times: number, address: string) => {
    const answers: Answer[] = [];
    for (let time = 0; time < times; time++) {
      answers.push(await attempt(login, `Wrong-Password-${time}`, address));
    }
    return answers;
  };

  it('is refused after ten failures from one address, alike for logins that there are and are not', async () => {
    await person('gil');
    const known = await guess('gil', 11, '192.0.2.1');
    const unknown = await guess('nobody-at-all', 11, '192.0.2.2');
    const shape = ({ status, body, headers }: Answer) => [
      status,
      body,
      [...headers.keys()].filter((name) => name !== 'date'),
    ];
    expect(known.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429]);
    expect(known.map(shape)).toEqual(unknown.map(shape));
    expect(known[10]?.body).toMatchObject({ code: 'too_many_requests' });
    const seconds = Number(known[10]?.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(840);
    expect(seconds).toBeLessThanOrEqual(900);
    expect((await attempt('gil', ownPassword, '192.0.2.1')).status, 'nor by the right one').toBe(429);
    expect((await attempt(' GIL ', ownPassword, '192.0.2.1')).status, 'however it is written').toBe(429);
    // The person, who is elsewhere, waits for the pool's own lock of a second or so and no longer.
    await eventually(async () => expect((await attempt('gil', ownPassword, '192.0.2.3')).status).toBe(200), {
      pauseMs: 300,
    });
  });

  it('starts anew after a success', async () => {
    await person('ida');
    for (let round = 0; round < 4; round++) {
      for (const { status } of await guess('ida', 4, '192.0.2.10')) expect(status).toBe(401);
      expect((await attempt('ida', ownPassword, '192.0.2.10')).status).toBe(200);
    }
  });

  it('is refused to an address after a hundred failures, whosever logins it tries', async () => {
    const statuses: number[] = [];
    for (let tens = 0; tens < 10; tens++) {
      const ten = Array.from({ length: 10 }, (_, one) => attempt(`who-${tens}-${one}`, 'x', '192.0.2.20'));
      statuses.push(...(await Promise.all(ten)).map(({ status }) => status));
    }
    expect(statuses).toEqual(Array(100).fill(401));
    expect((await attempt('who-next', 'x', '192.0.2.20')).status).toBe(429);
    expect((await attempt('who-next', 'x', '192.0.2.21')).status).toBe(401);
    const link = await anybody(
      'POST',
      '/public/resets/inspect',
      { token: 'x' },
      { 'x-forwarded-for': '192.0.2.20' },
    );
    expect(link.status).toBe(429);
  });
});

describe('one account in two organizations', () => {
  it('has a username, level and state in each', async () => {
    const other = await newTenant(test.cloud, 'Other', columns);
    const zoe = await person('zoe');
    const { account } = await zoe.me();
    await join(other, account, 'zoe.two', 'administrator');
    const memberships = async (client: MusterClient) =>
      (await client.me()).memberships
        .map(({ organization, login, level }) => [organization, login, level])
        .sort();
    const both = [
      [club.organization, 'zoe', 'member'],
      [other.organization, 'zoe.two', 'administrator'],
    ];
    expect(await memberships(zoe)).toEqual(both);
    const two = await signIn('zoe.two', ownPassword, other);
    expect(await memberships(two)).toEqual(both);
    expect([await sees(two), await sees(two, other)]).toEqual([200, 200]);
    await expect(signIn('zoe', ownPassword, other)).rejects.toMatchObject(isOut);
    await expect(signIn('zoe.two')).rejects.toMatchObject(isOut);

    for (const act of ['reset-credentials', 'reset-link']) {
      for (const [tenant, id] of [
        [club, 'zoe'],
        [other, 'zoe.two'],
      ] as const) {
        const answer = await ask(tenant.client, 'POST', at(`/members/${id}/${act}`, tenant));
        expect(answer, answer.text).toMatchObject({ status: 409, body: { code: 'shared_account' } });
      }
    }
    await two.changePassword(ownPassword, newPassword);
    expect((await entriesOf('zoe'))[0]).toBe('account.password');
    expect((await entriesOf('zoe.two', other))[0]).toBe('account.password');

    expect((await admin('POST', '/members/zoe/disable')).status).toBe(200);
    expect([await sees(two), await sees(two, other)]).toEqual([403, 200]);
    expect(await memberships(two)).toEqual([both[1]]);
    await expect(signIn('zoe', newPassword)).rejects.toMatchObject(isOut);
    expect(await sees(await signIn('zoe.two', newPassword, other), other)).toBe(200);
    expect((await admin('DELETE', '/members/zoe')).status).toBe(204);
    expect(await sees(await signIn('zoe.two', newPassword, other), other), 'S3.26').toBe(200);
  });

  it('has no link that was made while it was in one only', async () => {
    const yan = await person('yan');
    const { token } = await linkFor('yan');
    const third = await newTenant(test.cloud, 'Third', columns);
    await join(third, (await yan.me()).account, 'yan', 'owner');
    expect(await complete(token, newPassword)).toMatchObject({ status: 410, body: { code: 'link_invalid' } });
  });
});

/** Puts an account into another organization, as an invitation is to do once there are invitations. */
async function joinedBy(tenant: Tenant, account: string, username: string, level: 'administrator' | 'owner') {
  const { credentials, region, endpoints, outputs } = test.cloud;
  const client = new DynamoDBClient({ endpoint: endpoints.DYNAMODB, region, credentials });
  try {
    const table = createTable({ tableName: outputs.TableName ?? '', client });
    const before = await roster(table).get(tenant.organization, username);
    const after = withAccount(before, account, username, new Date().toISOString());
    const { organization } = tenant;
    const membership = {
      account,
      organization,
      level,
      login: username,
      state: 'enabled' as const,
      externalId: before.externalId,
      tokensValidFromSeconds: 0,
      version: 1,
    };
    const write = {
      organization: { organization, timeZone: 'UTC' },
      member: { before, after },
      membership: { after: membership },
    };
    const actor = { account: 'test', login: 'test' };
    const audit = auditTrail(table, () => new Date());
    await memberRecords(table, audit).commit(write, { action: 'member.username', actor, subject: username });
  } finally {
    client.destroy();
  }
}

async function join(tenant: Tenant, account: string, username: string, level: 'administrator' | 'owner') {
  const made = await ask(tenant.client, 'POST', at('/members', tenant), { values: { ID: username } });
  expect(made.status, made.text).toBe(201);
  await joinedBy(tenant, account, username, level);
}
