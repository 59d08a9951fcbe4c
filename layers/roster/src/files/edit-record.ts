import { splitFields } from './fields.ts';
import type { RosterRecord } from './records.ts';
import type { Frame } from './rows.ts';

/** A well-formed record with other texts in some of its fields, as they are told by what it has. */
export function editRecord(
  record: Pick<RosterRecord, 'line' | 'bytes' | 'quoted'>,
  delimiter: string,
  edits: (fields: readonly string[]) => ReadonlyMap<number, string>,
): Frame {
  const fields = splitFields(record.bytes, delimiter, record.quoted);
  for (const [position, text] of edits(fields)) {
    if (position < fields.length) fields[position] = text;
  }
  const needsQuotes = (field: string) => /["\r\n]/.test(field) || field.includes(delimiter);
  const quoted = fields.some(needsQuotes);
  const written = fields.map((field) => (needsQuotes(field) ? `"${field.replaceAll('"', '""')}"` : field));
  return { line: record.line, quoted, bytes: Buffer.from(written.join(delimiter)) };
}
