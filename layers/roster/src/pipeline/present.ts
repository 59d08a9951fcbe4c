import { asOf, type Import } from '../domain/import.ts';
import type { Clock, ImportRef, Imports } from '../domain/ports.ts';

/** An import with how far its present step is, in rows or changes. */
export async function present(
  deps: { imports: Imports; clock: Clock },
  ref: ImportRef,
  stored: Import,
): Promise<Import & { progress?: { done: number; total: number } }> {
  const job = asOf(stored, deps.clock());
  const total = totalOf(job);
  if (total === undefined) return job;
  const done = await deps.imports.progress(ref, job.step);
  // A repeated part counts twice: the number is for people, the counts are exact.
  return { ...job, progress: { done: Math.min(done, total), total } };
}

function totalOf({ status, step, counts }: Import): number | undefined {
  if (status !== 'in_progress') return undefined;
  if (step === 'validating' || step === 'comparing') return counts.rows;
  return step === 'applying'
    ? counts.added + counts.updated + counts.reactivated + counts.disabled
    : undefined;
}
