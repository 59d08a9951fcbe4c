import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountRecords } from '../../../layers/roster/src/aws/accounts.ts';
import { type AuditTrail, auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { type BulkJobRecords, bulkJobRecords } from '../../../layers/roster/src/aws/bulk-jobs.ts';
import type { BulkJobRef } from '../../../layers/roster/src/aws/bulk-queue.ts';
import { departmentRecords } from '../../../layers/roster/src/aws/departments.ts';
import { directoryChange } from '../../../layers/roster/src/aws/directory-log.ts';
import { importRecords } from '../../../layers/roster/src/aws/imports.ts';
import { invitationLinks } from '../../../layers/roster/src/aws/invitation-links.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import type { MailOrder } from '../../../layers/roster/src/aws/mail-queue.ts';
import { memberToItem } from '../../../layers/roster/src/aws/member-item.ts';
import { memberRecords } from '../../../layers/roster/src/aws/members.ts';
import { organizationRecords } from '../../../layers/roster/src/aws/organizations.ts';
import { roster } from '../../../layers/roster/src/aws/roster.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import { unsubscribeLinksInTable } from '../../../layers/roster/src/aws/unsubscribe-links.ts';
import { type AuditEntry, verifyChain } from '../../../layers/roster/src/domain/audit.ts';
import { type BulkResult, isJobOpen } from '../../../layers/roster/src/domain/bulk-job.ts';
import { MusterError } from '../../../layers/roster/src/domain/errors.ts';
import type { Member } from '../../../layers/roster/src/domain/member.ts';
import type { Membership } from '../../../layers/roster/src/domain/organization.ts';
import { cancelBulk, resumeBulk, startBulk, undoBulk } from '../../../layers/roster/src/lambda/bulk-jobs.ts';
import { type BulkRunDeps, runBulkJob } from '../../../layers/roster/src/lambda/bulk-run.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { memoryObjects } from '../../support/memory.ts';
import { storedOrganization } from '../../support/organization.ts';

const now = new Date('2026-01-02T00:00:00.000Z');
const at = now.toISOString();
const acme = 'acme';
const chief = { account: 'CHIEF', login: 'chief' };
const deputy = { account: 'DEPUTY', login: 'deputy' };
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const again = { isLastTry: false };

let dynamo: TestDynamo;
let table: Table;
let audit: AuditTrail;
let jobs: BulkJobRecords;
let deps: BulkRunDeps & Parameters<typeof startBulk>[0];
let queued: BulkJobRef[];
let told: string[];
let mailed: MailOrder[];
let transactions: number;
let ids: number;

/** All members of these tests stand in the log of the directory, so that no snapshot is ever made or read. */
const noSnapshot = { ...memoryObjects(), delete: async () => undefined };
const nobody = { pending: async () => undefined, lost: async () => undefined };

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  const real = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  transactions = 0;
  table = {
    ...real,
    transact(...given) {
      transactions++;
      return real.transact(...given);
    },
  };
  const clock = () => now;
  audit = auditTrail(table, clock);
  jobs = bulkJobRecords(table, audit);
  queued = [];
  told = [];
  mailed = [];
  ids = 0;
  const newId = () => `01KE${String(++ids).padStart(22, '0')}`;
  const organizations = organizationRecords(table, audit);
  deps = {
    table,
    clock,
    newId,
    bulkJobs: jobs,
    bulkQueue: {
      async send(ref) {
        queued.push({ organization: ref.organization, jobId: ref.jobId });
      },
    },
    accountQueue: {
      async changed(accounts) {
        told.push(...accounts);
      },
    },
    roster: roster(table, { clock, organizations, directoryObjects: noSnapshot, directoryQueue: nobody }),
    members: memberRecords(table, audit),
    accounts: accountRecords(table),
    invitationLinks: invitationLinks(table),
    unsubscribeLinks: unsubscribeLinksInTable(table),
    mailQueue: {
      async send(_, order) {
        mailed.push(order);
        return order.key;
      },
      putOff: async () => undefined,
    },
    organizations,
    departments: departmentRecords({ table, organizations, newId, audit }),
    imports: importRecords(table, audit),
  };
  const hold = { disabledShareMax: 1, disabledMembersMax: 1_000 };
  await table.put({ ...keys.organization(acme), ...storedOrganization(acme, { hold }) });
  for (const { account } of [chief, deputy]) await putMembership(account, { level: 'administrator' });
});

