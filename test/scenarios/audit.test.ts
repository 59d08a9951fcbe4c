import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { parse } from 'csv-parse/sync';
import { auditTrail } from 'roster/aws/audit';
import { createTable } from 'roster/aws/table';
import * as api from 'roster/domain/api';
import { type AuditEntry, canonicalJson } from 'roster/domain/audit';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiError } from '../../commands/client.ts';
import { all, importAndApprove, importFile, newTenant, type Tenant } from '../support/cloud.ts';

/** The first file is applied by policy, the second after an admin approved it, the third is cancelled. */
const first = 'MemberID,FirstName,LastName\n1,Ann,Able\n2,Bob,Baker\n3,Cid,Cook\n';
const second = 'MemberID,FirstName,LastName\n1,Ann,Abel\n2,Bob,Baker\n3,Cid,Cook\n';
const third = 'MemberID,FirstName,LastName\n1,Ann,Abel\n2,Bob,Baker\n3,Cid,Crook\n';
const viewer = '203.0.113.9';

const cloud = inject('cloud');
let club: Tenant;
let other: Tenant;
let account: string;
let imports: { first: string; second: string; third: string };

beforeAll(async () => {
  club = await newTenant(cloud, 'Audited Club');
  other = await newTenant(cloud, 'Other Club');
  ({ account } = await club.client.me());
  const path = club.client.in(club.organization);

  // As a call looks that came through CloudFront from `viewer`, who forged a beginning.
  const headers = { 'x-forwarded-for': `198.51.100.66, ${viewer}` };
  await club.client.call('PATCH', path, { body: { name: '=Renamed Club' }, headers });
  const schema = await club.client.schema(club.organization);
  const columns = [...schema.columns, { name: 'Badge', type: 'text' as const }];
  await club.client.putSchema(club.organization, columns, schema.version);
  const { importId: one } = await importFile(club, 'first.csv', first);
  const { importId: two } = await importAndApprove(club, 'second.csv', second, { approve: 'review' });
  const { importId: three } = await importFile(club, 'third.csv', third, { approve: 'review' });
  await club.client.cancel(club.organization, three);
  imports = { first: one, second: two, third: three };
});

const entries = async (tenant: Tenant, query: Record<string, string | number> = {}): Promise<AuditEntry[]> =>
  (await all(
    tenant.client.pages(`${tenant.client.in(tenant.organization)}/audit`, api.AuditEntry, query),
  )) as AuditEntry[];

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof ApiError ? `${error.status} ${error.code}` : String(error)),
  );

