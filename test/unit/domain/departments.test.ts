import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesOfPath, pathOfNames } from '../../../layers/roster/src/domain/department-path.ts';
import {
  addDepartment,
  changeDepartment,
  type Department,
  type DepartmentTree,
  deleteDepartment,
  departmentDepthMax,
  departmentsMax,
  departmentTree,
  findByPath,
  forgetTransfers,
  namesInMembers,
  pathOf,
  rootDepartment,
  standingFor,
  subtreeOf,
} from '../../../layers/roster/src/domain/departments.ts';
import { isMusterError } from '../../../layers/roster/src/domain/errors.ts';
import { foldGroupName, GroupName } from '../../../layers/roster/src/domain/group-name.ts';

const root = { name: 'Acme', version: 7 };
/** A tree of `[id, name, parent]`. */
const treeOf = (...rows: [string, string, string][]) =>
  departmentTree({ root, departments: rows.map(([id, name, parent]) => ({ id, name, parent, version: 1 })) });
const idsOf = (departments: readonly Department[]) => departments.map(({ id }) => id);

const acme = treeOf(
  ['eu', 'Europe', 'root'],
  ['as', 'Asia', 'root'],
  ['eu-s', 'Sales', 'eu'],
  ['eu-r', 'Research', 'eu'],
  ['as-s', 'Sales', 'as'],
  ['eu-s-i', 'Inside', 'eu-s'],
);

describe('a tree', () => {
  it('has the organization as its root and is walked from above, siblings by name', () => {
    expect(acme.departments.get(rootDepartment)).toEqual({ id: 'root', name: 'Acme', version: 7 });
    expect(idsOf(subtreeOf(acme, 'root'))).toEqual(['root', 'as', 'as-s', 'eu', 'eu-r', 'eu-s', 'eu-s-i']);
    expect(idsOf(subtreeOf(acme, 'eu'))).toEqual(['eu', 'eu-r', 'eu-s', 'eu-s-i']);
    expect(subtreeOf(acme, 'nobody')).toEqual([]);
  });

  it('tells and finds paths, however they are cased', () => {
    expect(pathOf(acme, 'eu-s-i')).toBe('Europe / Sales / Inside');
    expect(pathOf(acme, 'root')).toBe('');
    expect(findByPath(acme, ['EUROPE', 'sales'])?.id).toBe('eu-s');
    expect(findByPath(acme, [])?.id).toBe('root');
    expect(findByPath(acme, ['Europe', 'Legal'])).toBeUndefined();
    expect(() => pathOf(acme, 'nobody')).toThrow(expect.objectContaining({ code: 'not_found' }));
  });

  it.each<[string, [string, string, string][]]>([
    ['a parent that is not there', [['a', 'A', 'gone']]],
    [
      'a cycle',
      [
        ['a', 'A', 'b'],
        ['b', 'B', 'a'],
      ],
    ],
    ['a department below itself', [['a', 'A', 'a']]],
    [
      'an id twice',
      [
        ['a', 'A', 'root'],
        ['a', 'B', 'root'],
      ],
    ],
    ['a second root', [['root', 'A', 'root']]],
  ])('is corrupt with %s', (_, rows) => {
    expect(() => treeOf(...rows)).toThrow(expect.objectContaining({ code: 'corrupt_item' }));
  });
});

