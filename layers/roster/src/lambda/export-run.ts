/** Carries an export of the roster on by one step: gathers one part of its members, or makes the file of all parts. */
import type { BulkJobRef } from '../aws/bulk-queue.ts';
import { shardMembers } from '../aws/shard-members.ts';
import { systemActor } from '../domain/audit.ts';
import { compileMemberFilter, entryOf } from '../domain/directory-entry.ts';
import { isMusterError } from '../domain/errors.ts';
import {
  completed,
  gathered,
  isExportOpen,
  nameOf,
  type RosterExport,
  stoppedExport,
} from '../domain/export.ts';
import { type ExportLayout, layoutOf } from '../domain/export-layout.ts';
import { shardsOfPart } from '../domain/import.ts';
import type { Member } from '../domain/member.ts';
import { mayDo } from '../domain/permissions.ts';
import { type Column, columnWithRole } from '../domain/schema.ts';
import type { Within } from '../domain/scope.ts';
import { contentTypes, zippedTable } from '../files/table-file.ts';
import { type ExportRef, exportFiles, gatheredRows, gatherPart } from '../pipeline/export.ts';
import type { Deps } from './deps.ts';
import { exportEvent } from './exports.ts';
import { departmentPathsOf } from './member-body.ts';
import { memberFilterOf } from './member-filter.ts';
import { logger } from './observability.ts';
import { withinOf } from './scope.ts';

/** What running an export works with. */
export type ExportRunDeps = Pick<
  Deps,
  | 'table'
  | 'clock'
  | 'exports'
  | 'exportQueue'
  | 'exportObjects'
  | 'accounts'
  | 'organizations'
  | 'departments'
>;

/**
 * Does the next step of an export and queues the one after it, until the file is there. A step that is delivered twice,
 * or killed anywhere, does no harm: it writes the same object once more, whole or not at all, and the record moves on
 * by its version. Of two that run at once the one that comes late stops.
 * @param isLastTry whether the message is given up if this fails; the export then ends with the error
 */
export async function runExport(
  deps: ExportRunDeps,
  ref: BulkJobRef,
  { isLastTry }: { isLastTry: boolean },
): Promise<void> {
  try {
    if (await goesOn(deps, ref)) await deps.exportQueue.send(ref);
  } catch (error) {
    if (isLastTry) await giveUp(deps, ref, error);
    throw error;
  }
}

/** Does one step; whether there is another one to be queued. */
async function goesOn(deps: ExportRunDeps, { organization, jobId }: BulkJobRef): Promise<boolean> {
  const job = await recordOf(deps, organization, jobId);
  if (job === undefined || !isExportOpen(job)) return false;
  try {
    const bounds = await boundsNow(deps, organization, job);
    if (bounds === 'forbidden') {
      await stop(deps, organization, job, notAllowed);
      return false;
    }
    if (job.gathered < job.parts) {
      await gatherNext(deps, organization, job, bounds.within);
      return true;
    }
    await makeFile(deps, organization, job);
    return false;
  } catch (error) {
    // Another step was quicker, somebody ended the export, or whoever made the file took the parts away.
    const isElsewhere = isMusterError(error, 'conflict') || isMusterError(error, 'not_found');
    if (!isElsewhere) throw error;
    const now = await recordOf(deps, organization, jobId);
    if (now !== undefined && isExportOpen(now) && isMusterError(error, 'not_found')) throw error;
    if (now === undefined) await discard(deps, organization, job);
    logger.info('The export was carried on or ended elsewhere', { exportId: jobId });
    return false;
  }
}

/** An export as it is now; undefined where all data of the organization was dropped meanwhile. */
async function recordOf(
  { exports }: ExportRunDeps,
  organization: string,
  exportId: string,
): Promise<RosterExport | undefined> {
  try {
    return await exports.get(organization, exportId);
  } catch (error) {
    if (isMusterError(error, 'not_found')) return undefined;
    throw error;
  }
}

/** Deletes what an export wrote that nobody can ask for any more. */
async function discard(deps: ExportRunDeps, organization: string, job: RosterExport): Promise<void> {
  const ref = refOf(organization, job);
  await deps.exportObjects.delete(exportFiles.file(ref));
  await discardParts(deps, ref, job);
}

async function discardParts({ exportObjects }: ExportRunDeps, ref: ExportRef, { parts }: RosterExport) {
  for (let part = 0; part < parts; part++) await exportObjects.delete(exportFiles.part(ref, part));
}

const notAllowed = {
  code: 'forbidden',
  message: 'Whoever started this may not export members any more. Somebody else may resume it.',
};

/** The departments that whoever the export acts for is bounded to now, if any. */
async function boundsNow(
  deps: ExportRunDeps,
  organization: string,
  { acting }: RosterExport,
): Promise<{ within: Within | undefined } | 'forbidden'> {
  const { membership } = await deps.accounts.standing(acting.account, organization);
  if (membership?.state !== 'enabled' || !mayDo(membership.level, 'members.export')) return 'forbidden';
  return { within: await withinOf(deps, membership) };
}