describe('every change leaves its entry', () => {
  it('newest first, one for each change and no more', async () => {
    expect((await entries(club)).map(({ sequence, action }) => [sequence, action])).toEqual([
      [8, 'import.cancel'],
      [7, 'import.complete'],
      [6, 'import.approve'],
      [5, 'import.complete'],
      [4, 'import.approve'],
      [3, 'schema.update'],
      [2, 'organization.update'],
      [1, 'organization.create'],
    ]);
  });

  it('with who, when, from where, what, before and after', async () => {
    const [, , , , , schema, update, create] = await entries(club);
    expect(create).toMatchObject({
      actor: { account: 'operator', login: 'operator' },
      subject: club.organization,
      after: { name: 'Audited Club' },
      details: { owner: account },
    });
    expect(update).toMatchObject({
      actor: { account, login: club.login, address: viewer, via: '127.0.0.1' },
      subject: club.organization,
      before: { name: 'Audited Club' },
      after: { name: '=Renamed Club' },
    });
    expect(Math.abs(Date.parse(update?.at ?? '') - Date.now())).toBeLessThan(120_000);
    expect(schema).toMatchObject({
      actor: { account, login: club.login, address: '127.0.0.1' },
      before: { version: 1 },
      after: { version: 2 },
    });
    const names = (fields: AuditEntry['after'] = {}) =>
      (fields.columns as { name: string }[]).map(({ name }) => name);
    expect(names(schema?.before)).not.toContain('Badge');
    expect(names(schema?.after)).toEqual([...names(schema?.before), 'Badge']);
  });

  it('an import by its decision, its counts and its change files, with nothing of a person', async () => {
    const [cancel, reviewed, approve, byPolicy, policy] = await entries(club);
    const me = { account, login: club.login };
    expect(cancel).toMatchObject({ actor: me, subject: imports.third, after: { status: 'incomplete' } });
    expect(approve).toMatchObject({
      actor: me,
      subject: imports.second,
      after: { step: 'applying' },
      details: {
        kinds: ['add', 'update', 'reactivate', 'disable', 'remove'],
        excludedCount: 0,
        counts: { rows: 3, updated: 1, unchanged: 2 },
      },
    });
    expect(reviewed).toMatchObject({
      actor: me,
      subject: imports.second,
      details: { counts: { updated: 1 } },
    });
    expect(policy).toMatchObject({
      actor: { account: 'policy', login: 'policy' },
      subject: imports.first,
      details: { uploadedBy: club.login, counts: { rows: 3, added: 3 } },
    });
    expect(byPolicy).toMatchObject({
      actor: { account: 'policy', login: 'policy' },
      subject: imports.first,
      details: {
        counts: { rows: 3, added: 3 },
        file: { sha256: createHash('sha256').update(first).digest('hex'), bytes: first.length },
      },
    });
    expect(JSON.stringify([cancel, reviewed, approve, byPolicy, policy])).not.toMatch(
      /Ann|Able|Baker|Cook|Crook/,
    );
  });

  it('the SHA-256 of a change file is that of the object it names', async () => {
    const { endpoints, credentials, region } = cloud;
    const s3 = new S3Client({ endpoint: endpoints.S3, credentials, region, forcePathStyle: true });
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    const work = Buckets.find(({ Name }) => (Name ?? '').toLowerCase().includes('work'))?.Name;
    const entry = (await entries(club, { subject: imports.first }))[0];
    const changes = entry?.details?.changes as { kind: string; key: string; count: number; sha256: string }[];
    expect(changes.map(({ kind, count }) => [kind, count])).toEqual([
      ['add', 3],
      ['rows', 3],
    ]);
    const contents: string[] = [];
    for (const { key, sha256 } of changes) {
      const object = await s3.send(new GetObjectCommand({ Bucket: work, Key: key }));
      const bytes = (await object.Body?.transformToByteArray()) ?? new Uint8Array();
      contents.push(Buffer.from(bytes).toString());
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
    s3.destroy();
    expect(contents.join()).toContain('Able');
  });

  it('a change that was refused leaves none', async () => {
    const stale = { body: { name: 'Late' }, headers: { 'if-match': '"1"' } };
    const path = club.client.in(club.organization);
    expect(await codeOf(club.client.call('PATCH', path, stale))).toBe('412 precondition_failed');
    expect(await codeOf(club.client.approve(club.organization, imports.third))).toBe(
      '409 import_not_in_review',
    );
    expect(await codeOf(club.client.cancel(club.organization, imports.first))).toBe('409 import_not_open');
    expect(await entries(club)).toHaveLength(8);
  });
});

describe('the list', () => {
  const sequences = async (query: Record<string, string | number>) =>
    (await entries(club, query)).map(({ sequence }) => sequence);

  it('is filtered by subject, action and time, in pages of any size', async () => {
    expect(await sequences({ limit: 2 })).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(await sequences({ limit: 3, sort: 'time' })).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await sequences({ subject: imports.second, limit: 1 })).toEqual([7, 6]);
    expect(await sequences({ action: 'import.complete' })).toEqual([7, 5]);
    expect(await sequences({ action: 'import.complete', subject: imports.first })).toEqual([5]);
    const third = (await entries(club)).find(({ sequence }) => sequence === 3)?.at ?? '';
    expect(await sequences({ from: third, action: 'schema.update' })).toEqual([3]);
    expect(await sequences({ to: third, action: 'schema.update' })).toEqual([]);
    const inOffset = new Date(Date.parse(third) + 3_600_000).toISOString().replace('Z', '+01:00');
    expect(await sequences({ from: inOffset, sort: 'time' })).toEqual([3, 4, 5, 6, 7, 8]);
    expect(await sequences({ from: '2030-01-01T00:00:00Z', to: '2020-01-01T00:00:00Z' })).toEqual([]);
  });

  it('refuses what it does not know', async () => {
    const path = `${club.client.in(club.organization)}/audit`;
    for (const query of [{ action: 'member.spy' }, { from: 'yesterday' }, { limit: 0 }, { sort: 'name' }]) {
      expect(await codeOf(club.client.call('GET', path, { query }))).toBe('400 invalid_request');
    }
    expect(await codeOf(club.client.call('GET', path, { query: { cursor: 'x' } }))).toBe(
      '400 invalid_cursor',
    );
  });

  it('shows another organization nothing of it', async () => {
    expect((await entries(other)).map(({ action, subject }) => [action, subject])).toEqual([
      ['organization.create', other.organization],
    ]);
    expect(await entries(other, { subject: imports.first })).toEqual([]);
    const path = `${club.client.in(club.organization)}/audit`;
    expect((await other.client.send('GET', path)).status).toBe(403);
    const { nextCursor } = api.AuditList.parse(await club.client.call('GET', path, { query: { limit: 1 } }));
    const elsewhere = `${other.client.in(other.organization)}/audit`;
    const stolen = other.client.call('GET', elsewhere, { query: { limit: 1, cursor: nextCursor } });
    expect(await codeOf(stolen)).toBe('400 invalid_cursor');
  });

  it('is for auditors too, and not for coordinators and members', async () => {
    const tenant = await newTenant(cloud, 'Level Club');
    const me = (await tenant.client.me()).account;
    const path = `${tenant.client.in(tenant.organization)}/audit`;
    const statuses: Record<string, number> = {};
    for (const level of ['securityAdministrator', 'administrator', 'auditor', 'coordinator', 'member']) {
      await database(({ documents, TableName }) =>
        documents.send(
          new UpdateCommand({
            TableName,
            Key: { pk: `A#${me}`, sk: `O#${tenant.organization}` },
            UpdateExpression: 'SET #level = :level',
            ExpressionAttributeNames: { '#level': 'level' },
            ExpressionAttributeValues: { ':level': level },
          }),
        ),
      );
      statuses[level] = (await tenant.client.send('GET', path)).status;
    }
    expect(statuses).toEqual({
      securityAdministrator: 200,
      administrator: 200,
      auditor: 200,
      coordinator: 403,
      member: 403,
    });
  });
});

