import { stringify } from 'csv-stringify/sync';
import writeXlsxFile from 'write-excel-file/node';
import type { SampleRoster } from '../domain/template.ts';

/** A file to download, whole in memory. */
export interface TemplateFile {
  bytes: Buffer;
  contentType: string;
  fileName: string;
}

/**
 * Writes a sample roster as CSV: UTF-8 with a byte order mark, so that Excel reads accents, CRLF line ends
 * (RFC 4180), and nothing that a spreadsheet would run as a formula (OWASP, CSV Injection).
 */
export function csvTemplate({ header, rows }: SampleRoster): TemplateFile {
  const text = stringify([header, ...rows], {
    bom: true,
    escape_formulas: true,
    record_delimiter: 'windows',
  });
  return {
    bytes: Buffer.from(text, 'utf8'),
    contentType: 'text/csv; charset=utf-8',
    fileName: 'roster-template.csv',
  };
}

const minWidth = 12;

/** Writes a sample roster as an Excel workbook. All cells are text, so that 007 stays 007. */
export async function xlsxTemplate({ header, rows }: SampleRoster): Promise<TemplateFile> {
  const cell = (value: string) => ({ value, type: String, format: '@' });
  const data = [
    header.map((name) => ({ ...cell(name), fontWeight: 'bold' as const })),
    ...rows.map((row) => row.map((value) => (value === '' ? null : cell(value)))),
  ];
  const columns = header.map((name) => ({ width: Math.max(minWidth, name.length + 2) }));
  return {
    bytes: await writeXlsxFile(data, { sheet: 'Roster', columns, stickyRowsCount: 1 }).toBuffer(),
    contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    fileName: 'roster-template.xlsx',
  };
}
