import { columnRoles, columnTypes } from 'roster/domain/column-kinds';
import type { MusterError } from 'roster/domain/errors';
import { presets } from 'roster/domain/presets';
import { type Column, checkSchema, defaultColumns } from 'roster/domain/schema';
import { describe, expect, it } from 'vitest';
import * as form from '../../../console/src/pages/organization/rosterColumns.ts';

const id: Column = { name: 'ID', type: 'text', role: 'externalId' };
const rowsOf = (...columns: Column[]) => columns.map((column, index) => ({ key: `k${index}`, column }));
/** The rows at which what the domain finds wrong is shown, and what is shown above them. */
function shownOf(...columns: Column[]) {
  try {
    checkSchema(columns);
  } catch (error) {
    const { places = [] } = error as MusterError;
    const { at, left } = form.faultsOf(places, rowsOf(...columns));
    return { rows: [...at.keys()], left };
  }
  return { rows: [], left: [] };
}

describe('a column in a form', () => {
  const everything: Column = {
    name: 'Joined',
    type: 'date',
    role: 'activeFrom',
    required: true,
    unique: true,
    pattern: '^2',
    maxLength: 10,
    aliases: ['Since', 'Entrée'],
    dateFormat: 'DD.MM.YYYY',
    protectEdits: true,
  };
  const known = [everything, ...defaultColumns, ...presets.flatMap(({ columns }) => columns)];

  it.each(known)('is as it was where nothing is typed: $name', (column) => {
    expect(form.columnOf(form.draftOf(column))).toEqual(column);
  });

  it('has every type and role that there are', () => {
    expect([...form.columnTypes].sort()).toEqual([...columnTypes].sort());
    expect([...form.columnRoles].sort()).toEqual([...columnRoles].sort());
  });

  it('loses what its type and role cannot have, so that the roster takes it', () => {
    for (const role of [undefined, ...form.columnRoles]) {
      const draft = {
        ...form.draftOf({ ...everything, createDepartments: true, madeFromName: true }),
        type: 'text' as const,
        role,
        values: 'S\n M \n\nL',
      };
      const column = form.columnOf(draft);
      expect(column).not.toHaveProperty('values');
      expect(column).not.toHaveProperty('dateFormat');
      expect('createDepartments' in column).toBe(role === 'department');
      expect('madeFromName' in column).toBe(role === 'externalId');
      expect('protectEdits' in column).toBe(role !== 'externalId' && role !== 'state');
    }
  });

  it('lists a value a line', () => {
    const draft = { ...form.draftOf(), name: ' Shirt ', type: 'enum' as const, values: 'S\n M \n\nL' };
    expect(form.columnOf(draft)).toEqual({ name: 'Shirt', type: 'enum', values: ['S', 'M', 'L'] });
  });
});

describe('an edited list of columns', () => {
  const rows = rowsOf(id, { name: 'A', type: 'text' }, { name: 'B', type: 'text' });
  const namesOf = (list: readonly form.Row[]) => list.map(({ column }) => column.name);

  it('has one moved by a place, and none beyond its ends', () => {
    expect(namesOf(form.moved(rows, 'k1', 1))).toEqual(['ID', 'B', 'A']);
    expect(namesOf(form.moved(rows, 'k1', -1))).toEqual(['A', 'ID', 'B']);
    expect(form.moved(rows, 'k0', -1)).toBe(rows);
    expect(form.moved(rows, 'k2', 1)).toBe(rows);
  });

  it('says which names are gone, those of renamed columns too', () => {
    const edited = rowsOf(id, { name: 'A2', type: 'text' });
    expect(form.goneOf([id, { name: 'A', type: 'text' }, { name: 'B', type: 'text' }], edited)).toEqual([
      'A',
      'B',
    ]);
    expect(form.goneOf([id], rows)).toEqual([]);
  });

  it('shows faults at the columns that they are about', () => {
    expect(shownOf(id, { name: 'Shirt', type: 'enum' }).rows).toEqual(['k1']);
    expect(shownOf(id, { name: 'A', type: 'text' }, { name: 'A', type: 'text' }).rows).toEqual(['k1', 'k2']);
    const [mail, other] = ['Mail', 'Other, mail'].map(
      (name): Column => ({ name, type: 'email', role: 'email' }),
    );
    expect(shownOf(id, mail!, other!).rows).toEqual(['k1', 'k2']);
    const places = [{ path: 'body/columns/2/maxLength', message: 'Too small' }];
    expect([...form.faultsOf(places, rows).at]).toEqual([['k2', ['Too small']]]);
  });

  it('shows faults of no column above them', () => {
    expect(shownOf({ name: 'A', type: 'text' })).toEqual({
      rows: [],
      left: ['One column needs the role externalId: it tells members apart.'],
    });
  });
});
