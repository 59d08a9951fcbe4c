import { setTimeout as wait } from 'node:timers/promises';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { stringify } from 'csv-stringify/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generatorColumns } from '../../commands/sample/columns.ts';
import { rosterRows } from '../../commands/sample/rows.ts';
import {
  all,
  importFile,
  newTenant,
  startTestCloud,
  type Tenant,
  type TestCloud,
  upload,
} from '../support/cloud.ts';
import { executionsOf, stopExecution } from '../support/executions.ts';
import { type KillableCloud, killableCloud } from '../support/killable-cloud.ts';

const csvOf = (rows: number) => stringify([...rosterRows({ seed: 7, rows })], { header: true });

/** Asks until a condition holds. @throws Error after the deadline */
async function until<T>(
  ask: () => Promise<T>,
  holds: (answer: T) => boolean,
  deadlineSeconds = 60,
): Promise<T> {
  const deadline = performance.now() + deadlineSeconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    if (performance.now() > deadline)
      throw new Error(`Not within ${deadlineSeconds} s: ${JSON.stringify(answer)}`);
    await wait(20);
  }
}

describe('events that come twice, imports that meet', () => {
  let test: TestCloud;
  let club: Tenant;
  beforeAll(async () => {
    test = await startTestCloud();
    club = await newTenant(test.cloud, 'Club', generatorColumns);
  });
  afterAll(() => test?.close());

  const executions = async () => (await executionsOf(test.cloud)).map(({ name }) => name);

  it('the same S3 event again starts nothing', async () => {
    const job = await importFile(club, 'roster.csv', csvOf(50));
    expect(job.status).toBe('complete');
    const { endpoints, region, credentials } = test.cloud;
    const queues = new SQSClient({ endpoint: endpoints.SQS, region, credentials });
    const { QueueUrls = [] } = await queues.send(new ListQueuesCommand({}));
    const QueueUrl = QueueUrls.find((url) => /upload/i.test(url) && !/dead|dlq/i.test(url));
    const key = `${club.organization}/${job.importId}/original`;
    const event = { source: 'aws.s3', 'detail-type': 'Object Created', detail: { object: { key } } };
    for (let time = 0; time < 3; time++) {
      await queues.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
    }
    queues.destroy();
    // The next import's event comes behind the repeated ones in the queue.
    const next = await importFile(club, 'roster.csv', csvOf(50));
    expect(next.status).toBe('complete');
    expect((await executions()).sort()).toEqual([job.importId, next.importId].sort());
    expect(await club.client.import(club.organization, job.importId)).toEqual(job);
    expect(await club.client.summary(club.organization)).toMatchObject({ total: 50 });
  });

  it('a new upload turns an import in review into an incomplete one (S1.10)', async () => {
    const { client, organization } = club;
    const older = await importFile(club, 'older.csv', csvOf(60), { approve: 'review' });
    expect(older).toMatchObject({ status: 'in_progress', step: 'review', counts: { added: 10 } });
    const newer = await importFile(club, 'newer.csv', csvOf(55), { approve: 'auto' });
    expect(newer).toMatchObject({ status: 'complete', counts: { added: 5 } });
    expect(await client.import(organization, older.importId)).toMatchObject({
      status: 'incomplete',
      step: 'review',
    });
    const changes = await all(client.changes(organization, older.importId));
    expect(changes).toHaveLength(10);
    await expect(client.approve(organization, older.importId)).rejects.toMatchObject({
      code: 'import_not_in_review',
    });
    expect(await client.summary(organization)).toMatchObject({ total: 55 });
  });

  it('of two uploads at once one is incomplete and the other is applied', async () => {
    const { client, organization } = club;
    const ids = await Promise.all([upload(club, 'a.csv', csvOf(58)), upload(club, 'b.csv', csvOf(58))]);
    const jobs = await Promise.all(ids.map((id) => client.waitForImport(organization, id)));
    const statuses = jobs.map(({ status }) => status).sort();
    // The one that comes second may also find nothing left to do, if the first was through already.
    expect([
      ['complete', 'incomplete'],
      ['complete', 'complete'],
    ]).toContainEqual(statuses);
    expect(
      jobs.reduce((sum, { counts, status }) => sum + (status === 'complete' ? counts.added : 0), 0),
    ).toBe(3);
    expect(await client.summary(organization)).toMatchObject({ total: 58 });
  });

  it('approving twice is approving once; what is cancelled cannot be approved', async () => {
    const { client, organization } = club;
    const job = await importFile(club, 'roster.csv', csvOf(70), { approve: 'review' });
    await Promise.allSettled([1, 2, 3].map(() => client.approve(organization, job.importId)));
    const done = await client.waitForImport(organization, job.importId);
    expect(done).toMatchObject({ status: 'complete', counts: { added: 12, conflicts: 0, excluded: 0 } });
    expect(await client.summary(organization)).toMatchObject({ total: 70 });

    const dropped = await importFile(club, 'roster.csv', csvOf(80), { approve: 'review' });
    expect(await client.cancel(organization, dropped.importId)).toMatchObject({ status: 'incomplete' });
    await expect(client.approve(organization, dropped.importId)).rejects.toMatchObject({ status: 409 });
    expect(await client.summary(organization)).toMatchObject({ total: 70 });
  });

  it('an approval by kind and without single members leaves the rest as it was (S1.12)', async () => {
    const { client, organization } = club;
    const before = new Map(
      (await all(client.members(organization))).map((member) => [member.externalId, member]),
    );
    const rows = [...rosterRows({ seed: 7, rows: 73 })].map((row, index) =>
      index < 4 ? { ...row, City: 'Elsewhere' } : row,
    );
    const changed = stringify(rows.slice(0, 72), { header: true });
    const job = await importFile(club, 'roster.csv', changed, { mode: 'full', approve: 'review' });
    expect(job.counts).toMatchObject({ added: 2, updated: 4 });
    const exclude = [rows[1]!.MemberID];
    await client.approve(organization, job.importId, { kinds: ['update'], exclude, confirmHold: true });
    const done = await client.waitForImport(organization, job.importId);
    expect(done).toMatchObject({ status: 'complete', counts: { updated: 3, added: 0, excluded: 3 } });
    const after = await all(client.members(organization));
    expect(after).toHaveLength(70);
    const moved = after.filter(
      ({ externalId, values }) => values.City !== before.get(externalId)?.values.City,
    );
    expect(moved.map(({ externalId }) => externalId).sort()).toEqual(
      [0, 2, 3].map((at) => rows[at]!.MemberID).sort(),
    );
    const outcomes = await all(client.changes(organization, job.importId, { kind: 'update' }));
    expect(
      outcomes.filter(({ outcome }) => outcome === 'excluded').map(({ externalId }) => externalId),
    ).toEqual(exclude);
  });
});

