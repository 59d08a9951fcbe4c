import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { importFile, newTenant, type Tenant } from '../support/cloud.ts';
import { type Ask, asking, person } from '../support/people.ts';

/** Two administrators for one plan that disables many (B3, B4), over HTTP. */

const columns = [
  { name: 'ID', type: 'text', role: 'externalId' },
  { name: 'Name', type: 'text', role: 'fullName' },
] as const;
const bounds = { disabledShareMax: 0.1, disabledMembersMax: 50 };
const fileOf = (ids: readonly string[]) => ['ID,Name', ...ids.map((id) => `${id},${id}`)].join('\n');
const refused = (status: number, code: string) => ({ status, body: { code } });
const everybody = Array.from({ length: 10 }, (_, at) => `m${at}`);

const cloud = inject('cloud');
let club: Tenant;
let owner: Ask;
let ann: Ask;
let bob: Ask;
let annClient: Awaited<ReturnType<typeof person>>['client'];

beforeAll(async () => {
  club = await newTenant(cloud, 'Pair', [...columns]);
  owner = asking(club.client, club.organization);
  ({ ask: ann, client: annClient } = await person(cloud.url, club, 'ann', { level: 'administrator' }));
  ({ ask: bob } = await person(cloud.url, club, 'bob', { level: 'administrator' }));
  await settings({ ...bounds, secondAdministrator: true });
});

async function settings(hold: Record<string, unknown>, ask = owner) {
  const { etag } = await ask('GET', '');
  return ask('PATCH', '', { hold }, { 'if-match': etag as string });
}

/** Brings everybody back, and then a file without them into review, where it is held. */
async function held(): Promise<string> {
  await importFile(club, 'all.csv', fileOf(['ann', 'bob', ...everybody]), { mode: 'upsert' });
  const job = await importFile(club, 'few.csv', fileOf(['ann', 'bob']), { mode: 'full' });
  expect(job).toMatchObject({
    step: 'review',
    waitsFor: 'review',
    hold: { disabling: 10, secondApproval: { required: true } },
  });
  return `/imports/${job.importId}`;
}

const enrolled = async () => (await club.client.summary(club.organization)).enrolled;
const approving = (path: string, ask: Ask, more: object = {}) =>
  ask('POST', `${path}/approve`, { confirmHold: true, ...more });
const ended = (path: string) => club.client.waitForImport(club.organization, path.slice('/imports/'.length));
const auditOf = async (path: string) => {
  const { body } = await owner('GET', `/audit?subject=${path.slice('/imports/'.length)}&sort=time`);
  return body.items as { action: string; actor: { login: string }; details: Record<string, unknown> }[];
};

