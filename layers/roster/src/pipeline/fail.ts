import type { Clock, ImportRef, Imports } from '../domain/ports.ts';

/**
 * Ends an import that a fault of the system stopped, so that its admin sees it and the floor is free. What was
 * applied stays: the same file uploaded again plans exactly the rest.
 */
export async function fail(deps: { imports: Imports; clock: Clock }, ref: ImportRef): Promise<void> {
  const job = await deps.imports.get(ref);
  if (job.status === 'in_progress') {
    const begun = job.step === 'applying';
    const message = begun
      ? 'The import was interrupted while it was being applied. Upload the same file again: only what is missing will be changed.'
      : 'The import was interrupted by a fault. Nothing was changed. Upload the file again.';
    await deps.imports.update(ref.organization, job, {
      status: 'error',
      error: { code: begun ? 'apply_interrupted' : 'interrupted', message },
      updatedAt: deps.clock().toISOString(),
    });
  }
  await deps.imports.leaveFloor(ref);
}
