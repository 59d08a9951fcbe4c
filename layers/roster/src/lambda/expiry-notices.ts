/** Tells who administers that the own access ends in a week, by mail (S3.9). */
import type { DueMember } from '../aws/due-members.ts';
import { expiryNoticeAt } from '../domain/active-period.ts';
import { isMusterError } from '../domain/errors.ts';
import { isMailAddress } from '../domain/mail.ts';
import type { Member } from '../domain/member.ts';
import type { Organization } from '../domain/organization.ts';
import type { Deps } from './deps.ts';
import { sweepDue } from './due-sweep.ts';
import { logger } from './observability.ts';

type NoticeDeps = Pick<Deps, 'dueExpiries' | 'organizations' | 'roster' | 'accounts' | 'mailQueue' | 'clock'>;

/** What a run did: `told` counts those whose mail is on its way. `isWhole` tells that nobody due is left. */
export interface NoticesRun {
  looked: number;
  told: number;
  isWhole: boolean;
}

/**
 * Mails those of a level above `member` who can enter and whose last day has come near, to their account's address:
 * one mail a last day, however often it is looked at.
 * @throws AggregateError of what failed, once the others were looked at: one member must not hold them up.
 */
export async function tellOfExpiries(deps: NoticeDeps): Promise<NoticesRun> {
  const sweep = await sweepDue(deps, deps.dueExpiries, (organization, due) => look(deps, organization, due));
  const run: NoticesRun = { looked: sweep.looked, told: sweep.acted, isWhole: sweep.isWhole };
  logger.info('Looked at who is to be told of the end of access', { ...run, failed: sweep.faults.length });
  if (sweep.faults.length > 0) throw new AggregateError(sweep.faults, 'Some could not be told.');
  return run;
}

/** Whether the member was told. Decided on the member as it is now; settled last, so that nothing is lost on the way. */
async function look(deps: NoticeDeps, organization: Organization, due: DueMember): Promise<boolean> {
  const now = deps.clock();
  const member = await memberOf(deps, due);
  const at = member && expiryNoticeAt(member, now, organization.timeZone);
  if (member === undefined || at === undefined || at > now) {
    await deps.dueExpiries.settle(due, at);
    return false;
  }
  const isTold = await tell(deps, organization.organization, member);
  await deps.dueExpiries.settle(due);
  return isTold;
}

async function memberOf({ roster }: NoticeDeps, due: DueMember): Promise<Member | undefined> {
  try {
    return await roster.get(due.organization, due.externalId);
  } catch (error) {
    if (isMusterError(error, 'not_found')) return undefined;
    throw error;
  }
}

async function tell(
  { accounts, mailQueue }: NoticeDeps,
  organization: string,
  { externalId, name, account: id, activeUntil: until }: Member,
): Promise<boolean> {
  if (id === undefined || until === undefined) return false;
  const { account, membership } = await accounts.standing(id, organization);
  if (membership?.state !== 'enabled' || membership.level === 'member') return false;
  if (account?.email === undefined || !isMailAddress(account.email)) return false;
  await mailQueue.send(organization, {
    mail: { kind: 'accessExpiring', memberName: name, until, link: '/account' },
    to: account.email,
    owner: { kind: 'expiry', id: until, member: externalId },
    key: `expiry/${externalId}/${until}`,
  });
  return true;
}
