import { createHash } from 'node:crypto';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  importFile,
  newTenant,
  startTestCloud,
  type Tenant,
  type TestCloud,
  zipped,
} from '../support/cloud.ts';
import { eventually } from '../support/eventually.ts';
import { type Answer, type Ask, asking } from '../support/people.ts';

const columns = [
  { name: 'ID', type: 'text' as const, role: 'externalId' as const, required: true },
  { name: 'Name', type: 'text' as const },
];
const csvOf = (count: number) =>
  `ID,Name\n${Array.from({ length: count }, (_, at) => `f${at},Member ${at}\n`).join('')}`;
const hourMs = 60 * 60 * 1000;

type Club = Tenant & { ask: Ask };
let test: TestCloud;
let club: Club;
let other: Club;
beforeAll(async () => {
  test = await startTestCloud({ mailFrom: 'muster@roster.example' });
  const clubOf = async (name: string): Promise<Club> => {
    const tenant = await newTenant(test.cloud, name, columns);
    return { ...tenant, ask: asking(tenant.client, tenant.organization) };
  };
  club = await clubOf('Fed Club');
  other = await clubOf('Hungry Club');
});
afterAll(() => test?.close());

async function set(to: Club, settings: object): Promise<Answer> {
  return to.ask('PATCH', '', settings, { 'if-match': (await to.ask('GET', '')).etag ?? '' });
}

const policy = (more: object = {}) => ({ isOn: true, approve: 'auto', recipients: [club.login], ...more });

async function keyOf({ ask }: Club, name: string): Promise<{ keyId: string; key: string }> {
  const made = await ask('POST', '/feed/keys', { name });
  expect(made.status, made.text).toBe(201);
  return made.body;
}

/** Asks for a form with a key, as a program does that nobody signed in. */
async function ticketFor(key: string, fileName = 'nightly.csv') {
  const response = await fetch(`${test.cloud.url}/api/v1/public/feeds/uploads`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ fileName }),
  });
  return { status: response.status, body: await response.json() };
}

async function deliver(key: string, fileName: string, content: string | Uint8Array): Promise<void> {
  const { status, body } = await ticketFor(key, fileName);
  expect(status, JSON.stringify(body)).toBe(201);
  await club.client.upload(body.upload, new Blob([content as BlobPart]), fileName);
}

/** The imports that the feed made, newest first, once there are as many and the newest has come to rest. */
async function fed({ ask }: Club, count: number): Promise<Answer['body'][]> {
  return eventually(async () => {
    const { items } = (await ask('GET', '/imports')).body;
    const delivered = items.filter(({ source }: { source?: string }) => source === 'feed');
    expect(delivered).toHaveLength(count);
    const [{ status, step }] = delivered;
    expect(status !== 'in_progress' || step === 'review', `${status} at ${step}`).toBe(true);
    return delivered;
  });
}

async function mailsTo(to: string, count: number): Promise<{ subject: string; body: { text: string } }[]> {
  return eventually(async () => {
    const { emails } = (await (await fetch(`${test.cloud.endpoints.SES}/store`)).json()) as {
      emails: { destination: { to: string[] }; subject: string; body: { text: string } }[];
    };
    const found = emails.filter((email) => email.destination.to.includes(to));
    expect(found).toHaveLength(count);
    return found;
  });
}

function s3() {
  const { endpoints, region, credentials } = test.cloud;
  return new S3Client({
    ...(endpoints.S3 && { endpoint: endpoints.S3 }),
    region,
    credentials,
    forcePathStyle: true,
  });
}

let key: string;
let keyId: string;

