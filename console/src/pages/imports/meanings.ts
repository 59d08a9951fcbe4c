import type { ProposedMapping } from '../../api/schema.ts';

/** What becomes of a header: it means a column of the roster, becomes a new one, or is left out. */
export type Meaning = { column: string } | { keep: true } | { drop: true };

/** What the system is sure of, or proposes. What nobody knows is for a person to say. */
export function proposedMeanings(headers: ProposedMapping['headers']): ReadonlyMap<string, Meaning> {
  return new Map(
    headers.flatMap(({ name, column, dropped }): [string, Meaning][] => {
      if (dropped) return [[name, { drop: true }]];
      return column === undefined ? [] : [[name, { column }]];
    }),
  );
}

/** The columns that a file has to have, and that no header means. */
export function missingColumns(
  columns: ProposedMapping['columns'],
  meanings: ReadonlyMap<string, Meaning>,
): string[] {
  const meant = new Set([...meanings.values()].flatMap((one) => ('column' in one ? [one.column] : [])));
  return columns.filter(({ name, required }) => required && !meant.has(name)).map(({ name }) => name);
}

/** The columns that several headers would mean. */
export function sharedColumns(meanings: ReadonlyMap<string, Meaning>): ReadonlySet<string> {
  const names = [...meanings.values()].flatMap((one) => ('column' in one ? [one.column] : []));
  return new Set(names.filter((name, index) => names.indexOf(name) < index));
}

export function meaningsOf(meanings: ReadonlyMap<string, Meaning>): Record<string, Meaning> {
  return Object.fromEntries(meanings);
}
