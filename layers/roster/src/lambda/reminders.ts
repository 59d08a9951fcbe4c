/** Reminds those who were invited and have not joined (B8, S4.7), and shows who gets a reminder next. */
import type { DueMember } from '../aws/due-members.ts';
import { mailIdOf } from '../aws/mails.ts';
import { type AuditActor, scheduleActor } from '../domain/audit.ts';
import { isMusterError } from '../domain/errors.ts';
import { type Invitation, mailKeyOf } from '../domain/invitation.ts';
import type { Organization } from '../domain/organization.ts';
import {
  isQuiet,
  nextReminderLook,
  openInvitation,
  plannedReminder,
  shouldRemind,
} from '../domain/reminders.ts';
import { coversMember } from '../domain/scope.ts';
import type { Deps } from './deps.ts';
import { sweepDue } from './due-sweep.ts';
import { type Acting, type MemberOutcome, readMember } from './member-call.ts';
import { logger } from './observability.ts';
import { boundsOf } from './scope.ts';

/**
 * Sends an invitation once more: a new link and its round are written in one transaction, then the mail is queued
 * under {@link mailKeyOf}.
 */
export type SendRound = (
  organization: Organization,
  found: MemberOutcome,
  how: { actor: AuditActor; method: 'email'; kind: 'reminder' },
) => Promise<unknown>;

export type ReminderDeps = Pick<
  Deps,
  'dueReminders' | 'organizations' | 'roster' | 'accounts' | 'mails' | 'clock'
> & { sendRound: SendRound };

/** What a run did. `isWhole` tells that nobody due is left. */
export interface RemindersRun {
  looked: number;
  sent: number;
  isWhole: boolean;
}

/**
 * Sends the reminders that are due.
 * @throws AggregateError of what failed, once the others were looked at: one member must not hold them up.
 */
export async function sendReminders(deps: ReminderDeps): Promise<RemindersRun> {
  const sweep = await sweepDue(deps, deps.dueReminders, (organization, due) => look(deps, organization, due));
  const run: RemindersRun = { looked: sweep.looked, sent: sweep.acted, isWhole: sweep.isWhole };
  logger.info('Looked at reminders', { ...run, failed: sweep.faults.length });
  if (sweep.faults.length > 0) throw new AggregateError(sweep.faults, 'Some reminders could not be sent.');
  return run;
}

/** Whether a reminder was sent. It is settled last, so one whose sender is killed is looked at again. */
async function look(deps: ReminderDeps, organization: Organization, due: DueMember): Promise<boolean> {
  const now = deps.clock();
  try {
    const found = await readMember(deps, { organization: due.organization, memberId: due.externalId });
    const isDue = shouldRemind(found.member, organization, now);
    const round = isDue ? undefined : roundSince(found.member.invitation, due);
    const standing = round && (await standingOf(deps, organization, found, round, now));
    if (standing === 'unsettled') return false;
    if (!isDue && standing !== 'lost') {
      await deps.dueReminders.settle(due, nextReminderLook(found.member, organization, now));
      return false;
    }
    await deps.sendRound(organization, found, { actor: scheduleActor, method: 'email', kind: 'reminder' });
    await deps.dueReminders.settle(due);
    return true;
  } catch (error) {
    if (isMusterError(error, 'not_found')) await deps.dueReminders.settle(due);
    // One that changed at this moment wrote when to look at it next; the item in hand stays for the next run.
    else if (!isMusterError(error, 'precondition_failed')) throw error;
    return false;
  }
}

/** The round that was begun since the member was due, if one was: by a run that did not come to settle it, or by hand. */
function roundSince(invitation: Invitation | undefined, due: DueMember): Invitation | undefined {
  return invitation !== undefined && invitation.sentAt >= due.at ? invitation : undefined;
}

/** Longer than any function may take that sends a round: after that, a mail that is not recorded never will be. */
const sendingMs = 5 * 60 * 1000;

/**
 * How a round stands that is written: `mailed`, `lost` where its sender ended between writing it and queueing its
 * mail, which then nobody ever got; or `unsettled` while that may still come, or in quiet hours.
 */
async function standingOf(
  { mails }: Pick<ReminderDeps, 'mails'>,
  { organization, timeZone, reminders }: Organization,
  { member }: MemberOutcome,
  round: Invitation,
  now: Date,
): Promise<'mailed' | 'lost' | 'unsettled'> {
  // A lost round was no mail, so it does not count towards the most.
  const isOpen = openInvitation(member, { ...reminders, roundsMax: Number.POSITIVE_INFINITY }) !== undefined;
  if (!isOpen || !reminders.isOn) return 'mailed';
  try {
    await mails.get({ organization, mailId: mailIdOf(organization, mailKeyOf(round)) });
    return 'mailed';
  } catch (error) {
    if (!isMusterError(error, 'not_found')) throw error;
    const mayCome = now.getTime() - Date.parse(round.sentAt) < sendingMs;
    return mayCome || isQuiet(now, reminders.quietHours, timeZone) ? 'unsettled' : 'lost';
  }
}

/**
 * A page of who gets a reminder next, as the roster and the settings are now. It may be short where somebody is not
 * the viewer's to see, or changed, and still have a `nextCursor`.
 * @throws MusterError `invalid_cursor`
 */
export async function previewReminders(
  deps: Pick<Deps, 'organizations' | 'plannedReminders' | 'clock'>,
  organizationId: string,
  viewer: Pick<Acting, 'level' | 'within'>,
  page: { limit: number; cursor?: string | undefined },
) {
  const within = boundsOf(viewer);
  const organization = await deps.organizations.get(organizationId);
  const { items, nextCursor } = await deps.plannedReminders.list(organizationId, page);
  const now = deps.clock();
  const planned = items.flatMap((member) => {
    const next = coversMember(within, member) ? plannedReminder(member, organization, now) : undefined;
    const to = member.invitation?.to ?? member.email;
    const { externalId: memberId, name } = member;
    return next === undefined
      ? []
      : [{ memberId, name, ...(to && { to }), at: next.at.toISOString(), round: next.round }];
  });
  planned.sort((one, other) => (one.at < other.at ? -1 : Number(one.at > other.at)));
  return { items: planned, ...(nextCursor && { nextCursor }) };
}
