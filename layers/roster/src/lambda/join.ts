/** What the holders of invitations' links do: look, join, decline, ask for a fresh link (S3.14, S3.15, S4.15, B6, B7). */
import type * as z from 'zod';
import type { Challenge, Tokens } from '../aws/identity.ts';
import { mailIdOf } from '../aws/mails.ts';
import type { InvitationView, JoinedMembership } from '../domain/api.ts';
import { invitedActor } from '../domain/audit.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import {
  checkInvitationLink,
  type Invitation,
  type InvitationLink,
  invitationStateOf,
  isOver,
  isRenewable,
  mailKeyOf,
  maskedEmail,
} from '../domain/invitation.ts';
import type { Member } from '../domain/member.ts';
import { withAccount } from '../domain/member-edit.ts';
import type { Membership, Organization } from '../domain/organization.ts';
import { invalidLink } from '../domain/reset-link.ts';
import { rankOf } from '../domain/scope.ts';
import { readUsername } from '../domain/username.ts';
import type { Deps } from './deps.ts';
import { type InvitationDeps, mailRound, sendRound } from './invitations.ts';
import { hashOfLinkToken } from './link-token.ts';
import { newAccountWrite, newMembership, type WantedAccess, withNewAccount } from './member-accounts.ts';
import { follow, type MemberOutcome } from './member-call.ts';
import { differences } from './member-writes.ts';
import type { Origin } from './request.ts';
import { entered } from './sessions.ts';

type LinkDeps = Pick<Deps, 'invitationLinks' | 'roster' | 'organizations' | 'members' | 'clock'>;
type JoinDeps = LinkDeps & Pick<Deps, 'accounts' | 'accountMaker' | 'accountQueue' | 'identity' | 'newId'>;

/**
 * Tells what a link is for. The invitation shows as opened from now on; the link stays as good as it was, however
 * often a scanner of mails asks.
 * @throws MusterError `link_invalid`, `link_expired`
 */
export async function inspectInvitation(
  deps: LinkDeps,
  token: string,
): Promise<z.input<typeof InvitationView>> {
  const found = await usableLink(deps, hashOfLinkToken(token));
  const { organization, link, invitation } = found;
  const member = await opened(deps, found);
  return {
    organization: link.organization,
    name: organization.name,
    memberName: member.name,
    ...(member.email !== undefined && { email: maskedEmail(member.email) }),
    expiresAt: invitation.validUntil,
    state: invitationStateOf(member, deps.clock()),
  };
}

/** The member with its invitation opened. It is a remark only: where somebody else was quicker it is left. */
async function opened(deps: LinkDeps, { organization, member, invitation }: UsableLink): Promise<Member> {
  if (invitation.state !== 'sent') return member;
  const after = withState(member, invitation, 'opened', deps.clock().toISOString());
  try {
    await deps.members.commit({ organization, member: { before: member, after } }, []);
  } catch (error) {
    if (!isMusterError(error, 'precondition_failed') && !isMusterError(error, 'throttled')) throw error;
  }
  return after;
}

/** Longer than a function may run (25 s), so that whoever had a claim that is over does nothing any more. */
const claimMs = 30_000;

/**
 * Joins with a new account, and signs in. The pool and the table cannot change in one transaction, so the link is
 * claimed first: of several attempts at once one goes on. Then the account is made in the pool and signed in, and last,
 * in one transaction, the member gets it, its membership is made and the link is used up. So
 * - a password or username that is refused, and a pool that has no room, give the claim back: the link can be used at
 *   once with another one, or again;
 * - if the process dies in between, the link is still there and the claim ends by itself; the account that is left in
 *   the pool belongs to nobody and may do nothing;
 * - of two links of one round, one wins: the member is written on condition that it is as it was seen.
 * @throws MusterError `link_invalid`, `link_expired`, `link_in_use`, `invalid_member` and `login_taken` for the
 * username, `invalid_password`, `too_many_requests` where the pool has no room
 */
