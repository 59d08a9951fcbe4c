/** Carries a job on many members on by one step: collects some chunks of them, or works one chunk off. */
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { toMembership } from '../aws/accounts.ts';
import { type Backoff, delayMs } from '../aws/backoff.ts';
import type { BulkJobRef } from '../aws/bulk-queue.ts';
import { keys } from '../aws/keys.ts';
import { memberFromItem } from '../aws/member-item.ts';
import {
  type BulkJob,
  bulkHold,
  type ChunkMember,
  chunkMembersMax,
  collected,
  isJobOpen,
  permissionFor,
  stopped,
} from '../domain/bulk-job.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import type { Import } from '../domain/import.ts';
import { isBounded, type Level, mayDo } from '../domain/permissions.ts';
import { columnWithRole } from '../domain/schema.ts';
import type { Within } from '../domain/scope.ts';
import { type FoundMember, failedMember, planMembers } from './bulk-plan.ts';
import type { Deps } from './deps.ts';
import { mailRound } from './invitations.ts';
import { nextSecond } from './member-call.ts';
import { memberFilterOf } from './member-filter.ts';
import { logger } from './observability.ts';
import { withinOf } from './scope.ts';

/** What running a job works with. */
export type BulkRunDeps = Pick<
  Deps,
  | 'table'
  | 'clock'
  | 'bulkJobs'
  | 'bulkQueue'
  | 'roster'
  | 'members'
  | 'accounts'
  | 'organizations'
  | 'departments'
  | 'imports'
  | 'accountQueue'
  | 'invitationLinks'
  | 'unsubscribeLinks'
  | 'mailQueue'
  | 'newId'
>;

/** What the queue carries; what to do stands in the job. */
export const BulkMessage: z.ZodType<BulkJobRef> = z.object({
  organization: z.string().min(1),
  jobId: z.string().min(1),
});

/** How many chunks one step collects, and how many pages of the list it reads for one: pages may be short. */
const chunksPerStep = 20;
const pagesPerChunk = 10;
/** How many members are read for one transaction: more than fit in never are acted on with it. */
const membersPerBatch = 24;

/** A batch that others changed is planned anew; at last member by member, so that one alone stops nobody else. */
const race: Backoff = { attemptsMax: 8, firstMs: 20, delayMsMax: 500 };
const wholeBatchAttempts = 3;

/**
 * Does the next step of a job and queues the one after it, until the job has ended. A step that is delivered twice,
 * or killed anywhere, does nothing twice: whatever it writes moves the job on in the same transaction. Of two that
 * run at once the one that comes late stops, and the other one queues the next step.
 *
 * Chunks follow one another, because every change of an organization has its place in the one chain of the audit
 * trail: side by side they would only wait for each other there. Jobs of several organizations run side by side.
 * @param isLastTry whether the message is given up if this fails; the job then ends with the error
 */
export async function runBulkJob(
  deps: BulkRunDeps,
  ref: BulkJobRef,
  { isLastTry }: { isLastTry: boolean },
): Promise<void> {
  try {
    if (await goesOn(deps, ref)) await deps.bulkQueue.send(ref);
  } catch (error) {
    if (isLastTry) await giveUp(deps, ref, error);
    throw error;
  }
}

/** Does one step; whether there is another one to be queued. */
async function goesOn(deps: BulkRunDeps, ref: BulkJobRef): Promise<boolean> {
  const job = await deps.bulkJobs.get(ref.organization, ref.jobId);
  // What the step before changed, in case it was killed before it could tell.
  await tellFollowers(deps, job);
  await mailInvited(deps, ref.organization, job);
  if (!isJobOpen(job)) return false;
  try {
    const actor = await actorNow(deps, ref.organization, job);
    if (actor === undefined) {
      await deps.bulkJobs.update(ref.organization, stopped(job, 'incomplete', notAllowed, now(deps)));
      return false;
    }
    const next =
      job.state === 'collecting'
        ? await collect(deps, ref.organization, job, actor)
        : await workChunkOff(deps, ref.organization, job, actor);
    return isJobOpen(next);
  } catch (error) {
    if (!isMusterError(error, 'conflict')) throw error;
    logger.info('The job was carried on or ended elsewhere', { jobId: ref.jobId });
    return false;
  }
}

const notAllowed = {
  code: 'forbidden',
  message: 'Whoever started this may not change members any more. Somebody else may resume it.',
};

/** Whoever the job acts for, as it is now. */
interface Actor {
  level: Level;
  within: Within | undefined;
}

/** Undefined where it may not act any more. */
async function actorNow(
  deps: BulkRunDeps,
  organization: string,
  { acting, action }: BulkJob,
): Promise<Actor | undefined> {
  const { membership } = await deps.accounts.standing(acting.account, organization);
  if (membership?.state !== 'enabled' || !mayDo(membership.level, permissionFor(action))) return undefined;
  if (isBounded(membership.level) && action === 'remove') return undefined;
  return { level: membership.level, within: await withinOf(deps, membership) };
}

