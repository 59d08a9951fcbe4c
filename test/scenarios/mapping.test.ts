import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { SchemaPresetList } from 'roster/domain/api';
import type { Column } from 'roster/domain/schema';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import writeWorkbook from 'write-excel-file/node';
import * as z from 'zod';
import { ApiError, type ImportJob, MusterClient } from '../../commands/client.ts';
import { all, importFile, newTenant, type Tenant, upload, zipped } from '../support/cloud.ts';
import { asking, firstSignIn, ownPassword } from '../support/people.ts';

const cloud = inject('cloud');

const columns: Column[] = [
  { name: 'MemberID', type: 'text', role: 'externalId', required: true },
  { name: 'LastName', type: 'text', role: 'lastName', required: true },
  { name: 'FirstName', type: 'text', role: 'firstName' },
  { name: 'Email', type: 'email', role: 'email' },
];
const office = [
  'Matricule;Nom de famille;Prénom;Courriel;Taille;Mot de passe',
  '007;Lefèvre;Zoé;zoe@example.org;XL;geheim',
  '8;Kowalski;Łukasz;;M;',
  '',
].join('\n');

const club = (name: string) => newTenant(cloud, name, columns);
const end = ({ client, organization }: Tenant, importId: string) =>
  client.waitForImport(organization, importId, { deadlineSeconds: 60 });

async function refusal(call: Promise<unknown>): Promise<{ status: number; code: string; places: string[] }> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { status, code, places } = error;
    return { status, code, places: places.map(({ path, message }) => `${path}: ${message}`) };
  }
  throw new Error('The call was not refused.');
}

async function valuesOf({ client, organization }: Tenant) {
  return (await all(client.members(organization))).map(({ values }) => values);
}

const said = {
  Matricule: { column: 'MemberID' },
  'Nom de famille': { column: 'LastName' },
  Prénom: { column: 'FirstName' },
  Courriel: { column: 'Email' },
  Taille: { keep: true as const },
  'Mot de passe': { drop: true as const },
};