describe('changes', () => {
  const failing = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      if (isMusterError(error)) return error.code;
      throw error;
    }
    return undefined;
  };

  it('add below, and beside by the same parent', () => {
    const { tree, department } = addDepartment(acme, { id: 'n', name: 'Legal', parent: 'eu' });
    expect(department).toEqual({ id: 'n', name: 'Legal', parent: 'eu', version: 1 });
    expect(idsOf(subtreeOf(tree, 'eu'))).toEqual(['eu', 'n', 'eu-r', 'eu-s', 'eu-s-i']);
    expect(acme.departments.has('n')).toBe(false);
  });

  it('refuse a namesake beside, by folded name, and allow one elsewhere', () => {
    const add = (name: string, parent: string) =>
      failing(() => addDepartment(acme, { id: 'n', name, parent }));
    expect(add('Sales', 'eu')).toBe('department_name_taken');
    expect(add(' SALES ', 'eu')).toBe('department_name_taken');
    // FULLWIDTH LATIN letters are compatibility forms of the plain ones (UAX #15).
    expect(add('Ｓａｌｅｓ', 'eu')).toBe('department_name_taken');
    expect(add('Sales', 'root')).toBeUndefined();
    expect(add('Sáles', 'eu')).toBeUndefined();
  });

  it('refuse an unknown parent, and changing what is not there', () => {
    expect(failing(() => addDepartment(acme, { id: 'n', name: 'X', parent: 'gone' }))).toBe(
      'unknown_department',
    );
    expect(failing(() => changeDepartment(acme, 'eu', { parent: 'gone' }))).toBe('unknown_department');
    expect(failing(() => changeDepartment(acme, 'gone', { name: 'X' }))).toBe('not_found');
  });

  it('rename, also by case only, and count the version up', () => {
    const { department, before } = changeDepartment(acme, 'eu', { name: 'EUROPE' });
    expect(department).toEqual({ id: 'eu', name: 'EUROPE', parent: 'root', version: 2 });
    expect(before?.name).toBe('Europe');
    expect(failing(() => changeDepartment(acme, 'eu', { name: 'asia' }))).toBe('department_name_taken');
    expect(changeDepartment(acme, 'eu', { name: 'Europe' }).department.version).toBe(1);
  });

  it('move with all below, never below itself, never beside a namesake', () => {
    const { tree } = changeDepartment(acme, 'eu', { parent: 'as' });
    expect(pathOf(tree, 'eu-s-i')).toBe('Asia / Europe / Sales / Inside');
    expect(failing(() => changeDepartment(acme, 'eu', { parent: 'eu' }))).toBe('department_below_itself');
    expect(failing(() => changeDepartment(acme, 'eu', { parent: 'eu-s-i' }))).toBe('department_below_itself');
    expect(failing(() => changeDepartment(acme, 'eu-s', { parent: 'as' }))).toBe('department_name_taken');
    expect(changeDepartment(acme, 'eu-s', { parent: 'as', name: 'Sales 2' }).department.version).toBe(2);
  });

  it('leave the root alone', () => {
    expect(failing(() => changeDepartment(acme, 'root', { name: 'X' }))).toBe('root_department_fixed');
    expect(failing(() => changeDepartment(acme, 'root', { parent: 'eu' }))).toBe('root_department_fixed');
    expect(failing(() => deleteDepartment(acme, 'root', { members: 0 }))).toBe('root_department_fixed');
  });

  it('delete only what nobody is in and nothing is below', () => {
    expect(failing(() => deleteDepartment(acme, 'eu', { members: 0 }))).toBe('department_not_empty');
    expect(failing(() => deleteDepartment(acme, 'eu-r', { members: 1 }))).toBe('department_not_empty');
    const { tree } = deleteDepartment(acme, 'eu-r', { members: 0 });
    expect(tree.departments.has('eu-r')).toBe(false);
    expect(standingFor(tree, 'eu-r')).toBeUndefined();
  });

  it('delete with a transfer: another takes the members and what is below', () => {
    const { tree, moved } = deleteDepartment(acme, 'eu', { members: 5, transferTo: 'root' });
    expect(idsOf(subtreeOf(tree, 'root'))).toEqual(['root', 'as', 'as-s', 'eu-r', 'eu-s', 'eu-s-i']);
    expect(moved.map(({ id, parent, version }) => [id, parent, version])).toEqual([
      ['eu-r', 'root', 2],
      ['eu-s', 'root', 2],
    ]);
    expect(standingFor(tree, 'eu')).toBe('root');
    const next = deleteDepartment(tree, 'eu-s', { members: 1, transferTo: 'as' }).tree;
    const last = deleteDepartment(next, 'as', { members: 9, transferTo: 'eu-r' });
    // Members still name the deleted ones; each leads, over the others, to the one that stands.
    expect(standingFor(last.tree, 'eu-s')).toBe('eu-r');
    expect([...namesInMembers(last.tree, ['eu-r'])].sort()).toEqual(['as', 'eu-r', 'eu-s']);
    expect(standingFor(forgetTransfers(last.tree, ['as']), 'eu-s')).toBeUndefined();
  });

  it('refuse transfers that cannot be', () => {
    const transfer = (id: string, transferTo: string) =>
      failing(() => deleteDepartment(acme, id, { members: 1, transferTo }));
    expect(transfer('eu', 'eu')).toBe('department_below_itself');
    expect(transfer('eu', 'eu-s-i')).toBe('department_below_itself');
    expect(transfer('eu', 'gone')).toBe('unknown_department');
    expect(transfer('eu', 'as')).toBe('department_name_taken');
  });

  it('hand over a department that is named like the one deleted', () => {
    const nested = treeOf(['a', 'Sales', 'root'], ['b', 'Sales', 'a']);
    const { tree } = deleteDepartment(nested, 'a', { members: 0, transferTo: 'root' });
    expect(pathOf(tree, 'b')).toBe('Sales');
  });

  it('keep to the depth of 20, wherever a whole subtree goes', () => {
    const chain = Array.from({ length: 20 }, (_, at): [string, string, string] => [
      `d${at + 1}`,
      'Deeper',
      at === 0 ? 'root' : `d${at}`,
    ]);
    const deep = treeOf(...chain, ['a', 'A', 'root'], ['b', 'B', 'a']);
    expect(departmentDepthMax).toBe(20);
    expect(failing(() => addDepartment(deep, { id: 'n', name: 'N', parent: 'd20' }))).toBe(
      'department_too_deep',
    );
    expect(failing(() => addDepartment(deep, { id: 'n', name: 'N', parent: 'd19' }))).toBeUndefined();
    expect(failing(() => changeDepartment(deep, 'a', { parent: 'd19' }))).toBe('department_too_deep');
    expect(failing(() => changeDepartment(deep, 'a', { parent: 'd18' }))).toBeUndefined();
  });

  it('keep to 2,000 departments', () => {
    const rows = Array.from({ length: 2_000 }, (_, at): [string, string, string] => [
      `d${at}`,
      `D ${at}`,
      'root',
    ]);
    expect(departmentsMax).toBe(2_000);
    const almost = treeOf(...rows.slice(1));
    const { tree } = addDepartment(almost, { id: 'n', name: 'N', parent: 'root' });
    expect(failing(() => addDepartment(tree, { id: 'm', name: 'M', parent: 'root' }))).toBe(
      'too_many_departments',
    );
  });
});

