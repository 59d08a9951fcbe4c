import { describe, expect, it } from 'vitest';
import { departmentTree } from '../../../layers/roster/src/domain/departments.ts';
import type { MusterError } from '../../../layers/roster/src/domain/errors.ts';
import type { Member } from '../../../layers/roster/src/domain/member.ts';
import {
  compileMemberEditor,
  disableMember,
  enableMember,
  type MemberGroups,
  type MemberInput,
  withAccount,
} from '../../../layers/roster/src/domain/member-edit.ts';
import type { Column } from '../../../layers/roster/src/domain/schema.ts';
import { compileRow } from '../../../layers/roster/src/domain/validate.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'First', type: 'text', role: 'firstName', required: true },
  { name: 'Mail', type: 'email', role: 'email' },
  { name: 'Tel', type: 'phone', role: 'phone' },
  { name: 'Active', type: 'boolean', role: 'state' },
  { name: 'Unit', type: 'text', role: 'department' },
  { name: 'Born', type: 'date', dateFormat: 'DD/MM/YYYY' },
  { name: 'Note', type: 'text', maxLength: 10 },
];
// A hash that shows what was hashed, so that expectations can be written by hand.
const editor = compileMemberEditor(columns, () => (canonical) => canonical.join('|'));
const first = { by: 'ana', at: '2026-01-01T00:00:00.000Z' };
const later = { by: 'bob', at: '2026-02-02T00:00:00.000Z' };

const groups: MemberGroups = {
  tree: departmentTree({
    root: { name: 'Acme', version: 1 },
    departments: [
      { id: 'N', name: 'North', parent: 'root', version: 1 },
      { id: 'S', name: 'South', parent: 'root', version: 1 },
      { id: 'NS', name: 'Sales', parent: 'N', version: 1 },
      { id: 'SS', name: 'Sales', parent: 'S', version: 1 },
      { id: 'SB', name: 'Board', parent: 'S', version: 1 },
    ],
    transfers: [
      { id: 'OLD', to: 'N' },
      { id: 'OLDER', to: 'OLD' },
    ],
  }),
  roles: new Set(['chair', 'cook']),
};
const made = (input: MemberInput) => editor.make(input, first, groups);
const edit = (member: Member, input: MemberInput) => editor.edit(member, input, later, groups);
function faultsOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_member', status: 422 });
    return (error as MusterError).places.map(({ path }) => path);
  }
  throw new Error('Nothing was refused.');
}
const ann: Member = made({
  values: {
    ID: '007',
    First: ' Ann ',
    Mail: 'Ann@Example.ORG',
    Tel: '+1 (202) 555-0143',
    Born: '31/01/1990',
  },
});