describe('keys of those who deliver', () => {
  it('are shown once, kept as a hash, listed without themselves', async () => {
    ({ key, keyId } = await keyOf(club, 'Membership office'));
    expect(key).toMatch(/^[\w-]{43}$/);
    const listed = await club.ask('GET', '/feed/keys');
    expect(listed.body.items).toMatchObject([{ keyId, name: 'Membership office', createdBy: club.login }]);
    expect(listed.text).not.toContain(key);
    const { endpoints, region, credentials, outputs } = test.cloud;
    const table = new DynamoDBClient({
      ...(endpoints.DYNAMODB && { endpoint: endpoints.DYNAMODB }),
      region,
      credentials,
    });
    const stored = JSON.stringify(
      (await table.send(new ScanCommand({ TableName: outputs.TableName }))).Items,
    );
    table.destroy();
    expect(stored).not.toContain(key);
    expect(stored).toContain(createHash('sha256').update(key).digest('base64url'));
    expect((await other.ask('GET', '/feed/keys')).body.items).toEqual([]);
  });

  it('take nothing while the feed is off, and nothing but roster files', async () => {
    expect(await ticketFor(key)).toMatchObject({ status: 409, body: { code: 'feed_off' } });
    expect(await set(club, { feed: policy({ recipients: ['nobody'] }) })).toMatchObject({
      status: 422,
      body: { code: 'invalid_recipient' },
    });
    expect((await set(club, { feed: policy() })).status).toBe(200);
    for (const name of ['roster.exe', '../../other/roster.csv', ''])
      expect((await ticketFor(key, name)).status).toBe(400);
    for (const wrong of ['', 'x'.repeat(43), key.slice(1)])
      expect((await ticketFor(wrong)).status, wrong).toBe(401);
  });
});

describe('a file that is delivered', () => {
  it('becomes an import of the organization whose key it is, by its policy, and its recipients are mailed', async () => {
    await deliver(key, 'night.zip', await zipped({ 'night.csv': csvOf(100) }));
    const [job] = await fed(club, 1);
    expect(job).toMatchObject({
      fileName: 'night.zip',
      uploadedBy: 'feed',
      status: 'complete',
      counts: { rows: 100, added: 100 },
    });
    expect((await club.ask('GET', '/members/summary')).body.total).toBe(100);
    expect((await other.ask('GET', '/imports')).body.items).toEqual([]);
    const [mail] = await mailsTo(club.login, 1);
    expect(mail?.body.text).toContain('night.zip');
    expect((await club.ask('GET', '/feed/keys')).body.items[0].lastUsedAt).toEqual(expect.any(String));
    // Moved: the one copy is the import's.
    const client = s3();
    const Bucket = test.cloud.outputs.UploadsBucket;
    const left = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'feeds/' }));
    client.destroy();
    expect(left.KeyCount).toBe(0);
    expect((await club.ask('GET', `/imports/${job.importId}/file`)).status).toBe(200);
  });

  it('is imported once though S3 tells of it twice, and again when it is delivered again', async () => {
    const sent = (sequencer: string) => ({
      Records: [
        {
          messageId: sequencer,
          body: JSON.stringify({
            detail: {
              object: { key: `feeds/${club.organization}/same.csv`, etag: 'no-such-version', sequencer },
            },
          }),
          attributes: { ApproximateReceiveCount: '1' },
        },
      ],
    });
    const client = s3();
    const put = () =>
      client.send(
        new PutObjectCommand({
          Bucket: test.cloud.outputs.UploadsBucket,
          Key: `feeds/${club.organization}/same.csv`,
          Body: csvOf(100),
        }),
      );
    // As an operator's own principal delivers, without a key.
    await put();
    await fed(club, 2);
    await put();
    const [newest] = await fed(club, 3);
    expect(newest).toMatchObject({ status: 'complete', counts: { unchanged: 100, added: 0, updated: 0 } });
    client.destroy();
    const start = test.cloud.resource('Muster-dev-App/Functions/ImportsStart/Function').ref;
    await test.cloud.invoke(start, sent('0001'));
    await test.cloud.invoke(start, sent('0001'));
    const { items } = (await club.ask('GET', '/imports')).body;
    const late = items.filter(({ source }: { source?: string }) => source === 'feed');
    expect(late, 'one for the version that was told of twice').toHaveLength(4);
    expect(late[0]).toMatchObject({ step: 'awaiting_upload' });
    await club.ask('POST', `/imports/${late[0].importId}/cancel`);
  });

  it('waits for an admin where it would disable many, whatever the policy says', async () => {
    await deliver(key, 'cut.csv', csvOf(40));
    const [job] = await fed(club, 5);
    expect(job).toMatchObject({ status: 'in_progress', step: 'review', hold: { reason: 'mass_change' } });
    expect((await club.ask('GET', '/members/summary')).body).toMatchObject({ disabled: 0 });
    const mails = await mailsTo(club.login, 4);
    expect(mails.at(-1)?.body.text).toContain('cut.csv');
    await club.ask('POST', `/imports/${job.importId}/cancel`);
  });

  it('waits for review where the policy says so, and fails with its reason where it is none', async () => {
    await set(club, { feed: policy({ approve: 'review', mode: 'upsert' }) });
    await deliver(key, 'look.csv', 'ID,Name\nnew,New\n');
    expect((await fed(club, 6))[0]).toMatchObject({ step: 'review', mode: 'upsert', counts: { added: 1 } });
    await deliver(key, 'odd.zip', 'no archive');
    expect((await fed(club, 7))[0]).toMatchObject({ status: 'error' });
  });

  it('is refused with a revoked key, and while imports are off', async () => {
    await set(club, { features: { importExport: false } });
    expect(await ticketFor(key)).toMatchObject({ status: 403, body: { code: 'feature_disabled' } });
    await set(club, { features: { importExport: true } });
    expect((await club.ask('DELETE', `/feed/keys/${keyId}`)).status).toBe(204);
    expect((await ticketFor(key)).status).toBe(401);
    expect((await club.ask('DELETE', `/feed/keys/${keyId}`)).status).toBe(404);
    const { items } = (await club.ask('GET', '/audit?limit=200')).body;
    const told = items.filter(({ action }: { action: string }) => action.startsWith('feed.'));
    expect(told.map(({ action, subject }: { action: string; subject: string }) => [action, subject])).toEqual(
      [
        ['feed.revokeKey', keyId],
        ['feed.addKey', keyId],
      ],
    );
  });
});

