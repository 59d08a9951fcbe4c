/** Lets active periods take effect by themselves (B14). */
import type { DueMember } from '../aws/due-members.ts';
import { dayIn, demandOf, nextLook } from '../domain/active-period.ts';
import { isMusterError } from '../domain/errors.ts';
import type { Organization } from '../domain/organization.ts';
import type { Deps } from './deps.ts';
import { moveByPeriod, readMember } from './members.ts';
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

/** How long one run works; the next one, a minute later, goes on. */
const runMs = 45_000;
const dayMs = 24 * 60 * 60 * 1000;

/**
 * Disables the members whose period has ended or not begun and enables those whose has begun, the longest overdue
 * first. Whoever was disabled otherwise stays so. A member that must not be disabled, the last owner, is looked at
 * again a day later.
 * @throws AggregateError of what failed, once the others were looked at: one member must not hold them up.
 */
export async function enforcePeriods(deps: PeriodDeps): Promise<PeriodsRun> {
  const startedAt = deps.clock();
  const organizations = new Map<string, Organization>();
  const faults: unknown[] = [];
  const run: PeriodsRun = { looked: 0, moved: 0, isWhole: true };
  for await (const due of deps.dueMembers.due(startedAt)) {
    if (deps.clock().getTime() - startedAt.getTime() > runMs) {
      run.isWhole = false;
      break;
    }
    const { organization } = due;
    const known = organizations.get(organization) ?? (await deps.organizations.get(organization));
    organizations.set(organization, known);
    run.looked += 1;
    try {
      if (await look(deps, known, due)) run.moved += 1;
    } catch (error) {
      faults.push(error);
    }
  }
  logger.info('Looked at active periods', { ...run, failed: faults.length });
  if (faults.length > 0) throw new AggregateError(faults, 'Some active periods could not be enforced.');
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
