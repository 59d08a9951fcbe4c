/** From the department texts of a roster file to the departments of the tree. */
import { namesOfPath } from './department-path.ts';
import {
  type Department,
  type DepartmentTree,
  departmentDepthMax,
  departmentsMax,
  findByPath,
  rootDepartment,
  tooManyDepartments,
  withDepartments,
} from './departments.ts';
import { foldGroupName, GroupName, groupNameLengthMax } from './group-name.ts';

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
  /** Texts that cannot be made into departments: too deep, or a name in them is empty, too long or not well-formed. */
  unusable: string[];
}

/**
 * Plans the departments that texts name as paths and that are not there, those above them included. A path may start
 * with the root's own name. Nothing is stored; the cost grows with the tree and the texts, not with their product.
 * @throws MusterError `too_many_departments`
 */
export function planDepartments(
  tree: DepartmentTree,
  texts: readonly string[],
  newId: () => string,
): PlannedDepartments {
  const childIds = new Map<string, string>();
  for (const { id, name, parent } of tree.departments.values()) {
    if (parent !== undefined) childIds.set(childKey(parent, name), id);
  }
  const added: Department[] = [];
  const unusable: string[] = [];
  for (const text of texts) {
    const names = namesBelowRoot(tree, text);
    if (!isUsable(names)) {
      unusable.push(text);
      continue;
    }
    let parent = rootDepartment;
    for (const name of names) {
      const key = childKey(parent, name);
      const id = childIds.get(key) ?? newId();
      if (!childIds.has(key)) added.push({ id, name, parent, version: 1 });
      childIds.set(key, id);
      parent = id;
    }
    if (tree.departments.size - 1 + added.length > departmentsMax) throw tooManyDepartments();
  }
  return { tree: withDepartments(tree, added), added, unusable };
}

function childKey(parent: string, name: string): string {
  return `${parent}\u0000${foldGroupName(name)}`;
}

function isUsable(names: readonly string[]): boolean {
  return names.length <= departmentDepthMax && names.every((name) => GroupName.safeParse(name).success);
}

/** The department that a text names as a path, as {@link planDepartments} reads it: never by its name alone. */
export function findPlanned(tree: DepartmentTree, text: string): Department | undefined {
  const names = namesBelowRoot(tree, text);
  return names.length === 0 ? undefined : findByPath(tree, names);
}

/** The names of a path from below the root; the root's own name before them is left out, unless a department has it. */
function namesBelowRoot(tree: DepartmentTree, text: string): string[] {
  const names = namesOfPath(text);
  const [first = '', ...rest] = names;
  const root = tree.departments.get(rootDepartment);
  const isRoot = rest.length > 0 && root !== undefined && foldGroupName(root.name) === foldGroupName(first);
  return isRoot && findByPath(tree, [first]) === undefined ? rest : names;
}

/** What is wrong with a department text of a row. */
export type DepartmentFault = 'unknown_department' | 'ambiguous_department' | 'bad_department';

/** Where a text leads: to a department, to one that is yet to be made, or nowhere. */
export type Placement = { id: string } | { missing: true } | { fault: DepartmentFault };

/** Places members by the texts of a column, which says whether departments may be made. Made once for a tree. */
export function departmentPlacer(
  tree: DepartmentTree,
  { createDepartments = false }: { createDepartments?: boolean | undefined },
): (text: string) => Placement {
  const resolve = departmentResolver(tree);
  return (text) => {
    const { ids, ambiguous } = resolve([text]);
    const [id] = ids;
    if (id !== undefined) return { id };
    if (ambiguous.length > 0) return { fault: 'ambiguous_department' };
    if (!createDepartments) return { fault: 'unknown_department' };
    const names = namesBelowRoot(tree, text);
    return names.length > 0 && isUsable(names) ? { missing: true } : { fault: 'bad_department' };
  };
}

/** What is wrong with a department text and how to cure it, for the person who wrote it. */
export function departmentFaultMessage(column: string, fault: DepartmentFault): string {
  switch (fault) {
    case 'unknown_department':
      return `“${column}” names no department. Write its path, such as Europe / Sales, or add the department first.`;
    case 'ambiguous_department':
      return `“${column}” is the name of several departments. Write the path of the one that is meant, such as Europe / Sales.`;
    case 'bad_department':
      return `“${column}” cannot become a department: its path has a name that is blank or longer than ${groupNameLengthMax} characters, or is more than ${departmentDepthMax} deep.`;
  }
}
