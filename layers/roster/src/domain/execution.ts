/** Bounds of the work on an import, for those who run it and for those who find it standing still. */
import type { Import } from './import.ts';

/**
 * How long the state machine may work on an import, before its review or after it, in seconds: one that takes
 * longer has gone wrong, because a million rows take minutes.
 */
export const executionSecondsMax = 6 * 60 * 60;

/** How often a message of a queue is delivered before it is a dead letter. */
export const messageTriesMax = 5;

/** How long a step that has begun may outlive its execution: Lambda's longest timeout. */
const stepSecondsMax = 15 * 60;

/** The error of an import that stopped while its changes were being written. */
export const applyInterrupted = {
  code: 'apply_interrupted',
  message:
    'The import was interrupted while it was being applied. Resume it, or upload the same file again: only what is missing will be changed.',
} as const;

/** The error of an import, or of an undo, that stopped while its changes were being written. */
export function applyInterruptedOf({ kind }: Pick<Import, 'kind'>): { code: string; message: string } {
  if (kind !== 'undo') return applyInterrupted;
  const message =
    'The undo was interrupted while it was being applied. Resume it, or undo the import again: only what is missing will be changed.';
  return { ...applyInterrupted, message };
}

/**
 * Whether an import is being applied by nobody any more: its execution timed out, was aborted by an operator, or
 * never started. Applying begins with a change of the record, and an execution ends by its own timeout.
 */
export function isAbandoned(job: Pick<Import, 'status' | 'step' | 'updatedAt'>, now: Date): boolean {
  const stillSeconds = (now.getTime() - Date.parse(job.updatedAt)) / 1_000;
  return (
    job.status === 'in_progress' &&
    job.step === 'applying' &&
    stillSeconds > executionSecondsMax + stepSecondsMax
  );
}
