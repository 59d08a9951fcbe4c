/** Decides what a row, or a member's absence, changes. Pure: the same input gives the same plan. */
import type { ChangeKind, ImportMode } from './import.ts';
import type { DisabledBy, MemberState } from './member.ts';

/** What the plan needs to know of a member. */
export interface Known {
  state: MemberState;
  disabledBy?: DisabledBy | undefined;
  valuesHash: string;
}

/** What the plan needs to know of a row; `active` is what its state column says, if it has one. */
export interface RowState {
  active: boolean | undefined;
  valuesHash: string;
}

export type RowOutcome = ChangeKind | 'unchanged' | 'skipped';

/**
 * What a row does to the roster.
 * A row that says "inactive" disables; one that says "active" brings a disabled member back; one that says
 * nothing brings back only whom an absence or a file had disabled: whom an admin or an active period disabled stays so.
 * `differs` tells whether any value differs.
 */
export function outcomeOfRow(
  mode: ImportMode,
  row: Pick<RowState, 'active'>,
  known: Pick<Known, 'state' | 'disabledBy'> | undefined,
  differs: boolean,
): RowOutcome {
  if (known === undefined) return mode === 'update_only' ? 'skipped' : 'add';
  const change = changeOfKnown(row, known, differs);
  return change !== 'unchanged' && mode === 'add_only' ? 'skipped' : change;
}

function changeOfKnown(
  row: Pick<RowState, 'active'>,
  known: Pick<Known, 'state' | 'disabledBy'>,
  differs: boolean,
): RowOutcome {
  if (known.state === 'disabled') {
    const comesBack = row.active === true || (row.active === undefined && isUndoneBySilence(known));
    if (comesBack) return 'reactivate';
  } else if (row.active === false) {
    return 'disable';
  }
  return differs ? 'update' : 'unchanged';
}

function isUndoneBySilence({ disabledBy }: Pick<Known, 'disabledBy'>): boolean {
  return disabledBy !== 'admin' && disabledBy !== 'period';
}

/** Whether a member that the file does not name is to be disabled: only by a full file, and only once (S2.17). */
export function isDisabledByAbsence(mode: ImportMode, known: Pick<Known, 'state'>): boolean {
  return mode === 'full' && known.state !== 'disabled';
}

/** The fields that differ between a member's values and a row's, by canonical form; `null` is a blank. */
export function differingFields(
  names: readonly string[],
  before: { values: Record<string, string>; canonical: readonly string[] },
  after: { values: readonly string[]; canonical: readonly string[] },
): Record<string, string | null> {
  const fields: Record<string, string | null> = {};
  for (const [index, name] of names.entries()) {
    if (before.canonical[index] !== after.canonical[index]) fields[name] = before.values[name] ?? null;
  }
  return fields;
}
