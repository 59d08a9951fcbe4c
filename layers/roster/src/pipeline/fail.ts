import { applyInterruptedOf } from '../domain/execution.ts';
import type { Import } from '../domain/import.ts';
import { failedEvent } from '../domain/import-audit.ts';
import { undoWindow } from '../domain/import-undo.ts';
import type { Clock, ImportRef, Imports } from '../domain/ports.ts';

function interruptedOf({ kind }: Pick<Import, 'kind'>) {
  const again = kind === 'undo' ? 'Undo the import again.' : 'Upload the file again.';
  const message = `The import was interrupted by a fault. Nothing was changed. ${again}`;
  return { code: 'interrupted', message };
}

/**
 * Ends an import that a fault of the system stopped, so that its admin sees it and the floor is free. What was
 * applied stays: the same file uploaded again plans exactly the rest.
 */
export async function fail(deps: { imports: Imports; clock: Clock }, ref: ImportRef): Promise<void> {
  const job = await deps.imports.get(ref);
  if (job.status === 'in_progress') {
    const updatedAt = deps.clock().toISOString();
    const error = job.step === 'applying' ? applyInterruptedOf(job) : interruptedOf(job);
    const end = { status: 'error', error, updatedAt, ...undoWindow(job) } as const;
    await deps.imports.update(ref.organization, job, end, failedEvent(job, error));
  }
  await deps.imports.leaveFloor(ref);
}
