/**
 * Dropping all data of an organization (S0.23, S0.24): a record that pure functions carry on from one stage to the
 * next. Where the organization requires it, a second administrator has to confirm before anything is removed.
 */
import { MusterError } from './errors.ts';

/**
 * `awaiting_confirmation`: a second administrator has to agree. `running`: data is being removed. `complete`: the
 * organization is empty and usable. `cancelled`, `expired`: nothing was removed. `error`: it stopped half-way, and
 * goes on when it is asked for again; the organization takes no changes until then.
 */
export const dropStates = [
  'awaiting_confirmation',
  'running',
  'complete',
  'cancelled',
  'expired',
  'error',
] as const;
export type DropState = (typeof dropStates)[number];

/** What is removed, in this order: what could bring data back comes before the data, what tells of it comes last. */
export const dropStages = ['stopping', 'members', 'due', 'records', 'files', 'audit'] as const;
export type DropStage = (typeof dropStages)[number];

/** Who asks or confirms, as the audit trail tells it. */
export interface DropActor {
  account: string;
  login: string;
  address?: string | undefined;
  via?: string | undefined;
}

/** How much was removed so far. `accounts` are those that lost their membership here. */
export interface DropCounts {
  members: number;
  accounts: number;
  imports: number;
  jobs: number;
  exports: number;
  files: number;
  auditEntries: number;
}

const nothing: DropCounts = {
  members: 0,
  accounts: 0,
  imports: 0,
  jobs: 0,
  exports: 0,
  files: 0,
  auditEntries: 0,
};

/** A drop as stored; an organization has the newest one. Times are ISO 8601 in UTC. */
export interface Drop {
  dropId: string;
  state: DropState;
  stage: DropStage;
  /** How far the stage is: the number of the shard, partition or bucket, or the place in the audit trail. */
  position: { at: number; after?: string | undefined };
  counts: DropCounts;
  /** What vouches for the erased audit entries; see `domain/audit-erasure.ts`. */
  erasedDigest: string;
  /** Accounts of the last transaction, of which the user pool may not have been told yet. */
  toFollow: string[];
  askedBy: DropActor;
  confirmedBy?: DropActor | undefined;
  /** Until when it can be confirmed. */
  confirmUntil?: string | undefined;
  error?: { code: string; message: string } | undefined;
  createdAt: string;
  updatedAt: string;
  endedAt?: string | undefined;
  version: number;
}

/**
 * Whether a drop takes a second administrator. `relaxedAt` is when that was last switched off: it holds for a day more,
 * so that whoever got hold of one session cannot switch it off and drop everything in one go.
 */
export interface DropPolicy {
  secondAdministrator: boolean;
  relaxedAt?: string | undefined;
}

const dayMs = 24 * 60 * 60 * 1000;

/** How long a request waits for the second administrator. */
export const confirmMs = dayMs;
/** How long the requirement outlives being switched off. */
export const relaxMs = dayMs;

/** Whether a second administrator has to confirm at a time. */
export function needsConfirmation(policy: DropPolicy | undefined, now: Date): boolean {
  if (policy === undefined) return false;
  const { secondAdministrator, relaxedAt } = policy;
  return secondAdministrator || (relaxedAt !== undefined && now.getTime() < Date.parse(relaxedAt) + relaxMs);
}

/** The policy as it is stored when somebody sets it. */
export function settledPolicy(
  before: DropPolicy | undefined,
  wanted: Pick<DropPolicy, 'secondAdministrator'>,
  now: Date,
): DropPolicy {
  if (wanted.secondAdministrator) return { secondAdministrator: true };
  if (before?.secondAdministrator !== true) return before ?? { secondAdministrator: false };
  return { secondAdministrator: false, relaxedAt: now.toISOString() };
}

