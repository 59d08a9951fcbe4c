import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DepartmentTree,
  deleteDepartment,
  departmentTree,
  rootDepartment,
} from '../../../layers/roster/src/domain/departments.ts';
import {
  coveredDepartments,
  coversMember,
  mayDecideOn,
  mayPlace,
} from '../../../layers/roster/src/domain/scope.ts';

/** Departments by id, each below the one it names; names are the ids. */
function treeOf(parents: Record<string, string>): DepartmentTree {
  const departments = Object.entries(parents).map(([id, parent]) => ({ id, name: id, parent, version: 1 }));
  return departmentTree({ root: { name: 'Club', version: 1 }, departments });
}

//        root
//       /    \
//      a      b
//     / \      \
//    a1  a2     b1
const tree = treeOf({ a: rootDepartment, b: rootDepartment, a1: 'a', a2: 'a', b1: 'b' });
const covered = (of: DepartmentTree, ...scope: string[]) => [...coveredDepartments(of, scope)].sort();
const refusal = (work: () => void) => {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('the departments that a scope covers', () => {
  it('are those named and all below', () => {
    expect(covered(tree, 'a')).toEqual(['a', 'a1', 'a2']);
    expect(covered(tree, 'a1', 'b')).toEqual(['a1', 'b', 'b1']);
    expect(covered(tree, 'a', 'a1')).toEqual(['a', 'a1', 'a2']);
    expect(covered(tree)).toEqual([]);
    expect(covered(tree, 'gone')).toEqual([]);
  });

  it('are those of the department that took over from a deleted one, under all the names of its members', () => {
    const after = deleteDepartment(tree, 'a1', { members: 3, transferTo: 'b' }).tree;
    expect(covered(after, 'a1')).toEqual(['a1', 'b', 'b1']);
    expect(covered(after, 'b')).toEqual(['a1', 'b', 'b1']);
    expect(covered(after, 'a')).toEqual(['a', 'a2']);
  });

  it('are none of a department that was deleted because it was empty', () => {
    expect(covered(deleteDepartment(tree, 'a1', { members: 0 }).tree, 'a1')).toEqual([]);
  });

  it('grow with the scope and never beyond the departments below it', () => {
    const ids = ['a', 'b', 'a1', 'a2', 'b1', 'gone'];
    const isBelow = (id: string, of: string): boolean => {
      for (let one: string | undefined = id; one !== undefined; one = tree.departments.get(one)?.parent) {
        if (one === of) return true;
      }
      return false;
    };
    fc.assert(
      fc.property(fc.subarray(ids), (scope) => {
        const expected = ['a', 'b', 'a1', 'a2', 'b1'].filter((id) => scope.some((of) => isBelow(id, of)));
        expect(covered(tree, ...scope)).toEqual(expected.sort());
      }),
    );
  });
});

describe('within departments', () => {
  const within = coveredDepartments(tree, ['a']);
  const member = (...departments: string[]) => ({ departments });

  it('whoever is in one of them is seen', () => {
    expect(coversMember(within, member('a2', 'b'))).toBe(true);
    expect(coversMember(within, member('b'))).toBe(false);
    expect(coversMember(within, member())).toBe(false);
    expect(coversMember(undefined, member())).toBe(true);
  });

  it('it is decided on those who are in no others', () => {
    expect(refusal(() => mayDecideOn(within, member('a', 'a1')))).toBeUndefined();
    expect(refusal(() => mayDecideOn(within, member('a', 'b')))).toBe('out_of_scope');
    expect(refusal(() => mayDecideOn(undefined, member('b')))).toBeUndefined();
  });

  it.each([
    [[], ['a'], undefined],
    [[], ['a', 'b'], 'out_of_scope'],
    [[], [], 'out_of_scope'],
    [['a'], ['a1', 'a2'], undefined],
    [['a'], [], 'out_of_scope'],
    [['a', 'b'], ['a1', 'b'], undefined],
    [['a', 'b'], ['a'], 'out_of_scope'],
    [['a', 'b'], ['b'], 'out_of_scope'],
    [['a'], ['a', 'b1'], 'out_of_scope'],
  ])('from %j to %j: %s', (before, after, code) => {
    expect(refusal(() => mayPlace(within, before, after))).toBe(code);
    expect(refusal(() => mayPlace(undefined, before, after))).toBeUndefined();
  });

  it('what is outside of them stays as it was, whatever is allowed', () => {
    const lists = fc.subarray(['a', 'a1', 'a2', 'b', 'b1']);
    fc.assert(
      fc.property(lists, lists, (before, after) => {
        fc.pre(refusal(() => mayPlace(within, before, after)) === undefined);
        const outside = (ids: readonly string[]) => ids.filter((id) => id.startsWith('b')).sort();
        expect(outside(after)).toEqual(outside(before));
        expect(after.some((id) => id.startsWith('a'))).toBe(true);
      }),
    );
  });
});