export async function acceptInvitation(
  deps: JoinDeps,
  {
    token,
    password,
    origin,
    ...given
  }: { token: string; username: string; password: string; origin: Origin },
): Promise<Tokens | Challenge> {
  const hash = hashOfLinkToken(token);
  const username = readUsername(given.username);
  const { member } = await usableLink(deps, hash);
  const nowMs = deps.clock().getTime();
  const claim = { id: deps.newId(), untilMs: nowMs + claimMs };
  if (!(await deps.invitationLinks.claim(hash, claim, nowMs))) {
    // Used up or void by now, or else in use.
    await usableLink(deps, hash);
    throw inUse();
  }
  const store = async (account: string) => {
    const tokens = await deps.identity.signIn(account, password);
    const joining = { hash, claimId: claim.id, account, username, origin, isNew: true };
    return { ...(await stored(deps, joining)), tokens };
  };
  try {
    const { membership, tokens } = await withNewAccount(deps, member.email, store, password);
    return await noted(deps, membership, tokens);
  } catch (error) {
    if (isMusterError(error)) await deps.invitationLinks.release(hash, claim);
    throw error;
  }
}

/** Keeps the time of the sign-in. Whoever has joined is let in though it could not be kept: the link is used up. */
async function noted(
  deps: JoinDeps,
  membership: Membership | undefined,
  tokens: Tokens | Challenge,
): Promise<Tokens | Challenge> {
  try {
    return await entered(deps, { memberships: membership === undefined ? [] : [membership] }, tokens);
  } catch (error) {
    if (!isMusterError(error, 'throttled')) throw error;
    return tokens;
  }
}

/**
 * Joins with an account that there is already: it gets a membership here, with a username of its own.
 * @param username the one that it has elsewhere, where none is given
 * @throws MusterError `link_invalid`, `link_expired`, `already_member`, `invalid_member`, `login_taken`
 */
export async function joinWithAccount(
  deps: JoinDeps,
  input: { token: string; username?: string | undefined; account: string; origin: Origin },
): Promise<z.input<typeof JoinedMembership>> {
  const { account, origin } = input;
  const hash = hashOfLinkToken(input.token);
  const { link, organization } = await usableLink(deps, hash);
  const memberships = await deps.accounts.memberships(account);
  if (memberships.some((one) => one.organization === link.organization)) {
    throw new MusterError('already_member', 'Your account belongs to a member of this organization already.');
  }
  const username = readUsername(input.username ?? memberships[0]?.login ?? '');
  await stored(deps, { hash, account, username, origin, isNew: false });
  return { organization: link.organization, name: organization.name, username };
}

interface Joining {
  hash: string;
  claimId?: string;
  account: string;
  username: string;
  origin: Origin;
  /** The account is made now. */
  isNew: boolean;
}

/** Gives the member the account, its membership, and uses the link up: one transaction. */
async function stored(deps: JoinDeps, joining: Joining): Promise<MemberOutcome> {
  const { hash, claimId, account, username, origin, isNew } = joining;
  const outcome = await untilCurrent(async () => {
    const { organization, member } = await usableLink(deps, hash);
    const at = deps.clock().toISOString();
    const after = withAccount(member, account, username, at);
    const wanted: WantedAccess = { username, email: member.email, level: 'member', scope: undefined };
    const made = newMembership(organization, after, account, wanted);
    const transition = { before: member, after };
    const write = isNew
      ? newAccountWrite(organization, transition, made, member.email, at)
      : { organization, member: transition, membership: { after: made }, joining: account };
    const { before, after: changed } = differences(member, after);
    const membership = await deps.members.commit(
      { ...write, link: { spend: { hash, claimId } } },
      {
        action: 'member.join',
        actor: { account, login: made.login, ...origin },
        subject: member.externalId,
        ...{ before, after: { ...changed, ...rankOf(made) } },
      },
    );
    return { member: after, membership };
  });
  // The reconciler may have met the user before its membership was there, and had it disabled.
  await follow(deps, outcome.member);
  return outcome;
}

/**
 * Declines an invitation; its links are void then.
 * @throws MusterError `link_invalid`, `link_expired`
 */