describe('a header whose needed columns are only likely', () => {
  let tenant: Tenant;
  let waiting: ImportJob;
  beforeAll(async () => {
    tenant = await club('Likely Club');
    waiting = await importFile(tenant, 'office.csv', office);
  });

  it('waits for an admin, and nothing is changed until then', async () => {
    expect(waiting).toMatchObject({
      status: 'in_progress',
      step: 'mapping',
      counts: { rows: 2, added: 0 },
      file: { encoding: 'utf-8', delimiter: ';', format: 'csv' },
    });
    expect(await valuesOf(tenant)).toEqual([]);
    const { client, organization } = tenant;
    expect(await refusal(client.approve(organization, waiting.importId))).toMatchObject({
      status: 409,
      code: 'import_not_in_review',
    });
  });

  it('is shown with what it seems to mean, some of its values, and none of its passwords', async () => {
    const { client, organization } = tenant;
    const proposed = await client.mapping(organization, waiting.importId);
    expect(proposed).toMatchObject({
      encoding: 'utf-8',
      delimiter: ';',
      encodings: expect.arrayContaining(['utf-8', 'windows-1252', 'macintosh']),
      delimiters: [',', ';', '\t', '|'],
    });
    expect(proposed.headers).toEqual([
      { name: 'Matricule', column: 'MemberID', by: 'likeness', samples: ['007', '8'] },
      { name: 'Nom de famille', column: 'LastName', by: 'likeness', samples: ['Lefèvre', 'Kowalski'] },
      { name: 'Prénom', column: 'FirstName', by: 'likeness', samples: ['Zoé', 'Łukasz'] },
      { name: 'Courriel', column: 'Email', by: 'likeness', samples: ['zoe@example.org'] },
      { name: 'Taille', samples: ['XL', 'M'] },
      { name: 'Mot de passe', samples: [], password: true },
    ]);
    expect(proposed.columns).toEqual([
      { name: 'MemberID', required: true, role: 'externalId' },
      { name: 'LastName', required: true, role: 'lastName' },
      { name: 'FirstName', required: false, role: 'firstName' },
      { name: 'Email', required: false, role: 'email' },
    ]);
  });

  it('is not taken with faults, each of which is named', async () => {
    const { client, organization } = tenant;
    const { importId } = waiting;
    const columns = {
      ...said,
      Prénom: { column: 'LastName' },
      Courriel: { column: 'E-Mail' },
      Matricule: { drop: true as const },
      'Mot de passe': { keep: true as const },
      Foo: { drop: true as const },
    };
    expect(await refusal(client.chooseMapping(organization, importId, { columns }))).toEqual({
      status: 422,
      code: 'invalid_mapping',
      places: [
        expect.stringMatching(/^columns.Foo: The file has no header “Foo”/),
        expect.stringMatching(/^columns.Courriel: The roster has no column “E-Mail”/),
        expect.stringMatching(/^columns.Mot de passe: .*passwords/),
        expect.stringMatching(/^columns.Prénom: “Nom de famille” and “Prénom” both/),
        expect.stringMatching(/^columns: The roster needs the column “MemberID”/),
      ],
    });
    for (const body of [
      { columns: [] },
      { columns: { Taille: { keep: true, drop: true } } },
      { columns: said, encoding: 'klingon' },
      { columns: said, delimiter: '::' },
      { columns: said, nonsense: 1 },
    ]) {
      const refused = await refusal(client.chooseMapping(organization, importId, body as never));
      expect(refused, JSON.stringify(body)).toMatchObject({ status: 400, code: 'invalid_request' });
    }
    expect(await client.import(organization, importId)).toMatchObject({ step: 'mapping' });
    expect((await client.schema(organization)).columns).toHaveLength(4);
  });

  it('goes on once an admin has said what it means, also where that is said twice at once', async () => {
    const { client, organization } = tenant;
    const { importId } = waiting;
    const twice = await Promise.allSettled(
      [1, 2].map(() => client.chooseMapping(organization, importId, { columns: said })),
    );
    expect(twice.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    await client.chooseMapping(organization, importId, { columns: said }).catch((error: ApiError) => {
      // It may be complete already.
      expect(error.code).toBe('import_not_in_mapping');
    });
    expect(await end(tenant, importId)).toMatchObject({
      status: 'complete',
      counts: { rows: 2, added: 2 },
      columns: { mapped: { Taille: 'Taille' }, ignored: [], dropped: ['Mot de passe'] },
      mappingChoice: { by: tenant.login },
    });
    expect(await valuesOf(tenant)).toEqual([
      { MemberID: '8', LastName: 'Kowalski', FirstName: 'Łukasz', Taille: 'M' },
      { MemberID: '007', LastName: 'Lefèvre', FirstName: 'Zoé', Email: 'zoe@example.org', Taille: 'XL' },
    ]);
    const schema = await client.schema(organization);
    expect(schema.columns.at(-1)).toEqual({ name: 'Taille', type: 'text' });
    expect(schema.columns).toHaveLength(5);
    const late = await refusal(client.chooseMapping(organization, importId, { columns: said }));
    expect(late).toMatchObject({ status: 409, code: 'import_not_in_mapping' });
  });

  it('leaves its entries in the audit trail, with no value of a row', async () => {
    const { client, organization } = tenant;
    const entries = await all(client.pages(`${client.in(organization)}/audit`, anything));
    const actions = entries.map(({ action }) => action);
    for (const action of ['schema.update', 'mapping.save', 'import.map']) expect(actions).toContain(action);
    expect(actions.filter((action) => action === 'import.map')).toHaveLength(1);
    expect(JSON.stringify(entries)).not.toMatch(/Kowalski|geheim/);
  });

  it('is known from then on: the next file with it goes through by itself, in any order of its columns', async () => {
    const reordered = office
      .trimEnd()
      .split('\n')
      .map((line) => line.split(';').reverse().join(';'));
    const job = await importFile(tenant, 'office-2.csv', `${reordered.join('\n')}\n`);
    expect(job).toMatchObject({ status: 'complete', counts: { rows: 2, unchanged: 2 } });
    expect(job.columns).toMatchObject({ dropped: ['Mot de passe'] });
    const careful = await importFile(tenant, 'office-3.csv', office, { mapping: 'confirm' });
    expect(careful).toMatchObject({ status: 'complete', counts: { rows: 2, unchanged: 2 } });
    const { client, organization } = tenant;
    const shown = await client.mapping(organization, careful.importId);
    expect(shown.headers.map(({ by }) => by)).toEqual([...Array(5).fill('saved'), undefined]);
  });

  it('is forgotten when its mapping is deleted', async () => {
    const { client, organization } = tenant;
    const kept = await all(client.savedMappings(organization));
    expect(kept).toMatchObject([{ fileName: 'office.csv', savedBy: tenant.login }]);
    expect(kept[0]?.headers).toMatchObject({ Taille: { column: 'Taille' }, 'Mot de passe': { drop: true } });
    const [{ mappingId }] = kept as [(typeof kept)[0]];
    await client.deleteMapping(organization, mappingId);
    expect(await all(client.savedMappings(organization))).toEqual([]);
    expect(await refusal(client.deleteMapping(organization, mappingId))).toMatchObject({ status: 404 });
    const again = await importFile(tenant, 'office-4.csv', office);
    expect(again).toMatchObject({ status: 'in_progress', step: 'mapping' });
    await client.cancel(organization, again.importId);
  });
});

const anything = z.looseObject({ action: z.string() });

describe('an import that waits at mapping', () => {
  it('is every new one where that is asked for, and shows what is unknown to it', async () => {
    const tenant = await club('Careful Club');
    const { client, organization } = tenant;
    const text = 'MemberID,LastName,Shoe size\n1,Able,42\n';
    const job = await importFile(tenant, 'a.csv', text, { mapping: 'confirm' });
    expect(job).toMatchObject({ status: 'in_progress', step: 'mapping' });
    const { headers } = await client.mapping(organization, job.importId);
    expect(headers.map(({ name, column, by }) => [name, column, by])).toEqual([
      ['MemberID', 'MemberID', 'name'],
      ['LastName', 'LastName', 'name'],
      ['Shoe size', undefined, undefined],
    ]);
    const columns = {
      MemberID: { column: 'MemberID' },
      LastName: { column: 'LastName' },
      'Shoe size': { drop: true as const },
    };
    await client.chooseMapping(organization, job.importId, { columns, save: false });
    expect(await end(tenant, job.importId)).toMatchObject({ status: 'complete', counts: { added: 1 } });
    expect(await all(client.savedMappings(organization))).toEqual([]);
    const next = await importFile(tenant, 'b.csv', text, { mapping: 'confirm' });
    expect(next).toMatchObject({ step: 'mapping' });
  });

  it('can be cancelled, and takes no word then', async () => {
    const tenant = await club('Cancelling Club');
    const { client, organization } = tenant;
    const { importId } = await importFile(tenant, 'a.csv', office);
    expect(await client.cancel(organization, importId)).toMatchObject({
      status: 'incomplete',
      step: 'mapping',
    });
    const late = await refusal(client.chooseMapping(organization, importId, { columns: said }));
    expect(late).toMatchObject({ status: 409, code: 'import_not_in_mapping' });
    // It has given the floor back, and what it was about can still be looked at.
    expect((await client.mapping(organization, importId)).headers).toHaveLength(6);
    const next = await importFile(tenant, 'b.csv', 'MemberID,LastName\n1,Able\n');
    expect(next).toMatchObject({ status: 'complete' });
  });

  it('gives way to a newer upload (S1.10)', async () => {
    const tenant = await club('Hasty Club');
    const { client, organization } = tenant;
    const { importId } = await importFile(tenant, 'a.csv', office);
    const newer = await importFile(tenant, 'b.csv', 'MemberID,LastName\n1,Able\n');
    expect(newer).toMatchObject({ status: 'complete', counts: { added: 1 } });
    expect(await client.import(organization, importId)).toMatchObject({
      status: 'incomplete',
      step: 'mapping',
    });
    const late = await refusal(client.chooseMapping(organization, importId, { columns: said }));
    expect(late).toMatchObject({ code: 'import_not_in_mapping' });
    expect((await valuesOf(tenant)).length).toBe(1);
  });

  it('is the one that a cancel and a word at once leave in one of the two ways', async () => {
    const tenant = await club('Racing Club');
    const { client, organization } = tenant;
    const { importId } = await importFile(tenant, 'a.csv', office);
    await Promise.allSettled([
      client.cancel(organization, importId),
      client.chooseMapping(organization, importId, { columns: said }),
    ]);
    const job = await end(tenant, importId);
    expect(['incomplete', 'complete']).toContain(job.status);
    expect((await valuesOf(tenant)).length).toBe(job.status === 'complete' ? 2 : 0);
  });

  it('has no headers to show before its file was read', async () => {
    const tenant = await club('Waiting Club');
    const { client, organization } = tenant;
    const { importId } = await client.createImport(organization, { fileName: 'a.csv' });
    expect(await refusal(client.mapping(organization, importId))).toMatchObject({
      status: 409,
      code: 'mapping_not_ready',
    });
    expect(await refusal(client.chooseMapping(organization, importId, { columns: said }))).toMatchObject({
      status: 409,
      code: 'import_not_in_mapping',
    });
  });
});

describe('how a file is written', () => {
  // What a Macintosh writes is windows-1252 as far as anybody can tell: é is 0x8E.
  const macintosh = Buffer.from('Matricule,Nom de famille,Pr\x8enom\n1,Lef\x8fvre,Zo\x8e\n', 'latin1');

  it('can be looked at in another way, and is read in that one from then on', async () => {
    const tenant = await club('Apple Club');
    const { client, organization } = tenant;
    const { importId, file } = await importFile(tenant, 'a.csv', macintosh);
    expect(file).toMatchObject({ encoding: 'windows-1252', delimiter: ',' });
    const guessed = await client.mapping(organization, importId);
    expect(guessed.headers[2]).toMatchObject({ name: 'PrŽnom' });
    const other = await client.mapping(organization, importId, { encoding: 'macintosh' });
    expect(other).toMatchObject({ encoding: 'macintosh', delimiter: ',' });
    expect(other.headers[2]).toEqual({
      name: 'Prénom',
      column: 'FirstName',
      by: 'likeness',
      samples: ['Zoé'],
    });
    const oneColumn = await client.mapping(organization, importId, { delimiter: ';' });
    expect(oneColumn.headers).toHaveLength(1);
    expect(await refusal(client.mapping(organization, importId, { encoding: 'utf-8' }))).toMatchObject({
      status: 422,
      code: 'invalid_mapping',
      places: [expect.stringMatching(/^encoding: The file is to be read as UTF-8/)],
    });
    // Looking changed nothing.
    expect(await client.mapping(organization, importId)).toEqual(guessed);
    const columns = {
      Matricule: { column: 'MemberID' },
      'Nom de famille': { column: 'LastName' },
      Prénom: { column: 'FirstName' },
    };
    const inTheOldWay = await refusal(client.chooseMapping(organization, importId, { columns }));
    expect(inTheOldWay.places[0]).toMatch(/^columns.Prénom: The file has no header/);
    await client.chooseMapping(organization, importId, { columns, encoding: 'macintosh' });
    expect(await end(tenant, importId)).toMatchObject({
      status: 'complete',
      file: { encoding: 'macintosh' },
    });
    expect(await valuesOf(tenant)).toEqual([{ MemberID: '1', LastName: 'Lefèvre', FirstName: 'Zoé' }]);
  });

  it('can be said when the import is announced', async () => {
    const tenant = await newTenant(cloud, 'Speaking Club', [
      { name: 'a,b', type: 'text', role: 'externalId' },
      { name: 'é', type: 'text' },
    ]);
    const bytes = Buffer.from('a,b;\x8e\n1,2;\x8e\n', 'latin1');
    const job = await importFile(tenant, 'a.csv', bytes, { encoding: 'macintosh', delimiter: ';' });
    expect(job).toMatchObject({
      status: 'complete',
      encoding: 'macintosh',
      delimiter: ';',
      file: { encoding: 'macintosh', delimiter: ';' },
    });
    expect(await valuesOf(tenant)).toEqual([{ 'a,b': '1,2', é: 'é' }]);
    const wrong = await importFile(tenant, 'a.csv', bytes, { encoding: 'utf-8' });
    expect(wrong).toMatchObject({ status: 'error', error: { code: 'encoding_unknown' } });
  });
});

describe('in auto mode', () => {
  it('what is unknown is reported as ignored, and what lacks a needed column is an error', async () => {
    const tenant = await club('Plain Club');
    const job = await importFile(tenant, 'a.csv', 'MemberID,LastName,Shoe size\n1,Able,42\n');
    expect(job).toMatchObject({ status: 'complete', columns: { ignored: ['Shoe size'] } });
    const without = await importFile(tenant, 'a.csv', 'MemberID,Shoe size\n1,42\n');
    expect(without).toMatchObject({ status: 'error', error: { code: 'missing_column' } });
    expect(without.error?.message).toMatch(/“LastName”.*MemberID, Shoe size.*mapping “confirm”/);
    const { client, organization } = tenant;
    const twice = await refusal(
      client.call('POST', `${client.in(organization)}/imports`, {
        body: { fileName: 'a', mapping: 'maybe' },
      }),
    );
    expect(twice).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  it('goes on by itself while others look', async () => {
    const tenant = await club('Watched Club');
    const { client, organization } = tenant;
    const importId = await upload(tenant, 'a.csv', 'MemberID,LastName\n1,Able\n');
    let looks = 0;
    for (let job = await client.import(organization, importId); job.status === 'in_progress'; looks++) {
      await client.mapping(organization, importId).catch((error: ApiError) => {
        expect(error.code).toBe('mapping_not_ready');
      });
      job = await client.import(organization, importId);
      await wait(20);
      expect(looks).toBeLessThan(500);
    }
    const { headers } = await client.mapping(organization, importId);
    expect(headers.map(({ name, by, samples }) => [name, by, samples])).toEqual([
      ['MemberID', 'name', ['1']],
      ['LastName', 'name', ['Able']],
    ]);
  });
});

describe('the file of a system of accounts (S2.7 to S2.17)', () => {
  const header = 'Identifiant;Nom;Prénom;Adresse e-mail;Mot de passe;Etat';
  const secret = 'Tempeos-Zq7-geheim';
  const first = [
    header,
    `;Lefèvre;Zoé;zoe@example.org;${secret};Activé`,
    ';de La Tour;Jean-Marc;jm@example.org;;Désactivé',
    ';Lefèvre;Zoé;other@example.org;;activated',
    '007;Kowalski;Łukasz;;Mot de passe crypté;True',
    '',
  ].join('\r\n');
  let tenant: Tenant;
  let job: ImportJob;
  beforeAll(async () => {
    // A new organization, as it is: nothing was said of its columns.
    tenant = await newTenant(cloud, 'Tempo Club');
    const bytes = Buffer.from(`\ufeff${first}`, 'utf16le');
    job = await importFile(tenant, 'export.zip', await zipped({ 'Export/membres.csv': bytes }));
  });
  const idsAndStates = async () =>
    (await all(tenant.client.members(tenant.organization)))
      .map(({ externalId, state, email }) => [externalId, state, email])
      .sort();

  it('is imported as it is, with identifiers made of the names (S2.10, S2.13)', async () => {
    expect(job).toMatchObject({
      status: 'complete',
      counts: { rows: 4, added: 4 },
      file: { encoding: 'utf-16le', delimiter: ';' },
      columns: { ignored: ['Mot de passe'] },
      notices: [
        { code: 'passwords_not_taken', rows: 1 },
        { code: 'identifiers_made', rows: 3 },
      ],
    });
    expect(await idsAndStates()).toEqual([
      ['007', 'not_joined', undefined],
      ['jean-marc.de-la-tour', 'disabled', 'jm@example.org'],
      ['zoe.lefevre', 'not_joined', 'other@example.org'],
      ['zoe.lefevre2', 'not_joined', 'zoe@example.org'],
    ]);
    expect((await tenant.client.mapping(tenant.organization, job.importId)).preset).toBe('account');
  });

  it('leaves none of its passwords anywhere but in the file itself', async () => {
    const text = await importFile(tenant, 'plain.csv', `${first.trimEnd()}\r\nx;too;few;${secret}\r\n`, {
      onRowErrors: 'accept_valid',
    });
    expect(text).toMatchObject({ status: 'complete', counts: { rows: 5, unchanged: 4, rejected: 1 } });
    const files = await readdir(cloud.stateDirectory, { recursive: true, withFileTypes: true });
    const holding: string[] = [];
    for (const file of files.filter((entry) => entry.isFile())) {
      const path = join(file.parentPath, file.name);
      if ((await readFile(path)).includes(secret)) holding.push(path);
    }
    // The upload of the plain file; the other one is compressed.
    expect(holding).toHaveLength(1);
    const original = await fetch(await tenant.client.linkTo(tenant.organization, text.importId, 'file'));
    expect(await original.text()).toContain(secret);
    expect(await readFile(holding[0] as string, 'utf8')).toContain(`zoe@example.org;${secret}`);
  });

  it('finds the same people again, in any order, and changes nothing (S2.9)', async () => {
    const [head, ...rows] = first.trimEnd().split('\r\n');
    const again = [head, ...rows.reverse()].join('\n').replaceAll(secret, 'Mot de passe crypté');
    const next = await importFile(tenant, 'again.csv', Buffer.from(again.replace('Łukasz', 'Łukasz')));
    expect(next).toMatchObject({ status: 'complete', counts: { rows: 4, unchanged: 4 } });
    expect(next.notices).toMatchObject([{ code: 'identifiers_made', rows: 3 }]);
  });

  it('adds who is new, updates who is in both and disables who is gone (S2.15 to S2.17)', async () => {
    const next = [
      header,
      'zoe.lefevre2;Lefèvre;Zoé;zoe@example.org;Mot de passe crypté;Désactivé',
      ';Lefèvre;Zoé;third@example.org;;Activé',
      ';Lefèvre;Zoé;other@example.org;;Activé',
      '007;Kowalska;Łukasz;;;VRAI',
      '',
    ].join('\n');
    const done = await importFile(tenant, 'next.csv', next, { approve: 'review' });
    await tenant.client.approve(tenant.organization, done.importId, { confirmHold: true });
    expect(await end(tenant, done.importId)).toMatchObject({ status: 'complete', counts: { added: 1 } });
    expect(await idsAndStates()).toEqual([
      ['007', 'not_joined', undefined],
      ['jean-marc.de-la-tour', 'disabled', 'jm@example.org'],
      ['zoe.lefevre', 'not_joined', 'other@example.org'],
      ['zoe.lefevre2', 'disabled', 'zoe@example.org'],
      ['zoe.lefevre3', 'not_joined', 'third@example.org'],
    ]);
  });

  it('needs name, first name and state (S2.11), and takes no guess at who is meant', async () => {
    const club = await newTenant(cloud, 'Strict Tempo Club');
    const { client, organization } = club;
    const presets = await client.call('GET', `${client.in(organization)}/schema/presets`);
    const { items } = SchemaPresetList.parse(presets);
    expect(items.map(({ preset }) => preset)).toEqual(['account', 'members']);
    const columns = items[0]?.columns ?? [];
    await client.putSchema(organization, columns, 1);
    await importFile(
      club,
      'a.csv',
      `${header}\n;Dupont;Jean;a@example.org;;1\n;Dupont;Jean;b@example.org;;1\n`,
    );
    const rows = [
      ';;Jean;;;Activé',
      ';Dupont;;;;Activé',
      ';Dupont;Jean;;;',
      ';Dupont;Jean;c@example.org;;peut-être',
    ];
    const job = await importFile(
      club,
      'b.csv',
      `${[header, ...rows, ';Dupont;Jean;d@example.org;;Oui'].join('\n')}\n`,
      {
        onRowErrors: 'accept_valid',
        mode: 'upsert',
      },
    );
    expect(job).toMatchObject({ status: 'complete', counts: { rows: 5, rejected: 5 } });
    const rejects = await all(client.rejects(organization, job.importId));
    expect(rejects.map(({ line, column, code }) => [line, column, code])).toEqual([
      [2, 'Identifiant', 'required'],
      [2, 'Nom', 'required'],
      [3, 'Identifiant', 'required'],
      [3, 'Prénom', 'required'],
      [4, undefined, 'ambiguous_identifier'],
      [5, undefined, 'ambiguous_identifier'],
      [6, undefined, 'ambiguous_identifier'],
    ]);
  });

  it('touches no account: who is new is invited where the organization says so, who has a password keeps it (S2.12)', async () => {
    const club = await newTenant(cloud, 'Inviting Tempo Club');
    const { client, organization } = club;
    const ask = asking(client, organization);
    const made = await ask('POST', '/members', {
      values: { MemberID: 'zoe.lefevre', FirstName: 'Zoé', LastName: 'Lefèvre' },
      account: { username: 'zoe.lefevre' },
    });
    const own = await firstSignIn(cloud.url, club, 'zoe.lefevre', made.body.oneTimePassword);
    const { etag } = await ask('GET', '');
    await ask('PATCH', '', { inviteImported: true }, { 'if-match': etag ?? '' });
    const rows = [`;Lefèvre;Zoé;;${secret};Activé`, `;Curie;Marie;marie@example.org;${secret};Activé`];
    const job = await importFile(club, 'a.csv', `${[header, ...rows].join('\n')}\n`);
    expect(job).toMatchObject({
      status: 'complete',
      counts: { added: 1, disabled: 0 },
      notices: [{ code: 'passwords_not_taken', rows: 2 }, { rows: 2 }],
    });
    await client.waitForJob(organization, job.importId, { deadlineSeconds: 60 });
    const invited = await ask('GET', '/members/marie.curie');
    expect(invited.body).toMatchObject({
      state: 'not_joined',
      invitation: { state: 'sent', method: 'email' },
    });
    const again = new MusterClient(cloud.url);
    await again.signIn({ organization, login: 'zoe.lefevre', password: ownPassword });
    expect((await own.me()).account).toBe((await again.me()).account);
    for (const login of ['zoe.lefevre', 'marie.curie', 'marie@example.org']) {
      const wrong = again.signIn({ organization, login, password: secret });
      expect(await refusal(wrong)).toMatchObject({ status: 401, code: 'wrong_credentials' });
    }
  });

  it('has a template, as the system itself would export it (S0.8)', async () => {
    const { client, organization } = tenant;
    const path = `${client.in(organization)}/schema/template?preset=account`;
    const response = await client.send('GET', path);
    const [head, ...rows] = (await response.text()).replace('\ufeff', '').trim().split(/\r?\n/);
    expect(head).toBe('Identifiant,Nom,Prénom,Adresse e-mail,Mot de passe,Etat');
    expect(rows).toHaveLength(3);
    const nonsense = await client.send('GET', `${client.in(organization)}/schema/template?preset=nonsense`);
    expect(nonsense.status).toBe(400);
  });
});

describe('the template of members by department (S3.16)', () => {
  it('is a workbook that is imported as it is, without identifiers, and changes nothing the second time', async () => {
    const club = await newTenant(cloud, 'Template Club');
    const { client, organization } = club;
    const presets = await client.call('GET', `${client.in(organization)}/schema/presets`);
    const columns =
      SchemaPresetList.parse(presets).items.find(({ preset }) => preset === 'members')?.columns ?? [];
    await client.putSchema(organization, columns, 1);
    const response = await client.send(
      'GET',
      `${client.in(organization)}/schema/template?preset=members&format=xlsx`,
    );
    const workbook = Buffer.from(await response.arrayBuffer());
    const job = await importFile(club, 'template.xlsx', workbook);
    expect(job).toMatchObject({
      status: 'complete',
      counts: { rows: 3, added: 3 },
      file: { format: 'xlsx' },
    });
    const members = await all(client.members(organization));
    expect(
      members.map(({ externalId, name, departmentPaths, username }) => [
        externalId,
        name,
        departmentPaths,
        username,
      ]),
    ).toEqual([
      ['alice.martin', 'Alice Martin', ['Sales'], 'alice.martin'],
      ['benoit.lefevre', 'Benoît Lefèvre', ['Sales'], 'benoit.lefevre'],
      ['chidi.okafor', 'Chidi Okafor', ['Support'], 'chidi.okafor'],
    ]);
    const again = await importFile(club, 'template.xlsx', workbook);
    expect(again).toMatchObject({ status: 'complete', counts: { rows: 3, unchanged: 3 } });
  });

  it('keeps identifiers as they are written in a workbook, as text and as numbers (B10)', async () => {
    const rows = [
      ['MemberID', 'LastName', 'Unknown'],
      ['007', 'Able', 'x'],
      [8, 'Baker', 'y'],
    ];
    const sheet = { sheet: 'Members', data: rows.map((row) => row.map((value) => ({ value }))) };
    const written = writeWorkbook([sheet] as never) as unknown as {
      toStream(): Promise<NodeJS.ReadableStream>;
    };
    const workbook = await buffer(await written.toStream());
    const tenant = await club('Workbook Club');
    const job = await importFile(tenant, 'a.xlsx', workbook);
    expect(job).toMatchObject({ status: 'complete', columns: { ignored: ['Unknown'] } });
    expect((await valuesOf(tenant)).map(({ MemberID }) => MemberID)).toEqual(['007', '8']);
  });
});
