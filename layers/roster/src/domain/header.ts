import type { ImportColumns } from './import.ts';
import { isOwnColumn } from './own-columns.ts';
import { presetColumns } from './presets.ts';
import { type Column, foldLabel } from './schema.ts';

/** How a header was matched to its column, the surest first. */
export const matchWays = ['saved', 'name', 'alias', 'preset', 'likeness'] as const;
export type MatchWay = (typeof matchWays)[number];

/** One header of a file: what it means, or that it was dropped on purpose; neither for one that nobody knows. */
export interface HeaderMatch {
  name: string;
  column?: string;
  by?: MatchWay;
  dropped?: true;
  /** One of Muster's own columns, which nobody needs to be told of. */
  own?: true;
}

/** What each header of a file means, as an admin said once: a column of the roster, or nothing. */
export type HeaderMeanings = Readonly<Record<string, { column: string } | { drop: true }>>;

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
  code: 'missing_column' | 'duplicate_column' | 'partial_roster';
  message: string;
  /** The needed columns that no header means. */
  absent?: string[];
}

/** Whether a header met the schema in a way that no file can be read by. */
export function isHeaderFault(mapped: HeaderMapping | HeaderFault): mapped is HeaderFault {
  return 'code' in mapped;
}

/**
 * Matches header names to the schema's columns by what was saved for this header, by name or alias (case, accents and
 * punctuation put aside), and by the preset that the header is of. Several may mean the same column.
 */
export function matchHeader(
  names: readonly string[],
  columns: readonly Column[],
  saved: HeaderMeanings = {},
): HeaderMatch[] {
  const labelled = columnsByLabel(columns);
  const isColumn = new Set(columns.map(({ name }) => name));
  const first = names.map((name): HeaderMatch => {
    if (isOwnColumn(name)) return { name, dropped: true, own: true };
    const meaning = Object.hasOwn(saved, name) ? saved[name] : undefined;
    if (meaning !== undefined && 'drop' in meaning) return { name, dropped: true };
    if (meaning !== undefined && isColumn.has(meaning.column)) {
      return { name, column: meaning.column, by: 'saved' };
    }
    const found = labelled.get(foldLabel(name));
    return found === undefined ? { name } : { name, ...found };
  });
  const taken = new Set(first.map(({ column }) => column));
  const byPreset = presetColumns(names, columns);
  return first.map((match) => {
    const column = byPreset.get(match.name);
    const isOpen = match.column === undefined && match.dropped === undefined;
    return isOpen && column !== undefined && !taken.has(column)
      ? { name: match.name, column, by: 'preset' }
      : match;
  });
}

function columnsByLabel(columns: readonly Column[]): Map<string, { column: string; by: 'name' | 'alias' }> {
  const byLabel = new Map<string, { column: string; by: 'name' | 'alias' }>();
  for (const { name, aliases = [] } of columns) {
    for (const label of aliases) byLabel.set(foldLabel(label), { column: name, by: 'alias' });
  }
  for (const { name } of columns) byLabel.set(foldLabel(name), { column: name, by: 'name' });
  return byLabel;
}

/**
 * Makes a mapping of matches. Names that match no column are reported as ignored, never dropped in silence (B10). The
 * external id and every required column have to be there.
 */
export function mapHeader(
  names: readonly string[],
  columns: readonly Column[],
  matches: readonly HeaderMatch[] = matchHeader(names, columns),
): HeaderMapping | HeaderFault {
  const report: ImportColumns = { mapped: {}, ignored: [], missing: [] };
  const positionOf = new Map<string, number>();
  for (const [position, { name, column, dropped, own }] of matches.entries()) {
    if (own) continue;
    if (column === undefined) {
      if (dropped) report.dropped = [...(report.dropped ?? []), name];
      else report.ignored.push(name);
      continue;
    }
    const earlier = positionOf.get(column);
    if (earlier !== undefined) return bothMean(names[earlier] as string, name, column);
    positionOf.set(column, position);
    report.mapped[name] = column;
  }
  report.missing = columns.filter(({ name }) => !positionOf.has(name)).map(({ name }) => name);

  const absent = columns.filter((column) => isNeeded(column) && !positionOf.has(column.name));
  if (absent.length > 0) {
    return missingColumns(
      absent.map(({ name }) => name),
      names,
    );
  }
  const mapped = columns.filter(({ name }) => positionOf.has(name));
  const hasName = ['firstName', 'lastName'].every((role) => mapped.some((column) => column.role === role));
  if (
    !mapped.some(({ role }) => role === 'externalId') &&
    !hasName &&
    !mapped.some(({ role }) => role === 'fullName')
  ) {
    // Without a name nothing can be made of it.
    return missingColumns(
      columns.filter(({ role }) => role === 'externalId').map(({ name }) => name),
      names,
    );
  }
  return {
    columns: mapped,
    positions: mapped.map(({ name }) => positionOf.get(name) as number),
    report,
    complete: mapped.length === columns.length,
  };
}

/** Whether a file has to have the column; an identifier that is made from the name it need not. */
export function isNeeded({ required, role, madeFromName }: Column): boolean {
  return role === 'externalId' ? madeFromName !== true : required === true;
}

function bothMean(one: string, other: string, column: string): HeaderFault {
  return {
    code: 'duplicate_column',
    message: `Line 1: “${one}” and “${other}” both mean the column “${column}”. Keep one of them.`,
  };
}

function missingColumns(absent: string[], names: readonly string[]): HeaderFault {
  const found = names.slice(0, 20).join(', ');
  const list = absent.map((name) => `“${name}”`).join(', ');
  return {
    code: 'missing_column',
    absent,
    message:
      `Line 1: the header has no column ${list}. It has: ${found}. ` +
      'Add the column, give the roster schema an alias for the name that the file uses, or import with mapping “confirm” to say what each column means.',
  };
}
