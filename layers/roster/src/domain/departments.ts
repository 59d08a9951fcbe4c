/**
 * The departments of an organization: one tree, whose root is the organization itself (S3.1 to S3.3). A tree is a
 * value; a change gives a new one and names what is to be stored, or throws and changes nothing.
 */
import { pathOfNames } from './department-path.ts';
import { MusterError } from './errors.ts';
import { foldGroupName } from './group-name.ts';

/** The id of every organization's root. It is not stored: its name is the organization's. */
export const rootDepartment = 'root';
/** How many departments a tree has at most, the root left out: all of them are read and shown at once. */
export const departmentsMax = 2_000;
/** How many departments deep a tree is at most, the root left out. */
export const departmentDepthMax = 20;
/** How many departments a deletion moves below the one that takes its members; it is one transaction. */
export const departmentsTransferredMax = 50;

/** A department. `id` is a ULID; only the root has no `parent`. `version` counts up with its own changes. */
export interface Department {
  id: string;
  name: string;
  parent?: string;
  version: number;
}

/**
 * A department that was deleted and whose members another one took. Members may name it until they are written
 * again, so it is remembered who took them: a transfer is one write, however many members there are.
 */
export interface TransferredDepartment {
  id: string;
  to: string;
}

/** The departments by id, with the root, and the departments directly below each, in the order of names. */
export interface DepartmentTree {
  readonly departments: ReadonlyMap<string, Department>;
  readonly below: ReadonlyMap<string, readonly Department[]>;
  readonly transfers: ReadonlyMap<string, string>;
}

/** A tree with one department changed; `before` is how it was, absent where it is new. */
export interface DepartmentChange {
  tree: DepartmentTree;
  department: Department;
  before?: Department;
}

/** A tree with a department gone; `moved` are those that were directly below it, as they are now. */
export interface DepartmentDeletion {
  tree: DepartmentTree;
  department: Department;
  moved: Department[];
  transfer?: TransferredDepartment;
}

/** What a tree is made of. */
export interface TreeParts {
  root: { name: string; version: number };
  departments: readonly Department[];
  transfers?: readonly TransferredDepartment[];
}

/**
 * Makes a tree of its departments.
 * @throws MusterError `corrupt_item` if they are no tree: a parent that is not there, a cycle, an id twice.
 */
export function departmentTree({ root, departments, transfers = [] }: TreeParts): DepartmentTree {
  const all = [{ id: rootDepartment, ...root }, ...departments];
  const byId = new Map(all.map((department) => [department.id, department]));
  const below = new Map<string, Department[]>();
  for (const department of departments) {
    const siblings = below.get(department.parent ?? '') ?? [];
    below.set(department.parent ?? '', siblings);
    siblings.push(department);
  }
  for (const siblings of below.values()) siblings.sort(byName);
  const tree = { departments: byId, below, transfers: new Map(transfers.map(({ id, to }) => [id, to])) };
  // What is in a cycle, or below a parent that is not there, is not met on the way down from the root.
  if (byId.size !== all.length || subtreeOf(tree, rootDepartment).length !== all.length) {
    throw new MusterError('corrupt_item', 'The stored departments are no tree.');
  }
  return tree;
}

function byName(one: Department, other: Department): number {
  const [a, b] = [foldGroupName(one.name), foldGroupName(other.name)];
  if (a !== b) return a < b ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}

/** The department of an id. @throws MusterError `not_found` */
export function departmentOf(tree: DepartmentTree, id: string): Department {
  const department = tree.departments.get(id);
  if (department === undefined) throw new MusterError('not_found', 'There is no such department.');
  return department;
}

/** The department and all below it, each before those below it and siblings by name. Empty for an unknown id. */
export function subtreeOf(tree: DepartmentTree, id: string): Department[] {
  const found: Department[] = [];
  const left = [tree.departments.get(id)];
  while (left.length > 0) {
    const department = left.pop();
    if (department === undefined) continue;
    found.push(department);
    left.push(...(tree.below.get(department.id) ?? []).toReversed());
  }
  return found;
}

/** The department and those above it, from the root down. @throws MusterError `not_found` */
function lineOf(tree: DepartmentTree, id: string): Department[] {
  const line = [departmentOf(tree, id)];
  for (let parent = line[0]?.parent; parent !== undefined; parent = line[0]?.parent) {
    line.unshift(departmentOf(tree, parent));
  }
  return line;
}

