import type { AuditActor } from '../domain/audit.ts';
import { MusterError } from '../domain/errors.ts';
import { applyInterrupted } from '../domain/execution.ts';
import type { Import } from '../domain/import.ts';
import { standingOf } from '../domain/import-actions.ts';
import type { Clock, ImportRef, Imports, Objects } from '../domain/ports.ts';
import { changingParts } from './plan.ts';
import { rerunning } from './rerunning.ts';
import { type Plan, readJson, workFiles } from './work-files.ts';

export interface ResumeDeps {
  imports: Imports;
  work: Objects;
  clock: Clock;
}

/**
 * Goes on with an import whose applying was interrupted: from its checkpoints, so that what was written is not written
 * again. Of any other import that is in progress nothing is changed. The caller starts the state machine with `parts`,
 * if there are any: again where the word was lost, which starts nothing twice.
 * @throws MusterError `import_not_resumable` for one that has ended otherwise, was undone, or since which another import
 * was begun: its plan is of an older roster, so the file has to be uploaded again
 */
export async function resume(
  deps: ResumeDeps,
  ref: ImportRef,
  actor: AuditActor,
): Promise<{ job: Import; parts?: number[] }> {
  return rerunning(async () => {
    const job = await deps.imports.get(ref);
    const isInterrupted = standingOf(job, deps.clock()).error?.code === applyInterrupted.code;
    if (!isInterrupted && job.status === 'in_progress') {
      return job.step === 'applying' ? { job, parts: await partsOf(deps, ref) } : { job };
    }
    if (!isInterrupted || job.undoneBy !== undefined) {
      const message = `Only an import whose applying was interrupted is resumed; this one is ${job.status} at ${job.step}.`;
      throw new MusterError('import_not_resumable', message);
    }
    const parts = await partsOf(deps, ref);
    const patch = {
      status: 'in_progress' as const,
      step: 'applying' as const,
      error: null,
      resumed: (job.resumed ?? 0) + 1,
      updatedAt: deps.clock().toISOString(),
    };
    const next = await deps.imports.reopen(ref, job, patch, {
      action: 'import.resume',
      actor,
      subject: ref.importId,
      before: { status: job.status, step: job.step },
      after: { status: 'in_progress', step: 'applying' },
      details: { resumed: patch.resumed },
    });
    return { job: next, parts };
  });
}

async function partsOf({ work }: ResumeDeps, ref: ImportRef): Promise<number[]> {
  return changingParts(await readJson<Plan>(work, workFiles.plan(ref)));
}
