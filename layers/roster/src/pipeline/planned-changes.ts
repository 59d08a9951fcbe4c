/** The planned changes as files of one JSON object a line, by part and kind. */
import type { Change } from '../domain/import.ts';
import type { PlannedChange } from '../domain/ports.ts';
import { valuesByName } from '../domain/roster-row.ts';
import type { CheckedRow } from './checked-rows.ts';

/**
 * A member to be added. The row's values are passed on as the JSON they came in: a first import plans every row
 * of the file, and parsing each one here would double its cost.
 */
export function formatAdd(row: CheckedRow): string {
  const state = row.active === false ? 'disabled' : 'not_joined';
  return `{"kind":"add","externalId":${JSON.stringify(row.externalId)},"line":${row.line},"version":0,"state":"${state}","valuesHash":"${row.valuesHash}","before":{},"row":${row.valuesJson}}\n`;
}

export function formatChange(change: PlannedChange): string {
  return `${JSON.stringify(change)}\n`;
}

/** Parses a line; `names` are the mapped columns, in the order of an added row's values. */
export function parsePlanned(line: string, names: readonly string[]): PlannedChange {
  const { row, ...change } = JSON.parse(line) as PlannedChange & { row?: string[] };
  return row === undefined ? change : { ...change, values: valuesByName(names, row) };
}

/** A planned change as people see it: each field before and after. */
export function toChange(planned: PlannedChange): Change {
  const { kind, externalId, line, version, values = {}, before } = planned;
  const names = kind === 'add' ? Object.keys(values) : Object.keys(before);
  const fields: Change['fields'] = {};
  for (const name of names) fields[name] = { before: before[name] ?? null, after: values[name] ?? null };
  return { kind, externalId, ...(line !== undefined && { line }), fields, version };
}