/** The path of a department, `A / B / C`, which `namesOfPath` reads back; empty for the root. @throws MusterError `not_found` */
export function pathOf(tree: DepartmentTree, id: string): string {
  return pathOfNames(
    lineOf(tree, id)
      .slice(1)
      .map(({ name }) => name),
  );
}

/** The department that these names lead to from the root, however they are cased; the root for no names. */
export function findByPath(tree: DepartmentTree, names: readonly string[]): Department | undefined {
  let found = tree.departments.get(rootDepartment);
  for (const name of names) {
    if (found === undefined) break;
    found = childNamed(tree, found.id, name);
  }
  return found;
}

function childNamed(tree: DepartmentTree, parent: string, name: string): Department | undefined {
  const folded = foldGroupName(name);
  return tree.below.get(parent)?.find((one) => foldGroupName(one.name) === folded);
}

/** The id of the department that stands for this one: itself, or who took its members. Undefined if it is gone. */
export function standingFor(tree: DepartmentTree, id: string): string | undefined {
  let current: string | undefined = id;
  for (let steps = 0; current !== undefined && steps <= tree.transfers.size; steps++) {
    if (tree.departments.has(current)) return current;
    current = tree.transfers.get(current);
  }
  return undefined;
}

/**
 * The ids by which members may name one of these departments: their own, and those of deleted departments whose
 * members they took. With {@link subtreeOf} this is the filter "a department and its subtree".
 */
export function namesInMembers(tree: DepartmentTree, ids: readonly string[]): Set<string> {
  const wanted = new Set(ids);
  const taken = [...tree.transfers.keys()].filter((id) => wanted.has(standingFor(tree, id) ?? ''));
  return new Set([...wanted, ...taken]);
}

/**
 * Adds a department below another one; beside one is below its parent.
 * @throws MusterError `unknown_department`, `too_many_departments`, `department_too_deep`, `department_name_taken`
 */
export function addDepartment(
  tree: DepartmentTree,
  { id, name, parent }: { id: string; name: string; parent: string },
): DepartmentChange {
  if (tree.departments.size > departmentsMax) throw tooManyDepartments();
  const department = { id, name, parent, version: 1 };
  checkPlace(tree, department, 1);
  return { tree: withChanges(tree, [department]), department };
}

/**
 * Renames or moves a department, or both.
 * @throws MusterError `not_found`, `root_department_fixed`, `unknown_department`, `department_below_itself`,
 * `department_too_deep`, `department_name_taken`
 */
export function changeDepartment(
  tree: DepartmentTree,
  id: string,
  patch: { name?: string | undefined; parent?: string | undefined },
): DepartmentChange {
  const before = departmentOf(tree, id);
  const { name = before.name, parent = before.parent } = patch;
  if (before.parent === undefined || parent === undefined) throw rootIsFixed();
  if (name === before.name && parent === before.parent) return { tree, department: before, before };
  if (subtreeOf(tree, id).some((one) => one.id === parent)) throw belowItself();
  const department = { id, name, parent, version: before.version + 1 };
  checkPlace(tree, department, heightOf(tree, id));
  return { tree: withChanges(tree, [department]), department, before };
}

/**
 * The tree with departments that {@link addDepartment} would take one after the other; for many at once.
 * @throws MusterError `corrupt_item` if they are no tree together.
 */
export function withDepartments(tree: DepartmentTree, added: readonly Department[]): DepartmentTree {
  return added.length === 0 ? tree : withChanges(tree, added);
}

/** What a deletion relies on. */
export interface DeletionOptions {
  /** How many members name the department. */
  members: number;
  /** The department that takes the members, and the departments directly below. */
  transferTo?: string | undefined;
}

/**
 * Deletes a department that has no members and nothing below it, or hands both to another one (S3.3).
 * @throws MusterError `not_found`, `root_department_fixed`, `department_not_empty`, `unknown_department`,
 * `department_below_itself`, `department_name_taken`, `department_too_deep`, `too_many_departments`
 */
