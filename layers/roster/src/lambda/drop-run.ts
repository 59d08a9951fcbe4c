/** Carries a drop of all data on, stage by stage (S0.23 to S0.25). What can bring data back is stopped first. */
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { sha256 } from '../aws/audit.ts';
import { type Backoff, delayMs } from '../aws/backoff.ts';
import { readHead } from '../aws/directory-log.ts';
import { partKey } from '../aws/directory-parts.ts';
import { refreshDirectory } from '../aws/directory-refresh.ts';
import type { DropRef } from '../aws/drop-queue.ts';
import { deletedAtOnce, erasedAtOnce, erasures, leavingActions, type Place } from '../aws/drops.ts';
import { duePartitions } from '../aws/due-members.ts';
import { keys } from '../aws/keys.ts';
import type { BucketObjects } from '../aws/objects.ts';
import type { Action } from '../aws/table.ts';
import { type AuditEvent, erasureDigest } from '../domain/audit.ts';
import { erasedEntry, isKept } from '../domain/audit-erasure.ts';
import { type BulkJob, isJobOpen } from '../domain/bulk-job.ts';
import {
  advancedDrop,
  type Drop,
  type DropProgress,
  type DropStage,
  failedDrop,
  nextStage,
} from '../domain/drop.ts';
import { isMusterError } from '../domain/errors.ts';
import { isExportOpen, type RosterExport } from '../domain/export.ts';
import type { Import } from '../domain/import.ts';
import { shardCount } from '../domain/member.ts';
import { cancelBulk } from './bulk-jobs.ts';
import type { Deps } from './deps.ts';
import { cancelExport } from './exports.ts';
import { nextSecond } from './member-call.ts';
import { logger } from './observability.ts';

/** What running a drop works with. */
export type DropRunDeps = Pick<
  Deps,
  | 'clock'
  | 'table'
  | 'drops'
  | 'dropQueue'
  | 'droppedFiles'
  | 'directoryObjects'
  | 'organizations'
  | 'imports'
  | 'bulkJobs'
  | 'exports'
  | 'accountQueue'
  | 'audit'
> &
  Parameters<typeof cancelBulk>[0] &
  Parameters<typeof cancelExport>[0];

/** What the queue carries; what to do stands in the drop. */
export const DropMessage: z.ZodType<DropRef> = z.strictObject({
  organization: z.string().min(1),
  dropId: z.string().min(1),
});

/** How long one message is worked on; the function's own time-out is longer. */
const workMs = 20_000;
/** A step that meets changes of others is tried again on what is there then. */
const race: Backoff = { attemptsMax: 8, firstMs: 20, delayMsMax: 500 };
/** Objects of the directory that are younger may be being put in place by a refresh that runs. */
const refreshMs = 60 * 60 * 1000;

/**
 * Works on a drop for a while and queues what is left, until it is complete. It may be killed anywhere, delivered twice
 * or run by two at once: what one transaction removes moves the record on too.
 * @param isLastTry whether the message is given up if this fails; the drop then shows the error, and can be resumed
 */
export async function runDrop(
  deps: DropRunDeps,
  ref: DropRef,
  { isLastTry }: { isLastTry: boolean },
): Promise<void> {
  try {
    if (await goesOn(deps, ref)) await deps.dropQueue.send(ref);
  } catch (error) {
    if (isLastTry) await giveUp(deps, ref, error);
    throw error;
  }
}

/** The drop as it is now, and how it is moved on. */
interface Run {
  deps: DropRunDeps;
  organization: string;
  drop: Drop;
  isSpent(): boolean;
}

async function goesOn(deps: DropRunDeps, { organization, dropId }: DropRef): Promise<boolean> {
  const drop = await deps.drops.get(organization);
  if (drop?.dropId !== dropId || drop.state !== 'running') return false;
  const until = deps.clock().getTime() + workMs;
  const run: Run = { deps, organization, drop, isSpent: () => deps.clock().getTime() >= until };
  // What the step before removed, in case it was killed before it could tell.
  await tellFollowers(run);
  try {
    while (run.drop.state === 'running' && !run.isSpent()) await workStage(run);
  } catch (error) {
    if (!isMusterError(error, 'conflict')) throw error;
    logger.info('The drop is carried on elsewhere', { dropId });
    return false;
  }
  return run.drop.state === 'running';
}

/** Whether a stage is done; false where the time was spent. */
type Stage = (run: Run) => Promise<boolean>;

const stages: Record<DropStage, Stage> = {
  stopping: stop,
  members: removeMembers,
  due: removeDue,
  records: removeRecords,
  files: removeFiles,
  audit: eraseAudit,
};

async function workStage(run: Run): Promise<void> {
  if (!(await stages[run.drop.stage](run))) return;
  const next = nextStage(run.drop, run.deps.clock());
  if (next.state === 'complete') await run.deps.drops.complete(run.organization, next, completed(next));
  else await run.deps.drops.step(run.organization, next, []);
  run.drop = next;
}

