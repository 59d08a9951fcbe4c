import { useState } from 'react';
import type { RosterSchema } from '../../api/schema.ts';
import { differencesOf, mergedRows } from './columnMerge.ts';
import type { RosterColumn, Row } from './rosterColumns.ts';

export const rowOf = (column: RosterColumn): Row => ({ key: crypto.randomUUID(), column });

/** The list that was saved when the editing began, and as it is edited here. */
interface Edited {
  base: RosterSchema;
  saved: readonly Row[];
  rows: readonly Row[];
}

function fresh(base: RosterSchema): Edited {
  const saved = base.columns.map(rowOf);
  return { base, saved, rows: saved };
}

/** As `parts/useDraft.ts` for a list of columns: what is edited here is never lost by what somebody else saves. */
export function useColumnList(current: RosterSchema) {
  const [{ base, saved, rows }, setState] = useState(() => fresh(current));
  const mine = differencesOf(
    base.columns,
    rows.map(({ column }) => column),
  );
  const theirs = differencesOf(base.columns, current.columns);
  const isNewer = current.version > base.version;
  const isUntouched = rows === saved;
  if (isNewer && isUntouched) setState(fresh(current));

  function keep() {
    const kept = mergedRows(saved, rows, current.columns, rowOf);
    setState({ ...fresh(current), rows: kept });
  }

  return {
    base,
    saved,
    rows,
    mine,
    theirs,
    hasConflict: isNewer && !isUntouched,
    setRows: (next: readonly Row[]) => setState((before) => ({ ...before, rows: next })),
    keep,
    discard: () => setState(fresh(current)),
    begin: (schema: RosterSchema) => setState(fresh(schema)),
  };
}
