/** The planned changes as files of one JSON object a line, by part and kind. */
import type { Change } from '../domain/import.ts';
import type { PlannedChange } from '../domain/ports.ts';
import { valuesByName } from '../domain/roster-row.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { CheckedRows } from './checked-rows.ts';
import { hashLength } from './values-hash.ts';

const addHead = Buffer.from('{"kind":"add","externalId":');
const addLine = Buffer.from(',"line":');
const addNotJoined = Buffer.from(',"version":0,"state":"not_joined","valuesHash":"');
const addDisabled = Buffer.from(',"version":0,"state":"disabled","valuesHash":"');
const addRow = Buffer.from('","before":{},"row":');
const addEnd = Buffer.from('}\n');

/**
 * Writes a member to be added. What is known of the row is passed on as bytes, above all its values as the JSON
 * they came in: a first import plans every row of the file, and parsing each one here would double its cost.
 */
export function writeAdd(writer: ByteWriter, rows: CheckedRows, index: number): void {
  const { bytes } = rows;
  writer.copy(addHead);
  writer.text(JSON.stringify(rows.externalId(index)));
  writer.copy(addLine);
  writer.copy(bytes, rows.start(index), rows.idStart(index) - 1);
  writer.copy(rows.active(index) === false ? addDisabled : addNotJoined);
  writer.copy(bytes, rows.hashStart(index), rows.hashStart(index) + hashLength);
  writer.copy(addRow);
  writer.copy(bytes, rows.valuesStart(index), rows.valuesEnd(index));
  writer.copy(addEnd);
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
