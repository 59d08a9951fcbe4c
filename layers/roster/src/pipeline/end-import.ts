import { MusterError } from '../domain/errors.ts';
import { failedEvent } from '../domain/import-audit.ts';
import type { Clock, ImportRef, Imports } from '../domain/ports.ts';
import { FileError } from '../files/errors.ts';
import { ensureOpen } from './ensure-open.ts';

/**
 * Ends an import as an error that a person can act on, and gives the floor back.
 * @returns the error to throw, so that the execution stops quietly: a bad file is no fault of the system.
 */
export async function endInError(
  deps: { imports: Imports; clock: Clock },
  ref: ImportRef,
  error: { code: string; message: string },
): Promise<MusterError> {
  const job = await ensureOpen(deps.imports, ref);
  const end = { status: 'error', error, updatedAt: deps.clock().toISOString() } as const;
  await deps.imports.update(ref.organization, job, end, failedEvent(job, error));
  await deps.imports.leaveFloor(ref);
  return new MusterError('import_superseded', `The import ${ref.importId} ended with ${error.code}.`);
}

/**
 * Runs a step's work; a file that turns out unusable ends the import as an error.
 * @throws MusterError `import_superseded` after such an end; anything else as it is.
 */
export async function refusing<T>(
  deps: { imports: Imports; clock: Clock },
  ref: ImportRef,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw await endInError(deps, ref, { code: error.code, message: error.message });
  }
}
