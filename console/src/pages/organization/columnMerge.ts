/** An edited list of columns on top of the list that somebody else saved meanwhile. A column is told by its name. */
import type { RosterColumn, Row } from './rosterColumns.ts';

const same = (one: RosterColumn, other: RosterColumn | undefined) =>
  JSON.stringify(one) === JSON.stringify(other);
const namesOf = (columns: readonly RosterColumn[]) => columns.map(({ name }) => name);
const byName = (columns: readonly RosterColumn[]) => new Map(columns.map((column) => [column.name, column]));

/** What differs between two lists: names of columns that came, went or are otherwise, and whether only places changed. */
export function differencesOf(before: readonly RosterColumn[], after: readonly RosterColumn[]) {
  const [was, is] = [byName(before), byName(after)];
  const added = namesOf(after).filter((name) => !was.has(name));
  const removed = namesOf(before).filter((name) => !is.has(name));
  const changed = after.filter(({ name }) => was.has(name)).filter((one) => !same(one, was.get(one.name)));
  return { added, removed, changed: namesOf(changed), isMoved: isMoved(namesOf(before), namesOf(after)) };
}

/** Whether the names that both lists have stand in another order. */
function isMoved(before: readonly string[], after: readonly string[]): boolean {
  const kept = before.filter((name) => after.includes(name));
  return after.filter((name) => before.includes(name)).some((name, index) => name !== kept[index]);
}

/**
 * What was added, edited, removed or moved here, on top of what is saved now. What was not touched here is as the other one
 * left it; a column that both edited is as it is here.
 */
export function mergedRows(
  saved: readonly Row[],
  rows: readonly Row[],
  theirs: readonly RosterColumn[],
  rowOf: (column: RosterColumn) => Row,
): Row[] {
  const original = new Map(saved.map(({ key, column }) => [key, column]));
  const now = byName(theirs);
  const mine = rows.flatMap((row) => {
    const before = original.get(row.key);
    if (before === undefined || !same(row.column, before)) return [row];
    const column = now.get(before.name);
    return column === undefined ? [] : [{ ...row, column }];
  });
  const known = new Set([...saved, ...rows].map(({ column }) => column.name));
  const merged = [...mine, ...theirs.filter(({ name }) => !known.has(name)).map(rowOf)];
  return isMovedHere(saved, rows) ? merged : inOrderOf(theirs, merged, original);
}

function isMovedHere(saved: readonly Row[], rows: readonly Row[]): boolean {
  const keysOf = (list: readonly Row[]) => list.map(({ key }) => key);
  return isMoved(keysOf(saved), keysOf(rows));
}

/** By the places of the other list; what is only in this one comes last. */
function inOrderOf(
  theirs: readonly RosterColumn[],
  rows: readonly Row[],
  original: ReadonlyMap<string, RosterColumn>,
): Row[] {
  const names = namesOf(theirs);
  const placeOf = ({ key, column }: Row) => {
    const place = names.indexOf(original.get(key)?.name ?? column.name);
    return place === -1 ? names.length : place;
  };
  return rows.toSorted((one, other) => placeOf(one) - placeOf(other));
}
