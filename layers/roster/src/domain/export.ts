/**
 * The roster as a file: a job that is done part by part, and a record that pure functions carry on from one state to
 * the next. First the members of each part are gathered in the order of their external ids, then the parts are put
 * together as one file. A part that is gathered again replaces what was there, so that nothing is in the file twice.
 */
import type { BulkActor, FilterInput } from './bulk-job.ts';
import { MusterError } from './errors.ts';
import { type ImportStatus, partCountFor } from './import.ts';

export const exportFormats = ['csv', 'xlsx'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/**
 * `roster`: columns of the roster schema, which an import reads back without a change (S2.7). `account`: the six columns
 * of an account list (S2.8). `current`: who is on the roster, with account, invitation and last sign-in (S4.10).
 */
export const exportPresets = ['roster', 'account', 'current'] as const;
export type ExportPreset = (typeof exportPresets)[number];

/** How long the file of an export is kept, in days, and how long a link to it is good, in seconds. */
export const exportKeptDays = 7;
export const exportLinkTtlSeconds = 300;

/** What is exported: `columns` are those of the roster schema, in the order of the file; none for other presets. */
export interface ExportChoice {
  format: ExportFormat;
  preset: ExportPreset;
  columns: string[];
  includeEmails: boolean;
  includePhones: boolean;
  /** Whether a CSV file begins with a byte order mark, by which Excel knows UTF-8. */
  byteOrderMark: boolean;
  filter?: FilterInput | undefined;
}

/** An export as stored. Times are ISO 8601 in UTC. */
export interface RosterExport extends ExportChoice {
  exportId: string;
  status: ImportStatus;
  schemaVersion: number;
  acting: BulkActor;
  /** How many parts there are, and how many of them are gathered. */
  parts: number;
  gathered: number;
  /** How many members were looked at, of about how many. */
  progress: { done: number; total: number };
  fileName: string;
  /** Rows of the file without its header, and its size; once it is there. */
  rows?: number | undefined;
  bytes?: number | undefined;
  error?: { code: string; message: string } | undefined;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  endedAt?: string | undefined;
  /** When the file is deleted. */
  expiresAt?: string | undefined;
  version: number;
}

/** Makes an export of a roster of so many members, in as many parts as an import would have. */
export function newExport(
  given: ExportChoice & Pick<RosterExport, 'exportId' | 'schemaVersion' | 'acting'>,
  members: number,
  at: string,
): RosterExport {
  return {
    ...given,
    status: 'in_progress',
    parts: partCountFor(0, members),
    gathered: 0,
    progress: { done: 0, total: members },
    fileName: `${nameOf(given.preset)} ${at.slice(0, 10)}.zip`,
    createdBy: given.acting.login,
    createdAt: at,
    updatedAt: at,
    version: 1,
  };
}

/** What the file and its sheet are called. */
export function nameOf(preset: ExportPreset): string {
  return preset === 'current' ? 'Member Roster - Current' : 'Member Roster';
}

/** Whether an export still has something to do by itself. */
export function isExportOpen({ status }: Pick<RosterExport, 'status'>): boolean {
  return status === 'in_progress';
}

/** The export with its next part gathered, of so many members that were looked at. */
export function gathered(job: RosterExport, members: number, at: string): RosterExport {
  const done = job.progress.done + members;
  // Members may have been added since the export began.
  const progress = { done, total: Math.max(done, job.progress.total) };
  return { ...job, gathered: job.gathered + 1, progress, ...stamp(job, at) };
}

/** The export whose file is there. */
export function completed(job: RosterExport, file: { rows: number; bytes: number }, now: Date): RosterExport {
  const at = now.toISOString();
  const expiresAt = new Date(now.getTime() + exportKeptDays * 86_400_000).toISOString();
  const progress = { done: job.progress.done, total: job.progress.done };
  return { ...job, ...file, status: 'complete', progress, endedAt: at, expiresAt, ...stamp(job, at) };
}

/** The export as it was cancelled. @throws MusterError `job_not_open` */
export function cancelledExport(job: RosterExport, at: string): RosterExport {
  if (!isExportOpen(job)) throw new MusterError('job_not_open', 'The export has ended.');
  return { ...job, status: 'incomplete', endedAt: at, ...stamp(job, at) };
}

/** The export as it stopped by itself. */
export function stoppedExport(
  job: RosterExport,
  error: { code: string; message: string },
  at: string,
): RosterExport {
  return { ...job, status: 'error', error, endedAt: at, ...stamp(job, at) };
}

/**
 * The export as it goes on where it ended, from here in the name of whoever resumes it; the very same one where it is
 * still open, whose message may have been lost.
 * @throws MusterError `job_not_resumable` if it is complete
 */
export function resumedExport(job: RosterExport, acting: BulkActor, at: string): RosterExport {
  if (isExportOpen(job)) return job;
  if (job.status === 'complete') throw new MusterError('job_not_resumable', 'The export is complete.');
  const { error: _, endedAt: __, ...rest } = job;
  return { ...rest, status: 'in_progress', acting, ...stamp(job, at) };
}

/**
 * Refuses a download of what is not there.
 * @throws MusterError `export_not_ready`, or `export_expired` after {@link exportKeptDays} days
 */
export function requireFile(job: RosterExport, now: Date): void {
  if (job.status !== 'complete') {
    throw new MusterError('export_not_ready', `The export has no file: it is ${job.status}.`);
  }
  if (job.expiresAt !== undefined && now.toISOString() >= job.expiresAt) {
    const message = `The file was deleted after ${exportKeptDays} days. Export the roster again.`;
    throw new MusterError('export_expired', message);
  }
}

/**
 * What the audit trail tells of an export: which columns of whom, in words that hold nothing of a person. Of a filter
 * only what it asks about, for a search may be somebody's name.
 */
export function exportFacts(job: RosterExport): Record<string, unknown> {
  const { format, preset, columns, includeEmails, includePhones, filter, rows } = job;
  const asked = Object.entries(filter ?? {}).filter(([, value]) => value !== undefined);
  return {
    ...{ format, preset, includeEmails, includePhones },
    ...(columns.length > 0 && { columns }),
    ...(asked.length > 0 && { filteredBy: asked.map(([name]) => name) }),
    ...(rows !== undefined && { rows }),
  };
}

function stamp({ version }: RosterExport, at: string) {
  return { updatedAt: at, version: version + 1 };
}
