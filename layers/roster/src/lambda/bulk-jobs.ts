/** What people do with jobs on many members: start, look before, cancel, resume, undo. */
import type * as z from 'zod';
import type { BulkInput, BulkJobBody, BulkPreview } from '../domain/api.ts';
import type { AuditAction, AuditEvent } from '../domain/audit.ts';
import {
  type BulkActor,
  type BulkJob,
  bulkHold,
  type ChunkMember,
  cancelled,
  chunkMembersMax,
  type FilterInput,
  newBulkJob,
  permissionFor,
  resumed,
  type Selection,
  undone,
} from '../domain/bulk-job.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import type { MemberSummary } from '../domain/member.ts';
import { isBounded, type Level, mayDo } from '../domain/permissions.ts';
import type { Within } from '../domain/scope.ts';
import type { Deps } from './deps.ts';
import { memberFilterOf } from './member-filter.ts';
import { type Bounded, withinOf } from './scope.ts';

/** What starting and changing jobs works with. */
export type BulkDeps = Pick<
  Deps,
  'bulkJobs' | 'bulkQueue' | 'roster' | 'organizations' | 'departments' | 'clock' | 'newId'
>;
type Input = Omit<z.output<typeof BulkInput>, 'dryRun'>;

/** A job named in a call, and who calls. */
export interface JobCall {
  organization: string;
  jobId: string;
  acting: BulkActor;
}

/** Counting who matches a filter stops here; the job itself counts all and asks for the confirmation again. */
const countedMax = 10_000;
const countPageMax = 200;

/**
 * How many would be acted on, and whether that needs a confirmation. Nothing is written.
 * @throws MusterError `forbidden` for what the level may do to nobody
 */
export async function previewBulk(
  deps: BulkDeps,
  organization: string,
  input: Input,
  caller: Bounded,
): Promise<z.input<typeof BulkPreview>> {
  if (isBounded(caller.level) && input.action === 'remove') {
    throw new MusterError('forbidden', 'A coordinator cannot remove members.');
  }
  if (input.action === 'invite' && !mayDo(caller.level, 'members.credentials')) {
    throw new MusterError('forbidden', 'Inviting needs the permission members.credentials.');
  }
  const [{ hold: policy }, summary] = await Promise.all([
    deps.organizations.get(organization),
    deps.roster.summary(organization),
  ]);
  const within = await withinOf(deps, { ...caller, organization });
  const matched = await countOf(deps, organization, input, { summary, within });
  const hold = bulkHold(policy, input.action, matched, summary.total);
  return { matched, atLeast: matched > countedMax, ...(hold !== undefined && { hold }) };
}

/**
 * Starts a job. Members that were named are in it at once; others are looked up as its first step.
 * @throws MusterError `hold_not_confirmed`, `invalid_request` for a filter that names what there is not
 */
export async function startBulk(
  deps: BulkDeps,
  acting: BulkActor,
  input: Input,
  caller: Bounded & { organization: string },
): Promise<BulkJob> {
  const { organization } = caller;
  const { action, ids = [], confirmHold = false } = input;
  const { hold } = await previewBulk(deps, organization, input, caller);
  if (hold !== undefined && !confirmHold) throw new MusterError('hold_not_confirmed', hold);
  const chunks = chunksOf(ids.map((id) => ({ id })));
  const job = newBulkJob(
    { jobId: deps.newId(), action, selection: selectionOf(input), acting, holdConfirmed: confirmHold },
    chunks,
    now(deps),
  );
  const details = { action, ...job.selection };
  await deps.bulkJobs.create(organization, job, chunks, eventOf('job.start', acting, job, details));
  await deps.bulkQueue.send({ organization, jobId: job.jobId });
  return job;
}

/** Starts the job that takes the account here from everybody who has one. */
export async function startClearing(
  deps: BulkDeps,
  acting: BulkActor,
  organization: string,
): Promise<BulkJob> {
  // Whoever has an account is in one of these states; nobody else needs to be looked at.
  const selection: Selection = { filter: { status: ['enabled', 'disabled'] } };
  const action = 'clearUsername';
  const asked = { jobId: deps.newId(), action, selection, acting, holdConfirmed: true } as const;
  const job = newBulkJob(asked, [], now(deps));
  const event = eventOf('job.start', acting, job, { action, ...selection });
  await deps.bulkJobs.create(organization, job, [], event);
  await deps.bulkQueue.send({ organization, jobId: job.jobId });
  return job;
}

/** Refuses to go on with a job in the name of whom it may not act for. @throws MusterError `forbidden` */
export function requireMayResume({ action }: BulkJob, { level }: { level: Level }): void {
  if (mayDo(level, permissionFor(action))) return;
  throw new MusterError('forbidden', `This job needs the permission ${permissionFor(action)}.`);
}