/** Moves the drop on with what these actions remove. @throws MusterError `conflict` */
async function step(run: Run, progress: DropProgress, actions: readonly Action[] = []): Promise<void> {
  const next = advancedDrop(run.drop, progress, run.deps.clock());
  await run.deps.drops.step(run.organization, next, actions);
  run.drop = next;
}

/** Goes on after what holds nothing; kept with the next step. */
function skip(run: Run, at: number): void {
  run.drop = { ...run.drop, position: { at } };
}

/** Lets nobody add members any more who began before, and ends what runs. */
async function stop({ deps, organization, drop }: Run): Promise<boolean> {
  await deps.drops.endEra(organization);
  for (const job of await deps.imports.open(organization, deps.clock())) {
    await endImport(deps, organization, job, drop);
  }
  const acting = actorOf(drop);
  const jobs = newestFirst<BulkJob>((last) => deps.bulkJobs.before(organization, pageSize, last?.jobId));
  for await (const job of jobs) {
    const call = { organization, jobId: job.jobId, acting };
    if (isJobOpen(job)) await endedAlready(() => cancelBulk(deps, call));
  }
  const exports = newestFirst<RosterExport>((last) =>
    deps.exports.before(organization, pageSize, last?.exportId),
  );
  for await (const job of exports) {
    const call = { organization, exportId: job.exportId, acting };
    if (isExportOpen(job)) await endedAlready(() => cancelExport(deps, call));
  }
  return true;
}

const pageSize = 100;

/** All of a list that is read from its newest on, page by page. */
async function* newestFirst<T>(page: (before: T | undefined) => Promise<T[]>): AsyncIterable<T> {
  let last: T | undefined;
  do {
    const items = await page(last);
    yield* items;
    last = items.at(-1);
  } while (last !== undefined);
}

/** Ends an import at whatever step it is: of one that is being applied, no further chunk is written. */
async function endImport(
  { imports, clock }: DropRunDeps,
  organization: string,
  { importId }: Import,
  drop: Drop,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const job = await imports.get({ organization, importId });
    if (job.status !== 'in_progress') return;
    const end = { status: 'incomplete', updatedAt: clock().toISOString() } as const;
    const event: AuditEvent = {
      action: 'import.cancel',
      actor: auditActor(drop),
      subject: importId,
      before: { status: job.status, step: job.step },
      after: { status: 'incomplete', step: job.step },
      details: { dropId: drop.dropId },
    };
    try {
      await imports.update(organization, job, end, event);
      return;
    } catch (error) {
      if (!isMusterError(error, 'conflict') || attempt >= race.attemptsMax) throw error;
      await wait(delayMs(race, attempt));
    }
  }
}

async function endedAlready(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isMusterError(error, 'job_not_open')) throw error;
  }
}

/** Removes members with their memberships and logins, shard by shard. */
async function removeMembers(run: Run): Promise<boolean> {
  const { deps, organization } = run;
  for (let attempt = 1; run.drop.position.at < shardCount; ) {
    if (run.isSpent()) return false;
    const { at } = run.drop.position;
    const members = await deps.drops.leaving(organization, at);
    if (members.length === 0) {
      skip(run, at + 1);
      continue;
    }
    const { dropId, askedBy } = run.drop;
    const how = { dropId, keeper: askedBy.account, validFromSeconds: nextSecond(deps) };
    const gone = members.flatMap(({ account, membership }) =>
      account === undefined || membership === undefined || account === askedBy.account ? [] : [account],
    );
    const counts = { members: members.length, accounts: gone.length };
    try {
      await step(run, { counts, toFollow: gone }, leavingActions(organization, members, how));
      attempt = 1;
    } catch (error) {
      if (!(await isSameStill(run, error)) || attempt >= race.attemptsMax) throw error;
      await wait(delayMs(race, attempt++));
      continue;
    }
    await tellFollowers(run);
  }
  return true;
}

/** Whether nobody else moved the drop on, so that a member was what changed. */
async function isSameStill({ deps, organization, drop }: Run, error: unknown): Promise<boolean> {
  if (!isMusterError(error, 'conflict')) return false;
  return (await deps.drops.get(organization))?.version === drop.version;
}

/** Removes what says when to look at members. */
async function removeDue(run: Run): Promise<boolean> {
  const partitions = duePartitions();
  while (run.drop.position.at < partitions.length) {
    const { at } = run.drop.position;
    const place = { pk: partitions[at] as string, organization: run.organization };
    if (!(await removeAll(run, place))) return false;
    skip(run, at + 1);
  }
  return removeAll(run, { pk: keys.plannedReminders(run.organization) });
}

