/** Decides what a job does to each of some members: the very same as the call for one, with the same refusals. */
import type { PlannedMember } from '../aws/bulk-jobs.ts';
import { noSuchMember } from '../aws/roster.ts';
import { requireWithin } from '../domain/active-period.ts';
import type { AuditEvent } from '../domain/audit.ts';
import type { BulkJob, BulkResult, ChunkMember } from '../domain/bulk-job.ts';
import { MusterError } from '../domain/errors.ts';
import type { Import } from '../domain/import.ts';
import { mayInvite } from '../domain/invitation.ts';
import { dayIn } from '../domain/local-time.ts';
import type { Member } from '../domain/member.ts';
import { isEnabledOwner, type MemberAct, mayAct } from '../domain/member-authority.ts';
import { withoutAccount } from '../domain/member-edit.ts';
import type { Membership, Organization } from '../domain/organization.ts';
import type { Level } from '../domain/permissions.ts';
import type { NewId } from '../domain/ports.ts';
import { heldBy, isResponsible, transferRequired } from '../domain/responsibilities.ts';
import { coversMember, mayDecideOn, rankOf, type Within } from '../domain/scope.ts';
import { roundWrite } from './invitations.ts';
import type { MemberOutcome } from './member-call.ts';
import { differences, removalWrite, stateChanged, stateWrite } from './member-writes.ts';

/** A member as it is now; the error where what is stored cannot be read. */
export type FoundMember = MemberOutcome | { unreadable: MusterError } | undefined;

/** What the decisions take beside the members. */
export interface BulkContext {
  organization: Organization;
  job: BulkJob;
  /** The level that whoever the job acts for has now. */
  level: Level;
  /** The departments that it is bounded to. */
  within: Within | undefined;
  /** The imports that have not ended, where members are removed: their uploaders stay. */
  openImports: readonly Import[];
  /** The roster's column of usernames, where accounts are taken away and it has one. */
  usernameColumn?: string | undefined;
  enabledOwners: number;
  at: string;
  /** From this second of the Unix epoch on are tokens of those disabled taken. */
  fromSeconds: number;
  newId: NewId;
}

type BulkAct = MemberAct & ('disable' | 'enable' | 'remove' | 'invite' | 'clearUsername');

/** Plans for members in their order; of owners in a row the last one stays. */
export function planMembers(
  members: readonly ChunkMember[],
  found: readonly FoundMember[],
  context: BulkContext,
): PlannedMember[] {
  let { enabledOwners } = context;
  return members.map((member, index) => {
    const planned = planOne(member, found[index], { ...context, enabledOwners });
    const { before, after } = planned.change?.write.membership ?? {};
    if (before && isEnabledOwner(before) && !(after && isEnabledOwner(after))) enabledOwners -= 1;
    return planned;
  });
}

/** The plan for a member that keeps failing though nothing refuses it: it is reported, and the job goes on. */
export function failedMember({ id }: ChunkMember, error: MusterError): PlannedMember {
  return { result: { id, outcome: 'failed', code: error.code, message: error.message } };
}

function planOne(member: ChunkMember, found: FoundMember, context: BulkContext): PlannedMember {
  if (found !== undefined && 'unreadable' in found) return failedMember(member, found.unreadable);
  if (member.restore !== undefined && found?.member.version !== member.restore.version) {
    const message = found === undefined ? 'It is not on the roster any more.' : 'It was changed since.';
    return { result: { id: member.id, outcome: 'kept', code: 'precondition_failed', message } };
  }
  if (found === undefined) {
    return failedMember(member, new MusterError('not_found', 'There is no such member.'));
  }
  const act = actOn(member, context.job);
  if (context.job.onlyNew && found.member.invitation !== undefined) {
    return { result: { id: member.id, outcome: 'unchanged' } };
  }
  try {
    mayMove(act, found, context);
  } catch (error) {
    if (!(error instanceof MusterError)) throw error;
    return failedMember(member, error);
  }
  return planned(member, found, act, context);
}

/** @throws MusterError as the call for one member refuses the act */
function mayMove(act: BulkAct, { member, membership }: MemberOutcome, context: BulkContext): void {
  const { job, level, within, organization, at, enabledOwners, openImports } = context;
  if (!coversMember(within, member)) throw noSuchMember();
  mayDecideOn(within, member);
  mayAct(act, { account: job.acting.account, level }, membership, enabledOwners);
  if (act === 'enable') requireWithin(member, dayIn(organization.timeZone, new Date(at)));
  if (act === 'invite') mayInviteInJob(member, job);
  if (act !== 'remove' || membership === undefined) return;
  const own = heldBy(membership, openImports);
  if (isResponsible(own)) throw transferRequired(own);
}

