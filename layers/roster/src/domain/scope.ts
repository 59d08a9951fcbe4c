/**
 * The departments that a coordinator answers for (B17): who is seen, and what may be done to whom. A scope is a list
 * of department ids; with it come all departments below them, as the tree stands at each call.
 */
import { type DepartmentTree, namesInMembers, standingFor, subtreeOf } from './departments.ts';
import { MusterError } from './errors.ts';
import type { Membership } from './organization.ts';

/** How many departments a scope names at most; those below them are not counted. */
export const scopeDepartmentsMax = 50;

/** The ids of all departments that a caller is bounded to, as members may name them. */
export type Within = ReadonlySet<string>;

/**
 * All departments that a scope covers: those named, or who took their members if they were deleted, and all below;
 * with the ids of deleted ones whose members they took. One that is gone without such a heir covers nothing.
 */
export function coveredDepartments(tree: DepartmentTree, scope: readonly string[]): Within {
  const standing = scope.flatMap((id) => standingFor(tree, id) ?? []);
  const covered = standing.flatMap((id) => subtreeOf(tree, id).map((department) => department.id));
  return namesInMembers(tree, covered);
}

/** Whether a member is seen: one of its departments is covered. Without bounds everybody is. */
export function coversMember(
  within: Within | undefined,
  member: { departments: readonly string[] },
): boolean {
  return within === undefined || member.departments.some((id) => within.has(id));
}

/**
 * Refuses to shut out, let in, or give credentials to somebody who is in other departments too: those who answer
 * for them have a say in it. A member that is not covered at all is not seen, which is for the caller to check.
 * @throws MusterError `out_of_scope`
 */
export function mayDecideOn(within: Within | undefined, member: { departments: readonly string[] }): void {
  if (within === undefined || member.departments.every((id) => within.has(id))) return;
  throw outOfScope('The member is in departments outside of yours too. Ask an administrator.');
}

/**
 * Refuses to put somebody into a department that is not covered, to take somebody out of one, or to leave somebody
 * in none that is covered. What the member had and keeps is left alone.
 * @param before the departments so far; empty for a new member
 * @throws MusterError `out_of_scope`
 */
export function mayPlace(
  within: Within | undefined,
  before: readonly string[],
  after: readonly string[],
): void {
  if (within === undefined) return;
  const moved = [
    ...after.filter((id) => !before.includes(id)),
    ...before.filter((id) => !after.includes(id)),
  ];
  if (moved.some((id) => !within.has(id))) {
    throw outOfScope('You put members into your own departments only, and take them out of those only.');
  }
  if (!coversMember(within, { departments: after })) {
    throw outOfScope('The member must be in one of your departments.');
  }
}

function outOfScope(message: string): MusterError {
  return new MusterError('out_of_scope', message);
}

/** What an audit entry tells of a level; the scope is a coordinator's, and empty for others. */
export function rankOf({ level, scope = [] }: Pick<Membership, 'level' | 'scope'>): Record<string, unknown> {
  return { level, scope };
}
