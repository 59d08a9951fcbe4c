import { createHash } from 'node:crypto';
import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { AuditEntry } from 'roster/domain/api';
import { type AuditEntry as Entry, verifyChain } from 'roster/domain/audit';
import type { Column } from 'roster/domain/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MusterClient } from '../../commands/client.ts';
import { all, importFile, newTenant, startTestCloud, type Tenant, type TestCloud } from '../support/cloud.ts';
import { eventually } from '../support/eventually.ts';
import { type Ask, asking, firstSignIn, ownPassword } from '../support/people.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Name', type: 'text', role: 'fullName' },
  { name: 'Born', type: 'date' },
  { name: 'Mail', type: 'email', role: 'email' },
];
const newPassword = 'New-Password-2027';
const rowOf = (id: string) => `${id},Member ${id},1990-02-01,${id}@example.org\n`;
const csvOf = (ids: readonly string[]) => `ID,Name,Born,Mail\n${ids.map(rowOf).join('')}`;
const idsOf = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud({ mailFrom: 'muster@roster.example' });
});
afterAll(() => test?.close());

async function tenantOf(name: string, roster: string): Promise<Tenant & { ask: Ask }> {
  const tenant = await newTenant(test.cloud, name, columns);
  await importFile(tenant, 'roster.csv', roster);
  return { ...tenant, ask: asking(tenant.client, tenant.organization) };
}

/** An answer to a stranger as bytes: what differs in every answer is left out. */
async function stranger(method: string, path: string, body?: unknown, address = '192.0.2.1') {
  const options = { ...(body !== undefined && { body }), headers: { 'x-forwarded-for': address } };
  const begun = performance.now();
  const response = await new MusterClient(test.cloud.url).send(method, path, options);
  const text = await response.text();
  const differing = ['date', 'x-request-id', 'apigw-requestid', 'x-amzn-requestid'];
  const headers = [...response.headers].filter(([name]) => !differing.includes(name)).sort();
  return { bytes: JSON.stringify([response.status, headers, text]), tookMs: performance.now() - begun };
}

async function patch({ ask }: { ask: Ask }, registration: unknown) {
  const etag = (await ask('GET', '')).etag ?? '';
  return ask('PATCH', '', { registration }, { 'if-match': etag });
}

/** Gives a member on the roster an account, signed in with a password of its own. */
async function joined(club: Tenant & { ask: Ask }, id: string, level?: string): Promise<MusterClient> {
  const made = await club.ask('POST', `/members/${id}/username`, { username: id, ...(level && { level }) });
  expect(made.status, made.text).toBe(200);
  return firstSignIn(test.cloud.url, club, id, made.body.oneTimePassword);
}

async function mailsTo(to: string, count: number) {
  return eventually(
    async () => {
      const { emails } = (await (await fetch(`${test.cloud.endpoints.SES}/store`)).json()) as {
        emails: { destination: { to: string[] }; subject: string; body: { text: string; html: string } }[];
      };
      const found = emails.filter((email) => email.destination.to.includes(to));
      if (found.length < count) throw new Error(`${found.length} of ${count} mails to ${to}`);
      return found;
    },
    { deadlineSeconds: 30, pauseMs: 100 },
  );
}

const tokenIn = ({ body }: { body: { text: string } } | undefined = { body: { text: '' } }) =>
  /\/reset#([\w-]{43})/.exec(body.text)?.[1] ?? 'no link';

async function signIn({ organization }: Tenant, login: string, password = ownPassword) {
  const client = new MusterClient(test.cloud.url);
  await client.signIn({ organization, login, password });
  return client;
}

