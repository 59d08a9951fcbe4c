import { describe, expect, it } from 'vitest';
import { differencesOf, mergedRows } from '../../../console/src/pages/organization/columnMerge.ts';
import type { RosterColumn, Row } from '../../../console/src/pages/organization/rosterColumns.ts';

const text = (name: string, more: Partial<RosterColumn> = {}): RosterColumn => ({
  name,
  type: 'text',
  ...more,
});
const rowOf = (column: RosterColumn): Row => ({ key: `key-${column.name}`, column });
const base = [text('ID'), text('First'), text('Last'), text('Mail')];
const saved = base.map(rowOf);
const namesOf = (rows: readonly Row[]) => rows.map(({ column }) => column.name);

describe('columns that somebody else changed meanwhile', () => {
  it('are told by name: which came, went, are otherwise, and whether any moved', () => {
    const theirs = [text('ID'), text('Last', { required: true }), text('First'), text('Phone')];
    expect(differencesOf(base, theirs)).toEqual({
      added: ['Phone'],
      removed: ['Mail'],
      changed: ['Last'],
      isMoved: true,
    });
    expect(differencesOf(base, base)).toEqual({ added: [], removed: [], changed: [], isMoved: false });
  });

  it('are as the other one left them where nothing was done here, and as here where something was', () => {
    const rows = [...saved, rowOf(text('Shirt'))]
      .filter(({ column }) => column.name !== 'First')
      .map((row) => (row.column.name === 'Last' ? { ...row, column: text('Surname') } : row));
    const theirs = [
      text('Phone'),
      text('ID', { maxLength: 9 }),
      text('First', { required: true }),
      text('Last', { required: true }),
    ];
    const merged = mergedRows(saved, rows, theirs, rowOf);
    expect(namesOf(merged)).toEqual(['Phone', 'ID', 'Surname', 'Shirt']);
    expect(merged[1]!.column).toEqual(text('ID', { maxLength: 9 }));
    expect(merged[2]).toEqual({ key: 'key-Last', column: text('Surname') });
  });

  it('stand in the order that was chosen here, if one was', () => {
    const rows = [saved[1]!, saved[0]!, saved[2]!, saved[3]!];
    const theirs = [text('Mail'), text('Last'), text('First'), text('ID'), text('Phone')];
    expect(namesOf(mergedRows(saved, rows, theirs, rowOf))).toEqual(['First', 'ID', 'Last', 'Mail', 'Phone']);
    expect(namesOf(mergedRows(saved, saved, theirs, rowOf))).toEqual(namesOf(theirs.map(rowOf)));
  });

  it('come once, also where both added one of the same name', () => {
    const rows = [...saved, rowOf(text('Shirt', { required: true }))];
    const merged = mergedRows(saved, rows, [...base, text('Shirt')], rowOf);
    expect(merged.filter(({ column }) => column.name === 'Shirt')).toEqual([
      rowOf(text('Shirt', { required: true })),
    ]);
  });
});