export async function declineInvitation(deps: LinkDeps, token: string, origin: Origin): Promise<void> {
  await untilCurrent(async () => {
    const { organization, member, invitation } = await usableLink(deps, hashOfLinkToken(token));
    const after = withState(member, invitation, 'rejected', deps.clock().toISOString());
    await deps.members.commit(
      { organization, member: { before: member, after } },
      {
        action: 'member.decline',
        actor: { ...invitedActor, ...origin },
        subject: member.externalId,
        before: { invitation: { state: invitation.state, rounds: invitation.rounds } },
        after: { invitation: { state: 'rejected' } },
      },
    );
  });
}

/** What stands in the way of a fresh link without being the asker's to know. */
const quietRefusals = [
  'no_email',
  'undeliverable',
  'member_disabled',
  'member_joined',
  'invitation_rejected',
  'precondition_failed',
] as const;

/**
 * Mails a fresh link in place of an expired one to the address on file, as one more round. Nothing tells the asker
 * whether it was. Asked again, it makes good for a mail that was not queued, and sends none twice.
 * @throws MusterError `link_invalid` if there is no such link, which counts as a guess
 */
export async function renewInvitation(
  deps: LinkDeps & InvitationDeps & Pick<Deps, 'mails'>,
  token: string,
  origin: Origin,
): Promise<void> {
  const link = await deps.invitationLinks.find(hashOfLinkToken(token));
  if (link === undefined) throw invalidLink();
  const member = await memberOf(deps, link);
  if (member === undefined) return;
  if (!isRenewable(link, member, deps.clock())) return mailAgain(deps, link, member);
  const organization = await deps.organizations.get(link.organization);
  const actor = { ...invitedActor, ...origin };
  try {
    await sendRound(deps, organization, { member }, { actor, method: 'email', kind: 'invitation' });
  } catch (error) {
    if (!quietRefusals.some((code) => isMusterError(error, code))) throw error;
  }
}

/** Queues the mail of a newer round that is stored, but whose mail was not queued. */
async function mailAgain(
  deps: InvitationDeps & Pick<Deps, 'mails'>,
  link: InvitationLink,
  member: Member,
): Promise<void> {
  const { invitation, account } = member;
  const isNewer =
    account === undefined &&
    invitation?.id === link.invitation &&
    invitation.rounds > link.round &&
    (invitation.state === 'sent' || invitation.state === 'opened');
  if (!isNewer || invitation.to === undefined || isOver(invitation, deps.clock())) return;
  const mailId = mailIdOf(link.organization, mailKeyOf(invitation));
  const mails = await deps.mails.getMany([{ organization: link.organization, mailId }]);
  const state = mails.get(mailId)?.state ?? 'queued';
  if (state === 'queued') await mailRound(deps, link.organization, { ...member, invitation }, 'invitation');
}

/** A link that may be used, with all that it is about. */
interface UsableLink {
  link: InvitationLink;
  organization: Organization;
  member: Member;
  invitation: Invitation;
}

async function usableLink(deps: LinkDeps, hash: string): Promise<UsableLink> {
  const link = await deps.invitationLinks.find(hash);
  if (link === undefined) throw invalidLink();
  const [member, organization] = await Promise.all([
    memberOf(deps, link),
    deps.organizations.get(link.organization),
  ]);
  const invitation = checkInvitationLink(link, member, deps.clock());
  if (member === undefined) throw invalidLink();
  return { link, organization, member, invitation };
}

async function memberOf(
  { roster }: Pick<LinkDeps, 'roster'>,
  { organization, externalId }: InvitationLink,
): Promise<Member | undefined> {
  try {
    return await roster.get(organization, externalId);
  } catch (error) {
    if (isMusterError(error, 'not_found')) return undefined;
    throw error;
  }
}

function withState(member: Member, invitation: Invitation, state: Invitation['state'], at: string): Member {
  return { ...member, invitation: { ...invitation, state }, version: member.version + 1, updatedAt: at };
}

const attemptsMax = 8;

/** Runs a change that reads and writes until nobody was quicker. @throws MusterError `link_in_use` at last */
async function untilCurrent<T>(change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    try {
      return await change();
    } catch (error) {
      if (!isMusterError(error, 'precondition_failed')) throw error;
    }
  }
  throw inUse();
}

function inUse(): MusterError {
  return new MusterError('link_in_use', 'This link is being used. If not by you, try again in a minute.');
}
