import {
  cancelledExport,
  completed,
  exportFacts,
  gathered,
  newExport,
  type RosterExport,
  requireFile,
  resumedExport,
} from 'roster/domain/export';
import { chooseColumns } from 'roster/domain/export-layout';
import { mapHeader } from 'roster/domain/header';
import { rejectColumns } from 'roster/domain/own-columns';
import type { Column } from 'roster/domain/schema';
import { compileStateText } from 'roster/domain/state-text';
import { describe, expect, it } from 'vitest';

const at = '2026-01-01T00:00:00.000Z';
const acting = { account: 'a', login: 'ann' };
const asked: Parameters<typeof newExport>[0] = {
  ...{ exportId: 'e', schemaVersion: 1, acting, format: 'csv', preset: 'roster', byteOrderMark: true },
  ...{ columns: ['ID'], includeEmails: false, includePhones: false, filter: { q: 'Smith' } },
};
const columns: Column[] = [
  { name: 'ID', type: 'email', role: 'externalId' },
  { name: 'Mail', type: 'email' },
  { name: 'Mobile', type: 'phone' },
  { name: 'Note', type: 'text' },
];

describe('an export', () => {
  it('is gathered part by part, then made, and its file is there for 7 days', () => {
    let job: RosterExport = newExport(asked, 50_000, at);
    expect(job).toMatchObject({ parts: 4, gathered: 0, fileName: 'Member Roster 2026-01-01.zip' });
    for (let part = 0; part < 4; part++) job = gathered(job, 13_000, at);
    expect(job).toMatchObject({ gathered: 4, progress: { done: 52_000, total: 52_000 }, version: 5 });
    expect(() => requireFile(job, new Date(at))).toThrow(
      expect.objectContaining({ code: 'export_not_ready' }),
    );
    job = completed(job, { rows: 3, bytes: 9 }, new Date(at));
    expect(job).toMatchObject({ status: 'complete', expiresAt: '2026-01-08T00:00:00.000Z' });
    expect(() => requireFile(job, new Date('2026-01-07T23:59:59Z'))).not.toThrow();
    expect(() => requireFile(job, new Date('2026-01-08T00:00:00Z'))).toThrow(
      expect.objectContaining({ code: 'export_expired' }),
    );
    expect(() => cancelledExport(job, at)).toThrow(expect.objectContaining({ code: 'job_not_open' }));
  });

  it('goes on where it was cancelled', () => {
    const job = cancelledExport(gathered(newExport(asked, 50_000, at), 1, at), at);
    const bob = { account: 'b', login: 'bob' };
    const next = resumedExport(job, bob, at);
    expect(next).toMatchObject({ status: 'in_progress', gathered: 1, acting: bob, createdBy: 'ann' });
    expect(next).not.toHaveProperty('endedAt');
    expect(resumedExport(next, acting, at)).toBe(next);
  });

  it('tells the audit trail what is asked about, and not what for', () => {
    expect(JSON.stringify(exportFacts(newExport(asked, 1, at)))).not.toContain('Smith');
    expect(exportFacts(newExport(asked, 1, at))).toMatchObject({ filteredBy: ['q'], columns: ['ID'] });
  });
});

describe('the columns of an export', () => {
  it('are all but emails and phones, and the identifier whatever it is', () => {
    expect(chooseColumns(columns, { preset: 'roster' }).columns).toEqual(['ID', 'Note']);
    const both = { preset: 'roster', includeEmails: true, includePhones: true } as const;
    expect(chooseColumns(columns, both).columns).toEqual(['ID', 'Mail', 'Mobile', 'Note']);
  });

  it.each([
    [['Shoe'], 'body.columns.0'],
    [['ID', 'ID'], 'body.columns.1'],
    [['ID', 'Note', 'Mobile'], 'body.columns.2'],
  ])('%j are refused at %s', (chosen, path) => {
    expect(() => chooseColumns(columns, { preset: 'roster', columns: chosen })).toThrow(
      expect.objectContaining({ code: 'invalid_request', places: [expect.objectContaining({ path })] }),
    );
  });

  it('are a preset’s own where it has some', () => {
    expect(() => chooseColumns(columns, { preset: 'account', columns: ['ID'] })).toThrow();
    expect(chooseColumns(columns, { preset: 'account' })).toMatchObject({ columns: [], includeEmails: true });
    expect(chooseColumns(columns, { preset: 'current' })).toMatchObject({ includeEmails: false });
  });
});

describe('the text of the state column', () => {
  it.each([
    ['boolean', undefined, 'yes', true, 'yes'],
    ['boolean', undefined, 'yes', false, 'False'],
    ['boolean', undefined, 'False', true, 'True'],
    ['boolean', undefined, '', true, ''],
    ['boolean', undefined, '', false, 'False'],
    ['enum', ['Activé', 'Désactivé'], 'Activé', false, 'Désactivé'],
    ['enum', ['Activé', 'Désactivé'], 'Désactivé', true, 'Activé'],
    // No word of the list says disabled.
    ['enum', ['A', 'B'], 'B', false, 'B'],
  ] as const)('%s %j: %j is told as it is, active %s, by %j', (type, values, stored, isActive, told) => {
    const column = { name: 'S', type, role: 'state', ...(values && { values: [...values] }) } as Column;
    expect(compileStateText(column)(stored, isActive)).toBe(told);
  });

  it('says that somebody is active where the column must not be blank', () => {
    const column: Column = { name: 'S', type: 'boolean', role: 'state', required: true };
    expect(compileStateText(column)('', true)).toBe('True');
  });
});

describe('Muster’s own columns', () => {
  it('are left aside wherever they stand, and are neither ignored nor dropped', () => {
    const names = [
      'Muster: line',
      'ID',
      'MUSTER: REASONS',
      'Extra',
      ...Object.values(rejectColumns).slice(3),
    ];
    const mapped = mapHeader(names, columns.slice(0, 1));
    expect(mapped).toMatchObject({ positions: [1], report: { mapped: { ID: 'ID' }, ignored: ['Extra'] } });
    expect(mapped).not.toHaveProperty('report.dropped');
  });
});