async function putMembership(account: string, more: Partial<Membership> = {}): Promise<void> {
  const membership: Membership = {
    account,
    organization: acme,
    level: 'member',
    login: account.toLowerCase(),
    state: 'enabled',
    tokensValidFromSeconds: 0,
    version: 1,
    ...more,
  };
  await table.put({ ...keys.membership(account, acme), ...membership });
}

/** Stores members `m000`, `m001` and so on; every tenth has an account of the name `A000`. */
async function putMembers(count: number, more: Partial<Member> = {}): Promise<string[]> {
  const named = Array.from({ length: count }, (_, index) => String(index).padStart(3, '0'));
  for (const [index, name] of named.entries()) {
    const joined = index % 10 === 0;
    const member: Member = {
      externalId: `m${name}`,
      state: joined ? 'enabled' : 'not_joined',
      values: { ID: `m${name}` },
      valuesHash: 'x',
      name: `Member ${name}`,
      departments: [],
      roles: [],
      version: 1,
      createdAt: at,
      updatedAt: at,
      ...(joined && { account: `A${name}` }),
      ...more,
    };
    await table.transact([{ put: memberToItem(acme, member) }, directoryChange(acme, [member.externalId])]);
    if (joined) await putMembership(`A${name}`, { externalId: `m${name}` });
  }
  const enabled = accountsOf(count).length;
  await table.update({ key: keys.count(acme, 0), add: { enabled, notJoined: count - enabled } });
  return named.map((name) => `m${name}`);
}

const accountsOf = (count: number) =>
  Array.from({ length: Math.ceil(count / 10) }, (_, index) => `A${String(index * 10).padStart(3, '0')}`);

/** Delivers what is queued, message by message, until nothing is; a failure is delivered again. */
async function drain(using: BulkRunDeps = deps, deliveriesMax = 60): Promise<void> {
  for (let deliveries = 0; queued.length > 0; deliveries++) {
    if (deliveries > deliveriesMax) throw new Error('The queue does not drain.');
    const ref = queued.shift() as BulkJobRef;
    await runBulkJob(using, ref, again).catch(() => queued.push(ref));
  }
}

async function resultsOf(jobId: string): Promise<BulkResult[]> {
  const found: BulkResult[] = [];
  let cursor: string | undefined;
  do {
    const page = await jobs.results(acme, jobId, { limit: 70, cursor });
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}

async function wholeTrail(): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of audit.all(acme)) entries.push(entry);
  return entries;
}

/** That every member was disabled once: by its version, its results, its audit entries and the job's counts. */
async function expectDisabledOnce(jobId: string, members: readonly string[]): Promise<void> {
  expect(await jobs.get(acme, jobId)).toMatchObject({
    state: 'complete',
    counts: { matched: members.length, done: members.length, unchanged: 0, failed: 0, kept: 0 },
  });
  expect((await resultsOf(jobId)).map(({ id, outcome }) => [id, outcome])).toEqual(
    members.map((id) => [id, 'done']),
  );
  for (const id of members) {
    expect(await deps.roster.get(acme, id)).toMatchObject({ state: 'disabled', version: 2 });
  }
  const entries = await wholeTrail();
  const subjects = entries.filter(({ action }) => action === 'member.disable').map(({ subject }) => subject);
  expect(subjects).toEqual(members);
  expect(await verifyChain(entries, sha256)).toMatchObject({ unbroken: true });
  for (const account of accountsOf(members.length)) {
    const { membership } = await deps.accounts.standing(account, acme);
    expect(membership).toMatchObject({ state: 'disabled', version: 2 });
    expect(membership?.tokensValidFromSeconds).toBe(Math.floor(now.getTime() / 1000) + 1);
    expect(told).toContain(account);
  }
}

const administrator = { organization: acme, level: 'administrator' as const };
const start = (acting: typeof chief, input: Parameters<typeof startBulk>[2]) =>
  startBulk(deps, acting, input, administrator);
const disableAll = (acting = chief) => start(acting, { action: 'disable', all: true });

