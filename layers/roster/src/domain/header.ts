import type { ImportColumns } from './import.ts';
import { type Column, foldLabel } from './schema.ts';

/** How a file's header meets the schema: `positions[i]` is the field number of `columns[i]`. */
export interface HeaderMapping {
  columns: Column[];
  positions: number[];
  report: ImportColumns;
  /** Whether every column of the schema is in the file. */
  complete: boolean;
}

/** Why a header cannot be used, with the cure. */
export interface HeaderFault {
  code: 'missing_column' | 'duplicate_column';
  message: string;
}

/**
 * Matches header names to the schema's columns by name or alias, case, accents and punctuation put aside.
 * Names that match no column are reported as ignored, never dropped in silence (B10). The external id and every
 * required column have to be there.
 */
export function mapHeader(names: readonly string[], columns: readonly Column[]): HeaderMapping | HeaderFault {
  const byLabel = new Map<string, Column>();
  for (const column of columns) {
    for (const label of column.aliases ?? []) byLabel.set(foldLabel(label), column);
  }
  for (const column of columns) byLabel.set(foldLabel(column.name), column);

  const report: ImportColumns = { mapped: {}, ignored: [], missing: [] };
  const positionOf = new Map<Column, number>();
  for (const [position, name] of names.entries()) {
    const column = byLabel.get(foldLabel(name));
    if (column === undefined) {
      report.ignored.push(name);
      continue;
    }
    const earlier = positionOf.get(column);
    if (earlier !== undefined) {
      return {
        code: 'duplicate_column',
        message: `Line 1: “${names[earlier]}” and “${name}” both mean the column “${column.name}”. Keep one of them.`,
      };
    }
    positionOf.set(column, position);
    report.mapped[name] = column.name;
  }
  report.missing = columns.filter((column) => !positionOf.has(column)).map((column) => column.name);

  const needed = columns.filter((column) => column.required || column.role === 'externalId');
  const absent = needed.filter((column) => !positionOf.has(column)).map((column) => column.name);
  if (absent.length > 0) return missingColumns(absent, names);
  const mapped = columns.filter((column) => positionOf.has(column));
  return {
    columns: mapped,
    positions: mapped.map((column) => positionOf.get(column) as number),
    report,
    complete: mapped.length === columns.length,
  };
}

function missingColumns(absent: string[], names: readonly string[]): HeaderFault {
  const found = names.slice(0, 20).join(', ');
  const list = absent.map((name) => `“${name}”`).join(', ');
  return {
    code: 'missing_column',
    message:
      `Line 1: the header has no column ${list}. It has: ${found}. ` +
      'Add the column, or give the roster schema an alias for the name that the file uses.',
  };
}
