import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import readWorkbook from 'read-excel-file/node';
import { MemberBody as AnyMember, AuditEntry } from 'roster/domain/api';
import type { Column } from 'roster/domain/schema';
import unzipper from 'unzipper';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { MusterClient, type RosterExport } from '../../commands/client.ts';
import { all, importAndApprove, importFile, newTenant, type Tenant } from '../support/cloud.ts';
import { type KillableCloud, killableCloud } from '../support/killable-cloud.ts';
import { asking, person } from '../support/people.ts';
import { describeShared } from '../support/shared.ts';

type Choice = Parameters<MusterClient['startExport']>[1];

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Active', type: 'boolean', role: 'state' },
  { name: 'First', type: 'text', role: 'firstName' },
  { name: 'Last', type: 'text', role: 'lastName' },
  { name: 'Mail', type: 'email', role: 'email' },
  { name: 'Mobile', type: 'phone', role: 'phone' },
  { name: 'Team', type: 'text', role: 'group' },
  { name: 'Unit', type: 'text', role: 'department', createDepartments: true },
  { name: 'Note', type: 'text' },
];

/** Exports, waits, and opens the file that the link gives. */
async function exported(club: Tenant, choice: Choice, client = club.client) {
  const { exportId } = await client.startExport(club.organization, choice);
  const job = await client.waitForExport(club.organization, exportId, { deadlineSeconds: 120 });
  expect(job, JSON.stringify(job.error)).toMatchObject({ status: 'complete' });
  return { job, ...(await opened(club, job, client)) };
}

async function opened({ organization }: Tenant, { exportId }: RosterExport, client: MusterClient) {
  const response = await fetch(await client.linkToExport(organization, exportId));
  expect(response.status).toBe(200);
  const zip = Buffer.from(await response.arrayBuffer());
  const { files } = await unzipper.Open.buffer(zip);
  expect(files).toHaveLength(1);
  const [file] = files;
  return { zip, name: file?.path ?? '', content: (await file?.buffer()) ?? Buffer.alloc(0) };
}

/** The rows of a CSV export, read by a reader that is not ours; apostrophes of neutralized fields stay. */
function rowsOf(content: Buffer): Record<string, string>[] {
  return parse(content, { bom: true, columns: true });
}

const noChange = { added: 0, updated: 0, reactivated: 0, disabled: 0, rejected: 0 };

