import { describe, expect, it } from 'vitest';
import {
  departmentResolver,
  planDepartments,
  resolveDepartments,
} from '../../../layers/roster/src/domain/department-resolver.ts';
import { departmentTree, pathOf, subtreeOf } from '../../../layers/roster/src/domain/departments.ts';

const rows: [string, string, string][] = [
  ['eu', 'Europe', 'root'],
  ['eu-s', 'Sales', 'eu'],
  ['as', 'Asia', 'root'],
  ['as-s', 'Sales', 'as'],
  ['as-l', 'Legal', 'as'],
  ['as-o', 'Dev / Ops', 'as'],
  ['as-e', 'Europe', 'as'],
];
const tree = departmentTree({
  root: { name: 'Acme', version: 1 },
  departments: rows.map(([id, name, parent]) => ({ id, name, parent, version: 1 })),
});

describe('the departments that texts name', () => {
  it.each<[string, string[], { ids?: string[]; missing?: string[]; ambiguous?: string[] }]>([
    ['a path', ['Europe / Sales'], { ids: ['eu-s'] }],
    ['a path that starts with the root', ['Acme / Asia / Sales'], { ids: ['as-s'] }],
    ['the root itself', ['acme'], { ids: ['root'] }],
    ['case and width put aside', ['ＥＵＲＯＰＥ / sales'], { ids: ['eu-s'] }],
    ['the name of the only one', ['Legal'], { ids: ['as-l'] }],
    ['a name on the top before one further down', ['Europe'], { ids: ['eu'] }],
    ['a name that looks like a path', ['Dev / Ops'], { ids: ['as-o'] }],
    ['a name of several', ['Sales'], { ambiguous: ['Sales'] }],
    ['what is not there', ['Europe / Legal', 'Nowhere'], { missing: ['Europe / Legal', 'Nowhere'] }],
    ['nothing', ['', ' '], {}],
    ['the same twice', ['Legal', 'Asia / Legal', 'X', 'X'], { ids: ['as-l'], missing: ['X'] }],
  ])('%s', (_, texts, expected) => {
    expect(resolveDepartments(tree, texts)).toEqual({ ids: [], missing: [], ambiguous: [], ...expected });
  });

  it('are found by a resolver made once', () => {
    const resolve = departmentResolver(tree);
    expect(resolve(['Asia']).ids).toEqual(['as']);
    expect(resolve(['Asia / Legal']).ids).toEqual(['as-l']);
  });
});

describe('planning missing departments', () => {
  const ids = () => {
    let next = 0;
    return () => `n${++next}`;
  };

  it('adds each with those above it, once, in an order that can be stored', () => {
    const texts = ['Europe / Legal / Contracts', 'europe / LEGAL / Claims', 'Africa', 'Europe / Sales', ''];
    const plan = planDepartments(tree, texts, ids());
    expect(plan.added.map(({ id, name, parent }) => [id, name, parent])).toEqual([
      ['n1', 'Legal', 'eu'],
      ['n2', 'Contracts', 'n1'],
      ['n3', 'Claims', 'n1'],
      ['n4', 'Africa', 'root'],
    ]);
    expect(plan.unusable).toEqual([]);
    expect(pathOf(plan.tree, 'n3')).toBe('Europe / Legal / Claims');
    expect(resolveDepartments(plan.tree, texts).missing).toEqual([]);
    expect(subtreeOf(tree, 'eu')).toHaveLength(2);
  });

  it('names the texts that cannot become departments', () => {
    const tooLong = 'x'.repeat(201);
    const plan = planDepartments(tree, ['A / / B', tooLong], ids());
    expect(plan).toMatchObject({ added: [], unusable: ['A / / B', tooLong] });
  });

  it('keeps to the bounds of a tree', () => {
    const deep = Array.from({ length: 21 }, (_, at) => `L${at}`).join(' / ');
    expect(planDepartments(tree, [deep], ids())).toMatchObject({ added: [], unusable: [deep] });
    const many = Array.from({ length: 2_000 }, (_, at) => `D${at}`);
    expect(() => planDepartments(tree, many, ids())).toThrow(
      expect.objectContaining({ code: 'too_many_departments' }),
    );
  });
});
