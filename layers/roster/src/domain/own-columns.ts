/**
 * Columns that Muster adds to the rows of a file that it gives back for correction. An import leaves them aside, wherever
 * they stand and whatever is in them, and says nothing of it: they are its own. So no column of a roster can be named like
 * them.
 */
export const rejectColumns = {
  line: 'Muster: line',
  columns: 'Muster: columns',
  reasons: 'Muster: reasons',
  cures: 'Muster: what to do',
  row: 'Muster: row as it was',
} as const;

const own = new Set<string>(Object.values(rejectColumns).map((name) => name.toLowerCase()));

/** Whether a header names one of Muster's own columns. */
export function isOwnColumn(name: string): boolean {
  return own.has(name.trim().toLowerCase());
}

/** Whether a name is kept for Muster's own columns, those of today and others. */
export function isReservedName(name: string): boolean {
  return /^muster\s*:/i.test(name.trim());
}
