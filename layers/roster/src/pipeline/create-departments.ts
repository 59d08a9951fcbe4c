import { findPlanned } from '../domain/department-resolver.ts';
import { type DepartmentTree, standingFor } from '../domain/departments.ts';
import { isMusterError } from '../domain/errors.ts';
import { changeKinds } from '../domain/import.ts';
import type { Approval, Clock, Departments, ImportRef, Imports, Objects } from '../domain/ports.ts';
import type { Column } from '../domain/schema.ts';
import { approvalActor } from './audit-import.ts';
import {
  type DepartmentPlan,
  departmentColumnOf,
  placeTexts,
  textsOf,
  tooManyDepartments,
} from './department-texts.ts';
import { refusing } from './end-import.ts';
import { ensureOpen } from './ensure-open.ts';
import { isExcluded } from './finish.ts';
import { type Manifest, type Plan, readJson, workFiles } from './work-files.ts';

export interface CreateDepartmentsDeps {
  imports: Imports;
  departments: Departments;
  work: Objects;
  clock: Clock;
}

/**
 * Makes the departments that the approved changes name and that are still not there, and settles where each text
 * leads: the first step of applying. While it and what follows run no department is deleted. What was made since the
 * plan, by somebody else or by an earlier try, is found by its path, and what was settled once stays so, whatever is
 * renamed meanwhile; so doing it again makes nothing twice.
 * @throws MusterError `import_superseded` if the import ended, also here because there is no room for departments.
 */
export async function createDepartments(deps: CreateDepartmentsDeps, ref: ImportRef): Promise<void> {
  await ensureOpen(deps.imports, ref);
  const manifest = await readJson<Manifest>(deps.work, workFiles.manifest(ref));
  const column = departmentColumnOf(manifest);
  if (column === undefined || (await isSettled(deps.work, ref))) return;
  const planned = await readJson<DepartmentPlan>(deps.work, workFiles.departmentPlan(ref));
  const placements = await refusing(deps, ref, () => settle(deps, ref, column, planned));
  await deps.work.write(workFiles.placements(ref), JSON.stringify(placements));
}

async function isSettled(work: Objects, ref: ImportRef): Promise<boolean> {
  try {
    await work.read(workFiles.placements(ref));
    return true;
  } catch (error) {
    if (isMusterError(error, 'not_found')) return false;
    throw error;
  }
}

async function settle(
  { imports, departments, work }: CreateDepartmentsDeps,
  ref: ImportRef,
  column: Column,
  planned: DepartmentPlan,
): Promise<[text: string, id: string][]> {
  const approval = await imports.approval(ref);
  let tree = await departments.tree(ref.organization);
  const found = foundAgain(tree, column, planned);
  const missing = await approvedOf(work, ref, approval, found.missing);
  if (missing.length > 0) {
    const why = { actor: approvalActor(approval), details: { importId: ref.importId } };
    try {
      tree = await departments.addMany(ref.organization, missing, why);
    } catch (error) {
      if (isMusterError(error, 'too_many_departments')) throw tooManyDepartments(column.name);
      throw error;
    }
  }
  const made = missing.flatMap((text): [string, string][] => {
    const department = findPlanned(tree, text);
    return department === undefined ? [] : [[text, department.id]];
  });
  return [...found.known, ...made];
}

/**
 * Where the planned texts lead now: departments were renamed, moved, handed over and deleted since. A text that was to
 * be made stays a path: by its name alone it might be found below another one that is being made.
 */
function foundAgain(tree: DepartmentTree, column: Column, planned: DepartmentPlan): DepartmentPlan {
  const known: [string, string][] = [];
  const gone = new Set<string>();
  for (const [text, id] of planned.known) {
    const standing = standingFor(tree, id);
    if (standing === undefined) gone.add(text);
    else known.push([text, standing]);
  }
  // Texts that lead nowhere any more have no placement: their changes are conflicts.
  const again = placeTexts(tree, column, gone);
  return { known: [...known, ...again.known], missing: [...planned.missing, ...again.missing] };
}

/** The texts that approved changes name: a part of the plan needs a part of its departments. */
async function approvedOf(
  work: Objects,
  ref: ImportRef,
  approval: Approval,
  texts: readonly string[],
): Promise<readonly string[]> {
  const isWhole = approval.exclude.length === 0 && changeKinds.every((kind) => approval.kinds.includes(kind));
  if (isWhole || texts.length === 0) return texts;
  const { parts } = await readJson<Plan>(work, workFiles.plan(ref));
  const excluded = isExcluded(approval);
  const wanted = await textsOf(work, ref, parts, ({ kind, externalId }) => !excluded(kind, externalId));
  return texts.filter((text) => wanted.has(text));
}
