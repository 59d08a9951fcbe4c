import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { AuditEntry } from 'roster/domain/api';
import { type AuditEntry as Entry, verifyChain } from 'roster/domain/audit';
import type { Column } from 'roster/domain/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MusterClient } from '../../commands/client.ts';
import {
  all,
  type HostedCloud,
  importAndApprove,
  importFile,
  newTenant,
  startTestCloud,
  type Tenant,
  type TestCloud,
  upload,
} from '../support/cloud.ts';
import { eventually } from '../support/eventually.ts';
import { type KillableCloud, killableCloud } from '../support/killable-cloud.ts';
import { type Answer, type Ask, asking, firstSignIn, ownPassword } from '../support/people.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Name', type: 'text', role: 'fullName' },
  { name: 'Mail', type: 'email', role: 'email' },
  { name: 'Until', type: 'date', role: 'activeUntil' },
];
const rowOf = (id: string) => `${id},Person ${id},${id}@people.example,2199-01-01\n`;
const csvOf = (ids: readonly string[]) => `ID,Name,Mail,Until\n${ids.map(rowOf).join('')}`;
const idsOf = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

type Club = Tenant & { ask: Ask };

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud({ mailFrom: 'muster@roster.example' });
});
afterAll(() => test?.close());

function clubOf(tenant: Tenant): Club {
  return { ...tenant, ask: asking(tenant.client, tenant.organization) };
}

/** Gives a member on the roster an account, signed in with a password of its own. */
async function joined(url: string, club: Club, id: string, level?: string): Promise<MusterClient> {
  const made = await club.ask('POST', `/members/${id}/username`, { username: id, ...(level && { level }) });
  expect(made.status, made.text).toBe(200);
  return firstSignIn(url, club, id, made.body.oneTimePassword);
}

const dropped = (ask: Ask, email: unknown) => ask('POST', '/drop-all', { email });

async function ended({ ask }: { ask: Ask }): Promise<Answer['body']> {
  return eventually(async () => {
    const { body } = await ask('GET', '/drop-all');
    expect(body.state).toBe('complete');
    return body;
  });
}

async function entriesOf({ client, organization }: Tenant): Promise<Entry[]> {
  return (await all(
    client.pages(`${client.in(organization)}/audit`, AuditEntry, { sort: 'time' }),
  )) as Entry[];
}

async function verdictOf(club: Tenant) {
  const { body } = await asking(club.client, club.organization)('GET', '/audit?limit=1');
  return verifyChain(await entriesOf(club), sha256, { head: body.head });
}

/** Every item of the table, as an auditor of personal data would look for it. */
async function everything({ endpoints, region, credentials, outputs }: HostedCloud) {
  const endpoint = endpoints.DYNAMODB;
  const client = new DynamoDBClient({ ...(endpoint && { endpoint }), region, credentials });
  const table = DynamoDBDocumentClient.from(client);
  const items: Record<string, unknown>[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await table.send(
      new ScanCommand({ TableName: outputs.TableName, ...(start && { ExclusiveStartKey: start }) }),
    );
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start);
  client.destroy();
  return items;
}

async function filesOf({ endpoints, region, credentials, outputs }: HostedCloud, organization: string) {
  const endpoint = endpoints.S3;
  const s3 = new S3Client({ ...(endpoint && { endpoint }), region, credentials, forcePathStyle: true });
  const buckets = [outputs.UploadsBucket, outputs.WorkBucket, outputs.ReportsBucket];
  const pages = await Promise.all(
    buckets.map((Bucket) => s3.send(new ListObjectsV2Command({ Bucket, Prefix: `${organization}/` }))),
  );
  s3.destroy();
  return pages.flatMap(({ Contents = [] }) => Contents.map(({ Key }) => Key));
}

async function poolHas({ endpoints, region, credentials, outputs }: HostedCloud, account: string) {
  const endpoint = endpoints.COGNITO_IDENTITY_PROVIDER;
  const pool = new CognitoIdentityProviderClient({ ...(endpoint && { endpoint }), region, credentials });
  try {
    await pool.send(new AdminGetUserCommand({ UserPoolId: outputs.UserPoolId, Username: account }));
    return true;
  } catch (error) {
    if ((error as Error).name === 'UserNotFoundException') return false;
    throw error;
  } finally {
    pool.destroy();
  }
}