describe('a held plan of an organization that asks for two', () => {
  let path: string;
  beforeEach(async () => {
    path = await held();
  });

  it('is applied once a second account has approved, and never by the same person twice', async () => {
    const first = await approving(path, ann);
    expect(first).toMatchObject({
      status: 202,
      body: { step: 'review', waitsFor: 'secondApproval', hold: { secondApproval: { by: 'ann' } } },
    });
    expect(JSON.stringify(first.body)).not.toContain('account');
    // The same person from another session, too.
    await annClient.signIn({ organization: club.organization, login: 'ann', password: 'Own-Password-2026' });
    expect(await approving(path, ann)).toMatchObject({ status: 202, body: { step: 'review' } });
    expect(await approving(path, ann, { exclude: ['m1'] })).toMatchObject(refused(409, 'own_approval'));
    expect(await enrolled()).toBe(12);
    expect((await owner('GET', '/imports/unfinished')).body.import).toMatchObject({
      waitsFor: 'secondApproval',
      actions: ['resume', 'approve', 'withdraw', 'replan', 'cancel', 'file'],
    });

    expect(await bob('POST', `${path}/approve`, {})).toMatchObject(refused(409, 'hold_not_confirmed'));
    expect((await approving(path, bob, { exclude: ['m2'] })).body).toMatchObject({
      approval: { by: 'ann', excludedCount: 1, second: { by: 'bob' } },
    });
    expect(await ended(path)).toMatchObject({ status: 'complete', counts: { disabled: 9, excluded: 1 } });
    expect(await enrolled()).toBe(3);
    const trail = await auditOf(path);
    expect(trail.map(({ action, actor }) => [action, actor.login])).toEqual([
      ['import.approve', 'ann'],
      ['import.approve', 'bob'],
      ['import.complete', 'ann'],
    ]);
    expect(trail[0]?.details).toMatchObject({ waitsForSecond: true });
    expect(trail[1]?.details).toMatchObject({ first: { login: 'ann' } });
    expect((await owner('GET', '/imports/unfinished')).body).toEqual({});
  });

  it('shows the second one what the first one left out, and can be taken back by either', async () => {
    await approving(path, ann, { exclude: ['m3', 'm4'] });
    const { body } = await bob('GET', `${path}/changes`);
    const excluded = body.items.filter((change: { excluded: boolean }) => change.excluded);
    expect(excluded.map((change: { externalId: string }) => change.externalId).sort()).toEqual(['m3', 'm4']);
    const back = await bob('DELETE', `${path}/approve`);
    expect(back).toMatchObject({ status: 200, body: { waitsFor: 'review' } });
    expect((await bob('DELETE', `${path}/approve`)).status).toBe(200);
    // What was taken back does not count: bob is the first now.
    expect((await approving(path, bob)).body).toMatchObject({ hold: { secondApproval: { by: 'bob' } } });
    expect((await auditOf(path)).map(({ action }) => action)).toEqual([
      'import.approve',
      'import.withdraw',
      'import.approve',
    ]);
    expect((await ann('POST', `${path}/cancel`)).body).toMatchObject({ status: 'incomplete' });
    expect(await approving(path, ann)).toMatchObject(refused(409, 'import_not_in_review'));
    expect(await bob('DELETE', `${path}/approve`)).toMatchObject(refused(409, 'import_not_in_review'));
    expect(await enrolled()).toBe(12);
  });

  it('still takes two when the rule is switched off meanwhile, which is not an administrator’s to do', async () => {
    await approving(path, ann);
    const loosened = { ...bounds, secondAdministrator: false };
    expect(await settings(loosened, ann)).toMatchObject(refused(403, 'forbidden'));
    expect(await settings({ disabledShareMax: 1, disabledMembersMax: 1000 }, bob)).toMatchObject(
      refused(403, 'forbidden'),
    );
    expect((await settings(loosened)).status).toBe(200);
    expect(await approving(path, ann)).toMatchObject({ status: 202, body: { step: 'review' } });
    expect((await settings({ ...bounds, secondAdministrator: true })).status).toBe(200);
    // A hold that does not name the rule leaves it on.
    expect((await settings(bounds)).body).toMatchObject({ hold: { secondAdministrator: true } });
    await approving(path, bob);
    expect(await ended(path)).toMatchObject({ status: 'complete', counts: { disabled: 10 } });
  });

  it('does not count the approval of one who may not approve any more', async () => {
    const carla = await person(cloud.url, club, 'carla', { level: 'administrator' });
    expect((await approving(path, carla.ask)).status).toBe(202);
    expect((await owner('POST', '/members/carla/disable')).status).toBe(200);
    expect((await approving(path, ann)).body).toMatchObject({
      step: 'review',
      hold: { secondApproval: { by: 'ann' } },
    });
    await owner('DELETE', '/members/carla');
    expect(await enrolled()).toBe(12);
    await approving(path, bob);
    expect(await ended(path)).toMatchObject({ status: 'complete' });
  });

  it('takes two who press in the same moment', async () => {
    const answers = await Promise.all([approving(path, ann), approving(path, bob), approving(path, ann)]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const job = await ended(path);
    expect(job).toMatchObject({ status: 'complete', counts: { disabled: 10 } });
    expect([job.approval?.by, job.approval?.second?.by].sort()).toEqual(['ann', 'bob']);
    // A press that comes late is told how it ended; one by somebody else is refused.
    for (const late of [ann, bob])
      expect(await approving(path, late)).toMatchObject({ status: 202, body: { status: 'complete' } });
    expect(await approving(path, owner)).toMatchObject(refused(409, 'import_not_in_review'));
    expect((await auditOf(path)).map(({ action }) => action)).toEqual([
      'import.approve',
      'import.approve',
      'import.complete',
    ]);
  });
});

it('a rule that is switched on while a plan waits holds for it at once', async () => {
  await settings({ ...bounds, secondAdministrator: false });
  await importFile(club, 'all.csv', fileOf(['ann', 'bob', ...everybody]), { mode: 'upsert' });
  const job = await importFile(club, 'few.csv', fileOf(['ann', 'bob']), { mode: 'full' });
  const path = `/imports/${job.importId}`;
  expect(job.hold).not.toHaveProperty('secondApproval');
  await settings({ ...bounds, secondAdministrator: true });
  expect((await approving(path, ann)).body).toMatchObject({ step: 'review', waitsFor: 'secondApproval' });
  expect((await ann('POST', `${path}/cancel`)).status).toBe(200);
});
