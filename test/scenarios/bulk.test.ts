import { createHash } from 'node:crypto';
import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { AuditEntry, MemberDetails } from 'roster/domain/api';
import { type AuditEntry as Entry, verifyChain } from 'roster/domain/audit';
import type { Column } from 'roster/domain/schema';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { MusterClient, NewPasswordRequired } from '../../commands/client.ts';
import { all, type HostedCloud, importFile, newTenant, type Tenant } from '../support/cloud.ts';
import { eventually } from '../support/eventually.ts';
import { type KillableCloud, killableCloud } from '../support/killable-cloud.ts';
import { queueFigures } from '../support/queues.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Name', type: 'text', role: 'fullName' },
];
const ownPassword = 'Own-Password-2026';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const idsOf = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);
const csvOf = (ids: readonly string[]) => `ID,Name\n${ids.map((id) => `${id},Member ${id}\n`).join('')}`;

const memberOf = async ({ client, organization }: Tenant, id: string) =>
  MemberDetails.parse(
    await client.call('GET', `${client.in(organization)}/members/${encodeURIComponent(id)}`),
  );

async function signedIn(
  { organization, client }: Tenant,
  login: string,
  password: string,
): Promise<MusterClient> {
  const own = new MusterClient(client.apiUrl);
  const credentials = { organization, login };
  const asked = await own.signIn({ ...credentials, password }).catch((error) => error);
  expect(asked).toBeInstanceOf(NewPasswordRequired);
  await own.answerChallenge(asked.session, { ...credentials, password: ownPassword });
  return own;
}

/** Gives a member on the roster an account and signs it in. */
async function joined(club: Tenant, id: string): Promise<MusterClient> {
  const path = `${club.client.in(club.organization)}/members/${id}/username`;
  const made = (await club.client.call('POST', path, { body: { username: id } })) as {
    oneTimePassword: string;
  };
  return signedIn(club, id, made.oneTimePassword);
}

/** A new member with an account of a level, signed in. */
async function person(club: Tenant, id: string, level: string): Promise<Tenant> {
  const body = { values: { ID: id, Name: id }, account: { username: id, level } };
  const path = `${club.client.in(club.organization)}/members`;
  const made = (await club.client.call('POST', path, { body })) as { oneTimePassword: string };
  return { ...club, login: id, client: await signedIn(club, id, made.oneTimePassword) };
}

const statusOf = async ({ organization }: Tenant, client: MusterClient) =>
  (await client.send('GET', client.in(organization))).status;

const entries = (club: Tenant, query: Record<string, string> = {}) =>
  all(club.client.pages(`${club.client.in(club.organization)}/audit`, AuditEntry, query));

async function expectWholeChain(club: Tenant): Promise<void> {
  const chain = (await entries(club, { sort: 'time' })) as Entry[];
  expect(await verifyChain(chain, sha256)).toMatchObject({ unbroken: true, entries: chain.length });
}

async function userIsEnabled(cloud: HostedCloud, account: string): Promise<boolean | undefined> {
  const { endpoints, region, credentials } = cloud;
  const endpoint = endpoints.COGNITO_IDENTITY_PROVIDER;
  const pool = new CognitoIdentityProviderClient({ ...(endpoint && { endpoint }), region, credentials });
  try {
    const UserPoolId = cloud.outputs.UserPoolId;
    return (await pool.send(new AdminGetUserCommand({ UserPoolId, Username: account }))).Enabled;
  } finally {
    pool.destroy();
  }
}

/** How many messages the queue of accounts holds, waiting or in flight. */
async function accountsWaiting(cloud: HostedCloud): Promise<number> {
  const { ready, inHand } = await queueFigures(cloud, 'AccountQueueUrl');
  return ready + inHand;
}

