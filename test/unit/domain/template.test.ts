import { parse } from 'csv-parse/sync';
import readXlsxFile from 'read-excel-file/node';
import { describe, expect, it } from 'vitest';
import { type Column, defaultColumns } from '../../../layers/roster/src/domain/schema.ts';
import { sampleRoster } from '../../../layers/roster/src/domain/template.ts';
import { compileRow, isValid } from '../../../layers/roster/src/domain/validate.ts';
import { csvTemplate, xlsxTemplate } from '../../../layers/roster/src/files/template.ts';

const awkward: Column[] = [
  { name: 'Number', type: 'integer', role: 'externalId' },
  { name: 'Born', type: 'date', dateFormat: 'DD.MM.YYYY' },
  { name: 'State', type: 'enum', role: 'state', values: ['Activé', 'Désactivé'] },
  { name: 'Code', type: 'text', pattern: '[A-Z]{3}-\\d{4}' },
  { name: 'Short', type: 'text', maxLength: 3 },
  { name: 'Salary, gross', type: 'decimal' },
  { name: 'Mail', type: 'email', role: 'email' },
];

describe('the sample of a schema', () => {
  it('starts with the names of its columns, in their order', () => {
    expect(sampleRoster(defaultColumns).header.slice(0, 4)).toEqual([
      'MemberID',
      'IsActive',
      'FirstName',
      'LastName',
    ]);
  });

  it.each([
    ['the default schema', defaultColumns],
    ['an awkward schema', awkward],
  ])('can be imported as it is: %s', (_, columns) => {
    const { header, rows } = sampleRoster(columns);
    const check = compileRow(
      columns,
      columns.map((__, index) => index),
      columns.length,
    );
    expect(rows).toHaveLength(3);
    for (const row of rows) {
      expect(row).toHaveLength(header.length);
      const checked = check(row);
      expect(isValid(checked), JSON.stringify(checked)).toBe(true);
    }
    const ids = rows.map((row) => row[columns.findIndex(({ role }) => role === 'externalId')]);
    expect(new Set(ids).size).toBe(3);
  });

  it('writes dates and states as the columns ask, and leaves blank what it cannot make up', () => {
    const [first] = sampleRoster(awkward).rows;
    expect(first?.[1]).toMatch(/^\d{2}\.\d{2}\.\d{4}$/);
    expect(first?.[2]).toBe('Activé');
    expect(first?.slice(3, 5)).toEqual(['', '']);
  });
});

describe('the sample as a file', () => {
  const sample = sampleRoster(awkward);

  it('is CSV with a byte order mark that a CSV reader reads back', () => {
    const { bytes, contentType } = csvTemplate(sample);
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect(contentType).toBe('text/csv; charset=utf-8');
    expect(parse(bytes, { bom: true })).toEqual([sample.header, ...sample.rows]);
  });

  it('does not let a column name run as a formula', () => {
    const { bytes } = csvTemplate({ header: ['=HYPERLINK("http://x")'], rows: [] });
    const [[name]] = parse(bytes, { bom: true }) as [[string]];
    expect(name.startsWith('=')).toBe(false);
  });

  it('is a workbook of text cells', async () => {
    const { bytes } = await xlsxTemplate(sample);
    const read = await readXlsxFile(bytes);
    const [sheet] = read as unknown as { data: unknown[][] }[];
    const blankAsNull = [sample.header, ...sample.rows].map((row) => row.map((value) => value || null));
    expect(sheet?.data ?? read).toEqual(blankAsNull);
  });
});
