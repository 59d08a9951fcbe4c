import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Column } from 'roster/domain/schema';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { all, importFile, newTenant, type Tenant, zipped } from '../support/cloud.ts';
import { describeShared } from '../support/shared.ts';

const cloud = inject('cloud');

const columns: Column[] = [
  { name: 'Identifiant', type: 'text', role: 'externalId' },
  { name: 'Nom', type: 'text', role: 'lastName' },
  { name: 'Prénom', type: 'text', role: 'firstName' },
];
const lines = ['Identifiant,Nom,Prénom', '007,Lefèvre,Zoé', '8,Kowalski,Łukasz'];
const text = `${lines.join('\n')}\n`;
const utf16 = (content: string, big: boolean) => {
  const bytes = Buffer.from(`\ufeff${content}`, 'utf16le');
  return big ? bytes.swap16() : bytes;
};
// Windows-1252 has no Ł; the row is in it what an office program would have made of it.
const windows1252 = Buffer.from(text.replace('Łukasz', 'Ren\u00e9e'), 'latin1');

describe('what office programs write is read as it was meant', () => {
  it.each([
    ['UTF-8', Buffer.from(text), 'Łukasz'],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${text}`), 'Łukasz'],
    ['UTF-16 LE', utf16(text, false), 'Łukasz'],
    ['UTF-16 BE', utf16(text, true), 'Łukasz'],
    ['Windows-1252', windows1252, 'Renée'],
    ['semicolons', text.replaceAll(',', ';'), 'Łukasz'],
    ['tabs', text.replaceAll(',', '\t'), 'Łukasz'],
    ['CRLF', text.replaceAll('\n', '\r\n'), 'Łukasz'],
    ['no line end at the end', text.trimEnd(), 'Łukasz'],
    ['trailing delimiters', text.replaceAll('\n', ',,\n'), 'Łukasz'],
    ['blank lines', text.replaceAll('\n', '\n\n'), 'Łukasz'],
    ['everything quoted', text.replaceAll(/[^,\n]+/g, '"$&"'), 'Łukasz'],
    ['accents and case of the header lost', text.replace('Prénom', 'PRENOM'), 'Łukasz'],
  ] as const)('%s', async (name, bytes, second) => {
    const club = await newTenant(cloud, `Club ${name.replace(/[^a-z0-9]+/gi, ' ')}`, columns);
    const job = await importFile(club, 'roster.csv', bytes);
    expect(job).toMatchObject({ status: 'complete', counts: { rows: 2, added: 2, rejected: 0 } });
    const members = await all(club.client.members(club.organization));
    expect(members.map(({ values }) => values)).toEqual([
      { Identifiant: '8', Nom: 'Kowalski', Prénom: second },
      { Identifiant: '007', Nom: 'Lefèvre', Prénom: 'Zoé' },
    ]);
  });

  it('an archive with a folder and a Macintosh’s extra files', async () => {
    const club = await newTenant(cloud, 'Club of Archives', columns);
    const archive = await zipped({
      'Export 2026/roster.csv': text,
      '__MACOSX/Export 2026/._roster.csv': 'x',
      '.DS_Store': 'x',
    });
    expect(await importFile(club, 'roster.zip', archive)).toMatchObject({
      status: 'complete',
      counts: { added: 2 },
    });
  });

  it('a quoted value with line ends, delimiters and quotation marks; the lines after it keep their numbers', async () => {
    const club = await newTenant(cloud, 'Club of Quotes', columns);
    const odd = 'Identifiant,Nom,Prénom\n1,"a ""b"",\nc",X\n2,too,many,values\n';
    const job = await importFile(club, 'roster.csv', odd, { onRowErrors: 'accept_valid' });
    expect(job).toMatchObject({ status: 'complete', counts: { rows: 2, added: 1, rejected: 1 } });
    const [member] = await all(club.client.members(club.organization));
    expect(member?.values.Nom).toBe('a "b",\nc');
    expect(await all(club.client.rejects(club.organization, job.importId))).toMatchObject([
      { line: 4, code: 'wrong_field_count' },
    ]);
  });
});

describe('rows that cannot be taken', () => {
  const bad =
    'MemberID,FirstName,LastName,Email,Birthday\n1,Ann,Able,ann@example.org,2000-01-02\n2,Bob,,bob at example,2000-13-01\n1,Cid,Clark,,\n4,Dan,Dole,,\n';

  it('refuse the whole file where it is to be taken whole (S0.14)', async () => {
    const club = await newTenant(cloud, 'Strict Club');
    const job = await importFile(club, 'roster.csv', bad, { onRowErrors: 'reject_file' });
    expect(job).toMatchObject({
      status: 'error',
      error: { code: 'rows_rejected' },
      counts: { rows: 4, rejected: 2 },
    });
    expect(await all(club.client.members(club.organization))).toEqual([]);
    const report = await (
      await fetch(await club.client.linkTo(club.organization, job.importId, 'report'))
    ).text();
    const { parse } = await import('csv-parse/sync');
    const rows = parse(report, { bom: true, columns: true }) as Record<string, string>[];
    expect(rows.map(({ Line, Outcome, Column }) => [Line, Outcome, Column])).toEqual([
      ['2', 'not_applied', ''],
      ['3', 'rejected', 'LastName'],
      ['3', 'rejected', 'Email'],
      ['3', 'rejected', 'Birthday'],
      ['4', 'rejected', 'MemberID'],
      ['5', 'not_applied', ''],
    ]);
  });

  it('leave the good ones to be taken where that is wanted (S3.18), each with line, column and reason', async () => {
    const club = await newTenant(cloud, 'Lenient Club');
    const job = await importFile(club, 'roster.csv', bad, { onRowErrors: 'accept_valid' });
    expect(job).toMatchObject({ status: 'complete', counts: { rows: 4, added: 2, rejected: 2 } });
    const rejects = await all(club.client.rejects(club.organization, job.importId));
    expect(rejects.map(({ line, column, code, value }) => [line, column, code, value])).toEqual([
      [3, 'LastName', 'required', ''],
      [3, 'Email', 'not_an_email', 'bob at example'],
      [3, 'Birthday', 'not_a_date', '2000-13-01'],
      [4, 'MemberID', 'duplicate_identifier', '1'],
    ]);
  });

  it('because their values are too long together are named, and a long line of unknown columns is not', async () => {
    const club = await newTenant(cloud, 'Club of Novelists', [
      { name: 'ID', type: 'text', role: 'externalId' },
      ...Array.from({ length: 20 }, (_, n) => ({ name: `Text${n}`, type: 'text' as const })),
    ]);
    const header = ['ID', ...Array.from({ length: 20 }, (_, n) => `Text${n}`), 'Unknown'].join(',');
    const row = (id: string, length: number, unknown: number) =>
      [id, ...Array.from({ length: 20 }, () => 'é'.repeat(length)), 'x'.repeat(unknown)].join(',');
    const text = [header, row('short', 400, 20_000), row('long', 420, 0), ''].join('\n');
    const job = await importFile(club, 'novels.csv', text, { onRowErrors: 'accept_valid' });
    expect(job).toMatchObject({ status: 'complete', counts: { rows: 2, added: 1, rejected: 1 } });
    expect(await all(club.client.rejects(club.organization, job.importId))).toMatchObject([
      { line: 3, code: 'row_too_long' },
    ]);
  });

  it('do not make their members absent', async () => {
    const club = await newTenant(cloud, 'Careful Club');
    await importFile(club, 'roster.csv', 'MemberID,FirstName,LastName\n1,Ann,Able\n2,Bob,Baker\n');
    const job = await importFile(club, 'roster.csv', 'MemberID,FirstName,LastName\n1,Ann,\n2,Bob,Barker\n', {
      mode: 'full',
      onRowErrors: 'accept_valid',
    });
    expect(job).toMatchObject({
      status: 'complete',
      counts: { rows: 2, updated: 1, disabled: 0, rejected: 1 },
    });
    expect(await club.client.summary(club.organization)).toMatchObject({
      total: 2,
      enrolled: 2,
      disabled: 0,
    });
  });

  it('the published sample of six columns and seven values is reported by its line (S0.9)', async () => {
    const club = await newTenant(cloud, 'Sample Club', [
      { name: 'ID', type: 'text', role: 'externalId' },
      { name: 'IsActive', type: 'boolean', role: 'state' },
      { name: 'FirstName', type: 'text' },
      { name: 'LastName', type: 'text' },
      { name: 'MemberID', type: 'text' },
      { name: 'IsAuthRep', type: 'boolean' },
    ]);
    const sample =
      'ID,IsActive,FirstName,LastName,MemberID,IsAuthRep\n12,True,Court,Mathis,LA06120,23439853,False\n';
    const job = await importFile(club, 'roster.csv', sample);
    expect(job).toMatchObject({ status: 'error', error: { code: 'rows_rejected' } });
    expect(await all(club.client.rejects(club.organization, job.importId))).toMatchObject([
      { line: 2, code: 'wrong_field_count' },
    ]);
  });
});

describeShared(
  'the collection of CSV test files: the bad ones are reported by line',
  ['data', 'csv-test-data', 'csv'],
  (folder) => {
    const fooBar: Column[] = [
      { name: 'foo', type: 'text', role: 'externalId' },
      { name: 'bar', type: 'text' },
      { name: 'baz', type: 'text', required: true },
    ];
    let club: Tenant;
    beforeAll(async () => {
      club = await newTenant(cloud, 'Foo', fooBar);
    });

    it.each([
      ['bad-header-less-fields.csv', 2, 'wrong_field_count'],
      ['bad-header-more-fields.csv', 2, 'wrong_field_count'],
      ['bad-missing-quote.csv', 2, 'quote_not_closed'],
      ['bad-quotes-with-unescaped-quote.csv', 2, 'text_after_quote'],
      ['bad-unescaped-quote.csv', 2, 'stray_quote'],
    ])('%s: line %i, %s', async (name, line, code) => {
      const job = await importFile(club, name, readFileSync(join(folder, name)));
      expect(job).toMatchObject({ status: 'error', error: { code: 'rows_rejected' } });
      expect(await all(club.client.rejects(club.organization, job.importId))).toMatchObject([{ line, code }]);
    });

    it.each([
      ['bad-header-no-header.csv', 'file_empty'],
      ['bad-header-wrong-header.csv', 'missing_column'],
      ['header-no-rows.csv', 'no_rows'],
    ])('%s: %s', async (name, code) => {
      expect(await importFile(club, name, readFileSync(join(folder, name)))).toMatchObject({
        status: 'error',
        error: { code },
      });
    });
  },
);
