/**
 * Invitations of members who have not joined: their states, their rounds, and what a link of one is good for (S3.10 to
 * S3.15, S3.22, S3.23, S4.4 to S4.8).
 */
import { MusterError } from './errors.ts';
import { isMailAddress } from './mail.ts';
import { invalidLink } from './reset-link.ts';

/**
 * `none`: never invited, or it was revoked. `sent`: made or mailed. `opened`: somebody looked at the link. `rejected`:
 * declined. `expired`: too old. `undeliverable`: its mail did not arrive or was not wanted. `accepted`: joined.
 */
export const invitationStates = [
  'none',
  'sent',
  'opened',
  'rejected',
  'expired',
  'undeliverable',
  'accepted',
] as const;
export type InvitationState = (typeof invitationStates)[number];

export const invitationMethods = ['link', 'email'] as const;
export type InvitationMethod = (typeof invitationMethods)[number];

/** What of a state is stored; the others follow from the time and from the member. */
export const storedInvitationStates = ['sent', 'opened', 'rejected', 'undeliverable'] as const;

/** Every round is good for three days (S3.12). */
export const invitationLifetimeMs = 3 * 24 * 60 * 60 * 1000;

/** Kept on the member's item as `Member.invitation` while it is not joined. Times are ISO 8601 in UTC. */
export interface Invitation {
  /** ULID of this invitation; stays over its rounds. */
  id: string;
  method: InvitationMethod;
  state: (typeof storedInvitationStates)[number];
  /** 1 for the first; each re-send is one more. */
  rounds: number;
  /** Of the first round; the same as `sentAt`, where absent. */
  firstSentAt?: string;
  /** Of the last round. */
  sentAt: string;
  /** Three days after; every round renews it. */
  validUntil: string;
  /** The login of who sent the last round. */
  invitedBy: string;
  /** The address mailed. */
  to?: string;
  /** The person wants no reminders. */
  remindersOff?: true;
}

/** What of a member its invitation depends on. */
export interface Invited {
  state: 'not_joined' | 'enabled' | 'disabled';
  account?: string | undefined;
  email?: string | undefined;
  invitation?: Invitation | undefined;
}

/**
 * A link as stored, under the hash of its token: one round of one invitation. Of one round there may be several, all
 * as good.
 */
export interface InvitationLink {
  organization: string;
  externalId: string;
  /** The invitation's id. */
  invitation: string;
  round: number;
  validUntil: string;
}

/** How far a member's invitation is at a time. */
export function invitationStateOf(
  { account, invitation }: Pick<Invited, 'account' | 'invitation'>,
  now: Date,
): InvitationState {
  if (account !== undefined) return 'accepted';
  if (invitation === undefined) return 'none';
  const isWaiting = invitation.state === 'sent' || invitation.state === 'opened';
  return isWaiting && isOver(invitation, now) ? 'expired' : invitation.state;
}

/** Whether a round's three days have passed. */
export function isOver({ validUntil }: { validUntil: string }, now: Date): boolean {
  return now.getTime() >= Date.parse(validUntil);
}

/** What a round is sent by. A reminder is sent by itself; an invitation is somebody's decision. */
export interface RoundKind {
  method: InvitationMethod;
  kind: 'invitation' | 'reminder';
}

/**
 * Refuses a round to whom it would lead nowhere: who joined (S3.22) or is disabled, who has no address to be mailed
 * to, or one that refused the last mail for good. Who declined is invited again only by somebody's decision (S3.23).
 * @throws MusterError `member_joined`, `member_disabled`, `no_email`, `undeliverable`, `invitation_rejected`
 */
