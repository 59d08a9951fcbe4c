/** What can be done with an import, and what it waits for: for the API, the history and the console alike. Pure. */
import { applyInterrupted, isAbandoned } from './execution.ts';
import { asOf, fileKeptDays, type Import, isOpen } from './import.ts';
import { undoRefusal } from './import-undo.ts';
import type { Permission } from './permissions.ts';

/**
 * `resume`: go on where it needs attention, or finish what was interrupted (S1.13, S1.15). `map`: say what its columns
 * are. `approve`, `withdraw` (an approval that waits for a second one), `replan`: in review. `cancel`: end it.
 * `undo`: restore what it changed. `report`, `file`: download what became of its rows, and what was uploaded (S1.4).
 */
export const importActionNames = [
  'resume',
  'map',
  'approve',
  'withdraw',
  'replan',
  'cancel',
  'undo',
  'report',
  'file',
] as const;
export type ImportAction = (typeof importActionNames)[number];

/** What an import that does not go on by itself waits for. `resume`: for somebody to finish what was interrupted. */
export const importNeeds = ['upload', 'mapping', 'review', 'secondApproval', 'resume'] as const;
export type ImportNeed = (typeof importNeeds)[number];

type Job = Pick<
  Import,
  | 'status'
  | 'step'
  | 'kind'
  | 'createdAt'
  | 'updatedAt'
  | 'uploadedAt'
  | 'mappingChoice'
  | 'hold'
  | 'error'
  | 'counts'
  | 'undoneBy'
  | 'undoUntil'
>;

/**
 * The import as it stands at a time, as `asOf`; and one that nobody applies any more, because its execution timed out or
 * was lost, has been interrupted.
 */
export function standingOf<
  J extends Pick<Import, 'status' | 'step' | 'createdAt' | 'updatedAt' | 'uploadedAt' | 'error'>,
>(stored: J, now: Date): J {
  const job = asOf(stored, now);
  return isAbandoned(job, now) ? { ...job, status: 'error', error: applyInterrupted } : job;
}

/** What an import waits for at a time, if for anything: the step that resuming lands on. */
export function importNeed(stored: Job, now: Date): ImportNeed | undefined {
  const job = standingOf(stored, now);
  if (job.undoneBy !== undefined) return undefined;
  if (job.error?.code === applyInterrupted.code) return 'resume';
  if (job.status !== 'in_progress') return undefined;
  // One whose file has come waits for its turn, which needs nobody.
  const waitsForFile = job.uploadedAt === undefined && job.kind !== 'undo';
  if (job.step === 'awaiting_upload') return waitsForFile ? 'upload' : undefined;
  // One whose headers an admin has mapped is read again, which needs nobody.
  if (job.step === 'mapping') return job.mappingChoice === undefined ? 'mapping' : undefined;
  if (job.step !== 'review') return undefined;
  return job.hold?.secondApproval?.by === undefined ? 'review' : 'secondApproval';
}

/** What somebody with these permissions can do with an import at a time, in the order of {@link importActionNames}. */
export function importActions(stored: Job, permissions: readonly Permission[], now: Date): ImportAction[] {
  const job = standingOf(stored, now);
  const possible = new Set([
    ...(permissions.includes('imports.write') ? changing(job, now) : []),
    ...(permissions.includes('imports.read') ? downloads(job, now) : []),
  ]);
  return importActionNames.filter((action) => possible.has(action));
}

function changing(job: Job, now: Date): ImportAction[] {
  if (job.status !== 'in_progress') {
    return [
      ...(importNeed(job, now) === 'resume' ? (['resume'] as const) : []),
      ...(undoRefusal(job, now) === undefined ? (['undo'] as const) : []),
    ];
  }
  return [
    'resume',
    ...(isOpen(job) ? (['cancel'] as const) : []),
    ...(importNeed(job, now) === 'mapping' ? (['map'] as const) : []),
    ...(job.step === 'review' ? (['approve'] as const) : []),
    ...(job.step === 'review' && job.kind !== 'undo' ? (['replan'] as const) : []),
    ...(importNeed(job, now) === 'secondApproval' ? (['withdraw'] as const) : []),
  ];
}

/** Rows have outcomes once the import is done, or was refused for its rows. */
function downloads(job: Job, now: Date): ImportAction[] {
  const isReported = job.status === 'complete' || job.error?.code === 'rows_rejected';
  return [...(isReported ? (['report'] as const) : []), ...(hasFile(job, now) ? (['file'] as const) : [])];
}

/** Whether the uploaded file is there: it came, and its time is not over. */
export function hasFile({ kind, uploadedAt }: Pick<Job, 'kind' | 'uploadedAt'>, now: Date): boolean {
  return kind !== 'undo' && uploadedAt !== undefined && !isPurged({ uploadedAt }, now);
}

/**
 * Whether the time for which an uploaded file is kept is over. S3 removes it by its lifecycle, up to a day later; by
 * then nobody gets it any more.
 */
export function isPurged({ uploadedAt }: Pick<Import, 'uploadedAt'>, now: Date): boolean {
  return uploadedAt !== undefined && now.getTime() - Date.parse(uploadedAt) >= fileKeptDays * 24 * 3_600_000;
}
