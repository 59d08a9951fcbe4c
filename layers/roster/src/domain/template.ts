/** Sample rows of a roster schema, for the file that people start from (S0.8). */

import type { ColumnRole } from './column-kinds.ts';
import { type PresetId, presets } from './presets.ts';
import { type Column, externalIdLengthMax } from './schema.ts';
import { compileColumn } from './validate.ts';

/** The header and three sample rows, each with as many values as the header. */
export interface SampleRoster {
  header: string[];
  rows: string[][];
}

const byRole: Partial<Record<ColumnRole, readonly string[]>> = {
  externalId: ['10001', '10002', '10003'],
  firstName: ['Alice', 'Benoît', 'Chidi'],
  lastName: ['Martin', 'Lefèvre', 'Okafor'],
  fullName: ['Alice Martin', 'Benoît Lefèvre', 'Chidi Okafor'],
  username: ['alice.martin', 'benoit.lefevre', 'chidi.okafor'],
  department: ['Sales', 'Sales', 'Support'],
  group: ['Staff', 'Staff', 'Board'],
};

// Phone numbers reserved for examples (ATIS 0300115, 555-01XX), and names reserved by RFC 2606. No sample begins
// with a sign that a spreadsheet takes for a formula.
const byType: Record<Column['type'], readonly string[]> = {
  text: ['Sample', 'Example', 'Specimen'],
  integer: ['1', '2', '3'],
  decimal: ['10.50', '20.00', '30.25'],
  boolean: ['true', 'true', 'false'],
  date: ['1985-03-14', '1990-11-02', '1978-07-25'],
  email: ['alice@example.org', 'benoit@example.org', 'chidi@example.org'],
  phone: ['202 555 0143', '202 555 0171', '202 555 0198'],
  enum: [],
};

/** Makes the sample of a schema. A value that the column's own rules refuse is left blank. */
export function sampleRoster(columns: readonly Column[]): SampleRoster {
  const samples = columns.map(columnSamples);
  return {
    header: columns.map((column) => column.name),
    rows: [0, 1, 2].map((row) => samples.map((values) => values[row] ?? '')),
  };
}

/** Makes the sample of a preset's own file; a column that no roster has, such as that of passwords, is blank. */
export function samplePreset(id: PresetId): SampleRoster {
  const { columns, template } = presets.find((preset) => preset.id === id) as (typeof presets)[number];
  const { header, rows } = sampleRoster(columns);
  const fieldsOf = (row: string[]) => template.map((name) => row[header.indexOf(name)] ?? '');
  return { header: [...template], rows: rows.map(fieldsOf) };
}

function columnSamples(column: Column): string[] {
  const check = compileColumn({
    ...column,
    required: false,
    maxLength: column.maxLength ?? externalIdLengthMax,
  });
  return candidates(column).map((value) => (typeof check(value) === 'string' ? value : ''));
}

function candidates(column: Column): readonly string[] {
  if (column.type === 'enum') return cycled(column.values ?? []);
  if (column.type === 'date') return byType.date.map((iso) => dateAs(iso, column.dateFormat));
  const named = column.role && byRole[column.role];
  if (named && (column.type === 'text' || column.role === 'externalId')) {
    return column.type === 'email' ? byType.email : named;
  }
  return byType[column.type];
}

function cycled(values: readonly string[]): string[] {
  return [0, 1, 2].map((row) => values[row % values.length] ?? '');
}

function dateAs(iso: string, format: Column['dateFormat']): string {
  const [year = '', month = '', day = ''] = iso.split('-');
  return (format ?? 'YYYY-MM-DD').replace('YYYY', year).replace('MM', month).replace('DD', day);
}
