import { applyInterrupted } from '../domain/execution.ts';
import { failedEvent } from '../domain/import-audit.ts';
import type { Clock, ImportRef, Imports } from '../domain/ports.ts';

const interrupted = {
  code: 'interrupted',
  message: 'The import was interrupted by a fault. Nothing was changed. Upload the file again.',
} as const;

/**
 * Ends an import that a fault of the system stopped, so that its admin sees it and the floor is free. What was
 * applied stays: the same file uploaded again plans exactly the rest.
 */
export async function fail(deps: { imports: Imports; clock: Clock }, ref: ImportRef): Promise<void> {
  const job = await deps.imports.get(ref);
  if (job.status === 'in_progress') {
    const error = job.step === 'applying' ? applyInterrupted : interrupted;
    const end = { status: 'error', error, updatedAt: deps.clock().toISOString() } as const;
    await deps.imports.update(ref.organization, job, end, failedEvent(job, error));
  }
  await deps.imports.leaveFloor(ref);
}
