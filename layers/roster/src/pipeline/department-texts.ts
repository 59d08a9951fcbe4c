/** The department texts of an import: which its changes name, and where they lead. */
import {
  type DepartmentFault,
  departmentFaultMessage,
  departmentPlacer,
  planDepartments,
} from '../domain/department-resolver.ts';
import { type DepartmentTree, departmentsMax, pathOf } from '../domain/departments.ts';
import { isMusterError } from '../domain/errors.ts';
import { changeKinds, type Import, type Reject } from '../domain/import.ts';
import type { ImportRef, Objects, PlannedChange } from '../domain/ports.ts';
import { compilePlacing } from '../domain/roster-row.ts';
import { type Column, columnWithRole } from '../domain/schema.ts';
import { FileError } from '../files/errors.ts';
import { ChangeReader } from './change-reader.ts';
import { type Manifest, type PlanPart, readJson, workFiles } from './work-files.ts';

/** Where the department texts of an import lead, as planned. */
export interface DepartmentPlan {
  /** Texts with the ids of their departments. */
  known: [text: string, id: string][];
  /** Texts that name departments to be made, as paths. */
  missing: string[];
}

/** A plan of departments, with the texts that lead nowhere. */
export interface PlacedTexts extends DepartmentPlan {
  faults: ReadonlyMap<string, DepartmentFault>;
}

/** The file's column of departments, if it has one. An undo names departments by their ids. */
export function departmentColumnOf({ undoOf, columns }: Manifest): Column | undefined {
  return undoOf !== undefined ? undefined : columnWithRole(columns, 'department');
}

/**
 * Finds where texts lead in a tree. Nothing is stored.
 * @throws FileError `too_many_departments` where they are, or make, more than an organization can have
 */
export function placeTexts(tree: DepartmentTree, column: Column, texts: ReadonlySet<string>): PlacedTexts {
  if (texts.size > departmentsMax) throw tooManyDepartments(column.name);
  const placer = departmentPlacer(tree, column);
  const known: [string, string][] = [];
  const missing: string[] = [];
  const faults = new Map<string, DepartmentFault>();
  for (const text of texts) {
    const placement = placer(text);
    if ('id' in placement) known.push([text, placement.id]);
    else if ('missing' in placement) missing.push(text);
    else faults.set(text, placement.fault);
  }
  return { known, missing, faults };
}

/** The file names more departments than there can be. */
export function tooManyDepartments(column: string): FileError {
  return new FileError(
    'too_many_departments',
    `The column “${column}” names more departments than the ${departmentsMax} that an organization can have. If it holds something else, take the role department off it in the roster schema.`,
  );
}

const shownMax = 100;
const shownLengthMax = 20_000;

/**
 * What an admin is told of departments to be made: the paths of the first ones, and how many there are.
 * @throws FileError `too_many_departments`
 */
export function departmentsToCreate(
  tree: DepartmentTree,
  column: Column,
  missing: readonly string[],
): Pick<Import, 'departmentsToCreate' | 'departmentsToCreateCount'> {
  if (missing.length === 0) return {};
  let next = 0;
  const planned = plannedOrRefused(column, () => planDepartments(tree, missing, () => `planned ${next++}`));
  const paths: string[] = [];
  let length = 0;
  for (const { id } of planned.added.slice(0, shownMax)) {
    const path = pathOf(planned.tree, id);
    length += path.length;
    if (length > shownLengthMax) break;
    paths.push(path);
  }
  return { departmentsToCreate: paths, departmentsToCreateCount: planned.added.length };
}

function plannedOrRefused<T>(column: Column, plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (isMusterError(error, 'too_many_departments')) throw tooManyDepartments(column.name);
    throw error;
  }
}

/** The changes of a plan that put their member into a department by its text, in batches. */
async function* placingChanges(
  work: Objects,
  ref: ImportRef,
  manifest: Manifest,
  parts: readonly PlanPart[],
): AsyncIterable<{ change: PlannedChange; text: string }[]> {
  const reader = new ChangeReader(work, ref, manifest);
  const textOf = compilePlacing(manifest.columns);
  for (const part of parts) {
    for (const kind of changeKinds) {
      for await (const changes of reader.all(part, kind)) {
        yield changes.flatMap((change) => {
          const text = textOf(change);
          return text ? [{ change, text }] : [];
        });
      }
    }
  }
}

/** The texts by which some of a plan's changes name departments. Reads all changes. */
export async function textsOf(
  work: Objects,
  ref: ImportRef,
  parts: readonly PlanPart[],
  isWanted: (change: PlannedChange) => boolean,
): Promise<Set<string>> {
  const manifest = await readJson<Manifest>(work, workFiles.manifest(ref));
  const texts = new Set<string>();
  for await (const placing of placingChanges(work, ref, manifest, parts)) {
    for (const { change, text } of placing) if (isWanted(change)) texts.add(text);
  }
  return texts;
}

const rejectsMax = 10_000;

/**
 * The rows that name departments which lead nowhere, by line. Reads all changes, if there is such a text at all.
 * @throws FileError `too_many_unknown_departments` where they are more than can be listed
 */
export async function rejectsOfFaults(
  work: Objects,
  ref: ImportRef,
  manifest: Manifest,
  parts: readonly PlanPart[],
  faults: ReadonlyMap<string, DepartmentFault>,
): Promise<Map<number, Reject>> {
  const rejects = new Map<number, Reject>();
  const column = departmentColumnOf(manifest)?.name ?? '';
  if (faults.size === 0) return rejects;
  for await (const placing of placingChanges(work, ref, manifest, parts)) {
    for (const { change, text } of placing) {
      const code = faults.get(text);
      if (code === undefined || change.line === undefined) continue;
      const message = departmentFaultMessage(column, code);
      rejects.set(change.line, { line: change.line, column, code, message, value: text.slice(0, 200) });
      if (rejects.size > rejectsMax) throw tooManyFaults(column);
    }
  }
  return rejects;
}

function tooManyFaults(column: string): FileError {
  return new FileError(
    'too_many_unknown_departments',
    `More than ${rejectsMax} rows name departments in “${column}” that cannot be found. Add the departments first, or let the column create them in the roster schema.`,
  );
}
