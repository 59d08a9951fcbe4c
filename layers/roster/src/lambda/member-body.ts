import type * as z from 'zod';
import type { MemberBody, MemberWithPassword } from '../domain/api.ts';
import { type DepartmentTree, departmentOf, pathOf } from '../domain/departments.ts';
import { invitationStateOf } from '../domain/invitation.ts';
import type { Member } from '../domain/member.ts';
import { standingOf } from '../domain/member-edit.ts';
import type { Membership } from '../domain/organization.ts';
import type { Clock } from '../domain/ports.ts';
import type { Deps } from './deps.ts';
import { invitationFields } from './invitations.ts';
import type { MemberOutcome } from './member-call.ts';

interface BodyDeps {
  departments: Pick<Deps['departments'], 'tree'>;
  clock: Clock;
}

/** In the API a member is named by the external id; what else is stored falls away by the response's schema. */
function memberBody(stored: Member, tree: DepartmentTree | undefined, now: Date) {
  const { account: _, invitation, ...member } = stored;
  const departments = tree === undefined ? [] : standingOf(tree, member.departments);
  const departmentPaths = tree === undefined ? [] : departmentPathsOf(tree, member.departments);
  return {
    ...{ ...member, departments, departmentPaths, memberId: member.externalId },
    ...(invitation && {
      invitation: { ...invitationFields(invitation), state: invitationStateOf(stored, now) },
    }),
  };
}

/** The paths of a member's departments as they stand today, whatever was handed over since it was written. */
export function departmentPathsOf(tree: DepartmentTree, departments: readonly string[]): string[] {
  return standingOf(tree, departments).map((id) => shownPath(tree, id));
}

/** The root has no path: it is shown by its name, the organization's. */
function shownPath(tree: DepartmentTree, id: string): string {
  return pathOf(tree, id) || departmentOf(tree, id).name;
}

/**
 * Members as the API shows them, their departments as they stand today, whatever was handed over since they were
 * written. The tree is read once, and only where one of the members names a department.
 */
export async function memberBodies(
  { departments, clock }: BodyDeps,
  organization: string,
  members: readonly Member[],
): Promise<z.input<typeof MemberBody>[]> {
  const isPlaced = members.some((member) => member.departments.length > 0);
  const tree = isPlaced ? await departments.tree(organization) : undefined;
  return members.map((member) => memberBody(member, tree, clock()));
}

/** A member with how it signs in (S0.16, S3.20) and the password that was made for it just now, if one was. */
export async function memberDetails(
  deps: BodyDeps,
  organization: string,
  { member, membership, oneTimePassword }: MemberOutcome,
): Promise<z.input<typeof MemberWithPassword>> {
  const [body] = await memberBodies(deps, organization, [member]);
  const shown = body as z.input<typeof MemberBody>;
  if (membership === undefined) return shown;
  return {
    ...shown,
    account: accountBody(membership),
    ...(oneTimePassword !== undefined && { oneTimePassword }),
  };
}

/** How somebody signs in, and with which level. */
export function accountBody(membership: Membership) {
  const { login: username, level, scope, state, logins, activatedAt, lastSignInAt } = membership;
  const times = { ...(activatedAt && { activatedAt }), ...(lastSignInAt && { lastSignInAt }) };
  return { username, level, ...(scope && { departments: scope }), state, ...logins, ...times };
}
