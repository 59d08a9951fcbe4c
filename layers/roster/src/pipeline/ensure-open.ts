import { isMusterError, MusterError } from '../domain/errors.ts';
import { type Import, type ImportStep, isAfter } from '../domain/import.ts';
import type { Clock, ImportRef, Imports } from '../domain/ports.ts';

/**
 * Reads an import that a step is about to work on.
 * @throws MusterError `import_superseded` if it has ended: a newer upload, a cancel, an error or a drop of all
 * data came first.
 */
export async function ensureOpen(imports: Imports, ref: ImportRef): Promise<Import> {
  const job = await found(imports, ref);
  if (job.status !== 'in_progress') {
    throw new MusterError('import_superseded', `The import ${ref.importId} has ended as ${job.status}.`);
  }
  return job;
}

/** An import whose record is gone was dropped with all data. @throws MusterError `import_superseded` */
async function found(imports: Imports, ref: ImportRef): Promise<Import> {
  try {
    return await imports.get(ref);
  } catch (error) {
    if (!isMusterError(error, 'not_found')) throw error;
    throw new MusterError('import_superseded', `There is no import ${ref.importId} any more.`, {
      cause: error,
    });
  }
}

/**
 * Shows that an import has come to a step. Of its parts, which work side by side, the first one says so.
 * `noted` is what it keeps then.
 * @throws MusterError `import_superseded` if it has ended.
 */
export async function enterStep(
  deps: { imports: Imports; clock: Clock },
  ref: ImportRef,
  step: ImportStep,
  noted: () => Promise<Partial<Import>> = async () => ({}),
): Promise<Import> {
  const job = await ensureOpen(deps.imports, ref);
  if (!isAfter(step, job.step)) return job;
  const patch = { step, ...(await noted()), updatedAt: deps.clock().toISOString() };
  try {
    return await deps.imports.update(ref.organization, job, patch);
  } catch (error) {
    // Another part came first, or the import ended.
    if (isMusterError(error, 'conflict')) return ensureOpen(deps.imports, ref);
    throw error;
  }
}
