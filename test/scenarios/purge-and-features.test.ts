import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importFile, newTenant, startTestCloud, type Tenant, type TestCloud } from '../support/cloud.ts';
import { type Ask, asking, person } from '../support/people.ts';

const columns = [
  { name: 'ID', type: 'text' as const, role: 'externalId' as const, required: true },
  { name: 'Name', type: 'text' as const },
];
const roster = 'ID,Name\n1,Ada\n2,Bob\n';
const dayMs = 24 * 60 * 60 * 1000;

let test: TestCloud;
let club: Tenant & { ask: Ask };
beforeAll(async () => {
  test = await startTestCloud();
  const tenant = await newTenant(test.cloud, 'Filing Club', columns);
  club = { ...tenant, ask: asking(tenant.client, tenant.organization) };
});
afterAll(() => test?.close());

const moveClock = async (move: number) => {
  await fetch(test.cloud.clockUrl, { method: 'PUT', body: JSON.stringify({ move }) });
  await club.client.signIn(club);
};

async function keptIn(bucket: 'UploadsBucket' | 'WorkBucket'): Promise<number> {
  const { endpoints, region, credentials, outputs } = test.cloud;
  const endpoint = endpoints.S3;
  const s3 = new S3Client({ ...(endpoint && { endpoint }), region, credentials, forcePathStyle: true });
  const { KeyCount = 0 } = await s3.send(new ListObjectsV2Command({ Bucket: outputs[bucket] }));
  s3.destroy();
  return KeyCount;
}

describe('the feature of imports and exports (S2.6)', () => {
  const set = async (ask: Ask, importExport: boolean) =>
    ask('PATCH', '', { features: { importExport } }, { 'if-match': (await ask('GET', '')).etag ?? '' });
  const featuresOfMe = async () => (await club.client.me()).memberships.map(({ features }) => features);

  it('is on until an owner switches it off, which nobody else may', async () => {
    expect((await club.ask('GET', '')).body.features).toEqual({ importExport: true });
    expect(await featuresOfMe()).toEqual([{ importExport: true }]);
    const admin = await person(test.cloud.url, club, 'adam', { level: 'administrator' });
    expect(await set(admin.ask, false)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await set(admin.ask, true)).status, 'as it is').toBe(200);
    expect(await set(club.ask, false)).toMatchObject({
      status: 200,
      body: { features: { importExport: false } },
    });
  });

  it('refuses every call about imports while it is off, tells consoles so, and leaves the rest alone', async () => {
    const calls = [
      club.ask('POST', '/imports', { fileName: 'a.csv' }),
      club.ask('GET', '/imports'),
      club.ask('GET', '/imports/01KE0000000000000000000000'),
      club.ask('POST', '/imports/01KE0000000000000000000000/approve', {}),
    ];
    for (const { status, body } of await Promise.all(calls)) {
      expect([status, body.code]).toEqual([403, 'feature_disabled']);
    }
    expect(await featuresOfMe()).toEqual([{ importExport: false }]);
    expect((await club.ask('GET', '/members')).status).toBe(200);
    expect((await club.ask('POST', '/members', { values: { ID: '9' } })).status).toBe(201);
  });

  it('works again once it is on', async () => {
    expect((await set(club.ask, true)).status).toBe(200);
    expect((await club.ask('GET', '/imports')).status).toBe(200);
    const { body } = await club.ask('GET', '/audit?action=organization.update');
    const switched = body.items.map(({ after }: { after?: { features?: object } }) => after?.features);
    expect(switched.slice(0, 2)).toEqual([{ importExport: true }, { importExport: false }]);
  });
});

describe('the file that was uploaded (B15)', () => {
  let importId: string;
  beforeAll(async () => {
    importId = (await importFile(club, 'members.csv', roster, { mode: 'upsert' })).importId;
  });

  const file = () => club.ask('GET', `/imports/${importId}/file`);

  it('can be had for 30 days', async () => {
    await moveClock(30 * dayMs - 60_000);
    const { status, body } = await file();
    expect(status).toBe(200);
    expect(await (await fetch(body.url)).text()).toBe(roster);
  });

  it('is gone then with all that was made of it, and the record keeps hash and counts', async () => {
    const before = (await club.ask('GET', `/imports/${importId}`)).body;
    expect(await keptIn('UploadsBucket')).toBe(1);
    expect(await keptIn('WorkBucket')).toBeGreaterThan(0);
    await moveClock(30 * dayMs + 60_000);
    expect(await file()).toMatchObject({ status: 410, body: { code: 'file_purged' } });
    expect(await keptIn('UploadsBucket')).toBe(0);
    expect(await keptIn('WorkBucket')).toBe(0);
    const after = (await club.ask('GET', `/imports/${importId}`)).body;
    expect(after).toMatchObject({
      status: 'complete',
      file: { sha256: before.file.sha256, bytes: roster.length },
      counts: { rows: 2, added: 2 },
    });
    expect(after.actions).not.toContain('file');
  });
});
