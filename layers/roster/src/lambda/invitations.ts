/** Invitations as admins make them: by link or email, again, revoked, and listed (S3.10 to S3.13, S4.1 to S4.8). */
import type * as z from 'zod';
import { type MailRef, mailIdOf } from '../aws/mails.ts';
import type { MemberWrite } from '../aws/members.ts';
import type { InvitationBody, InvitationsQuery } from '../domain/api.ts';
import type { AuditActor, AuditEvent } from '../domain/audit.ts';
import {
  type Invitation,
  type InvitationMethod,
  invitationStateOf,
  linkOfRound,
  mailKeyOf,
  mayInvite,
  nextRound,
  type RoundKind,
} from '../domain/invitation.ts';
import type { Mail, MailRecord } from '../domain/mail.ts';
import type { Member } from '../domain/member.ts';
import type { Organization } from '../domain/organization.ts';
import type { Deps } from './deps.ts';
import { hashOfLinkToken, newLinkToken } from './link-token.ts';
import {
  type Acting,
  actorOf,
  commit,
  type MemberDeps,
  type MemberOutcome,
  type MemberRef,
  onMember,
} from './member-call.ts';
import { type Bounded, withinOf } from './scope.ts';
import { makeUnsubscribeLink } from './unsubscribe.ts';

/** What sending a round works with. */
export type InvitationDeps = Pick<
  Deps,
  'members' | 'invitationLinks' | 'unsubscribeLinks' | 'mailQueue' | 'clock' | 'newId'
>;
type InviteDeps = MemberDeps & InvitationDeps;

/** The page on which an invitation's link is used; the token stands in the fragment, which no server is sent. */
const joinPage = '/join';

/** A round before it is written: the write, and what its audit entry tells. */
export interface PlannedRound {
  write: MemberWrite;
  after: Member & { invitation: Invitation };
  change: Pick<AuditEvent, 'before' | 'after'>;
}

/**
 * What one more round of a member's invitation writes, alone or with others.
 * @throws MusterError as {@link mayInvite}
 */
export function roundWrite(
  organization: MemberWrite['organization'],
  { member }: Pick<MemberOutcome, 'member'>,
  round: RoundKind & { by: string; at: string },
  newId: () => string,
): PlannedRound {
  mayInvite(member, round);
  const invitation = nextRound(member, round, newId);
  const after = { ...member, invitation, version: member.version + 1, updatedAt: round.at };
  const { id, method, rounds, validUntil } = invitation;
  const before = member.invitation && { rounds: member.invitation.rounds, state: member.invitation.state };
  return {
    write: { organization, member: { before: member, after } },
    after,
    change: {
      before: { invitation: before ?? null },
      after: { invitation: { id, method, rounds, validUntil, kind: round.kind } },
    },
  };
}

/**
 * Sends one more round: the older links are void from now on, and the new one is good for three days. For email the
 * mail is queued once the round is stored; whoever is killed in between makes it good by {@link mailRound}.
 * @throws MusterError `member_joined`, `member_disabled`, `no_email`, `undeliverable`, `invitation_rejected`, and
 * `precondition_failed` if the member was changed since it was read
 */
export async function sendRound(
  deps: InvitationDeps,
  organization: Organization,
  found: MemberOutcome,
  how: { actor: AuditActor } & RoundKind,
): Promise<{ member: Member; token: string }> {
  const at = deps.clock().toISOString();
  const round = { method: how.method, kind: how.kind, by: how.actor.login, at };
  const { write, after, change } = roundWrite(organization, found, round, deps.newId);
  const { token, hash } = newLinkToken();
  const link = linkOfRound(organization.organization, after, after.invitation);
  const event = { action: 'member.invite' as const, actor: how.actor, subject: after.externalId, ...change };
  await deps.members.commit({ ...write, link: { issue: { hash, link } } }, event);
  if (how.method === 'email') await mailRound(deps, organization.organization, after, how.kind, token);
  return { member: after, token };
}

/**
 * Queues the mail of the round that a member's invitation is in. Done again it mails nothing twice: the round has one
 * mail, and of two texts with tokens of their own the first to come is sent, and both tokens are good.
 * @param token of a link that is stored; without it one is made
 */
export async function mailRound(
  deps: Pick<InvitationDeps, 'invitationLinks' | 'unsubscribeLinks' | 'mailQueue' | 'clock'>,
  organization: string,
  member: Pick<Member, 'externalId' | 'name'> & { invitation: Invitation },
  kind: RoundKind['kind'],
  token?: string,
): Promise<void> {
  const { invitation, externalId } = member;
  if (invitation.to === undefined) throw new Error('This round of an invitation is not by email.');
  const link = linkOfRound(organization, member, invitation);
  const own = token ?? newLinkToken().token;
  if (token === undefined) await deps.invitationLinks.add(hashOfLinkToken(own), link);
  const ended = { organization, externalId, invitationId: invitation.id };
  const unsubscribeLink = kind === 'reminder' ? await makeUnsubscribeLink(deps, ended) : undefined;
  await deps.mailQueue.send(organization, {
    mail: mailOf(member, own, unsubscribeLink),
    to: invitation.to,
    owner: { kind: 'invitation', id: invitation.id, member: externalId },
    key: mailKeyOf(invitation),
  });
}

const nameLengthMax = 500;
const reminderNumberMax = 99;

