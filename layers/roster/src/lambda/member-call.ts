/** How something is done to one member: who acts on whom, read at once, checked, and written with its audit entry. */
import type { MemberWrite } from '../aws/members.ts';
import { noSuchMember } from '../aws/roster.ts';
import type { AuditAction, AuditActor } from '../domain/audit.ts';
import { isMusterError } from '../domain/errors.ts';
import type { Member } from '../domain/member.ts';
import { decidesOnEntry, type MemberAct, mayAct } from '../domain/member-authority.ts';
import type { Membership } from '../domain/organization.ts';
import type { Level } from '../domain/permissions.ts';
import { coversMember, mayDecideOn, type Within } from '../domain/scope.ts';
import type { Deps } from './deps.ts';
import { type Origin, requireVersion } from './request.ts';
import { boundsOf } from './scope.ts';

export type MemberDeps = Pick<
  Deps,
  | 'members'
  | 'roster'
  | 'organizations'
  | 'departments'
  | 'roles'
  | 'imports'
  | 'accounts'
  | 'accountMaker'
  | 'accountQueue'
  | 'clock'
  | 'newId'
>;

/** Who acts, as the authorizer verified, and from where. */
export interface Acting {
  account: string;
  level: Level;
  login: string;
  origin: Origin;
  /** The departments that the caller is bounded to; a bounded level without them may do nothing. */
  within?: Within | undefined;
}

/** A member named in a call, and the version that its If-Match demands. */
export interface MemberRef {
  organization: string;
  memberId: string;
  ifMatch?: number | undefined;
}

/** A member with its membership, if it has an account, and a password made just now, which is nowhere else. */
export interface MemberOutcome {
  member: Member;
  membership?: Membership | undefined;
  oneTimePassword?: string;
}

/** Who acts, as an audit entry tells it. */
export function actorOf({ account, login, origin }: Acting): AuditActor {
  return { account, login, ...origin };
}

/**
 * A member with its membership, for somebody to see or act on: everything about a single member begins here.
 * @param viewer who looks; a member outside of its bounds is answered as one that is not there
 * @throws MusterError `not_found`
 */
export async function findMember(
  deps: Pick<MemberDeps, 'roster' | 'accounts'>,
  ref: MemberRef,
  viewer: Pick<Acting, 'level' | 'within'>,
): Promise<MemberOutcome> {
  const within = boundsOf(viewer);
  const found = await readMember(deps, ref);
  if (!coversMember(within, found.member)) throw noSuchMember();
  return found;
}

/** A member with its membership, for what acts in nobody's name. @throws MusterError `not_found` */
export async function readMember(
  deps: Pick<MemberDeps, 'roster' | 'accounts'>,
  { organization, memberId }: MemberRef,
): Promise<MemberOutcome> {
  const member = await deps.roster.get(organization, memberId);
  if (member.account === undefined) return { member };
  const { membership } = await deps.accounts.standing(member.account, organization);
  return { member, membership };
}

const attemptsMax = 8;

/**
 * Reads a member, checks whether the caller may, and acts. Where somebody else was quicker it is done again on what
 * is there then, unless the caller named the version that it saw: two who act at once come one after the other.
 */
export async function onMember(
  deps: MemberDeps,
  ref: MemberRef,
  acting: Acting,
  act: MemberAct,
  work: (found: {
    member: Member;
    membership?: Membership | undefined;
    at: string;
  }) => Promise<MemberOutcome>,
): Promise<MemberOutcome> {
  for (let attempt = 1; ; attempt++) {
    const { member, membership } = await findMember(deps, ref, acting);
    requireVersion(ref.ifMatch, member.version);
    if (decidesOnEntry.includes(act)) mayDecideOn(acting.within, member);
    const isOwner = membership?.level === 'owner';
    mayAct(act, acting, membership, isOwner ? await deps.members.enabledOwners(ref.organization) : 0);
    try {
      return await work({ member, membership, at: deps.clock().toISOString() });
    } catch (error) {
      const isLate = isMusterError(error, 'precondition_failed') && ref.ifMatch === undefined;
      if (!isLate || attempt >= attemptsMax) throw error;
    }
  }
}

/** Does a write with its audit entry. @throws MusterError as `MemberRecords.commit` */
export function commit(
  deps: MemberDeps,
  acting: Acting,
  action: AuditAction,
  write: MemberWrite,
  change: {
    before?: Record<string, unknown>;
    after?: Record<string, unknown>;
    details?: Record<string, unknown>;
  },
  subject = (write.member.after ?? write.member.before)?.externalId ?? '',
): Promise<Membership | undefined> {
  return deps.members.commit(write, { action, actor: actorOf(acting), subject, ...change });
}

/** Lets the user pool follow what changed of a member's membership. */
export async function follow(deps: Pick<MemberDeps, 'accountQueue'>, { account }: Member): Promise<void> {
  if (account !== undefined) await deps.accountQueue.changed([account]);
}

/** Tokens tell seconds only, so those of this second are refused too. */
export function nextSecond({ clock }: Pick<MemberDeps, 'clock'>): number {
  return Math.floor(clock().getTime() / 1000) + 1;
}