/** Removes the records of imports, jobs and exports with all that belongs to them, and what is counted of members. */
async function removeRecords(run: Run): Promise<boolean> {
  const { organization, deps } = run;
  const kinds = [
    { list: keys.imports(organization), counts: { imports: 1 }, detail: keys.importDetail },
    { list: keys.bulkJobs(organization), counts: { jobs: 1 }, detail: keys.bulkResults },
    { list: keys.exports(organization), counts: { exports: 1 }, detail: undefined },
  ];
  for (const { list, counts, detail } of kinds) {
    for await (const page of deps.drops.keysIn({ pk: list })) {
      for (const key of page) {
        const isDone = detail === undefined || (await removeAll(run, { pk: detail(organization, key.sk) }));
        if (!isDone) return false;
        await step(run, { counts }, [{ delete: key }]);
      }
    }
  }
  const counted = { pk: keys.departments(organization), prefix: keys.groupCountPrefix };
  if (!(await removeAll(run, counted))) return false;
  const single = [keys.currentImport(organization), keys.scopeCounts(organization)];
  await step(
    run,
    {},
    single.map((key) => ({ delete: key })),
  );
  return true;
}

/** Deletes all items of a place; false where the time was spent. */
async function removeAll(run: Run, place: Place): Promise<boolean> {
  for await (const page of run.deps.drops.keysIn(place)) {
    for (let start = 0; start < page.length; start += deletedAtOnce) {
      if (run.isSpent()) return false;
      const some = page.slice(start, start + deletedAtOnce);
      await step(
        run,
        {},
        some.map((key) => ({ delete: key })),
      );
    }
  }
  return true;
}

/** Removes uploads, work files and reports, and has the directory made anew of the empty roster. */
async function removeFiles(run: Run): Promise<boolean> {
  const { deps, organization } = run;
  const prefixes = deps.droppedFiles(organization);
  while (run.drop.position.at < prefixes.length) {
    const { at } = run.drop.position;
    const { objects, prefix } = prefixes[at] as (typeof prefixes)[number];
    if (!(await removeObjects(run, objects, prefix))) return false;
    skip(run, at + 1);
  }
  // The first one replaces the objects that hold members, the second one deletes what was replaced.
  await refreshDirectory(deps, organization, { whole: true });
  await refreshDirectory(deps, organization, { whole: true });
  const named = new Set((await readHead(deps.table, organization))?.parts);
  const now = deps.clock().getTime();
  for await (const page of deps.directoryObjects.list(`${organization}/`)) {
    const unnamed = page.filter(
      ({ key, storedAt }) =>
        !named.has(key.slice(partKey(organization, '').length)) && now - storedAt.getTime() > refreshMs,
    );
    await deps.directoryObjects.deleteMany(unnamed.map(({ key }) => key));
  }
  return true;
}

async function removeObjects(run: Run, objects: BucketObjects, prefix: string): Promise<boolean> {
  for await (const page of objects.list(prefix)) {
    if (run.isSpent()) return false;
    if (page.length === 0) continue;
    await objects.deleteMany(page.map(({ key }) => key));
    await step(run, { counts: { files: page.length } });
  }
  return true;
}

/** Erases what the audit trail says of persons, from the oldest entry on. */
async function eraseAudit(run: Run): Promise<boolean> {
  const { deps, organization } = run;
  for (;;) {
    if (run.isSpent()) return false;
    const { position } = run.drop;
    const { entries, last } = await deps.audit.following(organization, position.after, erasedAtOnce);
    if (last === undefined) return true;
    const erased = entries
      .filter((entry) => !isKept(entry))
      .map((before) => ({ before, after: erasedEntry(before) }));
    let { erasedDigest } = run.drop;
    for (const { after } of erased) erasedDigest = await erasureDigest(erasedDigest, after, sha256);
    const progress = {
      counts: { auditEntries: erased.length },
      position: { ...position, after: last },
      erasedDigest,
    };
    await step(run, progress, erasures(organization, erased));
  }
}

/** The entry that tells what was removed, and vouches for the erased ones. */
function completed(drop: Drop): AuditEvent {
  const { counts, erasedDigest } = drop;
  return {
    action: 'drop.complete',
    actor: auditActor(drop),
    subject: drop.dropId,
    details: { counts: { ...counts }, erased: { entries: counts.auditEntries, sha256: erasedDigest } },
  };
}

async function tellFollowers({ deps, drop }: Run): Promise<void> {
  if (drop.toFollow.length > 0) await deps.accountQueue.changed(drop.toFollow);
}

/** Whoever decided last that all goes. */
function actorOf({ askedBy, confirmedBy }: Drop) {
  return confirmedBy ?? askedBy;
}

function auditActor(drop: Drop) {
  const { account, login, address, via } = actorOf(drop);
  return { account, login, ...(address && { address }), ...(via && { via }) };
}

/** Shows the error on a drop whose message becomes a dead letter. */
async function giveUp(deps: DropRunDeps, { organization, dropId }: DropRef, error: unknown): Promise<void> {
  const why = isMusterError(error)
    ? { code: error.code, message: error.message }
    : { code: 'internal', message: 'The drop could not go on. Ask for it again, and it is resumed.' };
  try {
    const drop = await deps.drops.get(organization);
    if (drop?.dropId !== dropId || drop.state !== 'running') return;
    await deps.drops.step(organization, failedDrop(drop, why, deps.clock()), []);
  } catch (failure) {
    // The first error is what is wrong; the message becomes a dead letter, and that rings.
    logger.error('The drop could not be stopped', {
      dropId,
      errorName: failure instanceof Error ? failure.name : '',
    });
  }
}
