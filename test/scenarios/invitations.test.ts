import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Column } from 'roster/domain/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MusterClient } from '../../commands/client.ts';
import { keys } from '../../layers/roster/src/aws/keys.ts';
import { createTable, type Table } from '../../layers/roster/src/aws/table.ts';
import { hashOfLinkToken } from '../../layers/roster/src/lambda/link-token.ts';
import { importFile, newTenant, startTestCloud, type Tenant, type TestCloud } from '../support/cloud.ts';
import { eventually, untilPasses } from '../support/eventually.ts';
import { type Answer, type Ask, asking, ownPassword } from '../support/people.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Name', type: 'text', role: 'fullName' },
  { name: 'Mail', type: 'email', role: 'email' },
];
const dayMs = 24 * 60 * 60 * 1000;

let test: TestCloud;
let club: Tenant;
let admin: Ask;
let dynamo: DynamoDBClient;
let table: Table;
let made = 0;

beforeAll(async () => {
  test = await startTestCloud({ mailFrom: 'muster@roster.example', mailPerSecond: 100 });
  club = await newTenant(test.cloud, 'Club', columns);
  admin = asking(club.client, club.organization);
  const { endpoints, region, credentials, outputs } = test.cloud;
  dynamo = new DynamoDBClient({ endpoint: endpoints.DYNAMODB, region, credentials });
  table = createTable({ tableName: outputs.TableName ?? '', client: dynamo });
});
afterAll(async () => {
  dynamo?.destroy();
  await test?.close();
});

const anybody = () => new MusterClient(test.cloud.url);

async function send(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await anybody().send(method, path, body === undefined ? {} : { body });
  const text = await response.text();
  const etag = response.headers.get('etag');
  return { status: response.status, etag, text, body: text.startsWith('{') ? JSON.parse(text) : undefined };
}
const inspect = (token: string) => send('POST', '/public/invitations/inspect', { token });
const accept = (token: string, username: string, password = ownPassword) =>
  send('POST', '/public/invitations/accept', { token, username, password });
const refused = (status: number, code: string) => ({ status, body: { code } });

/** Adds a member with an email of its own; its name is the id with a second word. */
async function member(values: Record<string, string> = {}): Promise<{ id: string; email: string }> {
  const id = `p${++made}`;
  const email = `${id}@people.example`;
  const answer = await admin('POST', '/members', {
    values: { ID: id, Name: `${id} Doe`, Mail: email, ...values },
  });
  expect(answer.status, answer.text).toBe(201);
  return { id, email: values.Mail ?? email };
}

const tokenOf = (link: string | undefined) => new URL(link ?? '').hash.slice(1);
async function linkFor(id: string, tenant = club): Promise<string> {
  return tokenOf((await tenant.client.invite(tenant.organization, id, 'link')).url);
}

/** How many of the next calls of operations of the user pool are refused as too many. */
const poolRefuses = (throttle: Record<string, number>) =>
  fetch(`${test.cloud.endpoints.COGNITO_IDENTITY_PROVIDER}/faults`, {
    method: 'PUT',
    body: JSON.stringify({ throttle }),
  });

interface Email {
  subject: string;
  body: { text: string };
}

async function mailbox(): Promise<(Email & { destination: { to: string[] } })[]> {
  return ((await (await fetch(`${test.cloud.endpoints.SES}/store`)).json()) as { emails: never[] }).emails;
}
const mailsTo = async (to: string) =>
  (await mailbox()).filter(({ destination }) => destination.to.includes(to));

/** Asks again until the answer passes or 2 minutes are over. */
/** The token in the newest of so many mails to an address. */
async function mailedToken(to: string, mails: number): Promise<string> {
  const found = await untilPasses(
    () => mailsTo(to),
    (all) => all.length >= mails,
  );
  expect(found).toHaveLength(mails);
  const [link] = /http\S+\/join#\S+/.exec(found.at(-1)?.body.text ?? '') ?? [];
  expect(link).toContain(`${test.cloud.url}/join#`);
  return tokenOf(link);
}

async function invitationOf(id: string) {
  return (await admin('GET', `/members/${id}`)).body.invitation;
}