describe('npm run audit', () => {
  it('verifies an unbroken chain and names its last hash', async () => {
    const last = (await entries(club))[0]?.hash ?? '';
    expect(await command(club, 'verify')).toEqual({
      code: 0,
      output: `8 entries, unbroken, last hash ${last}\n`,
    });
    const anchor = (await entries(club)).at(-1)?.hash ?? '';
    expect((await command(club, 'verify', '--from-hash', anchor)).code).toBe(0);
    const cut = await command(club, 'verify', '--from-hash', 'f'.repeat(64));
    expect(cut).toMatchObject({ code: 1, output: expect.stringContaining('anchor_missing') });
  });

  it('exports all entries, formulas made text', async () => {
    const file = join(cloud.stateDirectory, 'audit.csv');
    expect((await command(club, 'export', file)).code).toBe(0);
    const rows: Record<string, string>[] = parse(await readFile(file), { columns: true, bom: true });
    expect(rows.map(({ sequence, action }) => [sequence, action])).toEqual(
      (await entries(club, { sort: 'time' })).map(({ sequence, action }) => [String(sequence), action]),
    );
    expect(rows[1]).toMatchObject({ login: club.login, address: viewer, after: '{"name":"=Renamed Club"}' });
  });

  it('exports what a spreadsheet would run as text', async () => {
    await database(({ client, TableName: tableName }) => {
      const trail = auditTrail(createTable({ tableName, client }), () => new Date());
      const actor = { account: 'A1', login: '+cmd|calc' };
      return trail.commit(other.organization, { action: 'member.add', actor, subject: '=1+1' }, []);
    });
    const file = join(cloud.stateDirectory, 'formulas.csv');
    expect((await command(other, 'export', file)).code).toBe(0);
    const rows: Record<string, string>[] = parse(await readFile(file), { columns: true, bom: true });
    // The cure of OWASP (CSV Injection): an apostrophe before what begins a formula.
    expect(rows[1]).toMatchObject({ subject: "'=1+1", login: "'+cmd|calc" });
  });

  it.each<
    [
      string,
      (
        rows: Row[],
        put: (row: Row) => Promise<unknown>,
        drop: (row: Row) => Promise<unknown>,
      ) => Promise<void>,
      string,
    ]
  >([
    ['a deleted entry', async ([, , third], _, drop) => void (await drop(third as Row)), 'entry 3 (missing)'],
    [
      'the newest one deleted',
      async (rows, _, drop) => void (await drop(rows.at(-1) as Row)),
      'entry 8 (tail_missing)',
    ],
    [
      'an edited entry',
      async ([, second], put) => void (await put(edited(second as Row))),
      'entry 2 (edited)',
    ],
    [
      'an edited entry with a right hash of its own',
      async ([, second], put) => void (await put(rehashed(edited(second as Row)))),
      'entry 2 (rewritten)',
    ],
    [
      'two entries that changed places',
      async ([, second, third], put) => {
        const [one, two] = [second as Row, third as Row];
        await put({ ...two, sk: one.sk });
        await put({ ...one, sk: two.sk });
      },
      'entry 2 (missing)',
    ],
    [
      'an entry put in between',
      async ([, second], put) => void (await put({ ...(second as Row), sk: `${second?.sk}x` })),
      'entry 2 (unexpected)',
    ],
  ])('finds %s', async (_, tamper, found) => {
    await database(async ({ documents, TableName }) => {
      const key = { ':pk': `O#${club.organization}#AUDIT` };
      const query = { TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: key };
      const read = async () => ((await documents.send(new QueryCommand(query))).Items ?? []) as Row[];
      const put = (Item: Row) => documents.send(new PutCommand({ TableName, Item }));
      const drop = ({ pk, sk }: Row) => documents.send(new DeleteCommand({ TableName, Key: { pk, sk } }));
      const before = await read();
      expect(before).toHaveLength(8);
      await tamper(before, put, drop);
      const result = await command(club, 'verify');
      for (const row of await read()) if (!before.some(({ sk }) => sk === row.sk)) await drop(row);
      for (const row of before) await put(row);
      expect(result).toMatchObject({ code: 1, output: expect.stringContaining(`BROKEN at ${found}`) });
    });
    expect((await command(club, 'verify')).code).toBe(0);
  });
});