/** The inviter is not named: Muster knows a login, which is half of what signs it in. */
function mailOf(
  { name, invitation }: Pick<Member, 'name'> & { invitation: Invitation },
  token: string,
  unsubscribeLink: string | undefined,
): Mail {
  const about = {
    memberName: name.slice(0, nameLengthMax),
    link: `${joinPage}#${token}`,
    expiresAt: invitation.validUntil,
  };
  if (unsubscribeLink === undefined) return { kind: 'invitation', ...about };
  const round = Math.min(reminderNumberMax, Math.max(1, invitation.rounds - 1));
  return { kind: 'reminder', ...about, round, unsubscribeLink };
}

/**
 * Invites a member, or once more: by a link, which is shown this once for the caller to pass on, or by email. The
 * address is relative to the one origin that serves pages and API.
 * @throws MusterError as {@link sendRound}, and `not_found`, `out_of_scope`
 */
export async function inviteMember(
  deps: InviteDeps,
  ref: MemberRef,
  acting: Acting,
  { method }: { method: InvitationMethod },
): Promise<{ member: Member; url?: string; expiresAt: string }> {
  const organization = await deps.organizations.get(ref.organization);
  const how = { actor: actorOf(acting), method, kind: 'invitation' as const };
  let token = '';
  const { member } = await onMember(deps, ref, acting, 'invite', async (found) => {
    const sent = await sendRound(deps, organization, found, how);
    token = sent.token;
    return { member: sent.member };
  });
  const { validUntil: expiresAt } = member.invitation as Invitation;
  return { member, expiresAt, ...(method === 'link' && { url: `${joinPage}#${token}` }) };
}

/**
 * Takes an invitation back: its links are void. Nothing is written where there is none.
 * @throws MusterError `not_found`, `out_of_scope`, `precondition_failed`
 */
export async function revokeInvitation(
  deps: MemberDeps,
  ref: MemberRef,
  acting: Acting,
): Promise<MemberOutcome> {
  const organization = await deps.organizations.get(ref.organization);
  return onMember(deps, ref, acting, 'invite', async ({ member, membership, at }) => {
    const { invitation, ...rest } = member;
    if (invitation === undefined) return { member, membership };
    const after = { ...rest, version: member.version + 1, updatedAt: at };
    const { id, method, rounds } = invitation;
    const change = { before: { invitation: { id, method, rounds } }, after: { invitation: null } };
    const write = { organization, member: { before: member, after } };
    await commit(deps, acting, 'member.revokeInvitation', write, change);
    return { member: after, membership };
  });
}

type ListDeps = Pick<Deps, 'roster' | 'departments' | 'mails' | 'clock'>;

/** How many pages of the roster one page of a filtered list looks through. */
const pagesMax = 10;

/**
 * Who has not joined, with how far the invitation of each and its last mail are, by name (S4.2, S4.3, S4.6, B9). With
 * a `state` a page may be short, even empty, and still have a next one.
 * @throws MusterError `invalid_cursor`
 */
export async function listInvitations(
  deps: ListDeps,
  caller: Bounded & { organization: string },
  query: z.output<typeof InvitationsQuery>,
): Promise<{ items: z.input<typeof InvitationBody>[]; nextCursor?: string; behind?: true }> {
  const { members, ...page } = await waitingMembers(deps, caller, query);
  const mails = await lastMails(deps, caller.organization, members);
  const now = deps.clock();
  const items = members.map((member) => {
    const { invitation, externalId, name, email, departments } = member;
    const mail = invitation && mails.get(mailIdOf(caller.organization, mailKeyOf(invitation)));
    return {
      ...{ memberId: externalId, name, departments },
      ...(email !== undefined && { email }),
      ...(invitation && invitationFields(invitation)),
      ...{ state: invitationStateOf(member, now), rounds: invitation?.rounds ?? 0 },
      ...(mail && { delivery: deliveryOf(mail) }),
    };
  });
  return { items, ...page };
}

async function waitingMembers(
  deps: ListDeps,
  caller: Bounded & { organization: string },
  { q, state, limit, cursor: start }: z.output<typeof InvitationsQuery>,
): Promise<{ members: Member[]; nextCursor?: string; behind?: true }> {
  const within = await withinOf(deps, caller);
  const now = deps.clock();
  const filter = { ...(q && { q }), states: ['not_joined' as const] };
  const members: Member[] = [];
  let cursor = start;
  let behind = false;
  for (let pages = 0; pages < pagesMax && members.length < limit; pages++) {
    const wanted = { limit: limit - members.length, cursor, filter, sort: 'name' as const, within };
    const page = await deps.roster.list(caller.organization, wanted);
    const isWanted = (member: Member) => state === undefined || invitationStateOf(member, now) === state;
    members.push(...page.items.filter(isWanted));
    behind ||= page.behind === true;
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  return { members, ...(cursor !== undefined && { nextCursor: cursor }), ...(behind && { behind }) };
}

/** What is shown of an invitation beside its state. */
export function invitationFields({ method, rounds, sentAt, validUntil, to }: Invitation) {
  return { method, rounds, sentAt, validUntil, ...(to !== undefined && { to }) };
}

function lastMails(
  { mails }: Pick<ListDeps, 'mails'>,
  organization: string,
  members: readonly Member[],
): Promise<Map<string, MailRecord>> {
  const refs = members.flatMap(({ invitation }): MailRef[] => {
    if (invitation?.method !== 'email') return [];
    return [{ organization, mailId: mailIdOf(organization, mailKeyOf(invitation)) }];
  });
  return mails.getMany(refs);
}

function deliveryOf({ state, code, updatedAt }: MailRecord) {
  return { state, at: updatedAt, ...(code !== undefined && { code }) };
}