async function auditOf(subject: string): Promise<string[]> {
  const { body } = await admin('GET', `/audit?subject=${subject}&sort=time`);
  return body.items.map(({ action }: { action: string }) => action);
}

/** Lets four days go by for an invitation: its times are stored as they would be then. */
async function age(id: string, token: string): Promise<void> {
  const validUntil = new Date(Date.now() - dayMs).toISOString();
  const key = keys.member(club.organization, id);
  const stored = await table.get(key, { consistent: true });
  const invitation = { ...(stored?.invitation as object), validUntil };
  await table.update({ key, set: { invitation } });
  await table.update({ key: keys.linkToken(hashOfLinkToken(token)), set: { validUntil } });
}

describe('an invitation', () => {
  it('by link lets a person choose a username and a password, and sign in by the email too', async () => {
    const { id, email } = await member();
    expect(await club.client.invite(club.organization, id, 'link')).toMatchObject({
      member: { state: 'not_joined', invitation: { state: 'sent', method: 'link', rounds: 1 } },
    });
    const { url, expiresAt } = await club.client.invite(club.organization, id, 'link');
    const goodForMs = Date.parse(expiresAt) - Date.now();
    expect(goodForMs).toBeGreaterThan(3 * dayMs - 60_000);
    expect(goodForMs).toBeLessThanOrEqual(3 * dayMs);
    const token = tokenOf(url);
    expect(await anybody().inspectInvitation(token)).toMatchObject({
      organization: club.organization,
      name: 'Club',
      memberName: `${id} Doe`,
      email: 'p***@p***.example',
      state: 'opened',
    });
    expect(await invitationOf(id)).toMatchObject({ state: 'opened', rounds: 2 });

    expect(await accept(token, 'ann', 'short')).toMatchObject(refused(422, 'invalid_password'));
    expect(await accept(token, 'a b')).toMatchObject(refused(422, 'invalid_member'));
    const ann = anybody();
    await ann.acceptInvitation(token, 'ann', ownPassword);
    expect((await ann.me()).memberships).toMatchObject([{ login: 'ann', level: 'member' }]);
    await anybody().signIn({ organization: club.organization, login: email, password: ownPassword });

    const { body } = await admin('GET', `/members/${id}`);
    expect(body).toMatchObject({ state: 'enabled', username: 'ann', account: { username: 'ann', email } });
    expect(body.invitation).toBeUndefined();
    expect(await accept(token, 'eve')).toMatchObject(refused(410, 'link_invalid'));
    expect(await admin('POST', `/members/${id}/invite`, { method: 'link' })).toMatchObject(
      refused(409, 'member_joined'),
    );
    expect(await auditOf(id)).toEqual(['member.add', 'member.invite', 'member.invite', 'member.join']);
  });

  it('by email tells what became of the mail; a second round makes the first one’s link void', async () => {
    const { id, email } = await member();
    await club.client.invite(club.organization, id, 'email');
    const first = await mailedToken(email, 1);
    expect((await mailsTo(email))[0]?.subject).toBe('Join Club');
    const listed = () => admin('GET', `/invitations?q=${id}`);
    const { body } = await untilPasses(
      listed,
      (answer) => answer.body.items[0]?.delivery.state === 'delivered',
    );
    expect(body.items).toMatchObject([
      { memberId: id, state: 'sent', rounds: 1, method: 'email', to: email },
    ]);

    await club.client.invite(club.organization, id, 'email');
    const second = await mailedToken(email, 2);
    expect(await inspect(first)).toMatchObject(refused(410, 'link_invalid'));
    expect((await inspect(second)).status).toBe(200);
    expect((await listed()).body.items).toMatchObject([{ state: 'opened', rounds: 2 }]);
    expect((await accept(second, `u-${id}`)).status).toBe(200);
    expect((await listed()).body.items).toEqual([]);
  });

  it('needs an email to be sent by email', async () => {
    const { id } = await member({ Mail: '' });
    const answer = await admin('POST', `/members/${id}/invite`, { method: 'email' });
    expect(answer).toMatchObject(refused(422, 'no_email'));
    expect(answer.body.places).toMatchObject([{ path: 'email' }]);
  });

  it('can be declined, and the person invited again', async () => {
    const { id } = await member();
    const token = await linkFor(id);
    await anybody().declineInvitation(token);
    expect(await invitationOf(id)).toMatchObject({ state: 'rejected' });
    for (const use of [inspect(token), accept(token, 'nobody')]) {
      expect(await use).toMatchObject(refused(410, 'link_invalid'));
    }
    expect((await admin('GET', '/invitations?state=rejected')).body.items).toMatchObject([{ memberId: id }]);
    expect((await accept(await linkFor(id), `u-${id}`)).status).toBe(200);
    expect(await auditOf(id)).toEqual([
      ...['member.add', 'member.invite', 'member.decline', 'member.invite', 'member.join'],
    ]);
  });

  it('ends after three days; the page then has a fresh link mailed to the address on file, once', async () => {
    const { id, email } = await member();
    const token = await linkFor(id);
    await anybody().renewInvitation(token);
    await age(id, token);
    expect(await inspect(token)).toMatchObject(refused(410, 'link_expired'));
    expect(await accept(token, 'late')).toMatchObject(refused(410, 'link_expired'));
    expect(await invitationOf(id)).toMatchObject({ state: 'expired', rounds: 1 });
    await Promise.all([1, 2, 3].map(() => anybody().renewInvitation(token)));
    const fresh = await mailedToken(email, 1);
    expect((await inspect(fresh)).status).toBe(200);
    expect(await invitationOf(id)).toMatchObject({ state: 'opened', rounds: 2, to: email });
    // Whether there is such a link is not told.
    expect((await send('POST', '/public/invitations/renew', { token: 'x'.repeat(43) })).status).toBe(202);
  });

  it.each([
    ['is disabled', (id: string) => admin('POST', `/members/${id}/disable`)],
    ['is removed', (id: string) => admin('DELETE', `/members/${id}`)],
    [
      'gets an account by an admin',
      (id: string) => admin('POST', `/members/${id}/username`, { username: `u-${id}` }),
    ],
    ['has the invitation revoked', (id: string) => admin('DELETE', `/members/${id}/invite`)],
  ])('is void once the member %s', async (_, act) => {
    const { id } = await member();
    const token = await linkFor(id);
    expect((await inspect(token)).status).toBe(200);
    expect((await act(id)).status).toBeLessThan(300);
    expect(await inspect(token)).toMatchObject(refused(410, 'link_invalid'));
    expect(await accept(token, `x-${id}`)).toMatchObject(refused(410, 'link_invalid'));
  });

  it('that was mailed is void once the member has another email', async () => {
    const { id, email } = await member();
    await club.client.invite(club.organization, id, 'email');
    const token = await mailedToken(email, 1);
    await admin('PATCH', `/members/${id}`, { values: { Mail: `new-${email}` } });
    expect(await accept(token, `x-${id}`)).toMatchObject(refused(410, 'link_invalid'));
    await club.client.invite(club.organization, id, 'email');
    expect((await accept(await mailedToken(`new-${email}`, 1), `u-${id}`)).status).toBe(200);
  });

  it('is undeliverable once its mail bounced, until the email is another one', async () => {
    const { id } = await member({ Mail: 'bounce+guest@simulator.amazonses.com' });
    await club.client.invite(club.organization, id, 'email');
    await untilPasses(
      () => invitationOf(id),
      ({ state }) => state === 'undeliverable',
    );
    const { body } = await admin('GET', '/invitations?state=undeliverable');
    expect(body.items).toMatchObject([{ memberId: id, delivery: { state: 'bounced' } }]);
    const again = () => admin('POST', `/members/${id}/invite`, { method: 'email' });
    expect(await again()).toMatchObject(refused(409, 'undeliverable'));
    await admin('PATCH', `/members/${id}`, { values: { Mail: `${id}@people.example` } });
    expect((await again()).status).toBe(200);
    expect(await invitationOf(id)).toMatchObject({ state: 'sent', rounds: 2 });
  });

  it('can be joined with an account that the person has elsewhere', async () => {
    const guild = await newTenant(test.cloud, 'Guild', columns);
    const { id } = await member();
    const zoe = anybody();
    await zoe.acceptInvitation(await linkFor(id), 'zoe', ownPassword);
    const values = { ID: 'g1', Name: 'Zoe Doe' };
    await guild.client.send('POST', `${guild.client.in(guild.organization)}/members`, { body: { values } });
    const token = await linkFor('g1', guild);
    expect((await send('POST', '/me/invitations/accept', { token })).status).toBe(401);
    const joined = { organization: guild.organization, name: 'Guild', username: 'zoe' };
    expect(await zoe.joinByInvitation(token)).toEqual(joined);
    expect((await zoe.me()).memberships.map(({ name }) => name).sort()).toEqual(['Club', 'Guild']);
    await anybody().signIn({ organization: guild.organization, login: 'zoe', password: ownPassword });

    const other = await member();
    await expect(zoe.joinByInvitation(await linkFor(other.id))).rejects.toMatchObject({
      code: 'already_member',
    });
  });

  it('is used up by nothing that scanners of mails do, 1,000 times', async () => {
    const { id } = await member();
    const token = await linkFor(id);
    const page = `${test.cloud.url}/join`;
    const api = `${test.cloud.url}/api/v1/public/invitations`;
    const body = JSON.stringify({ token });
    const headers = { 'content-type': 'application/json' };
    // As a browser without a person sends what stands in a page.
    const form = new URLSearchParams({ token, username: '', password: '' });
    const scans = [
      () => fetch(page),
      () => fetch(page, { method: 'HEAD' }),
      () => fetch(`${api}/accept?token=${token}`),
      () => fetch(`${api}/decline?token=${token}`, { method: 'HEAD' }),
      () => fetch(`${api}/inspect`, { method: 'POST', body, headers }),
      () => fetch(`${api}/accept`, { method: 'POST', body, headers }),
      () => fetch(`${api}/accept`, { method: 'POST', body: form }),
      () => fetch(`${api}/decline`, { method: 'POST', body: form }),
      () => fetch(page, { method: 'POST', body: form }),
    ];
    const answers = new Set<string>();
    for (let done = 0; done < 1_000; done += 20) {
      const some = Array.from({ length: 20 }, (_, index) => scans[(done + index) % scans.length]);
      for (const response of await Promise.all(some.map((scan) => scan?.()))) {
        await response?.arrayBuffer();
        answers.add(`${response?.url.split('?')[0]?.split('/').at(-1)} ${response?.status}`);
      }
    }
    const expected = ['accept 400', 'accept 404', 'decline 400', 'decline 404', 'inspect 200'];
    expect([...answers].sort()).toEqual([...expected, 'join 200', 'join 403']);
    expect(await invitationOf(id)).toMatchObject({ state: 'opened', rounds: 1 });
    expect((await accept(token, `u-${id}`)).status).toBe(200);
  }, 120_000);

  it('takes a user pool that is busy for a while, and only slows down', async () => {
    const { id } = await member();
    const token = await linkFor(id);
    await poolRefuses({ AdminCreateUser: 2, AdminSetUserPassword: 1, AdminInitiateAuth: 2 });
    expect((await accept(token, `u-${id}`)).status).toBe(200);
    await anybody().signIn({ organization: club.organization, login: `u-${id}`, password: ownPassword });
  });

  it.each(['AdminCreateUser', 'AdminSetUserPassword', 'AdminInitiateAuth'])(
    'says when to try again where the user pool stays busy with %s, and is then as good as before',
    async (operation) => {
      const { id } = await member();
      const token = await linkFor(id);
      await poolRefuses({ [operation]: 1_000, AdminDeleteUser: 1_000 });
      const path = '/public/invitations/accept';
      const body = { token, username: `u-${id}`, password: ownPassword };
      const answer = await anybody().send('POST', path, { body });
      expect({ status: answer.status, body: await answer.json() }).toMatchObject(
        refused(429, 'too_many_requests'),
      );
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await admin('GET', `/members/${id}`)).body).toMatchObject({
        state: 'not_joined',
        invitation: { state: 'sent', rounds: 1 },
      });
      await poolRefuses({});
      expect((await accept(token, `u-${id}`)).status).toBe(200);
      expect(await auditOf(id)).toEqual(['member.add', 'member.invite', 'member.join']);
    },
  );

  it('of many at once that accept it makes one account', async () => {
    const { id } = await member();
    const token = await linkFor(id);
    const tries = Array.from({ length: 20 }, (_, index) => accept(token, `one-of-${index}`));
    const answers = await Promise.all(tries);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const others = answers.filter(({ status }) => status !== 200).map(({ body }) => body.code);
    expect(others).toHaveLength(19);
    for (const code of others) expect(['link_in_use', 'link_invalid']).toContain(code);
  });
});

