import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import writeWorkbook from 'write-excel-file/node';
import { ImportLimits } from '../../../layers/roster/src/domain/import.ts';
import { splitFields } from '../../../layers/roster/src/files/fields.ts';
import { type HeaderInfo, readRoster } from '../../../layers/roster/src/files/read.ts';
import { bufferSource } from '../../../layers/roster/src/files/source.ts';
import { plainDecimal } from '../../../layers/roster/src/files/xlsx.ts';
import { zipOf } from './zips.ts';

const defaultFileLimits = ImportLimits.parse({});

type Cell = { value: string | number | boolean | Date; format?: string } | null;
const cell = (value: string | number | boolean | Date): Cell =>
  value instanceof Date ? { value, format: 'yyyy-mm-dd' } : { value };

async function workbookOf(...sheets: { sheet: string; data: Cell[][] }[]): Promise<Buffer> {
  const written = writeWorkbook(sheets.map(({ sheet, data }) => ({ sheet, data })) as never);
  return buffer(await (written as unknown as { toStream(): Promise<NodeJS.ReadableStream> }).toStream());
}

async function readAll(file: Buffer) {
  let header: HeaderInfo | undefined;
  const rows: [number, ...string[]][] = [];
  const read = await readRoster(bufferSource(file), defaultFileLimits, {
    header: (info) => {
      header = info;
    },
    restart: () => undefined,
    records(batch) {
      for (const { line, bytes, quoted } of batch) rows.push([line, ...splitFields(bytes, ',', quoted)]);
    },
  });
  return { header, rows, read };
}

const roster: Cell[][] = [
  [cell('ID'), cell('Name'), cell('Active'), cell('Start'), cell('Points')],
  [cell('007'), cell('Bond, "James"\nAgent'), cell(true), cell(new Date('2024-02-29T00:00:00Z')), cell(1.1)],
  [null, null, null, null, null],
  [cell(1_234_567_890_123), cell(' Zoé '), cell(false), null, cell(0.000_000_1)],
];

describe('reading a workbook', () => {
  it('gives its first sheet as rows with their numbers', async () => {
    const file = await workbookOf({ sheet: 'Members', data: roster });
    const { header, rows, read } = await readAll(file);
    expect(header).toMatchObject({
      names: ['ID', 'Name', 'Active', 'Start', 'Points'],
      delimiter: ',',
      format: 'xlsx',
      sheet: 'Members',
      otherSheets: [],
    });
    expect(rows).toEqual([
      [2, '007', 'Bond, "James"\nAgent', 'True', '2024-02-29', '1.1'],
      [4, '1234567890123', ' Zoé ', 'False', '', '0.0000001'],
    ]);
    expect(read.rows).toBe(2);
  });

  it('takes the first sheet that holds rows, and names the others', async () => {
    const other = { sheet: 'Old', data: [[cell('x')]] };
    const file = await workbookOf({ sheet: 'Empty', data: [] }, { sheet: 'Members', data: roster }, other);
    const { header } = await readAll(file);
    expect(header).toMatchObject({ sheet: 'Members', otherSheets: ['Old'] });
  });

  it('is found inside an archive', async () => {
    const bytes = await workbookOf({ sheet: 'Members', data: roster });
    const { header, rows } = await readAll(await zipOf([{ name: 'in/roster.xlsx', bytes }]));
    expect(header).toMatchObject({ format: 'xlsx', entryName: 'in/roster.xlsx' });
    expect(rows.map(([line]) => line)).toEqual([2, 4]);
  });

  it.each<[string, () => Promise<Buffer>, string]>([
    ['that is no workbook', () => zipOf([{ name: 'a.xlsx', bytes: 'ID\n1\n' }]), 'xlsx_corrupt'],
    ['without sheets', () => zipOf([{ name: 'xl/workbook.xml', bytes: '<workbook/>' }]), 'xlsx_corrupt'],
    ['without rows', () => workbookOf({ sheet: 'Members', data: [[cell('ID')]] }), 'no_rows'],
    ['with nothing in it', () => workbookOf({ sheet: 'Members', data: [] }), 'header_missing'],
    [
      'that is a bomb',
      () => zipOf([{ name: 'xl/workbook.xml', bytes: Buffer.alloc(65 * 1024 * 1024, ' ') }]),
      'inflated_too_large',
    ],
  ])('refuses one %s', async (_, make, code) => {
    await expect(readAll(await make())).rejects.toMatchObject({ name: 'FileError', code });
  });

  it('refuses a bomb that says it is small', async () => {
    const file = await zipOf([{ name: 'xl/workbook.xml', bytes: Buffer.alloc(8 * 1024 * 1024, ' ') }]);
    file.writeUInt32LE(1000, file.indexOf('PK\u0001\u0002') + 24);
    await expect(readAll(file)).rejects.toMatchObject({ name: 'FileError', code: 'zip_corrupt' });
  });

  it.each([
    ['0', '0'],
    ['00123', '00123'],
    ['12345678901234567890', '12345678901234567890'],
    ['1.1000000000000001', '1.1'],
    ['1.2345678901234567E+19', '12345678901234567168'],
    ['-2.5E-7', '-0.00000025'],
    ['1E-3', '0.001'],
    ['1000.0', '1000'],
  ])('writes the stored number %s as %s', (stored, plain) => {
    expect(plainDecimal(stored)).toBe(plain);
  });
});
