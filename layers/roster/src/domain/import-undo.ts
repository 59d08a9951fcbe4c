/**
 * Takes back what an import changed (B2): which imports can be undone, and what undoes each of their changes. Pure.
 *
 * A member that an import wrote names the import until it is edited in another way, another import among them; an undo
 * gives the name back that was there before. So undone one after the other, from the newest on, imports leave what was
 * there before all of them, and whatever else somebody did stays.
 */
import { MusterError } from './errors.ts';
import { applyInterrupted } from './execution.ts';
import { fileKeptDays, type Import, type RejectCode } from './import.ts';
import { type Member, signInTimes } from './member.ts';
import type { EarlierMember, MemberDigest, PlannedChange } from './ports.ts';

/** How long an import can be undone after its upload, in days: as long as the files stay that an undo is made from (B15). */
export const undoDays = fileKeptDays;

const dayMs = 24 * 60 * 60 * 1_000;

/** Until when an import that has ended can be undone: `undoUntil`, or nothing where it changed nobody or is an undo. */
export function undoWindow({
  kind,
  approval,
  createdAt,
}: Pick<Import, 'kind' | 'approval' | 'createdAt'>): Pick<Import, 'undoUntil'> {
  if (kind === 'undo' || approval === undefined) return {};
  return { undoUntil: new Date(Date.parse(createdAt) + undoDays * dayMs).toISOString() };
}

/** @throws MusterError `import_not_undoable` with the reason and what to do instead */
export function requireUndoable(job: Import, now: Date): void {
  const refusal = undoRefusal(job, now);
  if (refusal !== undefined) throw new MusterError('import_not_undoable', refusal);
}

/** Why an import cannot be undone at a time; undefined where it can. */
export function undoRefusal(
  job: Pick<Import, 'kind' | 'status' | 'step' | 'error' | 'counts' | 'undoneBy' | 'undoUntil'>,
  now: Date,
): string | undefined {
  const { kind, status, step, error, counts, undoneBy, undoUntil } = job;
  if (kind === 'undo') return 'An undo cannot be undone. Upload the file of the import again instead.';
  if (undoneBy !== undefined) return 'The import was undone already.';
  const isInterrupted = error?.code === applyInterrupted.code;
  if (status !== 'complete' && !isInterrupted) {
    return `Only an import that has changed members can be undone; this one is ${status} at ${step}.`;
  }
  if (status === 'complete' && changedMembers(counts) === 0) return 'The import changed nobody.';
  if (undoUntil === undefined || now >= new Date(undoUntil)) {
    return `An import can be undone for ${undoDays} days after its upload.`;
  }
  return undefined;
}

/** How many members an import has changed, or plans to. */
export function changedMembers(counts: Import['counts']): number {
  return counts.added + counts.updated + counts.reactivated + counts.disabled + counts.removed;
}

/** What undoes one change: another change, nothing because it is so already, or nothing because of what happened since. */
export type Inverse = { change: PlannedChange } | { kept: KeptCode } | 'unchanged';
type KeptCode = Extract<RejectCode, 'changed_since' | 'joined_since' | 'removed_since'>;

/** What is told of a member that an undo keeps. */
export const keptMessages: Record<KeptCode, string> = {
  changed_since: 'The member was changed after the import, and stays as it is now.',
  joined_since: 'The member has joined after the import, and stays.',
  removed_since: 'The member was removed after the import.',
};

/**
 * What undoes a change of the import `undone`, for a member as it is `now` (undefined where it is gone).
 * @param departments those that it was in before, if the change put it into others
 */
export function inverseOf(
  change: PlannedChange,
  undone: string,
  now: MemberDigest | undefined,
  departments?: string[],
): Inverse {
  if (now === undefined) return change.kind === 'add' ? 'unchanged' : { kept: 'removed_since' };
  const { was } = change;
  const isAsLeft = now.importId === undone && (change.kind === 'add' || was !== undefined);
  if (!isAsLeft) {
    if (isAsBefore(change, now)) return 'unchanged';
    const hasJoined = change.account === undefined && now.account !== undefined;
    return { kept: hasJoined ? 'joined_since' : 'changed_since' };
  }
  const { externalId, account, version } = now;
  const about = { externalId, version, ...(account !== undefined && { account }) };
  if (change.kind === 'add') {
    const before = change.values ?? {};
    return { change: { kind: 'remove', ...about, from: now.state, state: now.state, before } };
  }
  const { disabledBy, importId } = was ?? {};
  const restore = {
    ...(disabledBy !== undefined && { disabledBy }),
    ...(importId !== undefined && { importId }),
    ...(departments !== undefined && { departments }),
  };
  return { change: { ...about, ...stateBefore(change, now), ...valuesBefore(change), restore } };
}

/** Whether a member that is not as the import left it is as before the import, in all that the import changed. */
function isAsBefore({ kind, from, values, was }: PlannedChange, now: MemberDigest): boolean {
  if (kind === 'add' || was === undefined) return false;
  if (values !== undefined && was.valuesHash !== now.valuesHash) return false;
  return kind === 'update' || (now.state === from && now.disabledBy === was.disabledBy);
}

function stateBefore(
  { kind, from = 'not_joined' }: PlannedChange,
  now: MemberDigest,
): Pick<PlannedChange, 'kind' | 'from' | 'state'> {
  // An update moved no state; its active period may have since, and goes on to.
  const state = kind === 'update' ? now.state : from;
  const inverse = kind === 'reactivate' ? 'disable' : kind === 'disable' ? 'reactivate' : 'update';
  return { kind: inverse, state, ...(state !== now.state && { from: now.state }) };
}

function valuesBefore({
  values,
  before,
  was,
}: PlannedChange): Pick<PlannedChange, 'values' | 'valuesHash' | 'before'> {
  if (values === undefined) return { before: {} };
  const restored = { ...values };
  for (const [name, value] of Object.entries({ ...before, ...was?.respelled })) {
    if (value === null) delete restored[name];
    else restored[name] = value;
  }
  const after = Object.keys(before).map((name) => [name, values[name] ?? null] as const);
  const valuesHash = was?.valuesHash;
  return {
    values: restored,
    ...(valuesHash !== undefined && { valuesHash }),
    before: Object.fromEntries(after),
  };
}

/** What undoing the change of a member needs to know; `respelled` where values change. */
export function earlierOf(
  { disabledBy, importId, valuesHash }: MemberDigest,
  respelled: Record<string, string | null> | undefined,
): EarlierMember {
  return {
    ...(disabledBy !== undefined && { disabledBy }),
    ...(importId !== undefined && { importId }),
    ...(respelled !== undefined && { valuesHash }),
    ...(respelled !== undefined && Object.keys(respelled).length > 0 && { respelled }),
  };
}

const noEdits = new Set<string>(['version', 'updatedAt', 'importId', 'invitation', ...signInTimes]);
const periodMoves = new Set<string>(['state', 'disabledBy']);

/**
 * Whether a change of a member is an edit, which an undo of an earlier import keeps. What is no edit: signing in, the
 * invitation of a member with its reminders, and what the member's own active period does to it.
 */
export function isEdit(before: Member, after: Member): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Member>;
  const changed = [...names].filter(
    (name) => !noEdits.has(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const isOfPeriod = (before.disabledBy === 'period') !== (after.disabledBy === 'period');
  return changed.some((name) => !(isOfPeriod && periodMoves.has(name)));
}