/** Who declined is invited again only where it was named. @throws MusterError as `mayInvite` */
function mayInviteInJob(member: Member, { selection }: BulkJob): void {
  const isNamed = 'ids' in selection;
  if (!isNamed && member.invitation?.state === 'rejected') {
    throw new MusterError('invitation_rejected', 'This member declined. Invite it by itself.');
  }
  mayInvite(member, { method: 'email', kind: 'invitation' });
}

/** What an undo does to a member is told by the state that it returns to. */
function actOn({ restore }: ChunkMember, { action }: BulkJob): BulkAct {
  if (action !== 'undo') return action;
  return restore?.state === 'disabled' ? 'disable' : 'enable';
}

function planned(
  member: ChunkMember,
  found: MemberOutcome,
  act: BulkAct,
  context: BulkContext,
): PlannedMember {
  if (act === 'invite') return plannedInvitation(member, found, context);
  const { organization, at, fromSeconds } = context;
  const { state, disabledBy, account } = found.member;
  const write =
    act === 'remove'
      ? removalWrite(organization, found)
      : act === 'clearUsername'
        ? clearingWrite(found, context)
        : member.restore === undefined
          ? stateWrite(organization, found, act, { at, fromSeconds })
          : restoringWrite(found, member.restore, context);
  const id = member.id;
  if (write === undefined) return { result: { id, outcome: 'unchanged' }, account };
  const after = write.write.member.after;
  const from = { state, ...(disabledBy && { disabledBy }) };
  const result: BulkResult = {
    id,
    outcome: 'done',
    ...(after && { left: { version: after.version, from } }),
  };
  const event = eventOf(context.job, act, found.member.externalId, write.change);
  return { result, change: { write: write.write, event }, account };
}

/** One more round by email; its mail is queued once it is written. */
function plannedInvitation(
  { id }: ChunkMember,
  found: MemberOutcome,
  { organization, job, at, newId }: BulkContext,
): PlannedMember {
  const round = { method: 'email' as const, kind: 'invitation' as const, by: job.acting.login, at };
  const { write, change } = roundWrite(organization, found, round, newId);
  return { result: { id, outcome: 'done' }, change: { write, event: eventOf(job, 'invite', id, change) } };
}

/** Takes the account away from a member, with its membership and its logins here; undefined where it has none. */
function clearingWrite(
  { member, membership }: MemberOutcome,
  { organization, usernameColumn, at }: BulkContext,
) {
  const username = usernameColumn === undefined ? undefined : member.values[usernameColumn];
  const after = withoutAccount(member, username, at);
  if (after === member) return undefined;
  const { before, after: changed } = differences(member, after);
  const write = { organization, member: { before: member, after }, membership: { before: membership } };
  return { write, change: { before: { ...before, ...(membership && rankOf(membership)) }, after: changed } };
}

/** Puts the state back that the member had, and who had disabled it; its membership moves along. */
function restoringWrite(
  { member, membership }: MemberOutcome,
  { state, disabledBy }: NonNullable<ChunkMember['restore']>,
  { organization, at, fromSeconds }: BulkContext,
) {
  const { disabledBy: _, ...rest } = member;
  const after: Member = {
    ...rest,
    state,
    ...(disabledBy && { disabledBy }),
    version: member.version + 1,
    updatedAt: at,
  };
  const standing: Membership['state'] = state === 'disabled' ? 'disabled' : 'enabled';
  const moved = membership && stateChanged(membership, standing, fromSeconds);
  const write = {
    organization,
    member: { before: member, after },
    membership: { before: membership, after: moved },
  };
  return { write, change: differences(member, after) };
}

function eventOf(
  { jobId, selection, acting }: BulkJob,
  act: BulkAct,
  subject: string,
  change: Pick<AuditEvent, 'before' | 'after'>,
): AuditEvent {
  const { account, login, address, via } = acting;
  const actor = { account, login, ...(address && { address }), ...(via && { via }) };
  const details = { job: jobId, ...('undoOf' in selection && { undoOf: selection.undoOf }) };
  return { action: `member.${act}`, actor, subject, ...change, details };
}