describe('a job', () => {
  it('disables every member in few transactions, and counts them', async () => {
    const members = await putMembers(230);
    const { jobId } = await disableAll();
    transactions = 0;
    await drain();
    await expectDisabledOnce(jobId, members);
    expect(transactions).toBeLessThan(members.length / 15);
    expect(await deps.roster.summary(acme)).toMatchObject({ disabled: 230, enabled: 0, notJoined: 0 });
  });

  it.each([1, 2, 5, 8])(
    'that is killed after its write number %i, before anybody is told, loses nothing',
    async (nth) => {
      const members = await putMembers(150);
      const { jobId } = await disableAll();
      let writes = 0;
      const killed: BulkJobRecords = {
        ...jobs,
        async apply(...given) {
          const next = await jobs.apply(...given);
          if (++writes === nth) throw new Error('killed');
          return next;
        },
      };
      await drain({ ...deps, bulkJobs: killed });
      expect(writes).toBeGreaterThanOrEqual(nth);
      await expectDisabledOnce(jobId, members);
    },
  );

  it('that is killed while it collects goes on where it was', async () => {
    const members = await putMembers(250);
    const { jobId } = await disableAll();
    let chunks = 0;
    const killed: BulkJobRecords = {
      ...jobs,
      async addChunk(...given) {
        await jobs.addChunk(...given);
        if (++chunks === 2) throw new Error('killed');
      },
    };
    await drain({ ...deps, bulkJobs: killed });
    await expectDisabledOnce(jobId, members);
  });

  it('tells the user pool again where telling failed', async () => {
    const members = await putMembers(60);
    const { jobId } = await disableAll();
    let calls = 0;
    const changed = async (accounts: Iterable<string>) => {
      if (++calls % 2 === 1) throw new Error('no queue');
      told.push(...accounts);
    };
    await drain({ ...deps, accountQueue: { changed } });
    await expectDisabledOnce(jobId, members);
  });

  it('whose messages come twice, and to several workers at once, does nothing twice', async () => {
    const members = await putMembers(220);
    const { jobId } = await disableAll();
    for (let rounds = 0; isJobOpen(await jobs.get(acme, jobId)); rounds++) {
      if (rounds > 60) throw new Error('The job does not end.');
      const ref = { organization: acme, jobId };
      queued = [];
      await Promise.all([1, 2, 3].map(() => runBulkJob(deps, ref, again)));
      expect(queued.length, 'one of them goes on, or the job has ended').toBeGreaterThanOrEqual(
        isJobOpen(await jobs.get(acme, jobId)) ? 1 : 0,
      );
    }
    await expectDisabledOnce(jobId, members);
    const ended = await jobs.get(acme, jobId);
    queued = [];
    await runBulkJob(deps, { organization: acme, jobId }, again);
    expect([await jobs.get(acme, jobId), queued]).toEqual([ended, []]);
  });

  it('meets a member that somebody changes meanwhile, and acts on what is there then', async () => {
    const members = await putMembers(30);
    const { jobId } = await disableAll();
    let touched = false;
    const racing: BulkJobRecords = {
      ...jobs,
      async apply(...given) {
        if (!touched) await touch('m005');
        touched = true;
        return jobs.apply(...given);
      },
    };
    await drain({ ...deps, bulkJobs: racing });
    expect((await jobs.get(acme, jobId)).counts).toMatchObject({ done: members.length });
    expect(await deps.roster.get(acme, 'm005')).toMatchObject({ state: 'disabled', version: 3 });
  });

  it('reports a member that never stands still, and one that cannot be read, and does the others', async () => {
    const members = await putMembers(30);
    await table.update({ key: keys.member(acme, 'm007'), set: { state: 'neither' } });
    // Named, because a list stops at what it cannot read.
    const input = { action: 'disable' as const, ids: members };
    const { jobId } = await start(chief, input);
    const racing: BulkJobRecords = {
      ...jobs,
      async apply(...given) {
        await touch('m005');
        return jobs.apply(...given);
      },
    };
    await drain({ ...deps, bulkJobs: racing });
    expect(await jobs.get(acme, jobId)).toMatchObject({ state: 'complete', counts: { done: 28, failed: 2 } });
    const failed = (await resultsOf(jobId)).filter(({ outcome }) => outcome === 'failed');
    expect(failed.map(({ id, code }) => [id, code])).toEqual([
      ['m005', 'precondition_failed'],
      ['m007', 'corrupt_item'],
    ]);
  });

  it('takes members that hold much in smaller transactions', async () => {
    const members = await putMembers(30, { values: { ID: 'x', Note: 'x'.repeat(290_000) } });
    const { jobId } = await start(chief, { action: 'disable', ids: members });
    await drain();
    await expectDisabledOnce(jobId, members);
  });

  it('removes members with their memberships and logins', async () => {
    const members = await putMembers(30);
    for (const account of accountsOf(30)) {
      const login = account.toLowerCase();
      await table.put({ ...keys.login(acme, login), account, loginPk: `L#${login}`, loginSk: `O#${acme}` });
    }
    const { jobId } = await start(chief, { action: 'remove', ids: members });
    await drain();
    expect((await jobs.get(acme, jobId)).counts).toMatchObject({ done: 30, failed: 0 });
    for (const account of accountsOf(30)) {
      expect(await deps.accounts.memberships(account)).toEqual([]);
      expect(await deps.accounts.findByLogin(account, acme)).toBeUndefined();
      expect(told).toContain(account);
    }
  });
});