/** Makes a drop; one that needs no confirmation runs at once. */
export function newDrop(
  asked: { dropId: string; askedBy: DropActor; needsConfirmation: boolean; erasedDigest: string },
  now: Date,
): Drop {
  const at = now.toISOString();
  const { needsConfirmation: isHeld, ...rest } = asked;
  return {
    ...rest,
    state: isHeld ? 'awaiting_confirmation' : 'running',
    ...(isHeld && { confirmUntil: new Date(now.getTime() + confirmMs).toISOString() }),
    ...{ stage: 'stopping', position: { at: 0 }, counts: nothing, toFollow: [] },
    ...{ createdAt: at, updatedAt: at, version: 1 },
  };
}

/** The drop as it stands at a time: a request that nobody confirmed is over. */
export function dropAsOf(drop: Drop, now: Date): Drop {
  const isOver =
    drop.state === 'awaiting_confirmation' &&
    now.getTime() >= Date.parse(drop.confirmUntil ?? drop.createdAt);
  return isOver ? { ...drop, state: 'expired' } : drop;
}

/** Whether a drop is in the way of another one. */
export function isDropOpen({ state }: Pick<Drop, 'state'>): boolean {
  return state === 'awaiting_confirmation' || state === 'running' || state === 'error';
}

/**
 * The drop as a second administrator confirms it.
 * @throws MusterError `drop_not_awaiting`, `own_request` for whoever asked
 */
export function confirmedDrop(found: Drop, by: DropActor, now: Date): Drop {
  const drop = dropAsOf(found, now);
  if (drop.state !== 'awaiting_confirmation') throw notAwaiting(drop);
  if (by.account === drop.askedBy.account) {
    throw new MusterError('own_request', 'Somebody else has to confirm what you asked for.');
  }
  return { ...drop, state: 'running', confirmedBy: by, ...stamp(drop, now) };
}

/** The drop as it is called off before it began. @throws MusterError `drop_not_awaiting` */
export function cancelledDrop(found: Drop, now: Date): Drop {
  const drop = dropAsOf(found, now);
  if (drop.state !== 'awaiting_confirmation') throw notAwaiting(drop);
  return { ...drop, state: 'cancelled', endedAt: now.toISOString(), ...stamp(drop, now) };
}

function notAwaiting({ state }: Drop): MusterError {
  return new MusterError('drop_not_awaiting', `No drop waits for a confirmation; the last one is ${state}.`);
}

/** What one transaction removed: added to the counts, with where to go on. */
export interface DropProgress {
  counts?: Partial<DropCounts>;
  position?: Drop['position'];
  erasedDigest?: string;
  toFollow?: string[];
}

/** The drop after one transaction more. */
export function advancedDrop(drop: Drop, progress: DropProgress, now: Date): Drop {
  const counts = { ...drop.counts };
  for (const [name, by] of Object.entries(progress.counts ?? {})) counts[name as keyof DropCounts] += by;
  return {
    ...drop,
    counts,
    position: progress.position ?? drop.position,
    erasedDigest: progress.erasedDigest ?? drop.erasedDigest,
    toFollow: progress.toFollow ?? [],
    ...stamp(drop, now),
  };
}

/** The drop at the beginning of the next stage; complete after the last one. */
export function nextStage(drop: Drop, now: Date): Drop {
  const stage = dropStages[dropStages.indexOf(drop.stage) + 1];
  const next = { ...drop, position: { at: 0 }, toFollow: [], ...stamp(drop, now) };
  if (stage !== undefined) return { ...next, stage };
  return { ...next, state: 'complete', endedAt: now.toISOString() };
}

/** The drop as it stopped by itself. */
export function failedDrop(drop: Drop, error: { code: string; message: string }, now: Date): Drop {
  return { ...drop, state: 'error', error, ...stamp(drop, now) };
}

/** The drop as it goes on where it stopped. */
export function resumedDrop({ error: _, ...drop }: Drop, now: Date): Drop {
  return { ...drop, state: 'running', ...stamp(drop, now) };
}

/** The refusal of changes while an organization is being emptied. */
export function dropInProgress(): MusterError {
  const why = 'All data of this organization is being dropped. Wait until that has ended, then repeat.';
  return new MusterError('drop_in_progress', why);
}

function stamp({ version }: Drop, now: Date) {
  return { updatedAt: now.toISOString(), version: version + 1 };
}
