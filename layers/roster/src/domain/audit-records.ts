/** The audit trail as a table: one row an entry, for spreadsheets. */
import { type AuditEntry, canonicalJson } from './audit.ts';

/** The columns, in their order. */
export const auditColumns = [
  'sequence',
  'at',
  'action',
  'subject',
  'account',
  'login',
  'address',
  'via',
  'before',
  'after',
  'details',
  'previousHash',
  'hash',
] as const;

/** An entry as a row; what it holds beside plain texts is canonical JSON. */
export function auditRecord({
  actor,
  before,
  after,
  details,
  ...entry
}: AuditEntry): Record<(typeof auditColumns)[number], string> {
  const json = (fields: Record<string, unknown> | undefined) => (fields ? canonicalJson(fields) : '');
  const { account, login, address = '', via = '' } = actor;
  const { sequence, at, action, subject, previousHash, hash } = entry;
  return {
    ...{ sequence: String(sequence), at, action, subject, account, login, address, via },
    ...{ before: json(before), after: json(after), details: json(details), previousHash, hash },
  };
}

/**
 * How the table is written, as csv-stringify takes it: what a spreadsheet would run as a formula is made text (OWASP, CSV
 * Injection); CRLF as in RFC 4180.
 */
export const auditCsv = { escape_formulas: true, record_delimiter: 'windows' } as const;
