/** Lets invitations follow what becomes of their mails (B9). */
import { mailIdOf } from '../aws/mails.ts';
import type { MemberRecords } from '../aws/members.ts';
import type { OrganizationRecords } from '../aws/organizations.ts';
import type { Roster } from '../aws/roster.ts';
import { systemActor } from '../domain/audit.ts';
import { isMusterError } from '../domain/errors.ts';
import { mailKeyOf } from '../domain/invitation.ts';
import type { MailRecord } from '../domain/mail.ts';
import type { Member } from '../domain/member.ts';
import type { Clock } from '../domain/ports.ts';
import type { MailListener } from './mail-outcome.ts';

export interface InvitationOutcomeDeps {
  roster: Pick<Roster, 'get'>;
  members: Pick<MemberRecords, 'commit'>;
  organizations: Pick<OrganizationRecords, 'get'>;
  clock: Clock;
}

const attemptsMax = 8;

/**
 * Marks an invitation as undeliverable whose mail bounced for good, was complained about, or was kept back because an
 * earlier one to the address had been. Only the mail of the last round counts, and nothing of who joined or declined.
 */
export function followInvitations(deps: InvitationOutcomeDeps): MailListener {
  return async (organization, mail) => {
    const externalId = mail.owner.member;
    if (mail.owner.kind !== 'invitation' || externalId === undefined || !isUnwanted(mail)) return;
    for (let attempt = 1; ; attempt++) {
      const member = await memberOf(deps, organization, externalId);
      const marked = member && undeliverable(organization, member, mail, deps.clock().toISOString());
      if (member === undefined || marked === undefined) return;
      try {
        await deps.members.commit(
          {
            organization: await deps.organizations.get(organization),
            member: { before: member, after: marked },
          },
          {
            action: 'member.undeliverable',
            actor: systemActor,
            subject: externalId,
            before: { invitation: { state: member.invitation?.state } },
            after: { invitation: { state: 'undeliverable' } },
            details: { mail: mail.state, ...(mail.code !== undefined && { code: mail.code }) },
          },
        );
        return;
      } catch (error) {
        if (!isMusterError(error, 'precondition_failed') || attempt >= attemptsMax) throw error;
      }
    }
  };
}

/** A passing bounce, as of a full mailbox, is none. */
function isUnwanted({ state, code = '' }: MailRecord): boolean {
  if (state === 'bounced') return code.startsWith('Permanent/');
  return state === 'complained' || state === 'suppressed';
}

function undeliverable(
  organization: string,
  member: Member,
  { mailId }: MailRecord,
  at: string,
): Member | undefined {
  const { invitation, account } = member;
  const isWaiting = invitation?.state === 'sent' || invitation?.state === 'opened';
  if (account !== undefined || !isWaiting) return undefined;
  if (mailIdOf(organization, mailKeyOf(invitation)) !== mailId) return undefined;
  return {
    ...member,
    invitation: { ...invitation, state: 'undeliverable' },
    version: member.version + 1,
    updatedAt: at,
  };
}

async function memberOf(
  { roster }: Pick<InvitationOutcomeDeps, 'roster'>,
  organization: string,
  externalId: string,
): Promise<Member | undefined> {
  try {
    return await roster.get(organization, externalId);
  } catch (error) {
    if (isMusterError(error, 'not_found')) return undefined;
    throw error;
  }
}