describe('exports', () => {
  const cloud = inject('cloud');
  let club: Tenant;
  beforeAll(async () => {
    club = await newTenant(cloud, 'Club', columns);
    // An apostrophe before a sign marks text, as in spreadsheets; two of them are one that is meant.
    const lines = [
      'ID,Active,First,Last,Mail,Mobile,Team,Unit,Note',
      '007,True,Ann,Lee,ann@club.example,+33 1 23 45,Red,North,"=1+1"',
      '7,yes,Bob,"O\'Neil, ""Jr""",bob@club.example,202 555 0143,Red,North / West,\'\'=1+1',
      "a1,,Zoé,Müller,zoe@club.example,,Blue,South,''@",
      'b2,False,Dora,Diaz,,,Blue,,"two\nlines"',
      'c3,True,Eve,Ek,,,Blue,South,-5',
    ];
    await importAndApprove(club, 'roster.csv', lines.join('\n'));
  });

  it('have the columns of the schema without emails and phones, sorted by identifier, in a .zip', async () => {
    const { job, name, content } = await exported(club, { format: 'csv' });
    expect(name).toBe('Member Roster.csv');
    expect(job).toMatchObject({ rows: 5, preset: 'roster', includeEmails: false, createdBy: club.login });
    const rows = rowsOf(content);
    expect(Object.keys(rows[0] ?? {})).toEqual(['ID', 'Active', 'First', 'Last', 'Team', 'Unit', 'Note']);
    expect(rows.map(({ ID }) => ID)).toEqual(['007', '7', 'a1', 'b2', 'c3']);
    expect(content.toString()).not.toMatch(/@club\.example|2025550143|555 0143/);
    expect(content.subarray(0, 3).toString('hex')).toBe('efbbbf');
    // A formula, a text that begins with an apostrophe before one, a sign alone.
    expect(rows.map(({ Note }) => Note)).toEqual(["'=1+1", "''=1+1", "''@", 'two\nlines', "'-5"]);
  });

  it('have emails and phones where asked for, the columns chosen, and no byte order mark if so', async () => {
    const both = rowsOf(
      (await exported(club, { format: 'csv', includeEmails: true, includePhones: true })).content,
    );
    expect(both[0]).toMatchObject({ Mail: 'ann@club.example', Mobile: "'+33 1 23 45" });
    const { content } = await exported(club, {
      format: 'csv',
      columns: ['Last', 'ID', 'Mail'],
      includeEmails: true,
      byteOrderMark: false,
    });
    expect(content.toString().split('\r\n')[0]).toBe('Last,ID,Mail');
    const ask = asking(club.client, club.organization);
    const hidden = await ask('POST', '/exports', { format: 'csv', columns: ['ID', 'Mail'] });
    expect(hidden).toMatchObject({ status: 400, body: { places: [{ path: 'body.columns.1' }] } });
    const unknown = await ask('POST', '/exports', { format: 'csv', columns: ['Shoe'] });
    expect(unknown).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  it.each(['csv', 'xlsx'] as const)('as %s, imported again, change nothing', async (format) => {
    // As people left it: disabled and enabled by hand, which the last file did not know.
    const ask = asking(club.client, club.organization);
    expect((await ask('POST', '/members/7/disable')).status).toBe(200);
    expect((await ask('POST', '/members/b2/enable')).status).toBe(200);
    const { zip } = await exported(club, { format, includeEmails: true, includePhones: true });
    const again = await importFile(club, 'export.zip', zip, { mode: 'full' });
    expect(again).toMatchObject({ status: 'complete', counts: { rows: 5, unchanged: 5, ...noChange } });
    const plain = await exported(club, { format });
    const without = await importFile(club, 'export.zip', plain.zip, { mode: 'full' });
    expect(without).toMatchObject({ status: 'complete', counts: { unchanged: 5, ...noChange } });
    expect((await ask('GET', '/members/007')).body.values).toMatchObject({
      Note: '=1+1',
      Mobile: '+33 1 23 45',
    });
    expect((await ask('GET', '/members/7')).body.values).toMatchObject({ Note: "'=1+1" });
  });

  it('have only those whom a filter lets through, as the list does', async () => {
    const { job, content } = await exported(club, { format: 'csv', filter: { group: 'blue', q: 'e' } });
    const listed = await all(
      club.client.pages(`${club.client.in(club.organization)}/members`, AnyMember, { group: 'blue', q: 'e' }),
    );
    expect(listed.length).toBeGreaterThan(0);
    expect(rowsOf(content).map(({ ID }) => ID)).toEqual(listed.map(({ externalId }) => externalId).sort());
    expect(job.filter).toEqual({ group: 'blue', q: 'e' });
  });

  it('write the account list, whose password says that it stays (S2.8, S2.9)', async () => {
    const { zip, content } = await exported(club, { format: 'csv', preset: 'account' });
    const rows = rowsOf(content);
    expect(Object.keys(rows[0] ?? {})).toEqual([
      'Identifiant',
      'Nom',
      'Prénom',
      'Adresse e-mail',
      'Mot de passe',
      'Etat',
    ]);
    expect(rows[1]).toEqual({
      Identifiant: '7',
      Nom: 'O\'Neil, "Jr"',
      Prénom: 'Bob',
      'Adresse e-mail': 'bob@club.example',
      'Mot de passe': 'Mot de passe crypté',
      Etat: 'Désactivé',
    });
    expect(zip.length).toBeGreaterThan(0);
    const red = await exported(club, { format: 'csv', preset: 'account', filter: { group: 'red' } });
    const again = await importFile(club, 'comptes.zip', red.zip, { mode: 'upsert' });
    expect(again).toMatchObject({ status: 'complete', counts: { rows: 2, unchanged: 2, ...noChange } });
  });

  it('write who is on the roster, with the last sign-in (S4.10)', async () => {
    await person(cloud.url, club, 'boss', { level: 'administrator' });
    const { name, content } = await exported(club, { format: 'csv', preset: 'current' });
    expect(name).toBe('Member Roster - Current.csv');
    const rows = rowsOf(content);
    const boss = rows.find(({ ID }) => ID === 'boss');
    expect(boss).toMatchObject({ Username: 'boss', State: 'Enabled', Invitation: '' });
    expect(Date.parse(boss?.['Last Login'] ?? '')).toBeGreaterThan(Date.now() - 120_000);
    expect(rows.find(({ ID }) => ID === '007')).toMatchObject({
      State: 'Not joined',
      'Last Login': '',
      Departments: 'North',
    });
    expect(rows[0]).not.toHaveProperty('Email');
  });

  it('leave in the audit trail who took what, and nothing of a person', async () => {
    const { job } = await exported(club, { format: 'csv', filter: { q: 'dora' } });
    const path = `${club.client.in(club.organization)}/audit`;
    const entries = await all(club.client.pages(path, AuditEntry, { subject: job.exportId }));
    expect(entries.map(({ action }) => action)).toEqual([
      'export.download',
      'export.complete',
      'export.start',
    ]);
    expect(entries[0]).toMatchObject({
      actor: { login: club.login },
      details: { rows: 1, format: 'csv', filteredBy: ['q'], columns: expect.arrayContaining(['ID', 'Note']) },
    });
    expect(JSON.stringify(entries)).not.toMatch(/dora/i);
  });

  it('are listed, can be cancelled, and have no file then', async () => {
    const { client, organization } = club;
    const { exportId } = await client.startExport(organization, { format: 'xlsx' });
    const cancelled = await client.changeExport(organization, exportId, 'cancel').catch(({ code }) => code);
    if (cancelled !== 'job_not_open') {
      expect(cancelled).toMatchObject({ status: 'incomplete' });
      await expect(client.linkToExport(organization, exportId)).rejects.toMatchObject({
        status: 409,
        code: 'export_not_ready',
      });
      await client.changeExport(organization, exportId, 'resume');
    }
    expect(await client.waitForExport(organization, exportId)).toMatchObject({ status: 'complete' });
    await expect(client.changeExport(organization, exportId, 'resume')).rejects.toMatchObject({
      code: 'job_not_resumable',
    });
    const [newest] = await all(client.exports(organization, { limit: 2 }));
    expect(newest).toMatchObject({ exportId, format: 'xlsx' });
  });

  it('of a coordinator hold the members of its departments, and are its own', async () => {
    const ask = asking(club.client, club.organization);
    const { items } = (await ask('GET', '/departments')).body;
    const south = items.find(({ path }: { path: string }) => path === 'South');
    const lead = await person(cloud.url, club, 'lead', { level: 'coordinator', scope: [south.id] });
    const { content, job } = await exported(club, { format: 'csv' }, lead.client);
    expect(rowsOf(content).map(({ ID }) => ID)).toEqual(['a1', 'c3']);
    expect((await all(lead.client.exports(club.organization))).map(({ exportId }) => exportId)).toEqual([
      job.exportId,
    ]);
    const [theirs] = (await all(club.client.exports(club.organization))).filter(
      ({ createdBy }) => createdBy === club.login,
    );
    expect(await lead.ask('GET', `/exports/${theirs?.exportId}/file`)).toMatchObject({ status: 404 });
  });

  it('stand in one list with imports and actions on many, newest first, page by page', async () => {
    const { client, organization } = club;
    const { jobId } = await client.bulk(organization, { action: 'enable', ids: ['c3'] });
    await client.waitForJob(organization, jobId);
    const { job } = await exported(club, { format: 'csv' });
    const list = await all(client.jobs(organization, { limit: 3 }));
    expect(new Set(list.map(({ kind }) => kind))).toEqual(new Set(['import', 'export', 'bulk']));
    expect(list.map((one) => one.jobId)).toEqual(
      list
        .map((one) => one.jobId)
        .sort()
        .reverse(),
    );
    expect(list[0]).toMatchObject({
      kind: 'export',
      jobId: job.exportId,
      status: 'complete',
      progress: { done: job.progress.total, total: job.progress.total },
      createdBy: club.login,
    });
    expect(list[1]).toMatchObject({
      kind: 'bulk',
      jobId,
      status: 'complete',
      progress: { done: 1, total: 1 },
    });
    expect(list.at(-1)).toMatchObject({
      kind: 'import',
      fileName: 'roster.csv',
      status: 'complete',
      step: 'done',
    });
    const other = await newTenant(cloud, 'Other Club', columns);
    expect(await all(other.client.jobs(other.organization))).toEqual([]);
  });
});

describe('reports of an import', () => {
  const cloud = inject('cloud');
  let club: Tenant;
  beforeAll(async () => {
    club = await newTenant(cloud, 'Report Club', columns);
  });

  const download = async (importId: string, query: Record<string, string>) => {
    const response = await fetch(await club.client.linkTo(club.organization, importId, 'report', query));
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  };

  it('give every row with what to do, and the rejected ones back, to be corrected and imported', async () => {
    const lines = [
      'ID,Extra,First,Last,Mail,Note',
      '1,=x,Ann,Able,ann@club.example,fine',
      '2,"a, b",Bob,Bell,bob at club,=1+1',
      '3,y,Cid,Clark,cid@club.example,too,many',
      '4,z,Dan,Dole,dan at club,',
    ];
    const first = await importFile(club, 'roster.csv', lines.join('\n'), {
      mode: 'upsert',
      onRowErrors: 'accept_valid',
    });
    expect(first).toMatchObject({ status: 'complete', counts: { rows: 4, added: 1, rejected: 3 } });
    const ledger = rowsOf(await download(first.importId, {}));
    expect(ledger.map(({ Line, Outcome }) => [Line, Outcome])).toEqual([
      ['2', 'added'],
      ['3', 'rejected'],
      ['4', 'rejected'],
      ['5', 'rejected'],
    ]);
    expect(ledger.map((row) => row['What to do'] !== '')).toEqual([false, true, true, true]);
    const [sheet] = await readWorkbook(await download(first.importId, { format: 'xlsx' }));
    expect(sheet?.data.map((row) => row[2])).toEqual([
      'Outcome',
      'added',
      'rejected',
      'rejected',
      'rejected',
    ]);

    const bytes = await download(first.importId, { rows: 'rejects' });
    const rejects = rowsOf(bytes);
    expect(Object.keys(rejects[0] ?? {}).slice(0, 6)).toEqual([
      'ID',
      'Extra',
      'First',
      'Last',
      'Mail',
      'Note',
    ]);
    expect(rejects[0]).toMatchObject({ ID: '2', Extra: 'a, b', Mail: 'bob at club', Note: "'=1+1" });
    expect(rejects[0]).toMatchObject({ 'Muster: line': '3', 'Muster: columns': 'Mail' });
    expect(rejects[1]).toMatchObject({
      ID: '',
      'Muster: row as it was': '3,y,Cid,Clark,cid@club.example,too,many',
    });
    const [inSheet] = await readWorkbook(await download(first.importId, { rows: 'rejects', format: 'xlsx' }));
    expect(inSheet?.data).toHaveLength(4);

    // As the whole roster it would disable everybody else.
    const asWhole = await importFile(club, 'rejects.csv', bytes, { mode: 'full' });
    expect(asWhole).toMatchObject({ status: 'error', error: { code: 'partial_roster' } });
    const corrected = bytes.toString().replace('bob at club', 'bob@club.example').replace('dan at club', '');
    const second = await importFile(club, 'rejects.csv', corrected, {
      mode: 'upsert',
      onRowErrors: 'accept_valid',
    });
    expect(second).toMatchObject({ status: 'complete', counts: { rows: 3, added: 2, rejected: 1 } });
    expect(second.columns).toMatchObject({ ignored: ['Extra'] });
    const ask = asking(club.client, club.organization);
    expect((await ask('GET', '/members/2')).body.values).toMatchObject({ Note: '=1+1' });
    const none = await importFile(club, 'roster.csv', 'ID,First\n1,Ann', { mode: 'upsert' });
    expect(await ask('GET', `/imports/${none.importId}/report?rows=rejects`)).toMatchObject({
      status: 404,
      body: { code: 'no_rejects' },
    });
  });

  it('leave no name to a column of the roster that they use themselves', async () => {
    const { version } = await club.client.schema(club.organization);
    const odd: Column[] = [...columns, { name: 'Shoes', type: 'text', aliases: ['Muster: line'] }];
    await expect(club.client.putSchema(club.organization, odd, version)).rejects.toMatchObject({
      code: 'invalid_schema',
    });
  });
});

describeShared('exports of values that break things', ['data', 'naughty-strings', 'blns.json'], (path) => {
  const cloud = inject('cloud');

  it('change nothing when they are imported again, as CSV and as a workbook', async () => {
    const club = await newTenant(cloud, 'Naughty Club', columns);
    const naughty = (JSON.parse(await readFile(path, 'utf8')) as string[]).map((text) => text.toWellFormed());
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const lines = naughty.map((text, index) => `n${index},${quoted(text.slice(0, 900))},=a,-1,+b`);
    const made = await importAndApprove(club, 'n.csv', `ID,Note,First,Last,Team\n${lines.join('\n')}`);
    expect(made.counts).toMatchObject({ rows: naughty.length, added: naughty.length });
    for (const format of ['csv', 'xlsx'] as const) {
      const { zip, job } = await exported(club, { format });
      expect(job.rows).toBe(naughty.length);
      const again = await importFile(club, 'n.zip', zip, { mode: 'full' });
      expect(again.counts, format).toMatchObject({ unchanged: naughty.length, ...noChange });
    }
    const { content } = await exported(club, { format: 'csv' });
    const cells = (parse(content, { bom: true }) as string[][]).flat();
    expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
  });
});

describeShared('an export of the Congress', ['data', 'congress', '2014-01.csv'], (path) => {
  let killable: KillableCloud;
  beforeAll(async () => {
    killable = await killableCloud();
  });
  afterAll(() => killable?.close());

  it('is complete though the process is killed in the middle, and changes nothing', {
    timeout: 300_000,
  }, async () => {
    let cloud = await killable.start();
    const congress: Column[] = congressColumns(await readFile(path, 'utf8'));
    let club = await newTenant(cloud, 'Congress', congress);
    const file = await readFile(path);
    const { counts } = await importAndApprove(club, 'congress.csv', file);
    const job = await club.client.startExport(club.organization, { format: 'csv' });
    await killable.stop('SIGKILL');
    cloud = await killable.start();
    club = { ...club, client: new MusterClient(cloud.url) };
    await club.client.signIn(club);
    const ended = await club.client.waitForExport(club.organization, job.exportId, { deadlineSeconds: 120 });
    expect(ended).toMatchObject({ status: 'complete', rows: counts.added });
    const { zip, content } = await opened(club, ended, club.client);
    const original = rowsOf(file);
    const id = congress.find(({ role }) => role === 'externalId')?.name ?? '';
    const inOrder = (rows: Record<string, string>[]) =>
      rows.map((row) => ({ ...row })).sort((one, other) => ((one[id] ?? '') < (other[id] ?? '') ? -1 : 1));
    expect(inOrder(rowsOf(content))).toEqual(inOrder(original));
    const again = await importFile(club, 'export.zip', zip, { mode: 'full' });
    expect(again.counts).toMatchObject({ unchanged: counts.added, ...noChange });
    const path2 = `${club.client.in(club.organization)}/audit`;
    const entries = await all(club.client.pages(path2, AuditEntry, { action: 'export.complete' }));
    expect(entries).toHaveLength(1);
  });
});

/** All of a file's columns as text, the first one as the identifier. */
function congressColumns(text: string): Column[] {
  const [names = []] = parse(text, { bom: true, to: 1 }) as string[][];
  return names.map((name, index) => ({ name, type: 'text', ...(index === 0 && { role: 'externalId' }) }));
}
