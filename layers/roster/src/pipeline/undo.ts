import type { AuditActor } from '../domain/audit.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import { type Import, isAfter, noCounts } from '../domain/import.ts';
import { requireUndoable } from '../domain/import-undo.ts';
import type {
  Clock,
  ImportRef,
  Imports,
  NewId,
  Objects,
  Organizations,
  RosterChanges,
} from '../domain/ports.ts';
import { endInError } from './end-import.ts';
import { ensureOpen } from './ensure-open.ts';
import { type Manifest, type Plan, readJson, workFiles } from './work-files.ts';

export interface UndoDeps {
  imports: Imports;
  work: Objects;
  clock: Clock;
  newId: NewId;
}

/**
 * Makes the import that undoes another one, with an audit entry. It has a plan of its own, which is made when its turn
 * comes, waits in review, and is approved and applied as any other. The caller starts the state machine.
 * @throws MusterError `import_not_undoable` with the reason
 */
export async function requestUndo(deps: UndoDeps, ref: ImportRef, actor: AuditActor): Promise<Import> {
  const undone = await deps.imports.get(ref);
  const now = deps.clock();
  requireUndoable(undone, now);
  await planOf(deps.work, ref);
  const at = now.toISOString();
  const { fileName, mode } = undone;
  const job: Import = {
    importId: deps.newId(),
    kind: 'undo',
    undoOf: ref.importId,
    fileName,
    mode,
    onRowErrors: 'accept_valid',
    approve: 'review',
    status: 'in_progress',
    step: 'awaiting_upload',
    uploadedBy: actor.login,
    uploaderAccount: actor.account,
    createdAt: at,
    updatedAt: at,
    counts: noCounts,
    version: 1,
  };
  await deps.imports.create(ref.organization, job, {
    action: 'import.undo',
    actor,
    subject: job.importId,
    details: { undoOf: ref.importId },
  });
  return job;
}

export interface BeginUndoDeps extends Omit<UndoDeps, 'newId'> {
  organizations: Organizations;
  rosterChanges: RosterChanges;
}

/**
 * Begins an undo when its turn has come: it takes the floor as an upload does, so that it is never at work beside
 * another import, and lays down what its parts are.
 * @returns the parts to be planned
 * @throws MusterError `import_busy` while another import is being applied, `import_superseded` if the undo has ended
 */
export async function beginUndo(deps: BeginUndoDeps, ref: ImportRef): Promise<{ parts: number[] }> {
  const { undoOf = '', createdAt } = await ensureOpen(deps.imports, ref);
  const job = await deps.imports.takeFloor(ref, arrivalOf(createdAt), deps.clock());
  // The answer of an earlier try whose word was lost: what was planned from it stays.
  if (isAfter(job.step, 'comparing')) return { parts: job.parts ?? [] };
  const undone = { ...ref, importId: undoOf };
  try {
    // Another undo of the same import may have come first.
    requireUndoable(await deps.imports.get(undone), deps.clock());
    return { parts: await layDown(deps, ref, job, undone) };
  } catch (error) {
    if (!isMusterError(error, 'import_not_undoable')) throw error;
    throw await endInError(deps, ref, { code: error.code, message: error.message });
  }
}

/** S3 tells the time of an upload in whole seconds: of one in the same second, the one announced later is the newer. */
function arrivalOf(createdAt: string): Date {
  return new Date(Math.floor(Date.parse(createdAt) / 1_000) * 1_000);
}

/** Writes the manifest: the parts of the import that is undone, by the roster schema of today. */
async function layDown(
  { work, imports, organizations, rosterChanges, clock }: BeginUndoDeps,
  ref: ImportRef,
  job: Import,
  undone: ImportRef,
): Promise<number[]> {
  const plan = await planOf(work, undone);
  const { parts } = await readJson<Manifest>(work, workFiles.manifest(undone));
  const { schemaVersion } = await organizations.get(ref.organization);
  const { columns } = await organizations.schema(ref.organization, schemaVersion);
  const manifest: Manifest = {
    undoOf: undone.importId,
    columns,
    positions: [],
    fieldCount: 0,
    delimiter: '',
    complete: true,
    report: { mapped: {}, ignored: [], missing: [] },
    schemaVersion,
    parts: parts.map(({ part }) => ({ part, segments: 0, rows: changesOfPart(plan, part) })),
  };
  await work.write(workFiles.manifest(ref), JSON.stringify(manifest));
  const numbers = parts.map(({ part }) => part);
  const rows = manifest.parts.reduce((sum, part) => sum + part.rows, 0);
  const counts = { ...noCounts, rows };
  const patch = {
    schemaVersion,
    parts: numbers,
    counts,
    // Before any member is read: what changes from now on, the plan may not know of.
    comparedFrom: await rosterChanges.position(ref.organization),
    updatedAt: clock().toISOString(),
  };
  await imports.update(ref.organization, job, patch);
  return numbers;
}

function changesOfPart({ parts }: Plan, number: number): number {
  const kinds = parts.find(({ part }) => part === number)?.kinds ?? {};
  return Object.values(kinds).reduce((sum, { count }) => sum + count, 0);
}

/** @throws MusterError `import_not_undoable` where the files are gone that an undo is made from */
async function planOf(work: Objects, ref: ImportRef): Promise<Plan> {
  try {
    return await readJson<Plan>(work, workFiles.plan(ref));
  } catch (cause) {
    if (!isMusterError(cause, 'not_found')) throw cause;
    const message = 'What the import changed is not kept any more, so that it cannot be undone.';
    throw new MusterError('import_not_undoable', message, { cause });
  }
}