describe('a job that stops', () => {
  it('because whoever started it may not go on, is resumed in the name of somebody else', async () => {
    await putMembers(150);
    const { jobId } = await disableAll();
    await runBulkJob(deps, queued.shift() as BulkJobRef, again);
    await runBulkJob(deps, queued.shift() as BulkJobRef, again);
    await putMembership(chief.account, { level: 'administrator', state: 'disabled', version: 2 });
    await drain();
    expect(await jobs.get(acme, jobId)).toMatchObject({
      state: 'incomplete',
      error: { code: 'forbidden' },
      counts: { matched: 150, done: 100 },
    });
    await resumeBulk(deps, { organization: acme, jobId, acting: deputy }, false);
    await drain();
    const job = await jobs.get(acme, jobId);
    expect(job).toMatchObject({ state: 'complete', counts: { done: 150 }, createdBy: 'chief' });
    expect(job.error).toBeUndefined();
    const entries = await wholeTrail();
    const actorOf = (id: string) =>
      entries.find(({ subject, action }) => subject === id && action === 'member.disable')?.actor.login;
    expect([actorOf('m099'), actorOf('m100')]).toEqual(['chief', 'deputy']);
  });

  it('because it fails each time, ends with the error, is a dead letter, and can be resumed', async () => {
    const members = await putMembers(30);
    const { jobId } = await disableAll();
    await runBulkJob(deps, queued.shift() as BulkJobRef, again);
    const ref = queued.shift() as BulkJobRef;
    const broken = {
      ...jobs,
      apply: () => Promise.reject(new MusterError('throttled', 'The table is busy.')),
    };
    const failing = { ...deps, bulkJobs: broken };
    await expect(runBulkJob(failing, ref, again)).rejects.toMatchObject({ code: 'throttled' });
    expect((await jobs.get(acme, jobId)).state).toBe('running');
    await expect(runBulkJob(failing, ref, { isLastTry: true })).rejects.toMatchObject({ code: 'throttled' });
    expect(await jobs.get(acme, jobId)).toMatchObject({ state: 'error', error: { code: 'throttled' } });
    expect(queued).toEqual([]);
    await resumeBulk(deps, { organization: acme, jobId, acting: chief }, false);
    await drain();
    await expectDisabledOnce(jobId, members);
  });

  it('because it was cancelled, does nothing more; its message lost, it is woken up by resuming', async () => {
    const members = await putMembers(150);
    const { jobId } = await disableAll();
    await runBulkJob(deps, queued.shift() as BulkJobRef, again);
    const call = { organization: acme, jobId, acting: chief };
    await cancelBulk(deps, call);
    await drain();
    expect(await jobs.get(acme, jobId)).toMatchObject({ state: 'incomplete', counts: { done: 0 } });
    await resumeBulk(deps, call, false);
    queued = [];
    await resumeBulk(deps, call, false);
    await drain();
    await expectDisabledOnce(jobId, members);
  });

  it('because there are more than were thought, waits for the confirmation', async () => {
    await table.update({
      key: keys.organization(acme),
      set: { hold: { disabledShareMax: 1, disabledMembersMax: 50 } },
    });
    // The count says nobody yet, so that nothing is held when the job is asked for.
    const { jobId } = await disableAll();
    await putMembers(60);
    await drain();
    expect(await jobs.get(acme, jobId)).toMatchObject({
      state: 'incomplete',
      error: { code: 'hold_not_confirmed' },
      counts: { matched: 60, done: 0 },
    });
    const call = { organization: acme, jobId, acting: chief };
    await expect(resumeBulk(deps, call, false)).rejects.toMatchObject({ code: 'hold_not_confirmed' });
    await resumeBulk(deps, call, true);
    await drain();
    expect(await jobs.get(acme, jobId)).toMatchObject({ state: 'complete', counts: { done: 60 } });
  });
});