async function gatherNext(
  deps: ExportRunDeps,
  organization: string,
  job: RosterExport,
  within: Within | undefined,
): Promise<void> {
  const { columns } = await deps.organizations.schema(organization, job.schemaVersion);
  const layout = await layoutNow(deps, organization, job, columns);
  const matches = await matcherOf(deps, organization, job, { columns, layout, within });
  const shards = shardsOfPart(job.gathered, job.parts).map((shard) =>
    shardMembers(deps.table, organization, shard),
  );
  const key = exportFiles.part(refOf(organization, job), job.gathered);
  const seen = await gatherPart(deps.exportObjects, key, shards, { matches, cells: layout.cells });
  await deps.exports.update(organization, gathered(job, seen, deps.clock().toISOString()));
}

async function layoutNow(
  deps: ExportRunDeps,
  organization: string,
  job: RosterExport,
  schema: readonly Column[],
): Promise<ExportLayout> {
  const tree = job.preset === 'current' ? await deps.departments.tree(organization) : undefined;
  const pathsOf = (departments: readonly string[]) =>
    tree === undefined ? [] : departmentPathsOf(tree, departments);
  return layoutOf(job, { schema, pathsOf, now: deps.clock() });
}

/** Compiles who is exported. What a filter looks at is made of a member only where there is one. */
async function matcherOf(
  deps: ExportRunDeps,
  organization: string,
  { filter = {} }: RosterExport,
  {
    columns,
    layout,
    within,
  }: { columns: readonly Column[]; layout: ExportLayout; within: Within | undefined },
): Promise<(member: Member) => boolean> {
  const meant = await memberFilterOf(deps, organization, filter);
  const isInForce = ({ state }: Member) =>
    layout.tellsState || meant.states !== undefined || state !== 'disabled';
  if (within === undefined && Object.keys(meant).length === 0) return isInForce;
  const isMeant = compileMemberFilter(meant, within);
  const group = columnWithRole(columns, 'group')?.name ?? '';
  return (member) => isInForce(member) && isMeant(entryOf(member, member.values[group]));
}

async function makeFile(deps: ExportRunDeps, organization: string, job: RosterExport): Promise<void> {
  const { exportObjects } = deps;
  const ref = refOf(organization, job);
  const { columns } = await deps.organizations.schema(organization, job.schemaVersion);
  const { header } = layoutOf(job, { schema: columns, pathsOf: () => [], now: deps.clock() });
  const file = { rows: 0, bytes: 0 };
  const rows = counted(gatheredRows(exportObjects, ref, job.parts), () => {
    file.rows += 1;
  });
  const { format, byteOrderMark, preset, createdAt } = job;
  const bytes = zippedTable(
    { name: nameOf(preset), header, rows },
    { format, byteOrderMark, madeAt: new Date(createdAt) },
  );
  const content = counted(bytes, ({ length }) => {
    file.bytes += length;
  });
  await exportObjects.writeStream(exportFiles.file(ref), content, contentTypes.zip);
  const next = completed(job, file, deps.clock());
  await deps.exports.update(organization, next, exportEvent('export.complete', job.acting, next));
  // What is left here by a step that is killed goes with the lifecycle of the bucket.
  await discardParts(deps, ref, job);
}

async function* counted<T>(items: AsyncIterable<T>, count: (item: T) => void): AsyncIterable<T> {
  for await (const item of items) {
    count(item);
    yield item;
  }
}

function stop(
  deps: ExportRunDeps,
  organization: string,
  job: RosterExport,
  why: { code: string; message: string },
): Promise<void> {
  const next = stoppedExport(job, why, deps.clock().toISOString());
  return deps.exports.update(
    organization,
    next,
    exportEvent('export.fail', systemActor, next, { code: why.code }),
  );
}

/** Ends an export whose message becomes a dead letter, so that it does not look as if it ran. */
async function giveUp(
  deps: ExportRunDeps,
  { organization, jobId }: BulkJobRef,
  error: unknown,
): Promise<void> {
  const why = isMusterError(error)
    ? { code: error.code, message: error.message }
    : { code: 'internal', message: 'The export could not go on. It can be resumed.' };
  try {
    const job = await deps.exports.get(organization, jobId);
    if (isExportOpen(job)) await stop(deps, organization, job, why);
  } catch (failure) {
    // The first error is what is wrong; the message becomes a dead letter, and that rings.
    logger.error('The export could not be ended', {
      exportId: jobId,
      errorName: failure instanceof Error ? failure.name : '',
    });
  }
}

function refOf(organization: string, { exportId }: RosterExport): ExportRef {
  return { organization, exportId };
}