async function collect(
  deps: BulkRunDeps,
  organization: string,
  first: BulkJob,
  { within }: Actor,
): Promise<BulkJob> {
  let job = first;
  const pages = await pagesOf(deps, organization, job, within);
  for (let chunks = 0; chunks < chunksPerStep && job.state === 'collecting'; chunks++) {
    const { members, cursor, behind } = await nextChunk(pages, job.cursor);
    const next = collected(job, { members: members.length, cursor, behind }, now(deps));
    const held = next.isCollected ? await holdOn(deps, organization, next) : undefined;
    job = held === undefined ? next : heldBack(next, held);
    await deps.bulkJobs.addChunk(organization, job, members);
  }
  return job;
}

interface MemberPage {
  members: ChunkMember[];
  nextCursor?: string | undefined;
  behind?: boolean | undefined;
}
type Pages = (limit: number, cursor: string | undefined) => Promise<MemberPage>;

/** Where the members of a job come from, page by page. */
async function pagesOf(
  deps: BulkRunDeps,
  organization: string,
  { selection }: BulkJob,
  within: Within | undefined,
): Promise<Pages> {
  if ('undoOf' in selection) return undoPages(deps, organization, selection.undoOf);
  const filter = 'filter' in selection ? await memberFilterOf(deps, organization, selection.filter) : {};
  return async (limit, cursor) => {
    const at = cursor === undefined ? {} : { cursor };
    const query = { limit, ...at, filter, sort: 'name' as const, ...(within && { within }) };
    const { ids, ...page } = await deps.roster.ids(organization, query);
    return { members: ids.map((id) => ({ id })), ...page };
  };
}

/** Those that another job changed, with how it found and left them. */
function undoPages(deps: BulkRunDeps, organization: string, undoOf: string): Pages {
  return async (limit, cursor) => {
    const { items, nextCursor } = await deps.bulkJobs.results(organization, undoOf, {
      limit,
      cursor,
      outcome: 'done',
    });
    const members = items.flatMap(({ id, left }) =>
      left === undefined ? [] : [{ id, restore: { ...left.from, version: left.version } }],
    );
    return { members, nextCursor };
  };
}

/** The members of the next chunk, each once: a list that changes while it is read may name one twice. */
async function nextChunk(pages: Pages, start: string | undefined) {
  const members = new Map<string, ChunkMember>();
  let cursor = start;
  let behind = false;
  for (let read = 0; read < pagesPerChunk && members.size < chunkMembersMax; read++) {
    const page = await pages(chunkMembersMax - members.size, cursor);
    for (const member of page.members) members.set(member.id, member);
    cursor = page.nextCursor;
    behind ||= page.behind === true;
    if (cursor === undefined) break;
  }
  return { members: [...members.values()], cursor, behind };
}

/** Looked at again when all are collected: the roster may have grown since the job was asked for. */
async function holdOn(deps: BulkRunDeps, organization: string, job: BulkJob): Promise<string | undefined> {
  if (job.holdConfirmed || job.action === 'undo' || !isJobOpen(job)) return undefined;
  const [{ hold }, { total }] = await Promise.all([
    deps.organizations.get(organization),
    deps.roster.summary(organization),
  ]);
  return bulkHold(hold, job.action, job.counts.matched, total);
}

/** Held back in the same step in which it was collected, so it is the same version. */
function heldBack(job: BulkJob, message: string): BulkJob {
  const error = { code: 'hold_not_confirmed', message };
  return { ...stopped(job, 'incomplete', error, job.updatedAt), version: job.version };
}

async function workChunkOff(
  deps: BulkRunDeps,
  organizationId: string,
  first: BulkJob,
  actor: Actor,
): Promise<BulkJob> {
  const { chunk } = first.position;
  const [organization, members, openImports, usernameColumn] = await Promise.all([
    deps.organizations.get(organizationId),
    deps.bulkJobs.chunk(organizationId, first.jobId, chunk),
    first.action === 'remove' ? deps.imports.open(organizationId, deps.clock()) : [],
    first.action === 'clearUsername' ? usernameColumnOf(deps, organizationId) : undefined,
  ]);
  let job = first;
  while (isJobOpen(job) && job.position.chunk === chunk) {
    job = await workBatchOff(deps, {
      ...{ organization, job, actor, openImports, members },
      usernameColumn,
    });
    await tellFollowers(deps, job);
    await mailInvited(deps, organizationId, job);
  }
  return job;
}

/** The roster's own column of usernames, which counts again for those who lose their account. */
async function usernameColumnOf({ organizations }: BulkRunDeps, organization: string) {
  const { columns } = await organizations.schema(organization);
  return columnWithRole(columns, 'username')?.name;
}

interface Work {
  organization: Parameters<typeof planMembers>[2]['organization'];
  job: BulkJob;
  actor: Actor;
  openImports: readonly Import[];
  usernameColumn: string | undefined;
  /** All of the chunk. */
  members: readonly ChunkMember[];
}