/** Few names, so that they meet; with white space, slashes and backslashes, so that paths are hard. */
const pieces = fc.constantFrom(
  'a',
  'A',
  'b',
  'é',
  ' ',
  '\t',
  '/',
  '\\',
  ' / ',
  '　',
  'ﬁ',
  '😀',
  '\u200b',
  '.',
);
const names = fc
  .oneof(
    fc.array(pieces, { minLength: 1, maxLength: 6 }).map((all) => all.join('')),
    fc.string({ unit: 'binary', maxLength: 20 }),
  )
  .filter((name) => GroupName.safeParse(name).success);

const pick = fc.nat({ max: 60 });
/** Adding is the commonest, so that trees grow. */
const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('add' as const), name: names, at: pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rename' as const), name: names, at: pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('move' as const), from: pick, at: pick }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delete' as const), at: pick, members: fc.nat({ max: 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('transfer' as const), from: pick, at: pick }) },
);
const operations = fc.array(operation, { minLength: 5, maxLength: 50, size: 'max' });
type Operation = typeof operation extends fc.Arbitrary<infer One> ? One : never;

function perform(tree: DepartmentTree, operation: Operation, newId: string): DepartmentTree {
  const ids = [...tree.departments.keys()];
  const idAt = (at: number) => ids[at % ids.length] as string;
  const target = idAt(operation.at);
  switch (operation.do) {
    case 'add':
      return addDepartment(tree, { id: newId, name: operation.name, parent: target }).tree;
    case 'rename':
      return changeDepartment(tree, target, { name: operation.name }).tree;
    case 'move':
      return changeDepartment(tree, idAt(operation.from), { parent: target }).tree;
    case 'delete':
      return deleteDepartment(tree, target, { members: operation.members }).tree;
    case 'transfer':
      return deleteDepartment(tree, idAt(operation.from), { members: 1, transferTo: target }).tree;
  }
}