describe('bulk actions', () => {
  const cloud = inject('cloud');
  let club: Tenant;
  let boss: Tenant;
  beforeAll(async () => {
    club = await newTenant(cloud, 'Club', columns);
    const ids = [...idsOf('t', 20), ...idsOf('f', 60), ...idsOf('r', 5)];
    await importFile(club, 'roster.csv', csvOf(ids));
    boss = await person(club, 'boss', 'owner');
  });

  const refusal = (body: unknown) =>
    club.client.call('POST', `${club.client.in(club.organization)}/members/bulk`, { body }).then(
      () => 'accepted',
      ({ status, code }) => `${status} ${code}`,
    );

  it.each([
    ['nobody named', { action: 'disable' }],
    ['named twice over', { action: 'disable', ids: ['t1'], all: true }],
    ['ids and a filter', { action: 'disable', ids: ['t1'], filter: { q: 't' } }],
    ['no ids', { action: 'disable', ids: [] }],
    ['an id twice', { action: 'disable', ids: ['t1', 't2', 't1'] }],
    ['1,001 ids', { action: 'disable', ids: idsOf('x', 1_001) }],
    ['an empty filter', { action: 'disable', filter: {} }],
    ['a filter of nothing', { action: 'disable', filter: { q: '  ', status: [], below: true } }],
    ['a filter that there is not', { action: 'disable', filter: { statsu: ['enabled'] } }],
    ['all in another word', { action: 'disable', all: false }],
    ['an action that there is not', { action: 'resetCredentials', ids: ['t1'] }],
  ])('are refused with %s', async (_, body) => {
    expect(await refusal(body)).toBe('400 invalid_request');
    const kinds = (await all(club.client.jobs(club.organization))).map(({ kind }) => kind);
    expect(kinds, 'only the import of the roster').toEqual(['import']);
  });

  it('act on those ticked, each as by its own call, and say what became of each', async () => {
    const { client, organization } = boss;
    const anna = await joined(club, 't0');
    await client.call('POST', `${client.in(organization)}/members/t1/disable`);
    const ids = ['t2', 'unknown', 't1', 'boss', 't0'];
    const started = await client.bulk(organization, { action: 'disable', ids });
    expect(started).toMatchObject({ action: 'disable', ids: 5, state: 'running', createdBy: 'boss' });
    const job = await client.waitForJob(organization, started.jobId, { deadlineSeconds: 30 });
    expect(job).toMatchObject({
      state: 'complete',
      counts: { matched: 5, done: 2, unchanged: 1, failed: 2, kept: 0 },
    });
    expect(await all(client.jobResults(organization, job.jobId))).toEqual([
      { memberId: 't2', name: 'Member t2', outcome: 'done' },
      { memberId: 'unknown', outcome: 'failed', code: 'not_found', message: 'There is no such member.' },
      { memberId: 't1', name: 'Member t1', outcome: 'unchanged' },
      {
        memberId: 'boss',
        name: 'boss',
        outcome: 'failed',
        code: 'own_account',
        message: expect.any(String),
      },
      { memberId: 't0', name: 'Member t0', outcome: 'done' },
    ]);
    const failed = await all(client.jobResults(organization, job.jobId, { outcome: 'failed', limit: 1 }));
    expect(failed.map(({ memberId }) => memberId)).toEqual(['unknown', 'boss']);
    expect(await statusOf(club, anna)).toBe(403);
    expect(await statusOf(club, client)).toBe(200);
    const [entry] = await entries(club, { subject: 't2' });
    expect(entry).toMatchObject({
      action: 'member.disable',
      actor: { login: 'boss' },
      before: { state: 'not_joined' },
      after: { state: 'disabled', disabledBy: 'admin' },
      details: { job: job.jobId },
    });
    const [start] = await entries(club, { subject: job.jobId });
    expect(start).toMatchObject({ action: 'job.start', details: { action: 'disable', ids: 5 } });
  });

  it('are for those who may change members, and never on a higher level', async () => {
    const clerk = await person(club, 'clerk', 'administrator');
    const { jobId } = await clerk.client.bulk(club.organization, { action: 'disable', ids: ['boss', 't3'] });
    const job = await clerk.client.waitForJob(club.organization, jobId);
    expect(job.counts).toMatchObject({ done: 1, failed: 1 });
    const failed = await all(clerk.client.jobResults(club.organization, jobId, { outcome: 'failed' }));
    expect(failed).toMatchObject([{ memberId: 'boss', code: 'forbidden' }]);
    expect((await memberOf(club, 'boss')).state).toBe('enabled');

    const auditor = await person(club, 'auditor', 'auditor');
    expect(await auditor.client.job(club.organization, jobId)).toEqual(job);
    await expect(
      auditor.client.bulk(club.organization, { action: 'enable', ids: ['t3'] }),
    ).rejects.toMatchObject({
      status: 403,
    });
    await expect(auditor.client.changeJob(club.organization, jobId, 'undo')).rejects.toMatchObject({
      status: 403,
    });
    const others = await newTenant(cloud, 'Others', columns);
    await expect(others.client.job(others.organization, jobId)).rejects.toMatchObject({ code: 'not_found' });
    await expect(others.client.job(club.organization, jobId)).rejects.toMatchObject({ status: 403 });
  });

  it('on many wait for a confirmation, after a look at how many', async () => {
    const { client, organization } = club;
    const input = { action: 'disable' as const, filter: { q: 'member f' } };
    const preview = await client.previewBulk(organization, input);
    expect(preview).toMatchObject({
      matched: 60,
      atLeast: false,
      hold: expect.stringMatching(/ 60 of \d+ /),
    });
    const { total } = await client.summary(organization);
    expect(await client.previewBulk(organization, { action: 'remove', all: true })).toMatchObject({
      matched: total,
    });
    expect(await client.previewBulk(organization, { action: 'remove', ids: ['f1'] })).toEqual({
      matched: 1,
      atLeast: false,
    });
    await expect(client.bulk(organization, input)).rejects.toMatchObject({ code: 'hold_not_confirmed' });
    expect((await memberOf(club, 'f1')).version).toBe(1);

    const { jobId } = await client.bulk(organization, { ...input, confirmHold: true });
    const job = await client.waitForJob(organization, jobId);
    expect(job).toMatchObject({ state: 'complete', counts: { matched: 60, done: 60, failed: 0 } });
    const [newest] = await all(client.jobs(organization));
    expect(newest).toMatchObject({ ...job, kind: 'bulk', status: 'complete' });
  });

  it('are undone once, but not where a member was changed since', async () => {
    const { client, organization } = club;
    const [disabling] = await all(client.jobs(organization));
    const jobId = disabling?.jobId ?? '';
    await client.call('PATCH', `${client.in(organization)}/members/f7`, {
      body: { values: { Name: 'Else' } },
    });
    await client.call('DELETE', `${client.in(organization)}/members/f8`);
    const undo = await client.changeJob(organization, jobId, 'undo');
    expect(undo).toMatchObject({ action: 'undo', undoOf: jobId });
    const done = await client.waitForJob(organization, undo.jobId);
    expect(done).toMatchObject({ state: 'complete', counts: { matched: 60, done: 58, kept: 2, failed: 0 } });
    const kept = await all(client.jobResults(organization, undo.jobId, { outcome: 'kept' }));
    const told = kept.map(({ memberId, name }) => [memberId, name]).sort();
    expect(told, 'names as they are now').toEqual([
      ['f7', 'Else'],
      ['f8', undefined],
    ]);
    expect(await memberOf(club, 'f6')).toMatchObject({ state: 'not_joined', version: 3 });
    expect((await memberOf(club, 'f6')).disabledBy).toBeUndefined();
    expect(await memberOf(club, 'f7')).toMatchObject({ state: 'disabled', version: 3 });
    expect(await client.job(organization, jobId)).toMatchObject({ undoneBy: undo.jobId });
    await expect(client.changeJob(organization, jobId, 'undo')).rejects.toMatchObject({
      code: 'job_not_undoable',
    });
    await expect(client.changeJob(organization, jobId, 'resume')).rejects.toMatchObject({
      code: 'job_not_resumable',
    });
    const [entry] = await entries(club, { subject: 'f6' });
    expect(entry).toMatchObject({ action: 'member.enable', details: { job: undo.jobId, undoOf: jobId } });
  });

  it('remove members from the roster for good', async () => {
    const { client, organization } = club;
    const before = await client.summary(organization);
    const { jobId } = await client.bulk(organization, { action: 'remove', ids: ['r0', 'r1', 'r2'] });
    expect(await client.waitForJob(organization, jobId)).toMatchObject({ counts: { done: 3 } });
    await expect(memberOf(club, 'r1')).rejects.toMatchObject({ code: 'not_found' });
    expect(await client.summary(organization)).toMatchObject({ total: before.total - 3 });
    await expect(client.changeJob(organization, jobId, 'undo')).rejects.toMatchObject({
      code: 'job_not_undoable',
    });
    const [entry] = await entries(club, { subject: 'r1' });
    expect(entry).toMatchObject({ action: 'member.remove', before: { name: 'Member r1' } });
  });

  it('leave a chain of audit entries that is whole', () => expectWholeChain(club));

  it('disable 1,000 members by a filter: all are refused at their next request, and the user pool follows', async () => {
    const large = await newTenant(cloud, 'Large Club', columns);
    const ids = idsOf('m', 1_000);
    await importFile(large, 'roster.csv', csvOf(ids));
    const people = await Promise.all(idsOf('m', 10).map((id) => joined(large, id)));
    const accounts = await Promise.all(people.map(async (one) => (await one.me()).account));
    for (const one of people) expect(await statusOf(large, one)).toBe(200);

    const { client, organization } = large;
    const startedAt = performance.now();
    const started = await client.bulk(organization, {
      action: 'disable',
      filter: { status: ['enabled', 'not_joined'] },
      confirmHold: true,
    });
    expect(started.state).toBe('collecting');
    // Cancelled at once and resumed: what is done stays done, and the rest follows.
    const cancelled = await client.changeJob(organization, started.jobId, 'cancel');
    expect(cancelled.state).toBe('incomplete');
    await expect(client.changeJob(organization, started.jobId, 'cancel')).rejects.toMatchObject({
      code: 'job_not_open',
    });
    await client.changeJob(organization, started.jobId, 'resume');
    const job = await client.waitForJob(organization, started.jobId, { deadlineSeconds: 90 });
    const seconds = (performance.now() - startedAt) / 1_000;
    console.info(`1,000 members disabled in ${seconds.toFixed(1)} s`);
    expect(job).toMatchObject({
      state: 'complete',
      counts: { matched: 1_000, done: 1_000, unchanged: 0, failed: 0, kept: 0 },
    });
    expect(await Promise.all(people.map((one) => statusOf(large, one)))).toEqual(people.map(() => 403));
    expect(await client.summary(organization)).toMatchObject({ disabled: 1_000, enabled: 0, notJoined: 0 });
    await eventually(
      async () => {
        const enabled = await Promise.all(accounts.map((account) => userIsEnabled(cloud, account)));
        expect(enabled).toEqual(accounts.map(() => false));
        expect(await accountsWaiting(cloud)).toBe(0);
      },
      { deadlineSeconds: 30 },
    );

    const undo = await client.changeJob(organization, job.jobId, 'undo');
    expect(await client.waitForJob(organization, undo.jobId, { deadlineSeconds: 90 })).toMatchObject({
      state: 'complete',
      counts: { matched: 1_000, done: 1_000, kept: 0, failed: 0 },
    });
    expect(await client.summary(organization)).toMatchObject({ disabled: 0, enabled: 10, notJoined: 990 });
    expect(await statusOf(large, people[0] as MusterClient), 'tokens of before stay refused').toBe(403);
    const again = new MusterClient(cloud.url);
    await eventually(() => again.signIn({ organization, login: 'm0', password: ownPassword }), {
      deadlineSeconds: 30,
    });
    expect(await statusOf(large, again)).toBe(200);
    await expectWholeChain(large);
  });
});

