import { csvText } from './csv.ts';
import { workbook } from './workbook.ts';
import { type ZipContent, zipped } from './zip.ts';

/** What stands in a table: its rows are read once, as it is written. */
export interface TableSource {
  header: readonly string[];
  rows: AsyncIterable<readonly string[]>;
}

/** A table to be written. */
export interface Table extends TableSource {
  /** Name of the file without its ending, and of the sheet. */
  name: string;
}

/** How a table is written. */
export interface TableForm {
  format: 'csv' | 'xlsx';
  byteOrderMark?: boolean;
  /** When the file says it was made. */
  madeAt: Date;
}

/** The content types of the formats. */
export const contentTypes = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  zip: 'application/zip',
} as const;

/** A table as a CSV file or a workbook, in bounded memory. */
export function tableFile(
  { name, header, rows }: Table,
  { format, madeAt, byteOrderMark = true }: TableForm,
): AsyncIterable<string | Uint8Array> {
  return format === 'csv'
    ? csvText(header, rows, { byteOrderMark })
    : workbook({ name, header }, rows, madeAt);
}

/** A table as the only file of an archive. */
export function zippedTable(table: Table, form: TableForm): AsyncIterable<Uint8Array> {
  const content: ZipContent = {
    name: `${table.name}.${form.format}`,
    content: tableFile(table, form),
    // A workbook is pressed already.
    ...(form.format === 'xlsx' && { level: 1 }),
  };
  return zipped([content], form.madeAt);
}
