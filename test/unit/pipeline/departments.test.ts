import { changeDepartment, type DepartmentTree, departmentTree, pathOf } from 'roster/domain/departments';
import { MusterError } from 'roster/domain/errors';
import { changeKinds, noCounts } from 'roster/domain/import';
import type { Approval, Departments, ImportRef, PlannedChange } from 'roster/domain/ports';
import type { Column } from 'roster/domain/schema';
import { CheckedRows, CheckedWriter } from 'roster/pipeline/checked-rows';
import { createDepartments } from 'roster/pipeline/create-departments';
import {
  type DepartmentPlan,
  departmentsToCreate,
  placeTexts,
  rejectsOfFaults,
} from 'roster/pipeline/department-texts';
import { formatChange } from 'roster/pipeline/planned-changes';
import { type Manifest, readJson, workFiles } from 'roster/pipeline/work-files';
import { describe, expect, it } from 'vitest';
import { memoryDepartments, memoryImports, memoryObjects } from '../../support/memory.ts';

const ref: ImportRef = { organization: 'club', importId: '01JZZZZZZZZZZZZZZZZZZZZZZZ' };
const creating: Column = { name: 'Unit', type: 'text', role: 'department', createDepartments: true };
const finding: Column = { name: 'Unit', type: 'text', role: 'department' };

/** A tree of `id: path` pairs, parents first. */
function treeOf(paths: Record<string, [name: string, parent?: string]>, transfers: [string, string][] = []) {
  const departments = Object.entries(paths).map(([id, [name, parent = 'root']]) => ({
    id,
    name,
    parent,
    version: 1,
  }));
  return departmentTree({
    root: { name: 'Club', version: 1 },
    departments,
    transfers: transfers.map(([id, to]) => ({ id, to })),
  });
}
const bare = treeOf({});

const change = (externalId: string, unit: string, kind: 'update' | 'disable' = 'update'): PlannedChange => ({
  kind,
  externalId,
  line: Number(externalId.slice(1)),
  version: 1,
  state: kind === 'disable' ? 'disabled' : 'enabled',
  values: { ID: externalId, Unit: unit },
  valuesHash: 'x',
  before: { Unit: 'before' },
});

describe('texts of a file', () => {
  const tree = treeOf({
    eu: ['Europe'],
    sales: ['Sales', 'eu'],
    as: ['Asia'],
    hall: ['Hall', 'eu'],
    hall2: ['Hall', 'as'],
  });
  const place = (column: Column, ...texts: string[]) => {
    const { known, missing, faults } = placeTexts(tree, column, new Set(texts));
    return { known: Object.fromEntries(known), missing, faults: Object.fromEntries(faults) };
  };

  it('lead to departments, to new ones, or nowhere', () => {
    const deep = Array.from({ length: 21 }, () => 'D').join(' / ');
    const texts = ['europe / SALES', 'sales', 'Club', 'Hall', 'New', 'Club / New', 'A / / B', deep];
    const known = { 'europe / SALES': 'sales', sales: 'sales', Club: 'root' };
    expect(place(creating, ...texts)).toEqual({
      known,
      missing: ['New', 'Club / New'],
      faults: { Hall: 'ambiguous_department', 'A / / B': 'bad_department', [deep]: 'bad_department' },
    });
    expect(place(finding, ...texts)).toEqual({
      known,
      missing: [],
      faults: {
        Hall: 'ambiguous_department',
        New: 'unknown_department',
        'Club / New': 'unknown_department',
        'A / / B': 'unknown_department',
        [deep]: 'unknown_department',
      },
    });
  });

  it('tell the departments to be made, each once, with those above them', () => {
    const missing = ['New / Deep', 'NEW', 'Club / new', 'Europe / Other'];
    expect(departmentsToCreate(tree, creating, missing)).toEqual({
      departmentsToCreate: ['New', 'New / Deep', 'Europe / Other'],
      departmentsToCreateCount: 3,
    });
    expect(departmentsToCreate(tree, creating, [])).toEqual({});
    const many = Array.from({ length: 1_990 }, (_, at) => `${'n'.repeat(190)} ${at}`);
    const told = departmentsToCreate(tree, creating, many);
    expect(told.departmentsToCreateCount).toBe(1_990);
    expect(told.departmentsToCreate?.length).toBe(100);
    expect(JSON.stringify(told).length).toBeLessThan(25_000);
  });

  it('are too many where there are more than departments', () => {
    const texts = (count: number) => Array.from({ length: count }, (_, at) => `T${at}`);
    const refused = expect.objectContaining({ name: 'FileError', code: 'too_many_departments' });
    expect(() => place(finding, ...texts(2_001))).toThrow(refused);
    expect(place(creating, ...texts(2_000)).missing).toHaveLength(2_000);
    expect(() => departmentsToCreate(tree, creating, texts(2_000))).toThrow(refused);
  });

  it('reject the rows that name them, up to a bound', async () => {
    const rows = Array.from({ length: 10_001 }, (_, at) => change(`m${at + 2}`, at % 2 ? 'Bad' : 'Good'));
    const work = memoryObjects();
    const key = workFiles.changes(ref, 0, 'update');
    await work.write(key, rows.map(formatChange).join(''));
    const manifest = { columns: [finding] } as Manifest;
    const parts = [{ part: 0, ledger: '', kinds: { update: { key, count: rows.length } } }];
    const rejects = (...bad: string[]) =>
      rejectsOfFaults(work, ref, manifest, parts, new Map(bad.map((text) => [text, 'unknown_department'])));
    const found = await rejects('Bad');
    expect(found.size).toBe(5_000);
    expect(found.get(3)).toMatchObject({ line: 3, column: 'Unit', code: 'unknown_department', value: 'Bad' });
    expect(found.get(2)).toBeUndefined();
    await expect(rejects('Bad', 'Good')).rejects.toMatchObject({ code: 'too_many_unknown_departments' });
  });
});

