import { stringify } from 'csv-stringify/browser/esm/sync';
import type { AuditEntry } from 'roster/domain/audit';
import { auditColumns, auditCsv, auditRecord } from 'roster/domain/audit-records';

export type AuditFormat = 'csv' | 'json';

/** Spreadsheets take a file for UTF-8 by it. */
const byteOrderMark = '\uFEFF';

/** Entries as a file: CSV for spreadsheets, or JSON as the API gives them, by which the chain can be verified. */
export async function auditFile(pages: AsyncIterable<AuditEntry[]>, format: AuditFormat): Promise<Blob> {
  return format === 'csv' ? csvOf(pages) : jsonOf(pages);
}

async function csvOf(pages: AsyncIterable<AuditEntry[]>): Promise<Blob> {
  const columns = [...auditColumns];
  const parts = [byteOrderMark, stringify([columns], auditCsv)];
  for await (const page of pages) parts.push(stringify(page.map(auditRecord), { columns, ...auditCsv }));
  return new Blob(parts, { type: 'text/csv' });
}

async function jsonOf(pages: AsyncIterable<AuditEntry[]>): Promise<Blob> {
  const parts: string[] = [];
  for await (const page of pages) {
    for (const entry of page) parts.push(parts.length === 0 ? '[\n' : ',\n', JSON.stringify(entry));
  }
  parts.push(parts.length === 0 ? '[]\n' : '\n]\n');
  return new Blob(parts, { type: 'application/json' });
}
