/** The bounds of a caller: the departments that a coordinator answers for, as the tree stands at the call. */
import type { DepartmentTree } from '../domain/departments.ts';
import { MusterError } from '../domain/errors.ts';
import { isBounded, type Level } from '../domain/permissions.ts';
import { coveredDepartments, type Within } from '../domain/scope.ts';
import type { Deps } from './deps.ts';

/** Who looks or acts, as far as bounds go. */
export interface Bounded {
  level: Level;
  scope?: readonly string[] | undefined;
}

/** The departments that a caller is bounded to: one reading of the tree for a coordinator, none for other levels. */
export async function withinOf(
  { departments }: Pick<Deps, 'departments'>,
  caller: Bounded & { organization: string },
): Promise<Within | undefined> {
  if (!isBounded(caller.level)) return undefined;
  return withinTree((await departments.read(caller.organization)).tree, caller);
}

/** As {@link withinOf}, in a tree that was read already. */
export function withinTree(tree: DepartmentTree, { level, scope = [] }: Bounded): Within | undefined {
  return isBounded(level) ? coveredDepartments(tree, scope) : undefined;
}

/**
 * The bounds that an act is checked against.
 * @throws MusterError `forbidden` for a bounded level that comes without: code that forgot them shows nothing.
 */
export function boundsOf({
  level,
  within,
}: {
  level: Level;
  within?: Within | undefined;
}): Within | undefined {
  if (isBounded(level) && within === undefined) {
    throw new MusterError('forbidden', 'A coordinator cannot do this.');
  }
  return within;
}

/**
 * The scope to give a coordinator, each department once.
 * @throws MusterError `unknown_department` where one is not in the tree
 */
export async function readScope(
  { departments }: Pick<Deps, 'departments'>,
  organization: string,
  wanted: readonly string[] | undefined,
): Promise<string[] | undefined> {
  if (wanted === undefined) return undefined;
  const { tree } = await departments.read(organization);
  const scope = [...new Set(wanted)];
  if (scope.some((id) => !tree.departments.has(id))) {
    throw new MusterError('unknown_department', 'There is no such department to answer for.');
  }
  return scope;
}