describe('making a member', () => {
  it('cleans values, derives what follows from them and hashes the canonical forms', () => {
    expect(ann).toEqual({
      externalId: '007',
      state: 'not_joined',
      values: {
        ID: '007',
        First: 'Ann',
        Mail: 'Ann@Example.ORG',
        Tel: '+1 (202) 555-0143',
        Born: '31/01/1990',
      },
      valuesHash: '007|Ann|ann@example.org|+12025550143|||1990-01-31|',
      name: 'Ann',
      email: 'ann@example.org',
      phone: '+12025550143',
      departments: [],
      roles: [],
      version: 1,
      createdAt: first.at,
      updatedAt: first.at,
      createdBy: 'ana',
    });
  });

  it('names every fault with its column', () => {
    const values = {
      First: '',
      Mail: 'nowhere',
      Born: '1/1',
      Note: 'x'.repeat(11),
      Extra: '1',
      Tel: '\u0000',
    };
    expect(faultsOf(() => made({ values })).sort()).toEqual(
      ['ID', 'First', 'Mail', 'Born', 'Note', 'Extra', 'Tel'].sort(),
    );
    expect(faultsOf(() => made({}))).toEqual(['ID', 'First']);
  });

  it('refuses exactly what an import refuses, and takes what it takes', () => {
    // Where departments are listed the column's text is not looked up, which an import does with all rows at once.
    const importing = compileRow(columns, [...columns.keys()], columns.length);
    for (const value of ['', 'x', 'a@b.example', '+1 202 555 0143', 'yes', '31/01/1990', 'x'.repeat(1_001)]) {
      for (const [at, column] of columns.entries()) {
        const row = ['1', 'Ann', '', '', '', '', '', ''].map((field, index) =>
          index === at ? value : field,
        );
        const checked = importing(row);
        const given = Object.fromEntries(columns.map(({ name }, index) => [name, row[index] as string]));
        if ('faults' in checked) {
          expect(
            faultsOf(() => made({ values: given, departments: [] })),
            column.name,
          ).toEqual([column.name]);
        } else {
          expect(made({ values: given, departments: [] }).valuesHash).toBe(checked.canonical.join('|'));
        }
      }
    }
  });

  it('heeds a state column, and roles', () => {
    const off = made({ values: { ID: '1', First: 'A', Active: 'no' }, roles: ['chair', 'chair', 'cook'] });
    expect(off).toMatchObject({ state: 'disabled', disabledBy: 'admin', roles: ['chair', 'cook'] });
  });

  it('is in the departments that are listed, else in the one that the column names', () => {
    const values = { ID: '1', First: 'A' };
    const unit = (Unit: string) => made({ values: { ...values, Unit } });
    expect(unit('north / sales')).toMatchObject({ departments: ['NS'], values: { Unit: 'north / sales' } });
    expect(unit('board').departments).toEqual(['SB']);
    expect(unit('ACME').departments).toEqual(['root']);
    expect(unit(' ').departments).toEqual([]);
    const both = made({ values: { ...values, Unit: 'Nowhere' }, departments: ['N', 'SS', 'root'] });
    expect(both).toMatchObject({ departments: ['N', 'SS', 'root'], values: { Unit: 'Nowhere' } });
    expect(made({ values, departments: ['OLDER', 'N', 'S'] }).departments).toEqual(['N', 'S']);
  });

  it('refuses departments and roles that are not there, each with its place', () => {
    const values = { ID: '1', First: 'A' };
    const refusal = (input: MemberInput) => {
      try {
        made({ ...input, values: { ...values, ...input.values } });
      } catch (error) {
        const { code, places } = error as MusterError;
        return [code, ...places.map(({ path }) => path)];
      }
      return [];
    };
    expect(refusal({ departments: ['N', 'X'] })).toEqual(['unknown_department', 'departments']);
    expect(refusal({ departments: ['North'] })).toEqual(['unknown_department', 'departments']);
    expect(refusal({ roles: ['chair', 'X'] })).toEqual(['unknown_role', 'roles']);
    expect(refusal({ values: { Unit: 'Nowhere' } })).toEqual(['unknown_department', 'Unit']);
    expect(refusal({ values: { Unit: 'Sales' } })).toEqual(['invalid_member', 'Unit']);
    expect(refusal({ departments: ['X'], roles: ['X'] })).toEqual(['invalid_member', 'departments', 'roles']);
    expect(refusal({ departments: ['X'], values: { Born: 'x' } })).toEqual([
      'invalid_member',
      'Born',
      'departments',
    ]);
  });

  it('is in 50 departments at most', () => {
    const ids = Array.from({ length: 51 }, (_, at) => `D${at}`);
    const tree = departmentTree({
      root: { name: 'Acme', version: 1 },
      departments: ids.map((id) => ({ id, name: id, parent: 'root', version: 1 })),
    });
    const values = { ID: '1', First: 'A' };
    const put = (departments: string[]) =>
      editor.make({ values, departments }, first, { tree, roles: new Set(ids) });
    expect(put(ids.slice(1)).departments).toHaveLength(50);
    expect(faultsOf(() => put(ids))).toEqual(['departments']);
  });

  it.each(['\ud800', 'a\udc00b', 'a\u0000'])('refuses %j, which cannot be kept as it is', (value) => {
    expect(faultsOf(() => made({ values: { ID: '1', First: 'A', Note: value } }))).toEqual(['Note']);
  });

  it('refuses values that no item can hold', () => {
    const many: Column[] = Array.from({ length: 40 }, (_, at) => ({
      name: `C${at}`,
      type: 'text',
      maxLength: 10_000,
    }));
    const wide = compileMemberEditor([columns[0] as Column, ...many], () => () => '');
    const values = { ID: '1', ...Object.fromEntries(many.map(({ name }) => [name, 'x'.repeat(10_000)])) };
    expect(faultsOf(() => wide.make({ values }, first, groups))).toEqual(['values']);
  });
});

