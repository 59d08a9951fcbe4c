/** What people do with exports of the roster: start, look at, cancel, resume, download. */
import type * as z from 'zod';
import type { ExportBody, ExportInput } from '../domain/api.ts';
import type { AuditAction, AuditEvent } from '../domain/audit.ts';
import type { BulkActor } from '../domain/bulk-job.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import {
  cancelledExport,
  exportFacts,
  newExport,
  type RosterExport,
  requireFile,
  resumedExport,
} from '../domain/export.ts';
import { chooseColumns } from '../domain/export-layout.ts';
import { isBounded } from '../domain/permissions.ts';
import type { Deps } from './deps.ts';
import { memberFilterOf } from './member-filter.ts';
import type { Bounded } from './scope.ts';

/** What starting and changing exports works with. */
export type ExportDeps = Pick<
  Deps,
  | 'exports'
  | 'exportQueue'
  | 'exportLink'
  | 'audit'
  | 'roster'
  | 'organizations'
  | 'departments'
  | 'clock'
  | 'newId'
>;

/** An export named in a call, and who calls. */
export interface ExportCall {
  organization: string;
  exportId: string;
  acting: BulkActor;
}

/**
 * Starts an export: its record, then the message that lets it begin.
 * @throws MusterError `invalid_request` for columns or a filter that cannot be
 */
export async function startExport(
  deps: ExportDeps,
  organization: string,
  acting: BulkActor,
  { format, preset, filter, byteOrderMark, ...asked }: z.output<typeof ExportInput>,
): Promise<RosterExport> {
  const [schema, { total }] = await Promise.all([
    deps.organizations.schema(organization),
    deps.roster.summary(organization),
    // A filter that cannot be is refused now, and not by the worker.
    filter && memberFilterOf(deps, organization, filter),
  ]);
  const choice = chooseColumns(schema.columns, { preset, ...asked });
  const given = { format, preset, byteOrderMark, ...choice, ...(filter && { filter }) };
  const job = newExport(
    { ...given, exportId: deps.newId(), schemaVersion: schema.version, acting },
    total,
    deps.clock().toISOString(),
  );
  await deps.exports.create(organization, job, exportEvent('export.start', acting, job));
  await deps.exportQueue.send({ organization, jobId: job.exportId });
  return job;
}

/**
 * An export that a caller may see: one who is bounded to departments sees the own ones only.
 * @throws MusterError `not_found`
 */
export async function findExport(
  { exports }: Pick<ExportDeps, 'exports'>,
  { organization, account, level }: { organization: string; account: string } & Bounded,
  exportId: string,
): Promise<RosterExport> {
  const job = await exports.get(organization, exportId);
  if (isBounded(level) && job.acting.account !== account) {
    throw new MusterError('not_found', 'There is no such export.');
  }
  return job;
}

/** Stops an export before its next part; no file comes about. @throws MusterError `not_found`, `job_not_open` */
export function cancelExport(
  deps: Pick<ExportDeps, 'exports' | 'clock'>,
  call: ExportCall,
): Promise<RosterExport> {
  return onExport(deps, call, 'export.cancel', (job) => cancelledExport(job, deps.clock().toISOString()));
}

/** Goes on with an export that ended without a file, or wakes up one whose message was lost. @throws MusterError `not_found`, `job_not_resumable` */
export async function resumeExport(deps: ExportDeps, call: ExportCall): Promise<RosterExport> {
  const job = await onExport(deps, call, 'export.resume', (found) =>
    resumedExport(found, call.acting, deps.clock().toISOString()),
  );
  await deps.exportQueue.send({ organization: call.organization, jobId: call.exportId });
  return job;
}

/**
 * A link to the file, good for five minutes. Who took it is in the audit trail before the link is given.
 * @throws MusterError `not_found`, `export_not_ready`, `export_expired`
 */
export async function linkToExport(
  deps: ExportDeps,
  { organization, acting }: Pick<ExportCall, 'organization' | 'acting'>,
  job: RosterExport,
): Promise<string> {
  requireFile(job, deps.clock());
  const url = await deps.exportLink(organization, job);
  await deps.audit.commit(organization, exportEvent('export.download', acting, job), []);
  return url;
}

/** An export as the API tells it. */
export function exportBody({
  acting: _,
  parts: __,
  gathered: ___,
  schemaVersion: ____,
  ...job
}: RosterExport): z.input<typeof ExportBody> {
  return job;
}

/** The entry of the audit trail about an export. */
export function exportEvent(
  action: AuditAction,
  { account, login, address, via }: BulkActor,
  job: RosterExport,
  details: Record<string, unknown> = {},
): AuditEvent {
  const actor = { account, login, ...(address && { address }), ...(via && { via }) };
  return { action, actor, subject: job.exportId, details: { ...exportFacts(job), ...details } };
}

const attemptsMax = 20;

/** Changes a record. An export that runs moves on all the time, so a lost race is run again. */
async function onExport(
  deps: Pick<ExportDeps, 'exports'>,
  { organization, exportId, acting }: ExportCall,
  action: AuditAction,
  change: (job: RosterExport) => RosterExport,
): Promise<RosterExport> {
  for (let attempt = 1; ; attempt++) {
    const job = await deps.exports.get(organization, exportId);
    const next = change(job);
    if (next === job) return job;
    try {
      await deps.exports.update(organization, next, exportEvent(action, acting, next));
      return next;
    } catch (error) {
      if (!isMusterError(error, 'conflict') || attempt >= attemptsMax) throw error;
    }
  }
}
