/**
 * One action on many members, as a job that is done piece by piece: a record that pure functions carry on from one
 * state to the next. First the members are collected in chunks, then the chunks are worked off in their order; the
 * position moves in the transaction that changes the members, so that nothing is done twice and nothing is left out.
 */
import type * as z from 'zod';
import type { MemberFilterInput } from './api.ts';
import { MusterError } from './errors.ts';
import { type HoldPolicy, holdFor } from './import.ts';
import type { DisabledBy, MemberState } from './member.ts';
import type { Permission } from './permissions.ts';

/** What can be done to many members at once; resetting passwords is not: a thousand in one answer help nobody. */
export const bulkActions = ['disable', 'enable', 'remove', 'invite'] as const;
export type BulkAction = (typeof bulkActions)[number];
/** What a job does: an action that was asked for, undoing what another job did, or taking all accounts away (S4.9). */
export const bulkJobActions = [...bulkActions, 'undo', 'clearUsername'] as const;
export type BulkJobAction = (typeof bulkJobActions)[number];

/** What whoever a job acts for has to be allowed to, at each step. */
export function permissionFor(action: BulkJobAction): Permission {
  if (action === 'clearUsername') return 'accounts.clear';
  return action === 'invite' ? 'members.credentials' : 'members.write';
}

/**
 * `collecting`: the members are looked up. `running`: they are acted on. `complete`: all are done with.
 * `incomplete`: it was cancelled or stopped. `error`: it could not go on. The last two can be resumed.
 */
export const bulkJobStates = ['collecting', 'running', 'complete', 'incomplete', 'error'] as const;
export type BulkJobState = (typeof bulkJobStates)[number];

/**
 * What became of a member. `unchanged`: it was so already. `failed`: refused, with the code that the single call
 * would have answered. `kept`: an undo left it alone because it was changed since.
 */
export const bulkOutcomes = ['done', 'unchanged', 'failed', 'kept'] as const;
export type BulkOutcome = (typeof bulkOutcomes)[number];

/** How many members can be named one by one. */
export const bulkIdsMax = 1_000;
/** How many members a chunk has at most; one message of the queue works off one chunk. */
export const chunkMembersMax = 100;

export type FilterInput = z.output<typeof MemberFilterInput>;

/** Who is meant: so many that were named, those who match, everybody, or those whom another job changed. */
export type Selection = { ids: number } | { filter: FilterInput } | { all: true } | { undoOf: string };

/** What a member was before a job changed it. */
export interface EarlierState {
  state: MemberState;
  disabledBy?: DisabledBy | undefined;
}

/** A member in a chunk; in an undo with the version that it must still have and the state to return to. */
export interface ChunkMember {
  id: string;
  restore?: (EarlierState & { version: number }) | undefined;
}

/** What became of a member, and of one that is still there how the job found and left it. */
export interface BulkResult {
  id: string;
  outcome: BulkOutcome;
  code?: string | undefined;
  message?: string | undefined;
  left?: { version: number; from: EarlierState } | undefined;
}

export type BulkCounts = Record<BulkOutcome | 'matched', number>;

/** In whose name a job acts; the level is looked up each time, since it may change while the job runs. */
export interface BulkActor {
  account: string;
  login: string;
  address?: string | undefined;
  via?: string | undefined;
}

/** A job as stored. Times are ISO 8601 in UTC. */
export interface BulkJob {
  jobId: string;
  action: BulkJobAction;
  selection: Selection;
  state: BulkJobState;
  counts: BulkCounts;
  acting: BulkActor;
  holdConfirmed: boolean;
  /** Invites only those who never were. */
  onlyNew?: boolean | undefined;
  /** Whether all chunks are there, how many there are, and else where the collecting goes on. */
  isCollected: boolean;
  chunks: number;
  cursor?: string | undefined;
  /** The list was not up to date when members were collected: some who match may be missing. */
  behind?: boolean | undefined;
  /** The next member to act on. */
  position: { chunk: number; offset: number };
  /** Accounts that the last step changed, of which the user pool may not have been told yet. */
  toFollow: string[];
  /** Members whom the last step invited, whose mails may not have been queued yet. */
  toMail: string[];
  undoneBy?: string | undefined;
  error?: { code: string; message: string } | undefined;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  endedAt?: string | undefined;
  version: number;
}

/** Whether there is anything in a filter that leaves somebody out. */
export function narrows({ below: _, ...filter }: FilterInput): boolean {
  return Object.values(filter).some((value) => value !== undefined && value.length > 0);
}

/**
 * Why so many members need a confirmation, by the organization's rule for imports; undefined where they do not. One
 * member alone never does, as in the call for one; nor do invitations, which keep nobody out.
 * @param members how many the roster has
 */
export function bulkHold(
  policy: HoldPolicy,
  action: BulkJobAction,
  acting: number,
  members: number,
): string | undefined {
  if (action === 'invite') return undefined;
  if (acting <= 1 || holdFor(policy, acting, members) === undefined) return undefined;
  return (
    `This would act on ${acting} of ${members} members. More than ${policy.disabledMembersMax} members or ` +
    `${policy.disabledShareMax * 100} % must be confirmed with confirmHold.`
  );
}