describe('sending to many', () => {
  it('mails everybody without an account once, and once more with the next round', async () => {
    const lodge = await newTenant(test.cloud, 'Lodge', columns);
    const rows = Array.from(
      { length: 200 },
      (_, index) => `L${index},Name ${index},l${index}@guests.example`,
    );
    await importFile(lodge, 'lodge.csv', `ID,Name,Mail\n${rows.join('\n')}\nX,No Mail,\n`);
    const { organization, client } = lodge;
    await anybody().acceptInvitation(await linkFor('L0', lodge), 'joined', ownPassword);
    await anybody().declineInvitation(await linkFor('L1', lodge));

    const job = await client.sendInvitations(organization, 'all');
    const ended = await client.waitForJob(organization, job.jobId, { deadlineSeconds: 120 });
    expect(ended).toMatchObject({
      state: 'complete',
      counts: { matched: 200, done: 198, failed: 2, unchanged: 0 },
    });
    const failed: unknown[] = [];
    for await (const one of client.jobResults(organization, job.jobId, { outcome: 'failed' }))
      failed.push(one);
    expect(failed).toMatchObject([
      { memberId: 'L1', code: 'invitation_rejected' },
      { memberId: 'X', code: 'no_email' },
    ]);

    const ticked = await client.sendInvitations(organization, ['L1', 'L2']);
    await client.waitForJob(organization, ticked.jobId, { deadlineSeconds: 60 });
    const toLodge = async () =>
      (await mailbox()).filter(({ destination }) => destination.to[0]?.endsWith('guests.example'));
    const mails = await untilPasses(toLodge, (all) => all.length >= 200);
    const mailed = mails.map(({ destination }) => destination.to[0]).sort();
    const expected = Array.from({ length: 199 }, (_, index) => `l${index + 1}@guests.example`);
    expect(mailed).toEqual([...expected, 'l2@guests.example'].sort());
    const l2 = await client.send('GET', `${client.in(organization)}/members/L2`);
    expect((await l2.json()).invitation).toMatchObject({ rounds: 2, state: 'sent', method: 'email' });
  }, 240_000);

  it('invites whom an import added, each once, where the organization wants it', async () => {
    const union = await newTenant(test.cloud, 'Union', columns);
    const { client, organization } = union;
    const etag = (await client.send('GET', client.in(organization))).headers.get('etag') ?? '';
    const body = { inviteImported: true };
    const changed = await client.send('PATCH', client.in(organization), {
      ...{ body, headers: { 'if-match': etag } },
    });
    expect(await changed.json()).toMatchObject({ inviteImported: true });
    const rows = ['U1,Ann,u1@members.example', 'U2,Bob,u2@members.example', 'U3,No Mail,'];
    const first = await importFile(union, 'first.csv', `ID,Name,Mail\n${rows.slice(0, 1).join('\n')}\n`);
    // The job is made once the import is complete, so it may not be there at once.
    const invited = async (importId: string) => {
      await eventually(() => client.job(organization, importId));
      return client.waitForJob(organization, importId, { deadlineSeconds: 60 });
    };
    await invited(first.importId);
    const second = await importFile(union, 'second.csv', `ID,Name,Mail\n${rows.join('\n')}\n`);
    const job = await invited(second.importId);
    expect(job).toMatchObject({
      ...{ action: 'invite', state: 'complete' },
      counts: { matched: 3, done: 1, unchanged: 1, failed: 1 },
    });
    await Promise.all(['u1@members.example', 'u2@members.example'].map((to) => mailedToken(to, 1)));
  });
});