/** Stops a job before its next transaction. @throws MusterError `not_found`, `job_not_open` */
export function cancelBulk(deps: BulkDeps, call: JobCall): Promise<BulkJob> {
  return onJob(deps, call, 'job.cancel', (job) => cancelled(job, now(deps)));
}

/**
 * Goes on with a job, or wakes one up that is open but whose message was lost.
 * @throws MusterError `not_found`, `job_not_resumable`, `hold_not_confirmed`
 */
export async function resumeBulk(deps: BulkDeps, call: JobCall, confirmHold: boolean): Promise<BulkJob> {
  const job = await onJob(deps, call, 'job.resume', (found) =>
    resumed(found, call.acting, confirmHold, now(deps)),
  );
  await deps.bulkQueue.send(call);
  return job;
}

/** Starts the job that takes another one back. @throws MusterError `not_found`, `job_not_undoable` */
export async function undoBulk(deps: BulkDeps, { organization, jobId, acting }: JobCall): Promise<BulkJob> {
  const found = await deps.bulkJobs.get(organization, jobId);
  const at = now(deps);
  const selection = { undoOf: jobId };
  const job = newBulkJob(
    { jobId: deps.newId(), action: 'undo', selection, acting, holdConfirmed: true },
    [],
    at,
  );
  const marked = undone(found, job.jobId, at);
  const event = eventOf('job.start', acting, job, { action: 'undo', ...selection });
  await deps.bulkJobs.create(organization, job, [], event, marked);
  await deps.bulkQueue.send({ organization, jobId: job.jobId });
  return job;
}

/**
 * A job that a caller may see: one who is bounded to departments sees the own ones only.
 * @throws MusterError `not_found`
 */
export async function findJob(
  { bulkJobs }: Pick<BulkDeps, 'bulkJobs'>,
  { organization, account, level }: { organization: string; account: string } & Bounded,
  jobId: string,
): Promise<BulkJob> {
  const job = await bulkJobs.get(organization, jobId);
  if (isBounded(level) && job.acting.account !== account) {
    throw new MusterError('not_found', 'There is no such job.');
  }
  return job;
}

/** A job as the API tells it. */
export function bulkJobBody({ selection, acting, ...job }: BulkJob): z.input<typeof BulkJobBody> {
  return { ...job, ...selection, actingLogin: acting.login };
}

const attemptsMax = 20;

/** Changes a job's record. A job that runs moves on all the time, so a lost race is run again. */
async function onJob(
  deps: BulkDeps,
  { organization, jobId, acting }: JobCall,
  action: AuditAction,
  change: (job: BulkJob) => BulkJob,
): Promise<BulkJob> {
  for (let attempt = 1; ; attempt++) {
    const job = await deps.bulkJobs.get(organization, jobId);
    const next = change(job);
    if (next === job) return job;
    try {
      await deps.bulkJobs.update(organization, next, eventOf(action, acting, next));
      return next;
    } catch (error) {
      if (!isMusterError(error, 'conflict') || attempt >= attemptsMax) throw error;
    }
  }
}

function selectionOf({ ids, filter }: Input): Selection {
  if (ids !== undefined) return { ids: ids.length };
  return filter === undefined ? { all: true } : { filter };
}

function chunksOf(members: readonly ChunkMember[]): ChunkMember[][] {
  const chunks: ChunkMember[][] = [];
  for (let start = 0; start < members.length; start += chunkMembersMax) {
    chunks.push(members.slice(start, start + chunkMembersMax));
  }
  return chunks;
}

/** How many are meant; more than {@link countedMax} where counting stopped. */
async function countOf(
  deps: BulkDeps,
  organization: string,
  { ids, filter }: Input,
  { summary, within }: { summary: MemberSummary; within: Within | undefined },
): Promise<number> {
  if (ids !== undefined) return ids.length;
  if (filter === undefined && within === undefined) return summary.total;
  return countMatching(deps, organization, filter ?? {}, within);
}

async function countMatching(
  deps: BulkDeps,
  organization: string,
  input: FilterInput,
  within: Within | undefined,
): Promise<number> {
  const filter = await memberFilterOf(deps, organization, input);
  let counted = 0;
  let cursor: string | undefined;
  do {
    const at = cursor === undefined ? {} : { cursor };
    const query = { limit: countPageMax, ...at, filter, sort: 'name' as const, ...(within && { within }) };
    const { ids, nextCursor } = await deps.roster.ids(organization, query);
    counted += ids.length;
    cursor = nextCursor;
  } while (cursor !== undefined && counted <= countedMax);
  return counted;
}

function eventOf(
  action: AuditAction,
  { account, login, address, via }: BulkActor,
  { jobId }: BulkJob,
  details?: Record<string, unknown>,
): AuditEvent {
  const actor = { account, login, ...(address && { address }), ...(via && { via }) };
  return { action, actor, subject: jobId, ...(details && { details }) };
}

function now({ clock }: Pick<BulkDeps, 'clock'>): string {
  return clock().toISOString();
}