/** Makes a job. One whose members are known has its chunks; another one begins by collecting them. */
export function newBulkJob(
  job: Pick<BulkJob, 'jobId' | 'action' | 'selection' | 'acting' | 'holdConfirmed' | 'onlyNew'>,
  chunks: readonly (readonly ChunkMember[])[],
  at: string,
): BulkJob {
  const matched = chunks.reduce((sum, members) => sum + members.length, 0);
  const isCollected = 'ids' in job.selection;
  return {
    ...job,
    state: isCollected ? 'running' : 'collecting',
    counts: { matched, done: 0, unchanged: 0, failed: 0, kept: 0 },
    isCollected,
    chunks: chunks.length,
    position: { chunk: 0, offset: 0 },
    toFollow: [],
    toMail: [],
    createdBy: job.acting.login,
    createdAt: at,
    updatedAt: at,
    version: 1,
  };
}

/** Whether a job still has to do something by itself. */
export function isJobOpen({ state }: Pick<BulkJob, 'state'>): boolean {
  return state === 'collecting' || state === 'running';
}

/** The job with one more chunk, or none; without a cursor it was the last one, and the job begins to act. */
export function collected(
  job: BulkJob,
  found: { members: number; cursor?: string | undefined; behind?: boolean | undefined },
  at: string,
): BulkJob {
  const next = {
    ...job,
    counts: { ...job.counts, matched: job.counts.matched + found.members },
    chunks: job.chunks + (found.members > 0 ? 1 : 0),
    cursor: found.cursor,
    isCollected: found.cursor === undefined,
    ...(found.behind && { behind: true }),
    ...stamp(job, at),
  };
  return next.isCollected ? begun(next, at) : next;
}

function begun(job: BulkJob, at: string): BulkJob {
  return job.chunks === 0 ? { ...job, state: 'complete', endedAt: at } : { ...job, state: 'running' };
}

/** The job after the next members of its chunk: counted, and complete after the last one. */
export function advanced(
  job: BulkJob,
  step: { results: readonly BulkResult[]; chunkMembers: number; toFollow: string[] },
  at: string,
): BulkJob {
  const counts = { ...job.counts };
  for (const { outcome } of step.results) counts[outcome] += 1;
  const { chunk, offset } = job.position;
  const isChunkDone = offset + step.results.length >= step.chunkMembers;
  const position = isChunkDone
    ? { chunk: chunk + 1, offset: 0 }
    : { chunk, offset: offset + step.results.length };
  const isLast = position.chunk >= job.chunks;
  return {
    ...job,
    counts,
    position,
    toFollow: step.toFollow,
    toMail: job.action === 'invite' ? invited(step.results) : [],
    ...(isLast && { state: 'complete' as const, endedAt: at }),
    ...stamp(job, at),
  };
}

function invited(results: readonly BulkResult[]): string[] {
  return results.filter(({ outcome }) => outcome === 'done').map(({ id }) => id);
}

/** The job as it was cancelled. @throws MusterError `job_not_open` */
export function cancelled(job: BulkJob, at: string): BulkJob {
  if (!isJobOpen(job)) throw new MusterError('job_not_open', 'The job has ended.');
  return { ...job, state: 'incomplete', endedAt: at, ...stamp(job, at) };
}

/** The job as it stopped by itself: `incomplete` where it may not go on, `error` where it cannot. */
export function stopped(
  job: BulkJob,
  state: 'incomplete' | 'error',
  error: { code: string; message: string },
  at: string,
): BulkJob {
  return { ...job, state, error, endedAt: at, ...stamp(job, at) };
}

/**
 * The job as it goes on where it ended, from here in the name of whoever resumes it; the very same job where it is
 * still open, whose message may have been lost.
 * @throws MusterError `job_not_resumable` if it is complete or was undone, `hold_not_confirmed` if that is why it stopped
 */
export function resumed(job: BulkJob, acting: BulkActor, confirmHold: boolean, at: string): BulkJob {
  if (isJobOpen(job)) return job;
  if (job.state === 'complete') throw new MusterError('job_not_resumable', 'The job is complete.');
  if (job.undoneBy !== undefined) throw new MusterError('job_not_resumable', 'The job was undone.');
  const { error: _, endedAt: __, ...rest } = job;
  const holdConfirmed = job.holdConfirmed || confirmHold;
  if (job.error?.code === 'hold_not_confirmed' && !holdConfirmed) {
    throw new MusterError('hold_not_confirmed', job.error.message);
  }
  const state = job.isCollected ? 'running' : 'collecting';
  return { ...rest, state, acting, holdConfirmed, ...stamp(job, at) };
}

/**
 * The job as another one undoes it.
 * @throws MusterError `job_not_undoable` while it runs, if it was undone already, changed nobody, or took
 * members or usernames away
 */
export function undone(job: BulkJob, undoneBy: string, at: string): BulkJob {
  const refusal = undoRefusal(job);
  if (refusal !== undefined) throw new MusterError('job_not_undoable', refusal);
  return { ...job, undoneBy, ...stamp(job, at) };
}

function undoRefusal(job: BulkJob): string | undefined {
  if (isJobOpen(job)) return 'The job is still running. Cancel it first.';
  if (job.action === 'remove') return 'Members that were removed cannot be brought back.';
  if (job.action === 'invite') return 'Mails that were sent cannot be called back. Revoke the invitations.';
  if (job.action === 'clearUsername') return 'Usernames that were cleared are not given back.';
  if (job.undoneBy !== undefined) return 'The job was undone already.';
  return job.counts.done === 0 ? 'The job changed nobody.' : undefined;
}

function stamp({ version }: BulkJob, at: string) {
  return { updatedAt: at, version: version + 1 };
}