describe('a file that is expected', () => {
  const moveClock = async (move: number) => {
    await fetch(test.cloud.clockUrl, { method: 'PUT', body: JSON.stringify({ move }) });
    await other.client.signIn(other);
  };

  it('is missed once, and not where it came in time', async () => {
    // Expected each day by the hour after the next one, by the clock of UTC.
    const by = `${new Date(Date.now() + 2 * hourMs).toISOString().slice(11, 13)}:00`;
    await importFile(other, 'first.csv', csvOf(3));
    const before = (await mailsTo(other.login, 1)).length;
    const expected = { days: [1, 2, 3, 4, 5, 6, 7], by };
    const feed = { isOn: true, approve: 'auto', recipients: [other.login], expected };
    expect(await set(other, { feed })).toMatchObject({ status: 200, body: { feed: { expected } } });

    await moveClock(2 * hourMs + 60_000);
    const missed = await mailsTo(other.login, before + 1);
    expect(missed.at(-1)?.subject).toBe('No roster file came for Hungry Club');
    expect(missed.at(-1)?.body.text).toContain(`${by}`);

    const own = await keyOf(other, 'Office');
    await deliver(own.key, 'late.csv', csvOf(4));
    expect((await fed(other, 1))[0]).toMatchObject({ status: 'complete' });
    await mailsTo(other.login, before + 2);
    await moveClock(26 * hourMs + 60_000);
    await eventually(async () => {
      const log = await test.logOf('ImportsExpect');
      expect(log).toContain('"looked":1,"missed":1');
      expect(log).toContain('"looked":1,"missed":0');
    });
    await mailsTo(other.login, before + 2);
  });
});
