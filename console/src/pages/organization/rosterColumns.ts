/** The columns of a roster as a form has them, and what an edited list of them means. */
import { columnRoles } from 'roster/domain/column-kinds';
import type { RosterSchema } from '../../api/schema.ts';

export { columnRoles, columnTypes, dateFormats } from 'roster/domain/column-kinds';

export type RosterColumn = RosterSchema['columns'][number];
export type ColumnType = RosterColumn['type'];
export type ColumnRole = NonNullable<RosterColumn['role']>;
export type DateFormat = NonNullable<RosterColumn['dateFormat']>;
type Place = { path: string; message: string };

/** What a column says of its values by yes or no. */
export const columnRules = [
  'required',
  'unique',
  'protectEdits',
  'createDepartments',
  'madeFromName',
] as const;

/** A column of an edited list; `key` tells it apart whatever it is called. */
export interface Row {
  key: string;
  column: RosterColumn;
}

/** A column as a form has it: texts as typed, lists a line each. */
export interface ColumnDraft {
  name: string;
  type: ColumnType;
  role: ColumnRole | undefined;
  required: boolean;
  unique: boolean;
  pattern: string;
  maxLength: string;
  values: string;
  aliases: string;
  dateFormat: DateFormat;
  createDepartments: boolean | undefined;
  madeFromName: boolean | undefined;
  protectEdits: boolean;
}

export function draftOf(column?: RosterColumn): ColumnDraft {
  return {
    name: column?.name ?? '',
    type: column?.type ?? 'text',
    role: column?.role,
    required: column?.required ?? false,
    unique: column?.unique ?? false,
    pattern: column?.pattern ?? '',
    maxLength: String(column?.maxLength ?? ''),
    values: (column?.values ?? []).join('\n'),
    aliases: (column?.aliases ?? []).join('\n'),
    dateFormat: column?.dateFormat ?? 'YYYY-MM-DD',
    createDepartments: column?.createDepartments,
    madeFromName: column?.madeFromName,
    protectEdits: column?.protectEdits ?? false,
  };
}

/** What only some columns can have; the form shows, and the column keeps, no other. */
export function fitsOf({ type, role }: Pick<ColumnDraft, 'type' | 'role'>) {
  return {
    values: type === 'enum',
    dateFormat: type === 'date',
    createDepartments: role === 'department',
    madeFromName: role === 'externalId' && type === 'text',
    protectEdits: role !== 'externalId' && role !== 'state',
  };
}

/** The column that a form says, without what is as usual. What was never decided stays so. */
export function columnOf(draft: ColumnDraft): RosterColumn {
  const { name, type, role, pattern, maxLength, dateFormat, createDepartments, madeFromName } = draft;
  const fits = fitsOf(draft);
  const [values, aliases] = [linesOf(draft.values), linesOf(draft.aliases)];
  return {
    name: name.trim(),
    type,
    ...(role && { role }),
    ...(draft.required && { required: true }),
    ...(draft.unique && { unique: true }),
    ...(pattern !== '' && { pattern }),
    ...(maxLength.trim() !== '' && { maxLength: Number(maxLength) }),
    ...(fits.values && values.length > 0 && { values }),
    ...(aliases.length > 0 && { aliases }),
    ...(fits.dateFormat && dateFormat !== 'YYYY-MM-DD' && { dateFormat }),
    ...(fits.createDepartments && createDepartments !== undefined && { createDepartments }),
    ...(fits.madeFromName && madeFromName !== undefined && { madeFromName }),
    ...(fits.protectEdits && draft.protectEdits && { protectEdits: true }),
  };
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

/** The rows with one a place up or down; as they are where there is no such place. */
export function moved(rows: readonly Row[], key: string, by: -1 | 1): readonly Row[] {
  const from = rows.findIndex((row) => row.key === key);
  const other = rows[from + by];
  const row = rows[from];
  if (row === undefined || other === undefined) return rows;
  return rows.with(from, other).with(from + by, row);
}

/** The names that a saved list has and an edited one has not: what members have in them is no more shown. */
export function goneOf(saved: readonly RosterColumn[], rows: readonly Row[]): string[] {
  const kept = new Set(rows.map(({ column }) => column.name));
  return saved.map(({ name }) => name).filter((name) => !kept.has(name));
}

/**
 * What the API finds wrong, at the columns it is about: it names one by its name, several of one role by their names
 * after each other, and one of a wrong shape by its number. What is about none of them is left.
 */
export function faultsOf(places: readonly Place[], rows: readonly Row[]) {
  const at = new Map<string, string[]>();
  const left: string[] = [];
  for (const { path, message } of places) {
    const keys = keysAt(path, rows);
    if (keys.length === 0) left.push(message);
    for (const key of keys) at.set(key, [...(at.get(key) ?? []), message]);
  }
  return { at, left };
}

function keysAt(path: string, rows: readonly Row[]): string[] {
  const number = /^body\/columns\/(\d+)(\/|$)/.exec(path)?.[1];
  const numbered = number === undefined ? undefined : rows[Number(number)];
  if (numbered) return [numbered.key];
  const named = rows.filter(({ column }) => column.name === path);
  if (named.length > 0) return named.map(({ key }) => key);
  const together = columnRoles
    .map((role) => rows.filter(({ column }) => column.role === role))
    .find((holders) => holders.map(({ column }) => column.name).join(', ') === path);
  return (together ?? []).map(({ key }) => key);
}