/** What must hold of any tree, looked up without the code under test. */
function checkTree({ departments, below }: DepartmentTree): void {
  const all = [...departments.values()];
  expect(all.filter(({ parent }) => parent === undefined).map(({ id }) => id)).toEqual(['root']);
  for (const department of all) {
    const seen = new Set<string>();
    for (let one: Department | undefined = department; one?.parent !== undefined; ) {
      expect(seen.has(one.id)).toBe(false);
      seen.add(one.id);
      one = departments.get(one.parent);
      expect(one).toBeDefined();
    }
    expect(seen.size).toBeLessThanOrEqual(20);
    const children = all.filter(({ parent }) => parent === department.id);
    expect(new Set(below.get(department.id) ?? [])).toEqual(new Set(children));
    expect(new Set(children.map(({ name }) => foldGroupName(name))).size).toBe(children.length);
  }
}

describe('any sequence of changes', () => {
  it('leaves one root, no cycle, no orphan and no namesakes beside one another, and paths that lead back', () => {
    let refused = 0;
    let done = 0;
    fc.assert(
      fc.property(operations, (sequence) => {
        let tree = treeOf();
        for (const [index, operation] of sequence.entries()) {
          try {
            tree = perform(tree, operation, `n${index}`);
            done++;
          } catch (error) {
            if (!isMusterError(error) || error.code === 'corrupt_item') throw error;
            refused++;
          }
          checkTree(tree);
        }
        for (const { id } of tree.departments.values()) {
          expect(findByPath(tree, namesOfPath(pathOf(tree, id)))?.id).toBe(id);
        }
        for (const gone of tree.transfers.keys()) {
          const standing = standingFor(tree, gone);
          expect(standing === undefined || tree.departments.has(standing)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
    expect(refused).toBeGreaterThan(50);
    expect(done).toBeGreaterThan(500);
  });
});

describe('paths', () => {
  it.each<[string, string[]]>([
    ['A / B / C', ['A', 'B', 'C']],
    ['  A  /  B ', ['A', 'B']],
    ['R/D', ['R/D']],
    ['R\\D', ['R\\D']],
    ['A \\/ B', ['A / B']],
    ['A / / B', ['A', '', 'B']],
    ['\\ A', [' A']],
    ['A\\\\ / B', ['A\\', 'B']],
    ['/', ['/']],
    ['', []],
    [' \t ', []],
  ])('%j reads as %j', (path, expected) => {
    expect(namesOfPath(path)).toEqual(expected);
  });

  it.each<[string[], string]>([
    [['A', 'B'], 'A / B'],
    [['R/D', 'A / B'], 'R/D / A \\/ B'],
    [['C:\\x', ' lead'], 'C:\\\\x / \\ lead'],
  ])('%j is written %j', (given, expected) => {
    expect(pathOfNames(given)).toBe(expected);
  });

  it('round-trip whatever the names', () => {
    fc.assert(
      fc.property(fc.array(names, { maxLength: 5 }), (given) => {
        expect(namesOfPath(pathOfNames(given))).toEqual(given);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('names', () => {
  it.each([
    ['Sales', true],
    ['  Sales ', true],
    ['x'.repeat(200), true],
    ['x'.repeat(201), false],
    ['\u{1f600}'.repeat(200), true],
    ['', false],
    [' \t\u3000\ufeff', false],
    ['half \ud83d', false],
    ['whole \u{1f600}', true],
  ])('%j may be one: %s', (name, may) => {
    expect(GroupName.safeParse(name).success).toBe(may);
  });
});
