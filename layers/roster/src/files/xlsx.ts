import readWorkbook, { type Row } from 'read-excel-file/universal';
import { FileError } from './errors.ts';
import { encodeRecord } from './fields.ts';

/** A sheet's rows as CSV records: what the framer gives for text. */
export interface SheetRecords {
  sheet: string;
  /** Other sheets that hold rows and were not read. */
  otherSheets: string[];
  rows: SheetRow[];
}

export interface SheetRow {
  /** Number of the row in the sheet, from 1. */
  line: number;
  quoted: boolean;
  /** The cells as a CSV record in UTF-8 with `,` between them. */
  bytes: Buffer;
  fields: string[];
}

/** The delimiter of the records that a sheet is turned into. */
export const sheetDelimiter = ',';

/**
 * Reads the first sheet that holds rows. Its contents must have been bounded before (`openRoster` does): the whole
 * workbook is held in memory.
 * Dates become `YYYY-MM-DD`, numbers plain decimals, booleans `True` and `False`; blank rows are left out.
 * @throws FileError `xlsx_corrupt`, `header_missing` if no sheet holds anything
 */
export async function readSheet(workbook: Uint8Array): Promise<SheetRecords> {
  const sheets = (await parse(workbook))
    .map(({ sheet, data }) => ({ sheet, rows: data.flatMap((row, index) => recordOf(row, index + 1)) }))
    .filter(({ rows }) => rows.length > 0);
  const [first, ...others] = sheets;
  if (first === undefined) {
    throw new FileError(
      'header_missing',
      'No sheet of the workbook holds anything. Put the roster, with its header, in the first sheet.',
    );
  }
  return { ...first, otherSheets: others.map(({ sheet }) => sheet) };
}

async function parse(workbook: Uint8Array) {
  // The package takes an ArrayBuffer of its own; a view into a larger one will not do.
  const bytes = new Uint8Array(workbook).buffer;
  try {
    return await readWorkbook<string>(bytes, { trim: false, parseNumber: plainDecimal });
  } catch (cause) {
    throw new FileError(
      'xlsx_corrupt',
      'The workbook cannot be read. Open it in Excel and save it again, as .xlsx or as “CSV UTF-8”.',
      { cause },
    );
  }
}

/** A row as a record, or none if it is blank. */
function recordOf(row: Row<string>, line: number): SheetRow[] {
  const fields = row.map(textOf);
  if (fields.every((field) => field.trim() === '')) return [];
  const record = encodeRecord(fields, sheetDelimiter);
  return [{ line, quoted: record.includes('"'), bytes: Buffer.from(record), fields }];
}

function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'boolean') return cell ? 'True' : 'False';
  if (cell instanceof Date) return cell.toISOString().slice(0, 10);
  return String(cell);
}

/**
 * A number as a sheet stores it, in plain digits. Digits alone stay as they are, so that identifiers keep leading
 * zeros and length; others go through a double, which drops the noise of `1.1000000000000001`.
 */
export function plainDecimal(stored: string): string {
  if (/^-?\d+$/.test(stored)) return stored;
  const number = Number(stored);
  if (!Number.isFinite(number)) return stored;
  if (Number.isInteger(number)) return BigInt(number).toString();
  const shortest = String(number);
  const match = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(shortest);
  if (match === null) return shortest;
  const [, sign = '', whole = '', fraction = '', exponent = ''] = match;
  return `${sign}0.${'0'.repeat(Number(exponent) - 1)}${whole}${fraction}`;
}