describe('a process killed while 1,000 members are disabled', () => {
  let killable: KillableCloud;
  beforeAll(async () => {
    killable = await killableCloud();
  });
  afterAll(() => killable?.close());

  it('goes on after each restart and disables every member exactly once', { timeout: 300_000 }, async () => {
    let cloud = await killable.start();
    let club = await newTenant(cloud, 'Club', columns);
    const ids = idsOf('k', 1_000);
    await importFile(club, 'roster.csv', csvOf(ids));
    const people = await Promise.all(idsOf('k', 10).map((id) => joined(club, id)));
    const accounts = await Promise.all(people.map(async (one) => (await one.me()).account));
    const { organization } = club;
    const filter = { status: ['enabled' as const, 'not_joined' as const] };
    const { jobId } = await club.client.bulk(organization, { action: 'disable', filter, confirmHold: true });

    const seen: number[] = [];
    for (const least of [1, 500]) {
      const { counts } = await eventually(
        async () => {
          const job = await club.client.job(organization, jobId);
          expect(job.counts.done).toBeGreaterThanOrEqual(least);
          return job;
        },
        { deadlineSeconds: 30 },
      );
      await killable.stop('SIGKILL');
      seen.push(counts.done);
      cloud = await killable.start();
      club = { ...club, client: new MusterClient(cloud.url) };
      await club.client.signIn(club);
    }
    // On a quick machine it may be through before the second kill.
    expect(seen[0], 'killed while it ran').toBeLessThan(1_000);

    const job = await club.client.waitForJob(organization, jobId, { deadlineSeconds: 90 });
    expect(job).toMatchObject({
      state: 'complete',
      counts: { matched: 1_000, done: 1_000, unchanged: 0, failed: 0, kept: 0 },
    });
    const results = await all(club.client.jobResults(organization, jobId));
    expect(results.map(({ memberId }) => memberId).sort()).toEqual([...ids].sort());
    const members = await all(club.client.members(organization));
    const joinedIds = new Set(idsOf('k', 10));
    for (const { externalId, state, version } of members) {
      expect([externalId, state, version]).toEqual([
        externalId,
        'disabled',
        joinedIds.has(externalId) ? 3 : 2,
      ]);
    }
    expect(await club.client.summary(organization)).toMatchObject({ total: 1_000, disabled: 1_000 });
    const disabled = await entries(club, { action: 'member.disable' });
    expect(disabled.map(({ subject }) => subject).sort()).toEqual([...ids].sort());
    await expectWholeChain(club);
    for (const id of joinedIds) {
      const credentials = { organization, login: id, password: ownPassword };
      await expect(new MusterClient(cloud.url).signIn(credentials)).rejects.toMatchObject({
        code: 'wrong_credentials',
      });
    }
    await eventually(
      async () => {
        const enabled = await Promise.all(accounts.map((account) => userIsEnabled(cloud, account)));
        expect(enabled).toEqual(accounts.map(() => false));
        expect(await accountsWaiting(cloud)).toBe(0);
      },
      { deadlineSeconds: 30 },
    );
  });
});