describe('an import that nobody applies any more', () => {
  let test: TestCloud;
  let club: Tenant;
  const sixHoursAndMore = 7 * 3_600_000;
  beforeAll(async () => {
    test = await startTestCloud();
    club = await newTenant(test.cloud, 'Stopped', generatorColumns);
  });
  afterAll(() => test?.close());

  it('is resumed by whoever may, and ends with the roster of an undisturbed run (S1.13)', async () => {
    const { client, organization } = club;
    const rows = 4_000;
    const importId = await upload(club, 'roster.csv', csvOf(rows));
    await until(
      () => client.import(organization, importId),
      ({ step }) => step === 'applying',
    );
    await stopExecution(test.cloud, importId);
    const path = `${client.in(organization)}/imports/${importId}`;
    const resume = () => client.send('POST', `${path}/resume`);
    await fetch(test.cloud.clockUrl, { method: 'PUT', body: JSON.stringify({ move: sixHoursAndMore }) });
    await client.signIn(club);
    expect(await client.import(organization, importId)).toMatchObject({
      status: 'error',
      step: 'applying',
      waitsFor: 'resume',
      error: { code: 'apply_interrupted' },
      actions: ['resume', 'file'],
    });
    const answers = await Promise.all([resume(), resume()]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    const job = await client.waitForImport(organization, importId, { deadlineSeconds: 120 });
    expect(job).toMatchObject({
      status: 'complete',
      counts: { rows, added: rows, conflicts: 0, excluded: 0 },
    });
    expect(await client.summary(organization)).toMatchObject({ total: rows });
    expect((await resume()).status).toBe(409);
    const again = await importFile(club, 'roster.csv', csvOf(rows));
    expect(again.counts).toMatchObject({ added: 0, updated: 0, unchanged: rows });
  });
});

describe('a process killed in the middle of applying', () => {
  let killable: KillableCloud;
  beforeAll(async () => {
    killable = await killableCloud();
  });
  afterAll(() => killable?.close());

  it('goes on after a restart and ends with the roster of an undisturbed run', async () => {
    const rows = 3_000;
    let cloud = await killable.start();
    let club = await newTenant(cloud, 'Club', generatorColumns);
    const importId = await upload(club, 'roster.csv', csvOf(rows));
    await until(
      () => club.client.import(club.organization, importId),
      ({ step, progress }) =>
        step === 'applying' && (progress?.done ?? 0) > 0 && (progress?.done ?? 0) < rows,
    );
    await killable.stop('SIGKILL');

    cloud = await killable.start();
    club = { ...club, client: new (await import('../../commands/client.ts')).MusterClient(cloud.url) };
    await club.client.signIn(club);
    const job = await club.client.waitForImport(club.organization, importId, { deadlineSeconds: 120 });
    expect(job).toMatchObject({
      status: 'complete',
      counts: { rows, added: rows, conflicts: 0, excluded: 0 },
    });
    expect(await club.client.summary(club.organization)).toMatchObject({ total: rows });
    const ids = (await all(club.client.members(club.organization))).map(({ externalId }) => externalId);
    expect(ids.sort()).toEqual([...rosterRows({ seed: 7, rows })].map(({ MemberID }) => MemberID).sort());
    const again = await importFile(club, 'roster.csv', csvOf(rows));
    expect(again.counts).toMatchObject({ added: 0, updated: 0, unchanged: rows });
    await killable.stop('SIGTERM');
  });
});
