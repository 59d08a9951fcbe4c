/** Lets active periods take effect by themselves (B14). */
import type { DueMember } from '../aws/due-members.ts';
import { demandOf, nextLook } from '../domain/active-period.ts';
import { isMusterError } from '../domain/errors.ts';
import { dayIn } from '../domain/local-time.ts';
import type { Organization } from '../domain/organization.ts';
import type { Deps } from './deps.ts';
import { sweepDue } from './due-sweep.ts';
import { type NoticesRun, tellOfExpiries } from './expiry-notices.ts';
import { readMember } from './member-call.ts';
import { moveByPeriod } from './members.ts';
import { logger } from './observability.ts';

type PeriodDeps = Pick<
  Deps,
  'dueMembers' | 'organizations' | 'roster' | 'accounts' | 'members' | 'accountQueue' | 'clock'
>;

/** What a run did. `isWhole` tells that nobody due is left. */
export interface PeriodsRun {
  looked: number;
  moved: number;
  isWhole: boolean;
}

/**
 * What the schedule does: enforces the periods, and tells of those that end soon. What fails in the one holds up
 * nothing of the other.
 * @throws AggregateError of what failed in either
 */
export async function sweepPeriods(
  deps: Parameters<typeof enforcePeriods>[0] & Parameters<typeof tellOfExpiries>[0],
): Promise<{ periods: PeriodsRun; notices: NoticesRun }> {
  const [periods] = await Promise.allSettled([enforcePeriods(deps)]);
  const [notices] = await Promise.allSettled([tellOfExpiries(deps)]);
  if (periods.status === 'fulfilled' && notices.status === 'fulfilled') {
    return { periods: periods.value, notices: notices.value };
  }
  const faults = [periods, notices].flatMap((run) => (run.status === 'rejected' ? [run.reason] : []));
  throw new AggregateError(faults, 'Not all active periods were seen to.');
}

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Disables the members whose period has ended or not begun and enables those whose has begun, the longest overdue
 * first. Whoever was disabled otherwise stays so. A member that must not be disabled, the last owner, is looked at
 * again a day later.
 * @throws AggregateError of what failed, once the others were looked at: one member must not hold them up.
 */
export async function enforcePeriods(deps: PeriodDeps): Promise<PeriodsRun> {
  const sweep = await sweepDue(deps, deps.dueMembers, (organization, due) => look(deps, organization, due));
  const run: PeriodsRun = { looked: sweep.looked, moved: sweep.acted, isWhole: sweep.isWhole };
  logger.info('Looked at active periods', { ...run, failed: sweep.faults.length });
  if (sweep.faults.length > 0) {
    throw new AggregateError(sweep.faults, 'Some active periods could not be enforced.');
  }
  return run;
}

/** Whether the member was moved. */
async function look(deps: PeriodDeps, organization: Organization, due: DueMember): Promise<boolean> {
  const ref = { organization: due.organization, memberId: due.externalId };
  const now = deps.clock();
  try {
    const found = await readMember(deps, ref);
    const { member } = found;
    const act = demandOf(member, dayIn(organization.timeZone, now));
    if (act === undefined) {
      const next = nextLook(member, now, organization.timeZone);
      await deps.dueMembers.settle(due, next);
      return false;
    }
    await moveByPeriod(deps, organization, found, act);
    await deps.dueMembers.settle(due);
    return true;
  } catch (error) {
    if (isMusterError(error, 'not_found')) await deps.dueMembers.settle(due);
    else if (isMusterError(error, 'last_owner')) {
      await deps.dueMembers.settle(due, new Date(now.getTime() + dayMs));
      // One that changed at this moment wrote when to look at it next; the item in hand stays for the next run.
    } else if (!isMusterError(error, 'precondition_failed')) throw error;
    return false;
  }
}