describe('editing a member', () => {
  it('merges the values given and takes the next version', () => {
    const edited = edit(ann, { values: { First: 'Anna', Mail: null, Tel: ' ' } });
    expect(edited).toEqual({
      ...ann,
      name: 'Anna',
      values: { ID: '007', First: 'Anna', Born: '31/01/1990' },
      valuesHash: '007|Anna|||||1990-01-31|',
      email: undefined,
      phone: undefined,
      version: 2,
      updatedAt: later.at,
    });
  });

  it('is the same object where nothing differs', () => {
    expect(edit(ann, {})).toBe(ann);
    expect(edit(ann, { values: { First: ' Ann' }, roles: [] })).toBe(ann);
  });

  it('cannot change the identifier, empty a required value or contradict the state', () => {
    expect(faultsOf(() => edit(ann, { values: { ID: '8' } }))).toEqual(['ID']);
    expect(faultsOf(() => edit(ann, { values: { First: null } }))).toEqual(['First']);
    expect(faultsOf(() => edit(ann, { values: { Active: 'no' } }))).toEqual(['Active']);
    expect(edit(ann, { values: { Active: 'yes' } }).state).toBe('not_joined');
  });

  it('keeps the departments given by hand until the column says another', () => {
    const placed = edit(ann, { values: { Unit: 'Board' }, departments: ['N', 'S'] });
    expect(placed.departments).toEqual(['N', 'S']);
    expect(edit(placed, { values: { First: 'B', Unit: 'Board' } }).departments).toEqual(['N', 'S']);
    expect(edit(placed, { values: { Unit: 'South / Sales' } }).departments).toEqual(['SS']);
    expect(edit(placed, { values: { Unit: '' } }).departments).toEqual([]);
  });

  it('keeps a department whose path the column does not say any more', () => {
    const placed = { ...ann, values: { ...ann.values, Unit: 'Renamed since' }, departments: ['N'] };
    expect(edit(placed, { values: { First: 'B', Unit: 'Renamed since' } }).departments).toEqual(['N']);
  });

  it('writes what stands for a department that was taken over, but only with something else', () => {
    const placed = { ...ann, departments: ['OLDER', 'S', 'GONE'] };
    expect(edit(placed, {})).toBe(placed);
    expect(edit(placed, { departments: ['N', 'S'] })).toBe(placed);
    expect(edit(placed, { values: { First: 'B' } }).departments).toEqual(['N', 'S']);
  });

  it('checks only what is given, for the rest may be older than the schema', () => {
    const old = { ...ann, values: { ...ann.values, Born: 'never', Gone: 'x' } };
    expect(edit(old, { values: { Note: 'hi' } }).values).toMatchObject({
      Born: 'never',
      Gone: 'x',
    });
  });

  it('leaves state and username of an account alone', () => {
    const off = disableMember(withAccount(ann, 'A1', 'Ann.A', first.at), first.at);
    const edited = edit(off, { values: { First: 'B' } });
    expect(edited).toMatchObject({
      state: 'disabled',
      disabledBy: 'admin',
      username: 'Ann.A',
      account: 'A1',
    });
  });
});

describe('the state', () => {
  const absent: Member = { ...ann, state: 'disabled', disabledBy: 'absence' };

  it('is disabled by an admin once, and over an absence', () => {
    const off = disableMember(ann, later.at);
    expect(off).toMatchObject({ state: 'disabled', disabledBy: 'admin', version: 2, updatedAt: later.at });
    expect(disableMember(off, later.at)).toBe(off);
    expect(disableMember(absent, later.at).disabledBy).toBe('admin');
  });

  it('comes back by enabling: not joined without an account, enabled with one', () => {
    const back = enableMember(absent, later.at);
    expect(back).toEqual({ ...ann, version: 2, updatedAt: later.at });
    expect(back).not.toHaveProperty('disabledBy');
    expect(enableMember({ ...absent, account: 'A1' }, later.at).state).toBe('enabled');
    expect(enableMember(ann, later.at)).toBe(ann);
  });

  it('is enabled by an account, but not where it is disabled', () => {
    expect(withAccount(ann, 'A1', 'ann', later.at)).toMatchObject({
      state: 'enabled',
      username: 'ann',
      version: 2,
    });
    expect(withAccount(absent, 'A1', 'ann', later.at).state).toBe('disabled');
  });
});

describe('a value given by hand', () => {
  const guarding = columns.map((column) =>
    column.name === 'Tel' || column.name === 'Note' ? { ...column, protectEdits: true } : column,
  );
  const guard = compileMemberEditor(guarding, () => (canonical) => canonical.join('|'));
  const change = (member: Member, input: MemberInput) => guard.edit(member, input, later, groups);
  const cleo = guard.make({ values: { ID: '7', First: 'Cleo', Tel: '+33 1 23' } }, first, groups);

  it('is protected where its column says so, once it differs, or when the member is made', () => {
    expect(cleo.protectedColumns).toEqual(['Tel']);
    const noted = change(cleo, { values: { Note: 'tall', Tel: '+33 1 23', First: 'Cleo' } });
    expect(noted.protectedColumns).toEqual(['Note', 'Tel']);
    expect(change(noted, { values: { Note: null } }).protectedColumns).toEqual(['Note', 'Tel']);
    expect(change(noted, { roles: ['cook'] }).protectedColumns).toEqual(['Note', 'Tel']);
    expect(ann.protectedColumns).toBeUndefined();
  });

  it('is protected in any column by a list, and released by a shorter one', () => {
    const listed = change(cleo, { protectedColumns: ['Mail', 'Tel'] });
    expect(listed).toMatchObject({ protectedColumns: ['Mail', 'Tel'], version: 2 });
    expect(change(listed, { protectedColumns: ['Tel', 'Mail', 'Tel'] })).toBe(listed);
    const released = change(listed, { protectedColumns: [], values: { Note: 'x' } });
    expect(released).not.toHaveProperty('protectedColumns');
  });

  it.each([['ID'], ['Active'], ['Nowhere']])('cannot be protected in %s', (name) => {
    expect(faultsOf(() => change(cleo, { protectedColumns: [name] }))).toEqual(['protectedColumns']);
  });
});
