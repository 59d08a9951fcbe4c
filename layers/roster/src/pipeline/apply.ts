import { type DepartmentTree, rootDepartment, standingFor } from '../domain/departments.ts';
import { MusterError } from '../domain/errors.ts';
import type { Import } from '../domain/import.ts';
import {
  type ApplyContext,
  type Approval,
  type Clock,
  type Departments,
  type ImportRef,
  type Imports,
  movesMembership,
  type Objects,
  type Organizations,
  type PlannedChange,
  type RosterMembers,
} from '../domain/ports.ts';
import { approvedChanges, ChangeReader } from './change-reader.ts';
import { chunked } from './chunks.ts';
import { departmentColumnOf } from './department-texts.ts';
import { ensureOpen } from './ensure-open.ts';
import { type Manifest, type Plan, readJson, workFiles } from './work-files.ts';

export interface ApplyDeps {
  imports: Imports;
  organizations: Organizations;
  members: RosterMembers;
  departments: Pick<Departments, 'tree'>;
  work: Objects;
  clock: Clock;
  /** Told of the accounts whose memberships moved. */
  accountQueue: { changed(accounts: Iterable<string>): Promise<void> };
}

const chunksInFlightMax = 4;

/**
 * Writes the approved changes of one part, a chunk to a transaction. The chunks are cut the same way each time,
 * because their size follows from the plan and the import's own version of the schema,
 * and each leaves a checkpoint in its own transaction, so that a repeat writes only what is missing (B12).
 */
export async function applyPart(deps: ApplyDeps, ref: ImportRef & { part: number }): Promise<void> {
  // Before the import: whoever finds it open has then seen every drop that could have ended it.
  const { timeZone, era, dropping } = await deps.organizations.get(ref.organization);
  if (dropping !== undefined) throw new MusterError('import_superseded', 'All data is being dropped.');
  const job = await ensureOpen(deps.imports, ref);
  const manifest = await readJson<Manifest>(deps.work, workFiles.manifest(ref));
  const plan = await readJson<Plan>(deps.work, workFiles.plan(ref));
  const part = plan.parts.find((candidate) => candidate.part === ref.part);
  if (part === undefined) return;
  const schema = await deps.organizations.schema(ref.organization, manifest.schemaVersion);
  const approval = await deps.imports.approval(ref);
  const departments = await placementsOf(deps, ref, manifest);
  const now = deps.clock();
  const context: ApplyContext = {
    schema,
    timeZone,
    era,
    now,
    departments,
    ...approverOf(job, approval),
  };
  const approved = approvedChanges(new ChangeReader(deps.work, ref, manifest), part, approval);
  const done = await doneChunks(deps.imports, ref);

  const inFlight = new Set<Promise<void>>();
  for await (const [chunk, changes] of chunked(approved, schema.columns)) {
    const write = done.has(chunk)
      ? tellAccounts(deps, changes)
      : deps.members
          .applyChunk(ref, { part: ref.part, chunk, changes }, context)
          .then(() => tellAccounts(deps, changes))
          .then(() => deps.imports.addProgress(ref, 'applying', changes.length));
    inFlight.add(write);
    // One that failed stays, so that the race or the last wait meets it.
    write.then(
      () => inFlight.delete(write),
      () => undefined,
    );
    if (inFlight.size >= chunksInFlightMax) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
}

/** The ids of the departments that the file names, by their texts; of an undo by the ids that they had. */
async function placementsOf(
  { work, departments }: Pick<ApplyDeps, 'work' | 'departments'>,
  ref: ImportRef,
  manifest: Manifest,
): Promise<ReadonlyMap<string, string>> {
  if (manifest.undoOf !== undefined) return standingIds(await departments.tree(ref.organization));
  if (departmentColumnOf(manifest) === undefined) return new Map();
  return new Map(await readJson<[string, string][]>(work, workFiles.placements(ref)));
}

/** The ids of all departments there are or that others took over, each with that of the department in its place. */
function standingIds(tree: DepartmentTree): Map<string, string> {
  const ids = [rootDepartment, ...tree.departments.keys(), ...tree.transfers.keys()];
  return new Map(
    ids.flatMap((id): [string, string][] => {
      const standing = standingFor(tree, id);
      return standing === undefined ? [] : [[id, standing]];
    }),
  );
}

/** Who answers for the changes: a plan that the policy approved is its uploader's. */
function approverOf(
  { uploadedBy, uploaderAccount }: Import,
  { by, account, second }: Approval,
): Pick<ApplyContext, 'approvedBy' | 'approverAccounts'> {
  const approvedBy = account === undefined ? uploadedBy : by;
  const accounts = [account ?? uploaderAccount, second?.account];
  return { approvedBy, approverAccounts: accounts.filter((one) => one !== undefined) };
}

/** Told again for a chunk that was written before: the word may have been lost, and once more does no harm. */
async function tellAccounts(deps: ApplyDeps, changes: readonly PlannedChange[]): Promise<void> {
  const accounts = changes.filter(movesMembership).flatMap(({ account }) => account ?? []);
  if (accounts.length > 0) await deps.accountQueue.changed(accounts);
}

async function doneChunks(imports: Imports, ref: ImportRef & { part: number }): Promise<Set<number>> {
  const done = new Set<number>();
  for await (const { chunk } of imports.chunks(ref, ref.part)) done.add(chunk);
  return done;
}