export function deleteDepartment(
  tree: DepartmentTree,
  id: string,
  { members, transferTo }: DeletionOptions,
): DepartmentDeletion {
  const department = departmentOf(tree, id);
  if (department.parent === undefined) throw rootIsFixed();
  const below = tree.below.get(id) ?? [];
  if (transferTo === undefined) {
    if (members > 0 || below.length > 0) throw notEmpty(members, below.length);
    return { tree: without(tree, id), department, moved: [] };
  }
  if (transferTo === id) throw belowItself();
  if (below.length > departmentsTransferredMax) {
    const most = `${departmentsTransferredMax} departments directly below`;
    throw new MusterError('department_not_empty', `More than ${most}: move some of them first.`);
  }
  if (tree.transfers.size >= departmentsMax) throw tooManyDepartments();
  checkParent(tree, transferTo);
  // Under its id it is out of the way of those below it, one of which may have its name.
  let rest = withChanges(tree, [{ ...department, name: id }]);
  const moved = below.map((one) => {
    const change = changeDepartment(rest, one.id, { parent: transferTo });
    rest = change.tree;
    return change.department;
  });
  const transfer = { id, to: transferTo };
  return { tree: without(rest, id, transfer), department, moved, transfer };
}

/** The tree without the memory of these transfers: no member names those departments any more. */
export function forgetTransfers(tree: DepartmentTree, ids: readonly string[]): DepartmentTree {
  const transfers = new Map(tree.transfers);
  for (const id of ids) transfers.delete(id);
  return { ...tree, transfers };
}

/** Where a change puts a department: below one that is there, not too deep, with a name of its own there. */
function checkPlace(tree: DepartmentTree, place: Required<Department>, height: number): void {
  const depth = checkParent(tree, place.parent) + height;
  if (depth > departmentDepthMax) {
    throw new MusterError('department_too_deep', `Departments go ${departmentDepthMax} deep at most.`);
  }
  const namesake = childNamed(tree, place.parent, place.name);
  if (namesake !== undefined && namesake.id !== place.id) {
    throw new MusterError('department_name_taken', 'There is a department with this name already.');
  }
}

/** How deep the parent is. */
function checkParent(tree: DepartmentTree, parent: string): number {
  if (tree.departments.has(parent)) return lineOf(tree, parent).length - 1;
  throw new MusterError('unknown_department', 'There is no such department to be put below.');
}

/** How many departments deep a department is, itself counted. */
function heightOf(tree: DepartmentTree, id: string): number {
  let height = 0;
  for (let level = [id]; level.length > 0; height++) {
    level = level.flatMap((one) => (tree.below.get(one) ?? []).map((child) => child.id));
  }
  return height;
}

function withChanges(tree: DepartmentTree, changed: readonly Department[]): DepartmentTree {
  const departments = new Map(tree.departments);
  for (const department of changed) departments.set(department.id, department);
  return remade(departments, tree.transfers);
}

function without(tree: DepartmentTree, id: string, transfer?: TransferredDepartment): DepartmentTree {
  const departments = new Map(tree.departments);
  departments.delete(id);
  const transfers = new Map(tree.transfers);
  if (transfer !== undefined) transfers.set(transfer.id, transfer.to);
  return remade(departments, transfers);
}

function remade(
  departments: ReadonlyMap<string, Department>,
  transfers: ReadonlyMap<string, string>,
): DepartmentTree {
  const all = [...departments.values()];
  return departmentTree({
    root: departments.get(rootDepartment) as Department,
    departments: all.filter(({ id }) => id !== rootDepartment),
    transfers: Array.from(transfers, ([id, to]) => ({ id, to })),
  });
}

function belowItself(): MusterError {
  return new MusterError('department_below_itself', 'A department cannot be put below itself.');
}

/** The refusal of one department more than a tree has room for. */
export function tooManyDepartments(): MusterError {
  return new MusterError(
    'too_many_departments',
    `An organization has ${departmentsMax} departments at most.`,
  );
}

function rootIsFixed(): MusterError {
  const message = 'The root is the organization itself: its owner renames it with the organization.';
  return new MusterError('root_department_fixed', message);
}

function notEmpty(members: number, below: number): MusterError {
  const message = `The department has ${members} members and ${below} departments below. Transfer them first.`;
  return new MusterError('department_not_empty', message);
}