describe('registration', () => {
  let club: Tenant & { ask: Ask };
  beforeAll(async () => {
    club = await tenantOf('Open Club', `${csvOf(['in', 'off', 'free'])}bare,Member bare,1990-02-01,\n`);
    await joined(club, 'in');
    await club.ask('POST', '/members/off/disable');
  });

  it('is closed until the organization says by what people prove themselves, by columns that it has', async () => {
    expect((await club.ask('GET', '')).body.registration).toEqual({ isOpen: false, columns: [] });
    const form = `/public/registration/${club.organization}`;
    const closed = await stranger('GET', form);
    expect(closed.bytes).toContain('not_found');
    expect((await stranger('GET', '/public/registration/nowhere')).bytes).toBe(closed.bytes);

    const refused = await patch(club, { isOpen: true, columns: ['Name', 'Shoe size'] });
    expect(refused).toMatchObject({
      status: 422,
      body: {
        code: 'invalid_registration',
        places: [{ path: 'registration.columns.1', message: expect.stringContaining('Shoe size') }],
      },
    });
    expect(await patch(club, { isOpen: true, columns: ['Name', 'Born'] })).toMatchObject({
      status: 422,
      body: { places: [{ path: 'registration.columns' }] },
    });
    expect((await patch(club, { isOpen: true, columns: Array(6).fill('ID') })).status).toBe(400);
    expect((await stranger('GET', form)).bytes).toBe(closed.bytes);

    const opened = await patch(club, { isOpen: true, columns: ['ID', 'Name', 'Born'] });
    expect(opened.status, opened.text).toBe(200);
    expect(await new MusterClient(test.cloud.url).registrationForm(club.organization)).toEqual({
      name: 'Open Club',
      columns: [
        { name: 'ID', type: 'text' },
        { name: 'Name', type: 'text' },
        { name: 'Born', type: 'date' },
      ],
    });
    const { body } = await club.ask('GET', '/audit?limit=1');
    expect(body.items[0]).toMatchObject({
      action: 'organization.update',
      after: { registration: { isOpen: true, columns: ['ID', 'Name', 'Born'] } },
    });
  });

  it('answers alike, byte by byte and in even time, whatever is wrong', async () => {
    const closed = await tenantOf('Closed Club', csvOf(['free']));
    const { organization } = club;
    const of = (id: string) => ({ ID: id, Name: `member ${id.toUpperCase()}`, Born: '1990-02-01' });
    const wrong: [string, string, Record<string, string>][] = [
      ['no such organization', 'nowhere', of('free')],
      ['a closed one', closed.organization, of('free')],
      ['no such member', organization, of('nobody')],
      ['a wrong name', organization, { ...of('free'), Name: 'x' }],
      ['a wrong day', organization, { ...of('free'), Born: '1990-02-02' }],
      ['no day', organization, { ...of('free'), Born: 'x' }],
      ['a value missing', organization, { ID: 'free' }],
      ['joined already', organization, of('in')],
      ['disabled', organization, of('off')],
      ['no email on file', organization, of('bare')],
    ];
    const answers = await Promise.all(
      wrong.map(([, org, values]) => stranger('POST', '/public/register', { organization: org, values })),
    );
    expect(new Set(answers.map(({ bytes }) => bytes)).size, JSON.stringify(answers, null, 1)).toBe(1);
    expect(answers[0]?.bytes).toContain('{\\"heard\\":true}');
    expect(answers[0]?.bytes).toMatch(/^\[202,/);
    for (const [index, { tookMs }] of answers.entries()) {
      expect(tookMs, wrong[index]?.[0]).toBeGreaterThanOrEqual(999);
    }
    // The sixth attempt at one identifier from one network, and those after it, are not looked at any more.
    const body = { organization, values: { ...of('guessed') } };
    const many = await Promise.all(
      Array.from({ length: 8 }, () => stranger('POST', '/public/register', body, '192.0.2.2')),
    );
    for (const { bytes } of many) expect(bytes).toBe(answers[0]?.bytes);
    const { items } = (await club.ask('GET', '/members?limit=200')).body;
    expect(items.map(({ state }: { state: string }) => state).sort()).toEqual(
      ['disabled', 'enabled', 'not_joined', 'not_joined'].sort(),
    );
  });

  it('mails who is on the roster at the address on file, tells no more than others hear, and lets in by that mail', async () => {
    const { organization } = club;
    const ask = (id: string) => {
      const values = { ID: id, Name: `MEMBER ${id}`, Born: '1990-02-01' };
      return stranger('POST', '/public/register', { organization, values }, '192.0.2.3');
    };
    const refusal = await ask('stranger');
    expect((await ask('free')).bytes).toBe(refusal.bytes);
    const [mail] = await mailsTo('free@example.org', 1);
    const token = /\/join#([\w-]{43})/.exec(mail?.body.text ?? '')?.[1] ?? 'no link';
    const joining = { token, username: 'free', password: newPassword };
    const accepted = await stranger('POST', '/public/invitations/accept', joining, '192.0.2.3');
    expect(accepted.bytes).toMatch(/^\[200,/);
    const own = asking(await signIn(club, 'free', newPassword), organization);
    expect((await own('GET', '')).status).toBe(200);
    const { items } = (await club.ask('GET', '/audit?subject=free&sort=time')).body;
    expect(items.map(({ action, actor }: Entry) => [action, actor.login])).toEqual([
      ['member.invite', 'registration'],
      ['member.join', 'free'],
    ]);
    expect((await ask('free')).bytes).toBe(refusal.bytes);
  });

  it.each([
    {},
    { organization: 'acme' },
    { organization: 'Not An Id', values: {} },
    { organization: 'acme', values: { ID: 7 } },
    { organization: 'acme', values: Object.fromEntries(idsOf('c', 6).map((name) => [name, 'x'])) },
  ])('is asked for in no other form: %j', async (body) => {
    expect((await stranger('POST', '/public/register', body)).bytes).toMatch(/^\[400,/);
  });

  it('closes with a roster schema that lacks one of its columns', async () => {
    const shorter = columns.filter(({ name }) => name !== 'Born');
    const { version } = await club.client.schema(club.organization);
    await club.client.putSchema(club.organization, shorter, version);
    expect((await club.ask('GET', '')).body.registration).toEqual({ isOpen: false, columns: [] });
    expect((await stranger('GET', `/public/registration/${club.organization}`)).bytes).toContain('not_found');
    await club.client.putSchema(club.organization, columns, version + 1);
    expect((await club.ask('GET', '')).body.registration.isOpen).toBe(false);
  });
});

describe('a forgotten password', () => {
  let club: Tenant & { ask: Ask };
  const request = (body: unknown, address?: string) =>
    stranger('POST', '/public/resets/request', body, address);
  beforeAll(async () => {
    club = await tenantOf('Forgetful Club', `${csvOf(['ann', 'out', 'many'])}bare,Member bare,1990-02-01,\n`);
    for (const id of ['out', 'bare']) await joined(club, id);
    await club.ask('POST', '/members/out/disable');
  });

  it('is answered alike for whoever is named, and mails a link to the address on file alone', async () => {
    const session = await joined(club, 'ann');
    const { organization } = club;
    const answers = await Promise.all(
      [
        { organization, login: 'ann' },
        { organization, login: 'nobody' },
        { organization, login: 'out' },
        { organization, login: 'bare' },
        { organization: 'nowhere', login: 'ann' },
        { login: 'nobody@example.org' },
      ].map((body) => request(body, '192.0.2.10')),
    );
    expect(new Set(answers.map(({ bytes }) => bytes)).size, JSON.stringify(answers)).toBe(1);
    expect(answers[0]?.bytes).toMatch(/^\[202,/);
    for (const { tookMs } of answers) expect(tookMs).toBeGreaterThanOrEqual(999);

    const [mail, ...others] = await mailsTo('ann@example.org', 1);
    expect(others).toEqual([]);
    expect(mail?.body.text).toContain('Member ann');
    const link = `${test.cloud.url}/reset#${tokenIn(mail)}`;
    expect(mail?.body.text).toContain(link);
    const client = new MusterClient(test.cloud.url);
    expect(await client.inspectReset(tokenIn(mail))).toMatchObject({ organization, username: 'ann' });
    expect((await asking(session, organization)('GET', '')).status, 'a request ends nothing').toBe(200);
    await client.completeReset(tokenIn(mail), newPassword);
    expect((await asking(session, organization)('GET', '')).status).toBe(403);
    await expect(signIn(club, 'ann')).rejects.toMatchObject({ code: 'wrong_credentials' });
    await signIn(club, 'ann', newPassword);
    await expect(client.completeReset(tokenIn(mail), 'Again-2028-Again')).rejects.toMatchObject({
      code: 'link_invalid',
    });
    const { items } = (await club.ask('GET', '/audit?subject=ann&action=member.resetLink')).body;
    expect(items).toMatchObject([{ actor: { account: 'recovery', address: '192.0.2.10' } }]);
  });

  it('is found by email, without the organization, and by an owner who is on no roster', async () => {
    await request({ login: club.login.toUpperCase() }, '192.0.2.11');
    // The first one tells of the import.
    const [, mail] = await mailsTo(club.login, 2);
    expect(await new MusterClient(test.cloud.url).inspectReset(tokenIn(mail))).toMatchObject({
      username: club.login,
    });
  });

  it('mails three links a day at most, and answers as before', async () => {
    await joined(club, 'many');
    const { organization } = club;
    const asked = idsOf('192.0.2.', 25).slice(20);
    const answers = [];
    for (const address of asked) answers.push(await request({ organization, login: 'many' }, address));
    expect(new Set(answers.map(({ bytes }) => bytes)).size).toBe(1);
    await mailsTo('many@example.org', 3);
    const { items } = (await club.ask('GET', '/audit?subject=many&action=member.resetLink')).body;
    expect(items).toHaveLength(3);
  });
});

describe('a reset link that an admin has mailed', () => {
  it('goes to the account, is not shown, and leads to a new password', async () => {
    const club = await tenantOf('Helping Club', `${csvOf(['eve'])}bare,Member bare,1990-02-01,\n`);
    await joined(club, 'eve');
    await joined(club, 'bare');
    const made = await club.ask('POST', '/members/eve/reset-link', { method: 'email' });
    expect(made).toMatchObject({ status: 200, body: { expiresAt: expect.any(String) } });
    expect(Object.keys(made.body)).toEqual(['expiresAt']);
    const [mail] = await mailsTo('eve@example.org', 1);
    expect(made.text).not.toContain(tokenIn(mail));
    await new MusterClient(test.cloud.url).completeReset(tokenIn(mail), newPassword);
    await signIn(club, 'eve', newPassword);
    expect(await club.ask('POST', '/members/bare/reset-link', { method: 'email' })).toMatchObject({
      status: 422,
      body: { code: 'no_email' },
    });
    expect((await club.ask('POST', '/members/bare/reset-link', {})).body.url).toMatch(/^\/reset#/);
    expect((await club.ask('POST', '/members/bare/reset-link', { method: 'pigeon' })).status).toBe(400);
  });
});

describe('clearing all usernames', () => {
  const roster = csvOf(idsOf('m', 30));
  let club: Tenant & { ask: Ask };
  const sessions = new Map<string, Ask>();
  const accounts = new Map<string, string>();
  let chief: Ask;

  beforeAll(async () => {
    club = await tenantOf('Clearing Club', roster);
    const levels = ['member', 'securityAdministrator', 'owner', 'administrator', 'auditor', 'member'];
    for (const [at, level] of levels.entries()) {
      const client = await joined(club, `m${at}`, level === 'member' ? undefined : level);
      sessions.set(`m${at}`, asking(client, club.organization));
      accounts.set(`m${at}`, (await client.me()).account);
    }
    await club.ask('POST', '/members/m5/disable');
    chief = sessions.get('m1') as Ask;
  });

  const sees = async (id: string) => (await (sessions.get(id) as Ask)('GET', '')).status;
  const clear = (ask: Ask, email: unknown) => ask('POST', '/clear-usernames', { email });

  it('is for owners and security administrators who type their own email', async () => {
    for (const id of ['m0', 'm3', 'm4', 'm5']) {
      expect((await clear(sessions.get(id) as Ask, `${id}@example.org`)).status, id).toBe(403);
    }
    for (const email of ['m0@example.org', 'm1', 'Clearing Club']) {
      expect(await clear(chief, email)).toMatchObject({ status: 422, body: { code: 'email_mismatch' } });
    }
    expect((await clear(chief, undefined)).status).toBe(400);
    expect(await sees('m0')).toBe(200);
    const jobs: { kind: string }[] = (await club.ask('GET', '/jobs')).body.items;
    expect(jobs.filter(({ kind }) => kind === 'bulk')).toEqual([]);
  });

  it('takes the account from everybody who joined, spares who must stay, and ends sessions at once', async () => {
    const started = await clear(chief, ' M1@Example.ORG ');
    expect(started, started.text).toMatchObject({ status: 202, body: { action: 'clearUsername' } });
    const { jobId } = started.body;
    const job = await club.client.waitForJob(club.organization, jobId, { deadlineSeconds: 60 });
    expect(job).toMatchObject({
      state: 'complete',
      counts: { matched: 6, done: 4, unchanged: 0, failed: 2, kept: 0 },
    });
    const results = await all(club.client.jobResults(club.organization, jobId));
    const told = results.map(({ memberId, outcome, code }) => `${memberId} ${code ?? outcome}`);
    expect(told.sort()).toEqual([
      'm0 done',
      'm1 own_account',
      'm2 forbidden',
      'm3 done',
      'm4 done',
      'm5 done',
    ]);

    for (const id of ['m0', 'm3', 'm4']) expect(await sees(id), id).toBe(403);
    for (const id of ['m1', 'm2']) expect(await sees(id), id).toBe(200);
    await expect(signIn(club, 'm0')).rejects.toMatchObject({ code: 'wrong_credentials' });
    await expect(signIn(club, 'm0@example.org')).rejects.toMatchObject({ code: 'wrong_credentials' });

    const shown = (await club.ask('GET', '/members/m0')).body;
    expect(shown).toMatchObject({ state: 'not_joined', name: 'Member m0', email: 'm0@example.org' });
    for (const gone of ['account', 'username', 'activatedAt', 'lastSignInAt']) {
      expect(shown).not.toHaveProperty(gone);
    }
    const off = (await club.ask('GET', '/members/m5')).body;
    expect(off).toMatchObject({ state: 'disabled', disabledBy: 'admin' });
    expect(off).not.toHaveProperty('account');
    expect((await club.ask('GET', '/members/summary')).body).toEqual({
      total: 30,
      enrolled: 29,
      enabled: 2,
      disabled: 1,
      notJoined: 27,
    });
    const never = (await club.ask('GET', '/members?activated=never&limit=200')).body.items;
    expect(never).toHaveLength(28);
    expect(await club.ask('POST', `/jobs/${jobId}/undo`)).toMatchObject({
      status: 409,
      body: { code: 'job_not_undoable' },
    });
  });

  it('leaves an entry for each member in an unbroken chain', async () => {
    const path = `${club.client.in(club.organization)}/audit`;
    const chain = (await all(club.client.pages(path, AuditEntry, { sort: 'time' }))) as Entry[];
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(await verifyChain(chain, sha256)).toMatchObject({ unbroken: true, entries: chain.length });
    const cleared = chain.filter(({ action }) => action === 'member.clearUsername');
    expect(cleared.map(({ subject }) => subject).sort()).toEqual(['m0', 'm3', 'm4', 'm5']);
    expect(cleared.find(({ subject }) => subject === 'm3')).toMatchObject({
      actor: { login: 'm1' },
      before: { state: 'enabled', username: 'm3', level: 'administrator' },
      after: { state: 'not_joined', username: null },
    });
  });

  it('has the user pool follow: who is in no organization any more cannot sign in there', async () => {
    const { endpoints, region, credentials, outputs } = test.cloud;
    const endpoint = endpoints.COGNITO_IDENTITY_PROVIDER;
    const pool = new CognitoIdentityProviderClient({ ...(endpoint && { endpoint }), region, credentials });
    const isEnabled = async (id: string) => {
      const wanted = { UserPoolId: outputs.UserPoolId, Username: accounts.get(id) };
      return (await pool.send(new AdminGetUserCommand(wanted))).Enabled;
    };
    try {
      for (const id of ['m0', 'm3', 'm4', 'm5']) {
        await eventually(async () => expect(await isEnabled(id), id).toBe(false), {
          deadlineSeconds: 30,
          pauseMs: 100,
        });
      }
      expect(await isEnabled('m2')).toBe(true);
    } finally {
      pool.destroy();
    }
  });

  it('leaves the roster as it is for the next import, and everybody can join again (S0.25)', async () => {
    const job = await importFile(club, 'again.csv', roster);
    expect(job).toMatchObject({ status: 'complete', counts: { unchanged: 30, added: 0, updated: 0 } });
    const again = await joined(club, 'm0');
    expect((await asking(again, club.organization)('GET', '')).status).toBe(200);
    expect(await sees('m0'), 'the account of before stays out').toBe(403);
    expect((await club.ask('GET', '/members/m0')).body).toMatchObject({ state: 'enabled', username: 'm0' });
  });
});
