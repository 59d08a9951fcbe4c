import type { CollectionPreferencesProps } from '@cloudscape-design/components/collection-preferences';
import { useState } from 'react';

/** How this person wants the table of an organization; kept in this browser. */
export interface TablePreferences {
  pageSize: number;
  wrapLines: boolean;
  stripedRows: boolean;
  contentDensity: 'comfortable' | 'compact';
  columns: readonly CollectionPreferencesProps.ContentDisplayColumn[];
  widths: Readonly<Record<string, number>>;
}

const usual: TablePreferences = {
  pageSize: 50,
  wrapLines: false,
  stripedRows: false,
  contentDensity: 'comfortable',
  columns: [],
  widths: {},
};

export function useTablePreferences(org: string) {
  const key = `muster.members.${org}`;
  const [preferences, setPreferences] = useState<TablePreferences>(() => read(key));
  function change(changes: Partial<TablePreferences>): void {
    const next = { ...preferences, ...changes };
    setPreferences(next);
    localStorage.setItem(key, JSON.stringify(next));
  }
  return [preferences, change] as const;
}

function read(key: string): TablePreferences {
  try {
    return { ...usual, ...JSON.parse(localStorage.getItem(key) ?? '{}') };
  } catch {
    return usual;
  }
}

/** The columns as they were set, without those that are gone; new ones come last, as they usually are. */
export function columnDisplay(
  kept: TablePreferences['columns'],
  all: readonly { id: string; visible: boolean }[],
): CollectionPreferencesProps.ContentDisplayColumn[] {
  const known = kept.filter(({ id }) => all.some((column) => column.id === id));
  const fresh = all.filter(({ id }) => !known.some((column) => column.id === id));
  return [...known, ...fresh.map(({ id, visible }) => ({ id, visible }))];
}