interface Row {
  pk: string;
  sk: string;
  entry: string;
  hash: string;
}

const edited = (row: Row): Row => ({ ...row, entry: row.entry.replace('Renamed', 'Innocent') });
const rehashed = (row: Row): Row => ({
  ...row,
  hash: createHash('sha256')
    .update(canonicalJson(JSON.parse(row.entry)))
    .digest('hex'),
});

interface Database {
  client: DynamoDBClient;
  documents: DynamoDBDocumentClient;
  TableName: string;
}

async function database<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const { endpoints, credentials, region } = cloud;
  const client = new DynamoDBClient({ endpoint: endpoints.DYNAMODB, credentials, region });
  try {
    const [TableName = ''] = (await client.send(new ListTablesCommand({}))).TableNames ?? [];
    return await work({ client, documents: DynamoDBDocumentClient.from(client), TableName });
  } finally {
    client.destroy();
  }
}

/** Runs the command as npm does, signed in as the tenant's owner. */
async function command(tenant: Tenant, ...args: string[]): Promise<{ code: number; output: string }> {
  const { url } = cloud;
  const signIn = ['--org', tenant.organization, '--login', tenant.login, '--password-env', 'OWNER_PASSWORD'];
  const all = ['bootstrap/run.mjs', 'commands/audit.ts', ...args, ...signIn, '--url', url];
  const env = {
    ...process.env,
    MUSTER_STATE_DIRECTORY: cloud.stateDirectory,
    OWNER_PASSWORD: tenant.password,
  };
  const cwd = join(import.meta.dirname, '../..');
  try {
    const { stdout } = await promisify(execFile)(process.execPath, all, { cwd, env });
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}
