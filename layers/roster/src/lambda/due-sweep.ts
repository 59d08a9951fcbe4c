/** Works off the members that are due for one reason, a bounded run at a time. */
import type { DueMember, DueMembers } from '../aws/due-members.ts';
import type { Organization } from '../domain/organization.ts';
import type { Deps } from './deps.ts';

/** What a run came to: `acted` of those looked at; `isWhole` tells that nobody due is left. */
export interface DueSweep {
  looked: number;
  acted: number;
  isWhole: boolean;
  /** What failed, a member each; these stay due. */
  faults: unknown[];
}

/** How long one run works; the next one, a minute later, goes on. */
const runMs = 45_000;

/**
 * Looks at everybody due, the longest overdue of a slot first. One that fails holds up no other.
 * @param look looks at one, settles it, and tells whether something was done
 */
export async function sweepDue(
  deps: Pick<Deps, 'organizations' | 'clock'>,
  dueMembers: DueMembers,
  look: (organization: Organization, due: DueMember) => Promise<boolean>,
): Promise<DueSweep> {
  const startedAt = deps.clock();
  const organizations = new Map<string, Organization>();
  const sweep: DueSweep = { looked: 0, acted: 0, isWhole: true, faults: [] };
  for await (const due of dueMembers.due(startedAt)) {
    if (deps.clock().getTime() - startedAt.getTime() > runMs) return { ...sweep, isWhole: false };
    sweep.looked += 1;
    try {
      const organization =
        organizations.get(due.organization) ?? (await deps.organizations.get(due.organization));
      organizations.set(due.organization, organization);
      if (await look(organization, due)) sweep.acted += 1;
    } catch (error) {
      sweep.faults.push(error);
    }
  }
  return sweep;
}