export function mayInvite(member: Invited, { method, kind }: RoundKind): void {
  const { account, state, email, invitation } = member;
  if (account !== undefined) throw new MusterError('member_joined', 'This member has joined already.');
  if (state === 'disabled') {
    throw new MusterError('member_disabled', 'This member is disabled; an invitation would lead nowhere.');
  }
  if (kind === 'reminder' && (invitation === undefined || invitation.state === 'rejected')) {
    throw new MusterError('invitation_rejected', 'This member declined, or was never invited.');
  }
  if (method !== 'email') return;
  if (email === undefined || !isMailAddress(email)) {
    const places = [{ path: 'email', message: 'An invitation by email needs the member’s email.' }];
    throw new MusterError('no_email', 'This member has no email that can be written to.', { places });
  }
  if (invitation?.state === 'undeliverable' && invitation.to === email) {
    const why = 'The last mail to this address did not arrive or was not wanted. Change the email first.';
    throw new MusterError('undeliverable', why);
  }
}

/** The invitation with one more round, sent now; the first round where there is none. `newId` makes its id. */
export function nextRound(
  { invitation, email }: Pick<Invited, 'invitation' | 'email'>,
  round: { method: InvitationMethod; by: string; at: string },
  newId: () => string,
): Invitation {
  const { method, by, at } = round;
  return {
    id: invitation?.id ?? newId(),
    method,
    state: 'sent',
    rounds: (invitation?.rounds ?? 0) + 1,
    firstSentAt: invitation?.firstSentAt ?? invitation?.sentAt ?? at,
    sentAt: at,
    validUntil: new Date(Date.parse(at) + invitationLifetimeMs).toISOString(),
    invitedBy: by,
    ...(method === 'email' && email !== undefined && { to: email }),
    ...(invitation?.remindersOff && { remindersOff: true }),
  };
}

/** The link of the round that a member's invitation is in. */
export function linkOfRound(
  organization: string,
  { externalId }: { externalId: string },
  { id, rounds, validUntil }: Invitation,
): InvitationLink {
  return { organization, externalId, invitation: id, round: rounds, validUntil };
}

/** What must be mailed once only: one round of one invitation. */
export function mailKeyOf({ id, rounds }: Pick<Invitation, 'id' | 'rounds'>): string {
  return `invitation/${id}/${rounds}`;
}

/**
 * Checks whether a link may be used, and gives the invitation that it is of. It is void once the member joined, was
 * disabled or removed, declined, got a newer round or another email than was mailed, or the invitation was revoked.
 * @throws MusterError `link_invalid`; `link_expired` for one that is nothing but too old
 */
export function checkInvitationLink(
  link: InvitationLink,
  member: Invited | undefined,
  now: Date,
): Invitation {
  const invitation = member && openInvitation(link, member);
  if (invitation === undefined || invitation.rounds !== link.round) throw invalidLink();
  if (isOver(link, now)) {
    throw new MusterError('link_expired', 'This link was good for 3 days. A fresh one can be sent to you.');
  }
  return invitation;
}

/**
 * Whether the holder of a link may have a fresh one mailed: only if all of its rounds are too old, so that it cannot
 * be made to send mail after mail. The address is the one on file, whoever asks (B7).
 */
export function isRenewable(link: InvitationLink, member: Invited | undefined, now: Date): boolean {
  const invitation = member && openInvitation(link, member);
  return invitation !== undefined && invitation.state !== 'undeliverable' && isOver(invitation, now);
}

/** The invitation that a link of any round is of, if its person may still join by it. */
function openInvitation(link: InvitationLink, member: Invited): Invitation | undefined {
  const { account, state, email, invitation } = member;
  const isOpen =
    account === undefined &&
    state !== 'disabled' &&
    invitation !== undefined &&
    invitation.id === link.invitation &&
    invitation.state !== 'rejected' &&
    (invitation.to === undefined || invitation.to === email);
  return isOpen ? invitation : undefined;
}

/** An address as its owner knows it and nobody else learns it: `a***@e***.org`. */
export function maskedEmail(email: string): string {
  const at = email.lastIndexOf('@');
  const domain = email.slice(at + 1);
  const ending = domain.slice(domain.lastIndexOf('.') + 1);
  const first = (text: string) => [...text][0] ?? '';
  return `${first(email.slice(0, at))}***@${first(domain)}***.${ending}`;
}
