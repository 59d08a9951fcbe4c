/** One-click unsubscribe from the reminders of an invitation (RFC 8058). */
import type { UnsubscribeLink } from '../aws/unsubscribe-links.ts';
import { invitedActor } from '../domain/audit.ts';
import { isMusterError } from '../domain/errors.ts';
import { invalidLink } from '../domain/reset-link.ts';
import type { Deps } from './deps.ts';
import { hashOfLinkToken, newLinkToken } from './link-token.ts';
import { readMember } from './member-call.ts';
import type { Origin } from './request.ts';

/** Longer than any cadence lasts: a link in a mail that somebody finds again still works. */
const keptMs = 365 * 24 * 60 * 60 * 1000;

/**
 * Makes the link that a reminder carries, as a path on the site. A POST to it needs no sign-in and no body.
 * Its token is not in the fragment, because mail servers and not pages follow it; it can end reminders and nothing else.
 */
export async function makeUnsubscribeLink(
  { unsubscribeLinks, clock }: Pick<Deps, 'unsubscribeLinks' | 'clock'>,
  link: UnsubscribeLink,
): Promise<string> {
  const { token, hash } = newLinkToken();
  await unsubscribeLinks.issue(hash, link, new Date(clock().getTime() + keptMs));
  return `/api/v1/public/reminders/unsubscribe?token=${token}`;
}

type UnsubscribeDeps = Pick<
  Deps,
  'unsubscribeLinks' | 'organizations' | 'roster' | 'accounts' | 'members' | 'clock'
>;

const attemptsMax = 8;

/**
 * Ends the reminders of the invitation that a link belongs to. A repeat changes nothing; nor does a link whose member
 * has gone, joined or been invited anew, since there are no such reminders any more.
 * @throws MusterError `link_invalid`
 */
export async function unsubscribe(deps: UnsubscribeDeps, token: string, origin: Origin): Promise<void> {
  const link = await deps.unsubscribeLinks.find(hashOfLinkToken(token));
  if (link === undefined) throw invalidLink();
  for (let attempt = 1; ; attempt++) {
    try {
      return await endReminders(deps, link, origin);
    } catch (error) {
      if (isMusterError(error, 'not_found')) return;
      if (!isMusterError(error, 'precondition_failed') || attempt >= attemptsMax) throw error;
    }
  }
}

async function endReminders(deps: UnsubscribeDeps, link: UnsubscribeLink, origin: Origin): Promise<void> {
  const organization = await deps.organizations.get(link.organization);
  const ref = { organization: link.organization, memberId: link.externalId };
  const { member } = await readMember(deps, ref);
  const { invitation } = member;
  if (invitation?.id !== link.invitationId || invitation.remindersOff) return;
  const after = {
    ...member,
    invitation: { ...invitation, remindersOff: true as const },
    version: member.version + 1,
    updatedAt: deps.clock().toISOString(),
  };
  await deps.members.commit(
    { organization, member: { before: member, after } },
    {
      action: 'member.unsubscribe',
      actor: { ...invitedActor, ...origin },
      subject: member.externalId,
      details: { invitation: invitation.id },
    },
  );
}
