import { changeKinds, countOfKind, type Import, type ImportCounts } from '../domain/import.ts';
import { changedMembers, undoWindow } from '../domain/import-undo.ts';
import type { Approval, Clock, ImportRef, Imports, Objects, Selection } from '../domain/ports.ts';
import { completionEvent } from './audit-import.ts';
import { ensureOpen } from './ensure-open.ts';
import { type FinalOutcome, writeReport } from './report.ts';
import { workFiles } from './work-files.ts';

export interface FinishDeps {
  imports: Imports;
  work: Objects;
  reports: Objects;
  clock: Clock;
}

/**
 * Ends an import whose parts are applied: exact counts from the checkpoints, the row ledger, status complete,
 * and the floor is free for the next one.
 */
export async function finish(deps: FinishDeps, ref: ImportRef): Promise<void> {
  const job = await ensureOpen(deps.imports, ref);
  const approval = await deps.imports.approval(ref);
  const { counts, conflicts } = await applied(deps.imports, ref, job);
  await deps.work.write(workFiles.conflicts(ref), JSON.stringify([...conflicts]));
  await writeReport(deps, ref, finalOutcomes(job, approval, conflicts));
  if (job.undoOf !== undefined && changedMembers(counts) > 0) await markUndone(deps.imports, ref, job.undoOf);
  const updatedAt = deps.clock().toISOString();
  const end = { status: 'complete', step: 'done', counts, updatedAt, ...undoWindow(job) } as const;
  const event = await completionEvent(deps.work, ref, job, approval, counts);
  await deps.imports.update(ref.organization, job, end, event);
  await deps.imports.leaveFloor(ref);
}

/** Before the undo ends: one that is repeated from here finds it marked, and no second one begins in between. */
async function markUndone(imports: Imports, ref: ImportRef, undoOf: string): Promise<void> {
  const undone = await imports.get({ ...ref, importId: undoOf });
  if (undone.undoneBy !== ref.importId) {
    await imports.update(ref.organization, undone, { undoneBy: ref.importId });
  }
}

/** What was really written; the rest of the plan was excluded or met a member that had changed since. */
async function applied(imports: Imports, ref: ImportRef, job: Import) {
  const counts: ImportCounts = {
    ...job.counts,
    added: 0,
    updated: 0,
    reactivated: 0,
    disabled: 0,
    disabledByFile: 0,
    removed: 0,
  };
  const conflicts = new Set<string>();
  for await (const chunk of imports.chunks(ref)) {
    for (const kind of changeKinds) counts[countOfKind[kind]] += chunk.counts[kind];
    counts.disabledByFile += chunk.disabledByFile;
    for (const externalId of chunk.conflicts) conflicts.add(externalId);
  }
  const planned = changedMembers(job.counts);
  counts.conflicts = conflicts.size;
  counts.excluded = planned - changedMembers(counts) - conflicts.size;
  return { counts, conflicts };
}

/** Whether a change is left out by an approval or a selection. */
export function isExcluded(approval: Selection): (kind: string, externalId: string) => boolean {
  const excluded = new Set(approval.exclude);
  const kinds = new Set<string>(approval.kinds);
  return (kind, externalId) => !kinds.has(kind) || excluded.has(externalId);
}

function finalOutcomes(
  { undoOf }: Pick<Import, 'undoOf'>,
  approval: Approval,
  conflicts: ReadonlySet<string>,
): FinalOutcome {
  const excluded = isExcluded(approval);
  const planned = new Set<string>(changeKinds);
  return (outcome, externalId) => {
    // An undo keeps members where an import rejects rows.
    if (outcome === 'rejected' && undoOf !== undefined) return 'kept';
    if (!planned.has(outcome)) return outcome;
    if (excluded(outcome, externalId)) return 'excluded';
    return conflicts.has(externalId) ? 'conflict' : countOfKind[outcome as keyof typeof countOfKind];
  };
}