describe('undoing a job', () => {
  it('gives each member the state that it had, and who had disabled it', async () => {
    const members = await putMembers(120);
    await table.update({
      key: keys.member(acme, 'm003'),
      set: { state: 'disabled', disabledBy: 'absence' },
    });
    const { jobId } = await disableAll();
    await drain();
    await touch('m004');
    const undo = await undoBulk(deps, { organization: acme, jobId, acting: deputy });
    await expect(undoBulk(deps, { organization: acme, jobId, acting: deputy })).rejects.toMatchObject({
      code: 'job_not_undoable',
    });
    await drain();
    expect(await jobs.get(acme, undo.jobId)).toMatchObject({
      state: 'complete',
      counts: { matched: members.length, done: 119, kept: 1 },
    });
    expect(await deps.roster.get(acme, 'm000')).toMatchObject({ state: 'enabled', version: 3 });
    expect(await deps.roster.get(acme, 'm001')).toMatchObject({ state: 'not_joined', version: 3 });
    expect(await deps.roster.get(acme, 'm003')).toMatchObject({ state: 'disabled', disabledBy: 'absence' });
    expect(await deps.roster.get(acme, 'm004')).toMatchObject({ state: 'disabled', version: 3 });
    const { membership } = await deps.accounts.standing('A000', acme);
    expect(membership).toMatchObject({ state: 'enabled', version: 3 });
    expect(membership?.tokensValidFromSeconds, 'old tokens stay refused').toBeGreaterThan(0);

    await undoBulk(deps, { organization: acme, jobId: undo.jobId, acting: deputy });
    await drain();
    expect(await deps.roster.get(acme, 'm001')).toMatchObject({ state: 'disabled', disabledBy: 'admin' });
    expect(await deps.roster.summary(acme)).toMatchObject({ total: 120 });
  });
});

describe('a job that invites', () => {
  const invite = () => start(chief, { action: 'invite', filter: { status: ['not_joined'] } });
  const email = 'somebody@example.org';

  it('sends each member one round and one mail, however often it is killed before the mail is queued', async () => {
    const members = (await putMembers(120, { email })).filter((_, index) => index % 10 !== 0);
    const { jobId } = await invite();
    let sent = 0;
    const killed = {
      ...deps,
      mailQueue: {
        ...deps.mailQueue,
        async send(organization: string, order: MailOrder) {
          sent++;
          if (sent % 50 === 7) throw new Error('killed');
          return deps.mailQueue.send(organization, order);
        },
      },
    };
    await drain(killed);
    expect(await jobs.get(acme, jobId)).toMatchObject({
      state: 'complete',
      counts: { matched: members.length, done: members.length, failed: 0, unchanged: 0 },
    });
    const keyOf = async (id: string) => {
      const { invitation, version, state } = await deps.roster.get(acme, id);
      expect({ ...invitation, version, state }).toMatchObject({
        ...{ rounds: 1, state: 'not_joined', version: 2, to: email, method: 'email', invitedBy: 'chief' },
      });
      return `invitation/${invitation?.id}/1`;
    };
    const wanted = await Promise.all(members.map(keyOf));
    // The same key is the same mail, however often it is asked for.
    expect([...new Set(mailed.map(({ key }) => key))].sort()).toEqual([...new Set(wanted)].sort());
    expect(new Set(wanted).size).toBe(members.length);
    const entries = await wholeTrail();
    const invited = entries.filter(({ action }) => action === 'member.invite').map(({ subject }) => subject);
    expect(invited.sort()).toEqual(members);
  });

  it('tells of each whom it cannot invite, and cannot be undone', async () => {
    await putMembers(3);
    const { jobId } = await start(chief, { action: 'invite', ids: ['m000', 'm001', 'gone'] });
    await drain();
    expect((await resultsOf(jobId)).map(({ id, code }) => [id, code])).toEqual([
      ['m000', 'member_joined'],
      ['m001', 'no_email'],
      ['gone', 'not_found'],
    ]);
    expect(mailed).toEqual([]);
    await expect(undoBulk(deps, { organization: acme, jobId, acting: chief })).rejects.toMatchObject({
      code: 'job_not_undoable',
    });
  });
});

/** Changes a member as another writer does. */
async function touch(id: string): Promise<void> {
  await table.update({ key: keys.member(acme, id), add: { version: 1 } });
}
