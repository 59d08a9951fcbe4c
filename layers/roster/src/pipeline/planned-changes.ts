/**
 * The planned changes as files of lines, by part and kind. A change to a member is an object of JSON. A member to be
 * added is only a reference to its row in the part's checked file, for a first import plans every row, and copying
 * them all would double what the comparison costs:
 *
 *     line ⇥ first byte ⇥ byte behind the last
 */
import type { Change } from '../domain/import.ts';
import type { PlannedChange } from '../domain/ports.ts';
import { valuesByName } from '../domain/roster-row.ts';
import { CheckedRows } from './checked-rows.ts';

/** Where the row of a member to be added stands in the checked file of its part. */
export interface RowReference {
  line: number;
  start: number;
  end: number;
}

export function formatAdd({ line, start, end }: RowReference): string {
  return `${line}\t${start}\t${end}\n`;
}

export function parseAdd(text: string): RowReference {
  const [line, start, end] = text.split('\t').map(Number);
  return { line: line as number, start: start as number, end: end as number };
}

/** The change that adds the member of one checked row; `names` are the mapped columns, in the order of its values. */
export function addedMember(row: Buffer, names: readonly string[], uniqueColumnCount: number): PlannedChange {
  const rows = new CheckedRows(row, uniqueColumnCount);
  return {
    kind: 'add',
    externalId: rows.externalId(0),
    line: rows.line(0),
    version: 0,
    state: rows.active(0) === false ? 'disabled' : 'not_joined',
    valuesHash: rows.valuesHash(0),
    values: valuesByName(names, rows.values(0)),
    before: {},
  };
}

export function formatChange(change: PlannedChange): string {
  return `${JSON.stringify(change)}\n`;
}

export function parseChange(text: string): PlannedChange {
  return JSON.parse(text) as PlannedChange;
}

/** The line of the file that a planned change comes from, whatever its kind; 0 if the file does not name the member. */
export function lineOfChange(text: string): number {
  return text.startsWith('{') ? (parseChange(text).line ?? 0) : parseAdd(text).line;
}

/** A planned change as people see it: each field before and after. */
export function toChange(planned: PlannedChange): Change {
  const { kind, externalId, version, values = {}, before, restore } = planned;
  // An undo has no file; its changes are numbered all the same.
  const line = kind === 'remove' || restore !== undefined ? undefined : planned.line;
  const names = kind === 'add' ? Object.keys(values) : Object.keys(before);
  const fields: Change['fields'] = {};
  for (const name of names) fields[name] = { before: before[name] ?? null, after: values[name] ?? null };
  const { protectedFields } = planned;
  return {
    kind,
    externalId,
    ...(line !== undefined && { line }),
    fields,
    ...(protectedFields && { protectedFields }),
    version,
  };
}