describe('departments before an import is applied', () => {
  /** An approved import with these planned departments, and what a run of the step makes of them. */
  async function ready(planned: DepartmentPlan, column: Column, approval: Partial<Approval> = {}) {
    const work = memoryObjects();
    const imports = memoryImports({ step: 'applying' });
    const key = workFiles.changes(ref, 0, 'update');
    const disables = workFiles.changes(ref, 0, 'disable');
    const texts = [...planned.known.map(([text]) => text), ...planned.missing];
    await work.write(key, texts.map((text, at) => formatChange(change(`m${at}`, text))).join(''));
    await work.write(disables, formatChange(change('m99', 'Left', 'disable')));
    const kinds = { update: { key, count: texts.length }, disable: { key: disables, count: 1 } };
    await work.write(
      workFiles.plan(ref),
      JSON.stringify({ counts: noCounts, parts: [{ part: 0, ledger: '', kinds }] }),
    );
    await work.write(workFiles.manifest(ref), JSON.stringify({ columns: [column] }));
    await work.write(workFiles.departmentPlan(ref), JSON.stringify(planned));
    imports.approved = {
      by: 'ann',
      account: 'ANN',
      at: '',
      kinds: [...changeKinds],
      exclude: [],
      ...approval,
    };
    const clock = () => new Date('2026-01-01T00:00:00.000Z');
    const run = async (departments: Departments) => {
      await createDepartments({ work, imports, departments, clock }, ref);
      const placements = new Map(await readJson<[string, string][]>(work, workFiles.placements(ref)));
      const tree = await departments.tree('club');
      return Object.fromEntries([...placements].map(([text, id]) => [text, pathOf(tree, id)]));
    };
    return { run, imports };
  }
  const paths = (tree: DepartmentTree) => [...tree.departments.keys()].map((id) => pathOf(tree, id)).sort();

  it('are made once, also where they are wanted by another name or the step comes again', async () => {
    const departments = memoryDepartments();
    const missing = ['Europe / Sales', 'sales', 'EUROPE', 'Club / Africa'];
    const { run } = await ready({ known: [], missing }, creating);
    const expected = {
      'Europe / Sales': 'Europe / Sales',
      sales: 'sales',
      EUROPE: 'Europe',
      'Club / Africa': 'Africa',
    };
    expect(await run(departments)).toEqual(expected);
    expect(await run(departments)).toEqual(expected);
    expect(paths(departments.all)).toEqual(['', 'Africa', 'Europe', 'Europe / Sales', 'sales']);

    const europe = [...departments.all.departments.values()].find(({ name }) => name === 'Europe');
    departments.all = changeDepartment(departments.all, europe?.id ?? '', { name: 'EU' }).tree;
    expect(await run(departments)).toEqual({ ...expected, 'Europe / Sales': 'EU / Sales', EUROPE: 'EU' });
    expect(paths(departments.all)).toEqual(['', 'Africa', 'EU', 'EU / Sales', 'sales']);
  });

  it('are found by their path where a try died half-way or an admin made them meanwhile', async () => {
    // Only “Europe / Sales” is there: by its name alone “Sales” would be found below Europe.
    const departments = memoryDepartments(treeOf({ eu: ['Europe'], es: ['Sales', 'eu'] }));
    const { run } = await ready({ known: [], missing: ['Europe / Sales', 'Sales'] }, creating);
    expect(await run(departments)).toEqual({ 'Europe / Sales': 'Europe / Sales', Sales: 'Sales' });
    expect(paths(departments.all)).toEqual(['', 'Europe', 'Europe / Sales', 'Sales']);
  });

  it('are those that stand for the planned ones now', async () => {
    const now = treeOf({ renamed: ['New name'], next: ['Next'] }, [['taken', 'next']]);
    const known: [string, string][] = [
      ['Old name', 'renamed'],
      ['Taken', 'taken'],
      ['Gone', 'gone'],
    ];
    const found = await ready({ known, missing: [] }, finding);
    expect(await found.run(memoryDepartments(now))).toEqual({ 'Old name': 'New name', Taken: 'Next' });
    const made = await ready({ known, missing: [] }, creating);
    expect(await made.run(memoryDepartments(now))).toMatchObject({ Gone: 'Gone' });
  });

  it('are only those that approved changes name', async () => {
    const planned = { known: [], missing: ['A / One', 'B', 'Left'] };
    const departments = memoryDepartments();
    const { run } = await ready(planned, creating, { exclude: ['m1'] });
    expect(await run(departments)).toEqual({ 'A / One': 'A / One', Left: 'Left' });
    const others = memoryDepartments();
    expect(await (await ready(planned, creating, { kinds: ['disable'] })).run(others)).toEqual({
      Left: 'Left',
    });
    expect(paths(others.all)).toEqual(['', 'Left']);
  });

  it('end the import where there is no room any more; another failure is no end', async () => {
    const failing = (error: Error): Departments => ({
      tree: async () => bare,
      addMany: async () => {
        throw error;
      },
    });
    const { run, imports } = await ready({ known: [], missing: ['A'] }, creating);
    await expect(run(failing(new MusterError('throttled', 'busy')))).rejects.toMatchObject({
      code: 'throttled',
    });
    expect(imports.job.status).toBe('in_progress');
    const full = new MusterError('too_many_departments', 'full');
    await expect(run(failing(full))).rejects.toMatchObject({ code: 'import_superseded' });
    expect(imports.job).toMatchObject({ status: 'error', error: { code: 'too_many_departments' } });
  });
});

it('a value of a checked row is read as it stands among the others', () => {
  const values = ['1', '', 'a"b', '\\', '\\"', 'é "ü" 東京 😀', '\u2028', '[1,"2"]', ','];
  for (const uniques of [[], [0, 5]]) {
    const writer = new CheckedWriter(uniques, 0);
    for (const [index, externalId] of ['A', 'B'].entries()) {
      const row = { line: index + 2, externalId, active: true, valuesHash: 'h'.repeat(16) };
      writer.good({ ...row, values, canonical: values });
    }
    const rows = new CheckedRows(writer.take(), uniques.length);
    expect(rows.values(1)).toEqual(values);
    const read = values.map((_, at) => JSON.parse(Buffer.from(rows.rawValue(1, at), 'latin1').toString()));
    expect(read).toEqual(values);
  }
});
