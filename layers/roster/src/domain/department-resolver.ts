/** From the department texts of a roster file to the departments of the tree. */
import { namesOfPath } from './department-path.ts';
import {
  addDepartment,
  type Department,
  type DepartmentTree,
  findByPath,
  rootDepartment,
} from './departments.ts';
import { MusterError } from './errors.ts';
import { foldGroupName, GroupName } from './group-name.ts';

/** Where the texts lead. Texts are given back as they were, each once. */
export interface ResolvedDepartments {
  /** The departments named, each once, in the order of the texts. */
  ids: string[];
  /** Texts that name no department. */
  missing: string[];
  /** Texts that are the name of several departments and the path of none: a path would tell which. */
  ambiguous: string[];
}

/** Finds departments by text. Made once for a tree; a look-up costs the same whatever the tree's size. */
export function departmentResolver(tree: DepartmentTree): (texts: readonly string[]) => ResolvedDepartments {
  const byName = new Map<string, Department[]>();
  for (const department of tree.departments.values()) {
    if (department.id === rootDepartment) continue;
    const folded = foldGroupName(department.name);
    byName.set(folded, [...(byName.get(folded) ?? []), department]);
  }
  return (texts) => {
    const [ids, missing, ambiguous] = [new Set<string>(), new Set<string>(), new Set<string>()];
    for (const text of texts) {
      const names = namesOfPath(text);
      if (names.length === 0) continue;
      const found = findByPath(tree, names) ?? findBelowRootName(tree, names);
      const namesakes = found
        ? [found]
        : (byName.get(foldGroupName(names.length > 1 ? text : (names[0] ?? ''))) ?? []);
      if (namesakes.length === 0) missing.add(text);
      else if (namesakes.length > 1) ambiguous.add(text);
      else ids.add((namesakes[0] as Department).id);
    }
    return { ids: [...ids], missing: [...missing], ambiguous: [...ambiguous] };
  };
}

/**
 * Finds the departments that texts name, case and width of letters put aside. A text is read, in this order, as a
 * path from below the root (`A / B`), as one that starts with the root's own name, and as the name of the one
 * department anywhere that has it. Blank texts name nothing.
 */
export function resolveDepartments(tree: DepartmentTree, texts: readonly string[]): ResolvedDepartments {
  return departmentResolver(tree)(texts);
}

function findBelowRootName(tree: DepartmentTree, names: readonly string[]): Department | undefined {
  const root = tree.departments.get(rootDepartment);
  const [first = '', ...rest] = names;
  const isRoot = root !== undefined && foldGroupName(root.name) === foldGroupName(first);
  return isRoot ? findByPath(tree, rest) : undefined;
}

/** A tree to which missing departments were added; `added` has each before those below it. */
export interface PlannedDepartments {
  tree: DepartmentTree;
  added: Department[];
  /** Texts that cannot be made into departments: a name in them is empty, too long or not well-formed. */
  unusable: string[];
}

/**
 * Plans the departments that texts name as paths and that are not there, those above them included. Nothing is
 * stored.
 * @throws MusterError `too_many_departments`, `department_too_deep`
 */
export function planDepartments(
  tree: DepartmentTree,
  texts: readonly string[],
  newId: () => string,
): PlannedDepartments {
  const plan: PlannedDepartments = { tree, added: [], unusable: [] };
  for (const text of texts) {
    const names = namesOfPath(text);
    if (names.length === 0) continue;
    if (names.every((name) => GroupName.safeParse(name).success)) addPath(plan, names, newId);
    else plan.unusable.push(text);
  }
  return plan;
}

function addPath(plan: PlannedDepartments, names: readonly string[], newId: () => string): void {
  for (let length = 1; length <= names.length; length++) {
    if (findByPath(plan.tree, names.slice(0, length)) !== undefined) continue;
    const parent = findByPath(plan.tree, names.slice(0, length - 1));
    if (parent === undefined) throw new MusterError('internal', 'A planned department has no parent.');
    const name = names[length - 1] ?? '';
    const change = addDepartment(plan.tree, { id: newId(), name, parent: parent.id });
    plan.tree = change.tree;
    plan.added.push(change.department);
  }
}
