/** The jobs of an organization, of all kinds together: imports, exports and actions on many members (S0.11). */
import * as z from 'zod';
import { type CursorScope, readCursor, writeCursor } from '../aws/cursor.ts';
import type { JobBody } from '../domain/api.ts';
import { type BulkJob, isJobOpen } from '../domain/bulk-job.ts';
import type { RosterExport } from '../domain/export.ts';
import type { Import } from '../domain/import.ts';
import type { Level } from '../domain/permissions.ts';
import { listed, withProgress } from '../pipeline/present.ts';
import { bulkJobBody } from './bulk-jobs.ts';
import type { Deps } from './deps.ts';

type Job = z.input<typeof JobBody>;
type JobListDeps = Pick<Deps, 'imports' | 'exports' | 'bulkJobs' | 'clock'>;

const JobId = z.string().length(26);

/**
 * A page of jobs, newest first: one query for each kind, whatever there is, and one read of how far the import is that
 * runs. Ids of all kinds sort by time, so that a cursor is the last id shown.
 * @throws MusterError `invalid_cursor`
 */
export async function listJobs(
  deps: JobListDeps,
  { organization, level }: { organization: string; level: Level },
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ items: Job[]; nextCursor?: string }> {
  const scope: CursorScope = [organization, 'all-jobs'];
  const before = cursor === undefined ? undefined : readCursor(scope, JobId, cursor);
  const [imports, exports, actions] = await Promise.all([
    deps.imports.list(organization, limit + 1, before),
    deps.exports.before(organization, limit + 1, before),
    deps.bulkJobs.before(organization, limit + 1, before),
  ]);
  const found: { id: string; show: () => Job | Promise<Job> }[] = [
    ...imports.map((job) => ({
      id: job.importId,
      show: () => importJob(deps, { organization, level }, job),
    })),
    ...exports.map((job) => ({ id: job.exportId, show: () => exportJob(job) })),
    ...actions.map((job) => ({ id: job.jobId, show: () => actionJob(job) })),
  ];
  const newest = found.sort((one, other) => (one.id > other.id ? -1 : 1));
  const shown = newest.slice(0, limit);
  const last = newest.length > limit ? shown.at(-1) : undefined;
  return {
    items: await Promise.all(shown.map(({ show }) => show())),
    ...(last && { nextCursor: writeCursor(scope, last.id) }),
  };
}

/** Only the one import that has the floor has a progress to be read. */
async function importJob(
  deps: JobListDeps,
  { organization, level }: { organization: string; level: Level },
  stored: Import,
): Promise<Job> {
  const { importId } = stored;
  const job = await withProgress(
    deps.imports,
    { organization, importId },
    listed(stored, level, deps.clock()),
  );
  const { fileName, mode, step, status, counts, createdAt, updatedAt, actions, waitsFor } = job;
  const { progress, error } = job;
  return {
    ...{ kind: 'import', jobId: importId, fileName, mode, step, status, counts, createdAt, updatedAt },
    actions,
    createdBy: job.uploadedBy,
    ...(waitsFor && { waitsFor }),
    ...(progress && { progress }),
    ...(error && { error }),
    ...(status !== 'in_progress' && { endedAt: updatedAt }),
  };
}

function exportJob({ exportId, acting: _, ...job }: RosterExport): Job {
  return { ...job, kind: 'export', jobId: exportId };
}

/** The members who match are known when all are collected. */
function actionJob(job: BulkJob): Job {
  const { matched, done, unchanged, failed, kept } = job.counts;
  const isOpen = isJobOpen(job);
  return {
    ...bulkJobBody(job),
    kind: 'bulk',
    status: isOpen ? 'in_progress' : (job.state as Exclude<BulkJob['state'], 'collecting' | 'running'>),
    ...(job.isCollected && { progress: { done: done + unchanged + failed + kept, total: matched } }),
  };
}