describe('dropping all data', () => {
  const ids = idsOf('p', 40);
  const people = new Map<string, { ask: Ask; client: MusterClient; account: string }>();
  let club: Club;
  let other: Club;
  let link: string;
  let reset: string;
  let department: string;
  let entriesBefore: Entry[];

  beforeAll(async () => {
    const url = test.cloud.url;
    club = clubOf(await newTenant(test.cloud, 'Dropped Club', columns));
    other = clubOf(await newTenant(test.cloud, 'Other Club', columns));
    await importFile(other, 'other.csv', csvOf(['o1', 'o2']));
    await importFile(club, 'roster.csv', csvOf(ids));
    const levels = ['member', 'administrator', 'owner', 'securityAdministrator', 'member'];
    for (const [at, level] of levels.entries()) {
      const client = await joined(url, club, `p${at}`, level === 'member' ? undefined : level);
      const { account } = await client.me();
      people.set(`p${at}`, { client, ask: asking(client, club.organization), account });
    }
    // p4 is in the other club too.
    const shared = (people.get('p4') as { client: MusterClient }).client;
    const invited = await other.client.invite(other.organization, 'o1', 'link');
    await shared.joinByInvitation(invited.url?.split('#')[1] ?? '', 'shared');
    link = (await club.client.invite(club.organization, 'p9', 'link')).url?.split('#')[1] ?? '';
    reset = (await club.client.makeResetLink(club.organization, 'p1')).url?.split('#')[1] ?? '';
    department = (await club.ask('POST', '/departments', { name: 'Choir' })).body.id;
    await club.ask('PATCH', '/members/p5', { departments: [department] });
    // An import that waits in review, and a job that ran.
    await importFile(club, 'later.csv', csvOf([...ids, 'later']), { approve: 'review' });
    const { jobId } = await club.client.bulk(club.organization, { action: 'disable', ids: ['p7'] });
    await club.client.waitForJob(club.organization, jobId, { deadlineSeconds: 30 });
    entriesBefore = await entriesOf(club);
  });

  const act = (id: string) => (people.get(id) as { ask: Ask }).ask;

  it('is for owners who type their own email; others and typing errors change nothing (S0.23, S0.24)', async () => {
    for (const id of ['p0', 'p1', 'p3']) {
      expect((await dropped(act(id), `${id}@people.example`)).status, id).toBe(403);
    }
    for (const email of ['p1@people.example', 'p2', club.login, 'Dropped Club']) {
      expect(await dropped(act('p2'), email), email).toMatchObject({
        status: 422,
        body: { code: 'email_mismatch' },
      });
    }
    expect((await dropped(act('p2'), undefined)).status).toBe(400);
    expect((await club.ask('GET', '/drop-all')).status).toBe(404);
    expect((await club.ask('GET', '/members/summary')).body.total).toBe(40);
  });

  it('tells before who would lose what', async () => {
    const preview = await club.ask('POST', '/drop-all', { dryRun: true });
    expect(preview).toMatchObject({
      status: 200,
      body: {
        members: 40,
        losingAccess: {
          owner: 1,
          securityAdministrator: 1,
          administrator: 1,
          coordinator: 0,
          auditor: 0,
          member: 2,
        },
        losingAccessAtLeast: false,
        callerOnRoster: false,
        needsConfirmation: false,
      },
    });
    const own = await act('p2')('POST', '/drop-all', { dryRun: true });
    expect(own.body).toMatchObject({ callerOnRoster: true, losingAccess: { owner: 0 } });
    expect((await club.ask('GET', '/drop-all')).status).toBe(404);
  });

  it('refuses changes while it runs, is one drop however often it is pressed, and ends', async () => {
    const { organization } = club;
    const started = await dropped(club.ask, ` OWNER@Dropped-Club.example `);
    expect(started, started.text).toMatchObject({
      status: 202,
      body: { state: 'running', askedBy: club.login },
    });
    const meanwhile = await Promise.all([
      club.ask('POST', '/members', { values: { ID: 'new' } }),
      club.ask('PATCH', '/members/p6', { values: { Name: 'Late' } }),
      club.ask('POST', '/imports', { fileName: 'a.csv' }),
      club.ask('POST', '/departments', { name: 'Late' }),
      dropped(club.ask, club.login),
    ]);
    for (const { status, body } of meanwhile.slice(0, 4)) {
      expect([status, body.code]).toEqual([409, 'drop_in_progress']);
    }
    expect(meanwhile[4]?.body.dropId).toBe(started.body.dropId);
    const drop = await ended(club);
    expect(drop).toMatchObject({
      dropId: started.body.dropId,
      counts: { members: 40, accounts: 5, imports: 2, jobs: 1, auditEntries: entriesBefore.length + 1 },
    });
    expect(drop.counts.files).toBeGreaterThan(5);
    expect(await filesOf(test.cloud, organization)).toEqual([]);
  });

  it('leaves an empty organization that its owner can use, with its settings, schema and departments', async () => {
    expect((await club.ask('GET', '/members')).body.items).toEqual([]);
    expect((await club.ask('GET', '/members/summary')).body).toEqual({
      total: 0,
      enrolled: 0,
      enabled: 0,
      disabled: 0,
      notJoined: 0,
    });
    expect((await club.ask('GET', '/members/p1')).status).toBe(404);
    expect((await club.ask('GET', '/imports')).body.items).toEqual([]);
    expect((await club.ask('GET', '/jobs')).body.items).toEqual([]);
    expect((await club.ask('GET', '/schema')).body.columns).toHaveLength(4);
    const { items } = (await club.ask('GET', '/departments')).body;
    expect(items.map(({ name }: { name: string }) => name)).toContain('Choir');
    expect((await club.ask('DELETE', `/departments/${department}`)).status).toBe(204);
  });

  it('shuts out whoever was on the roster: sessions at once, passwords, links; the user pool follows', async () => {
    for (const id of ['p0', 'p1', 'p2', 'p3']) {
      const { client, ask } = people.get(id) as { client: MusterClient; ask: Ask };
      expect((await ask('GET', '')).status, id).toBe(403);
      const me = await client.send('GET', '/me');
      expect([401, 403], id).toContain(me.status);
      const credentials = { organization: club.organization, login: id, password: ownPassword };
      await expect(new MusterClient(test.cloud.url).signIn(credentials)).rejects.toMatchObject({
        code: 'wrong_credentials',
      });
    }
    await expect(club.client.inspectInvitation(link)).rejects.toMatchObject({ code: 'link_invalid' });
    await expect(club.client.inspectReset(reset)).rejects.toMatchObject({ code: 'link_invalid' });
    for (const id of ['p0', 'p1', 'p2', 'p3']) {
      const { account } = people.get(id) as { account: string };
      await eventually(async () => expect(await poolHas(test.cloud, account), id).toBe(false));
    }
  });

  it('leaves other organizations alone, and who is in one keeps the account (S3.26)', async () => {
    const { client, account, ask } = people.get('p4') as { client: MusterClient; account: string; ask: Ask };
    expect((await ask('GET', '')).status).toBe(403);
    const me = await client.me();
    expect(me.memberships.map(({ organization }) => organization)).toEqual([other.organization]);
    const credentials = { organization: other.organization, login: 'shared', password: ownPassword };
    await new MusterClient(test.cloud.url).signIn(credentials);
    expect(await poolHas(test.cloud, account)).toBe(true);
    expect((await other.ask('GET', '/members/summary')).body).toMatchObject({ total: 2, enabled: 1 });
    expect(await verdictOf(other)).toMatchObject({ unbroken: true });
    expect((await entriesOf(other)).some(({ erased }) => erased)).toBe(false);
  });

  it('keeps the fact and the counts in an unbroken trail, and nothing of a person', async () => {
    const entries = await entriesOf(club);
    expect(await verdictOf(club)).toMatchObject({ unbroken: true, entries: entries.length });
    const started = entries.find(({ action }) => action === 'drop.start');
    expect(started).toMatchObject({ actor: { login: club.login }, details: { members: 40 } });
    const completed = entries.find(({ action }) => action === 'drop.complete');
    expect(completed?.details).toMatchObject({ counts: { members: 40, accounts: 5 } });
    // The entries of before stand where they stood, with their hashes, and say less.
    for (const [index, before] of entriesBefore.entries()) {
      const { sequence, at, action, hash, previousHash } = before;
      expect(entries[index]).toMatchObject({ sequence, at, action, hash, previousHash, erased: true });
    }
    const applied = entriesBefore.find(({ action }) => action === 'import.complete');
    expect(entries.find(({ hash }) => hash === applied?.hash)?.details).toEqual({
      counts: applied?.details?.counts,
    });
    expect((await club.ask('GET', '/audit?subject=p1')).body.items).toEqual([]);
    expect((await club.ask('GET', '/audit?action=member.username')).body.items).toHaveLength(5);
  });

  it('leaves nothing personal of members in the table', async () => {
    const items = await everything(test.cloud);
    // Its own people's addresses, names and ids; p4 is a member of the other club still.
    const personal = items
      .map((item) => JSON.stringify(item))
      .filter((text) => /p\d+@people\.example|Person p\d|"p\d+"|MEMBER#p|#p\d+"/.test(text))
      .filter((text) => !text.includes('p4@people.example'))
      // A link that is void; it goes by itself a week after it would have expired.
      .filter((text) => !text.includes('"pk":"T#'));
    expect(personal).toEqual([]);
  });

  it('is found out where somebody writes more into the trail, or erases without a drop', async () => {
    const entries = await entriesOf(club);
    const at = entries.findIndex(({ action }) => action === 'import.complete');
    const forged = entries.with(at, { ...(entries[at] as Entry), details: { counts: { added: 1 } } });
    expect(await verifyChain(forged, sha256)).toMatchObject({ unbroken: false, fault: 'unvouched' });
    const last = entries.length - 1;
    const hidden = entries.with(last, { ...(entries[last] as Entry), erased: true });
    expect(await verifyChain(hidden, sha256)).toMatchObject({ unbroken: false, fault: 'unvouched' });
  });

  it('takes the next import as the first one, and everybody registers again (S0.25)', async () => {
    const job = await importAndApprove(club, 'again.csv', csvOf(ids));
    expect(job).toMatchObject({ status: 'complete', counts: { added: 40, updated: 0, reactivated: 0 } });
    expect((await club.ask('GET', '/members/summary')).body).toMatchObject({ total: 40, notJoined: 40 });
    expect((await act('p1')('GET', '')).status, 'the account of before stays out').toBe(403);
    const again = await joined(test.cloud.url, club, 'p1');
    expect((await asking(again, club.organization)('GET', '')).status).toBe(200);
    expect((await club.ask('GET', '/members?q=person+p1')).body.items.length).toBeGreaterThan(0);
  });

  it('can be done again, by an owner on the roster, who stays as one who is on none', async () => {
    const client = await joined(test.cloud.url, club, 'p2', 'owner');
    const ask = asking(client, club.organization);
    // Something is applied when it is pressed.
    await upload(club, 'more.csv', csvOf([...ids, ...idsOf('q', 3_000)]));
    await eventually(async () => {
      const { items } = (await club.ask('GET', '/imports')).body;
      expect(items[0].step).not.toBe('awaiting_upload');
    });
    expect((await dropped(ask, 'p2@people.example')).status).toBe(202);
    const drop = await ended({ ask });
    expect(drop.counts.members).toBeGreaterThanOrEqual(40);
    expect((await ask('GET', '/members/summary')).body.total).toBe(0);
    expect((await ask('GET', '/members')).body.items).toEqual([]);
    expect((await client.me()).memberships).toMatchObject([{ level: 'owner', login: 'p2' }]);
    expect(await verdictOf(club)).toMatchObject({ unbroken: true });
    expect(await importAndApprove(club, 'third.csv', csvOf(['p2']))).toMatchObject({ counts: { added: 1 } });
    await wait(0);
    expect((await ask('GET', '/members/summary')).body.total, 'nothing of the import that ran').toBe(1);
  });
});

describe('a second administrator', () => {
  let club: Club;
  let second: Ask;
  beforeAll(async () => {
    club = clubOf(await newTenant(test.cloud, 'Careful Club', columns));
    await importFile(club, 'roster.csv', csvOf(['s1', 's2']));
    second = asking(await joined(test.cloud.url, club, 's1', 'securityAdministrator'), club.organization);
  });

  const setting = async (secondAdministrator: boolean) => {
    const { etag } = await club.ask('GET', '');
    const answer = await club.ask(
      'PATCH',
      '',
      { dropAll: { secondAdministrator } },
      { 'if-match': etag ?? '' },
    );
    expect(answer.status, answer.text).toBe(200);
    return answer.body.dropAll;
  };
  const confirm = (ask: Ask, email: string) => ask('POST', '/drop-all/confirm', { email });
  const moveClock = (move: number) =>
    fetch(test.cloud.clockUrl, { method: 'PUT', body: JSON.stringify({ move }) });

  it('has to confirm where the organization requires one; nobody confirms what it asked for itself', async () => {
    expect(await setting(true)).toEqual({ secondAdministrator: true });
    const { etag } = await second('GET', '');
    const off = { dropAll: { secondAdministrator: false } };
    expect(await second('PATCH', '', off, { 'if-match': etag ?? '' })).toMatchObject({ status: 403 });
    expect(await confirm(second, 's1@people.example')).toMatchObject({ status: 404 });
    const asked = await dropped(club.ask, club.login);
    expect(asked).toMatchObject({ status: 202, body: { state: 'awaiting_confirmation' } });
    expect((await dropped(club.ask, club.login)).body.dropId).toBe(asked.body.dropId);
    expect(await confirm(club.ask, club.login)).toMatchObject({ status: 403, body: { code: 'own_request' } });
    expect(await confirm(second, 's2@people.example')).toMatchObject({ status: 422 });
    expect((await club.ask('GET', '/members/summary')).body.total).toBe(2);
    // Nothing is closed while it waits.
    expect((await club.ask('PATCH', '/members/s2', { values: { Name: 'Sue' } })).status).toBe(200);
    expect(await second('DELETE', '/drop-all')).toMatchObject({ status: 200, body: { state: 'cancelled' } });
    expect(await confirm(second, 's1@people.example')).toMatchObject({
      status: 409,
      body: { code: 'drop_not_awaiting' },
    });
  });

  it('is required for a day after that was switched off, and a request waits for a day', async () => {
    expect(await setting(false)).toMatchObject({ secondAdministrator: false, relaxedAt: expect.any(String) });
    expect((await dropped(club.ask, club.login)).body.state).toBe('awaiting_confirmation');
    await moveClock(24 * 60 * 60 * 1000 + 1_000);
    expect(await dropped(club.ask, club.login)).toMatchObject({
      status: 403,
      body: { code: 'recent_sign_in_required' },
    });
    await club.client.signIn(club);
    expect((await club.ask('GET', '/drop-all')).body.state).toBe('expired');
    expect(await setting(true)).toEqual({ secondAdministrator: true });
    expect((await dropped(club.ask, club.login)).body.state).toBe('awaiting_confirmation');
  });

  it('lets it begin', async () => {
    const client = new MusterClient(test.cloud.url);
    await client.signIn({ organization: club.organization, login: 's1', password: ownPassword });
    const confirmed = await confirm(asking(client, club.organization), 's1@people.example');
    expect(confirmed).toMatchObject({ status: 202, body: { state: 'running', confirmedBy: 's1' } });
    expect(await ended(club)).toMatchObject({ counts: { members: 2, accounts: 1 } });
    const entries = await entriesOf(club);
    const started = entries.find(({ action }) => action === 'drop.start');
    expect(started).toMatchObject({ actor: { login: 's1' }, details: { askedBy: club.login } });
    expect(await verdictOf(club)).toMatchObject({ unbroken: true });
  });
});

describe('a process killed while all data is dropped', () => {
  let killable: KillableCloud;
  beforeAll(async () => {
    killable = await killableCloud();
  });
  afterAll(() => killable?.close());

  it('goes on after each restart and removes and counts everything once', { timeout: 300_000 }, async () => {
    let cloud = await killable.start();
    let club = clubOf(await newTenant(cloud, 'Club', columns));
    const ids = idsOf('k', 600);
    await importFile(club, 'roster.csv', csvOf(ids));
    const people = await Promise.all(idsOf('k', 12).map((id) => joined(cloud.url, club, id)));
    const accounts = await Promise.all(people.map(async (one) => (await one.me()).account));
    const before = (await entriesOf(club)).length;
    expect((await dropped(club.ask, club.login)).status).toBe(202);

    let seen = 0;
    for (const stage of ['members', 'due', 'audit']) {
      await eventually(async () => {
        const { body } = await club.ask('GET', '/drop-all');
        const reached = ['stopping', 'members', 'due', 'records', 'files', 'audit'];
        expect(reached.indexOf(body.stage)).toBeGreaterThanOrEqual(reached.indexOf(stage));
        if (body.state === 'running') seen += 1;
      });
      await killable.stop('SIGKILL');
      cloud = await killable.start();
      club = clubOf({ ...club, client: new MusterClient(cloud.url) });
      await club.client.signIn(club);
    }
    expect(seen, 'killed while it ran').toBeGreaterThan(0);
    const drop = await ended(club);
    expect(drop.counts).toMatchObject({ members: 600, accounts: 12, imports: 1, auditEntries: before });
    expect(await verdictOf(club)).toMatchObject({ unbroken: true });
    expect((await club.ask('GET', '/members')).body.items).toEqual([]);
    for (const account of accounts) {
      await eventually(async () => expect(await poolHas(cloud, account)).toBe(false));
    }
    expect(await importFile(club, 'again.csv', csvOf(ids))).toMatchObject({ counts: { added: 600 } });
  });
});
