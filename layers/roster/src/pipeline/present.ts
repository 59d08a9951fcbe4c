import type { Import } from '../domain/import.ts';
import {
  type ImportAction,
  type ImportNeed,
  importActions,
  importNeed,
  standingOf,
} from '../domain/import-actions.ts';
import { changedMembers } from '../domain/import-undo.ts';
import { type Level, permissionsOf } from '../domain/permissions.ts';
import type { Clock, ImportRef, Imports, RosterChanges } from '../domain/ports.ts';

/** An import as it is shown: with what its viewer can do, and what it waits for. */
export interface ShownImport extends Import {
  actions: ImportAction[];
  waitsFor?: ImportNeed;
  progress?: { done: number; total: number };
  /** Whether the roster changed since the plan was made, and how many members did, as far as can be told. */
  stale?: true;
  changedMembers?: number;
}

/** An import as the history lists it, for a viewer of this level. */
export function listed(stored: Import, level: Level, now: Date): ShownImport {
  const waitsFor = importNeed(stored, now);
  const actions = importActions(stored, permissionsOf[level], now);
  return { ...standingOf(stored, now), actions, ...(waitsFor && { waitsFor }) };
}

/** An import with how far its present step is, in rows or changes, or how far the roster has moved from its plan. */
export async function present(
  deps: { imports: Imports; rosterChanges: RosterChanges; clock: Clock },
  ref: ImportRef,
  stored: Import,
  { level }: { level: Level },
): Promise<ShownImport> {
  const job = listed(stored, level, deps.clock());
  if (job.status === 'in_progress' && job.step === 'review') {
    return { ...job, ...(await staleness(deps.rosterChanges, ref, job)) };
  }
  return withProgress(deps.imports, ref, job);
}

/** A listed import with how far its present step is; nothing is read of one that is at none that counts. */
export async function withProgress(imports: Imports, ref: ImportRef, job: ShownImport): Promise<ShownImport> {
  const total = totalOf(job);
  if (total === undefined) return job;
  const done = await imports.progress(ref, job.step);
  // A repeated part counts twice: the number is for people, the counts are exact.
  return { ...job, progress: { done: Math.min(done, total), total } };
}

async function staleness(changes: RosterChanges, { organization }: ImportRef, { comparedFrom }: Import) {
  if (comparedFrom === undefined) return {};
  const { members, isMore } = await changes.since(organization, comparedFrom);
  return members > 0 || isMore ? { stale: true as const, changedMembers: members } : {};
}

function totalOf({ status, step, counts }: Import): number | undefined {
  if (status !== 'in_progress') return undefined;
  if (step === 'validating' || step === 'comparing') return counts.rows;
  return step === 'applying' ? changedMembers(counts) : undefined;
}