/** Acts on the next members of the chunk, in one transaction. */
async function workBatchOff(deps: BulkRunDeps, work: Work): Promise<BulkJob> {
  const { organization, job, members } = work;
  const step = { chunkMembers: members.length, at: now(deps) };
  const rest = members.slice(job.position.offset, job.position.offset + membersPerBatch);
  for (let attempt = 1; attempt <= race.attemptsMax; attempt++) {
    const wanted = attempt <= wholeBatchAttempts ? rest : rest.slice(0, 1);
    const planned = await planNow(deps, work, wanted);
    const next = await deps.bulkJobs.apply(organization.organization, job, planned, step);
    if (next !== undefined) return next;
    await wait(delayMs(race, attempt));
  }
  const refusal = new MusterError('precondition_failed', 'It kept changing meanwhile. Try it alone.');
  const given = failedMember(rest[0] as ChunkMember, refusal);
  const next = await deps.bulkJobs.apply(organization.organization, job, [given], step);
  if (next === undefined) throw new Error('A result that changes no member was not written.');
  return next;
}

async function planNow(
  deps: BulkRunDeps,
  { organization, job, actor, openImports, usernameColumn }: Work,
  members: readonly ChunkMember[],
) {
  const [found, enabledOwners] = await Promise.all([
    findMembers(deps, organization.organization, members),
    deps.members.enabledOwners(organization.organization),
  ]);
  const at = now(deps);
  return planMembers(members, found, {
    ...{ organization, job, ...actor, openImports, usernameColumn, enabledOwners, at },
    fromSeconds: nextSecond(deps),
    newId: deps.newId,
  });
}

/** The members as they are this moment, with their memberships; one that cannot be read spoils no other. */
async function findMembers(
  { table }: Pick<BulkRunDeps, 'table'>,
  organization: string,
  members: readonly ChunkMember[],
): Promise<FoundMember[]> {
  const items = await table.batchGet(
    members.map(({ id }) => keys.member(organization, id)),
    { consistent: true },
  );
  const read = items.map((item) => item && readable(() => memberFromItem(item)));
  const accounts = read.flatMap((one) => (one && 'read' in one && one.read.account) || []);
  const stored = await table.batchGet(
    accounts.map((account) => keys.membership(account, organization)),
    { consistent: true },
  );
  const memberships = new Map(accounts.map((account, index) => [account, stored[index]]));
  return read.map((one) => {
    if (one === undefined || 'unreadable' in one) return one;
    const item = memberships.get(one.read.account ?? '');
    const membership = item && readable(() => toMembership(item));
    if (membership && 'unreadable' in membership) return membership;
    return { member: one.read, membership: membership?.read };
  });
}

function readable<T>(read: () => T): { read: T } | { unreadable: MusterError } {
  try {
    return { read: read() };
  } catch (error) {
    if (!isMusterError(error, 'corrupt_item')) throw error;
    return { unreadable: error };
  }
}

async function tellFollowers({ accountQueue }: BulkRunDeps, { toFollow }: BulkJob): Promise<void> {
  if (toFollow.length > 0) await accountQueue.changed(toFollow);
}

/**
 * Queues the mails of those whom the last step invited. Again it queues none twice; who joined, declined or was invited
 * by a link since then gets none.
 */
async function mailInvited(
  deps: BulkRunDeps,
  organization: string,
  { toMail }: Pick<BulkJob, 'toMail'>,
): Promise<void> {
  if (toMail.length === 0) return;
  const ids = toMail.map((id) => ({ id }));
  const found = await findMembers(deps, organization, ids);
  await Promise.all(
    found.map(async (one) => {
      if (one === undefined || 'unreadable' in one) return;
      const { invitation, account } = one.member;
      const isWaiting = invitation?.state === 'sent' || invitation?.state === 'opened';
      if (account !== undefined || !isWaiting || invitation.to === undefined) return;
      await mailRound(deps, organization, { ...one.member, invitation }, 'invitation');
    }),
  );
}

/** Ends a job whose message becomes a dead letter, so that it does not look as if it ran. */
async function giveUp(deps: BulkRunDeps, { organization, jobId }: BulkJobRef, error: unknown): Promise<void> {
  const why = isMusterError(error)
    ? { code: error.code, message: error.message }
    : { code: 'internal', message: 'The job could not go on. It can be resumed.' };
  try {
    const job = await deps.bulkJobs.get(organization, jobId);
    if (isJobOpen(job)) await deps.bulkJobs.update(organization, stopped(job, 'error', why, now(deps)));
  } catch (failure) {
    // The first error is what is wrong; the message becomes a dead letter, and that rings.
    logger.error('The job could not be ended', {
      jobId,
      errorName: failure instanceof Error ? failure.name : '',
    });
  }
}

function now({ clock }: Pick<BulkRunDeps, 'clock'>): string {
  return clock().toISOString();
}
