import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import readWorkbook from 'read-excel-file/universal';
import { type DepartmentTree, departmentTree, pathOf } from 'roster/domain/departments';
import { isMusterError } from 'roster/domain/errors';
import { layoutOf } from 'roster/domain/export-layout';
import {
  changeKinds,
  type ImportColumns,
  type ImportCounts,
  ImportLimits,
  type ImportMode,
  importModes,
  shardsOfPart,
} from 'roster/domain/import';
import { type Member, shardOf } from 'roster/domain/member';
import type { ImportRef, Objects, PlannedChange, RosterMembers } from 'roster/domain/ports';
import type { Column } from 'roster/domain/schema';
import { zippedTable } from 'roster/files/table-file';
import { applyPart } from 'roster/pipeline/apply';
import { ChangeReader } from 'roster/pipeline/change-reader';
import { createDepartments } from 'roster/pipeline/create-departments';
import { diffPart } from 'roster/pipeline/diff';
import { exportFiles, gatheredRows, gatherPart } from 'roster/pipeline/export';
import { finish } from 'roster/pipeline/finish';
import { plan } from 'roster/pipeline/plan';
import { approve } from 'roster/pipeline/review';
import { unzip } from 'roster/pipeline/unzip';
import { validatePart } from 'roster/pipeline/validate';
import { type Manifest, type Plan, readJson, workFiles } from 'roster/pipeline/work-files';
import { describe, expect, it } from 'vitest';
import {
  memoryDepartments,
  memoryImports,
  memoryMembers,
  memoryObjects,
  memoryOrganizations,
  noRosterChanges,
} from '../../support/memory.ts';

/** Laws of an import as a whole: whatever the roster, the file, the mode and the interruptions, these hold. */

const columns: Column[] = [
  { name: 'Key', type: 'text', role: 'externalId' },
  { name: 'Active', type: 'boolean', role: 'state' },
  { name: 'Name', type: 'text' },
  { name: 'Mail', type: 'email', unique: true },
  { name: 'Badge', type: 'text', unique: true },
  { name: 'Fee', type: 'decimal' },
  { name: 'Unit', type: 'text', role: 'department', createDepartments: true },
];
const ref: ImportRef = { organization: 'club', importId: '01JZZZZZZZZZZZZZZZZZZZZZZZ' };
const at = new Date('2026-02-01T00:00:00Z');

interface FileRow {
  id: string;
  active: string;
  name: string;
  mail: string;
  badge: string;
  fee: string;
  unit: string;
  /** What makes the row a reject, if anything does. */
  fault: 'none' | 'fee' | 'fields' | 'quote';
}
type Roster = ReadonlyMap<string, Member>;

/** Two departments have the name Choir, so that it names neither. */
const firstTree = departmentTree({
  root: { name: 'Club', version: 1 },
  departments: [
    { id: 'a', name: 'A', parent: 'root', version: 1 },
    { id: 'b', name: 'B', parent: 'root', version: 1 },
    { id: 'ac', name: 'Choir', parent: 'a', version: 1 },
    { id: 'bc', name: 'Choir', parent: 'b', version: 1 },
  ],
});
/**
 * Texts of the department column, and the paths of the departments they may mean, case aside: a name alone also means
 * the one department below another that had it before.
 */
const units: Record<string, string[]> = {
  'A / Choir': ['a / choir'],
  'club / B': ['b'],
  Nørth: ['nørth'],
  NØRTH: ['nørth'],
  'Nørth / "Sub", 😀': ['nørth / "sub", 😀'],
  '"Sub", 😀': ['"sub", 😀', 'nørth / "sub", 😀'],
};
const ambiguous = 'choir';
const tooLongName = 'n'.repeat(201);
const leadsNowhere = ({ unit }: FileRow) => [ambiguous, tooLongName].includes(unit);

const ids = [
  'A1',
  '007',
  '7',
  'é',
  'x"y',
  'a,b',
  'a;b',
  '\\',
  "'q",
  '=1+1',
  '東京',
  '😀',
  '-',
  '[1]',
  `${'long'.repeat(45)}`,
];
const names = [
  '',
  'Ann',
  'O’Neil',
  'Smith, "Bob"',
  'two\nlines',
  'two\r\nlines',
  'tab\tbed',
  'Zoe\u0308',
  '👩‍👩‍👧',
  '\u0001',
  '{"a":1}',
  '\\u0041',
  '\u2028',
  'v'.repeat(900),
  '=SUM(A1)',
  "'=SUM(A1)",
  "''+1",
  '\ufeffx',
  ' padded ',
];
const naughty = fc.oneof(
  fc.constantFrom(...names),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const text = naughty.map((value) => value.replaceAll('\u0000', '').toWellFormed());

function rowOf(isColliding: boolean): fc.Arbitrary<FileRow> {
  return fc.record({
    id: fc.constantFrom(...ids),
    active: fc.constantFrom('', 'true', 'true', 'yes', 'false'),
    name: text,
    mail: isColliding ? fc.constantFrom('', 'a@x.org', 'A@x.org', 'b@x.org', 'c@x.org') : fc.constant(''),
    badge: isColliding ? fc.constantFrom('', '1', '2', 'é', 'e\u0301', '"') : fc.constant(''),
    fee: fc.constantFrom('', '1', '1.50', '1,5'),
    unit: fc.constantFrom('', '', ambiguous, tooLongName, ...Object.keys(units)),
    fault: fc.oneof(
      { arbitrary: fc.constant('none' as const), weight: 9 },
      fc.constantFrom('fee' as const, 'fields' as const, 'quote' as const),
    ),
  });
}
const fileOf = (isColliding: boolean) => fc.array(rowOf(isColliding), { minLength: 1, maxLength: 14 });
const mode = fc.constantFrom(...importModes);
const delimiter = fc.constantFrom(',', ';', '\t');

interface Written {
  bytes: Buffer;
  /** The physical line where each row begins. */
  lines: number[];
}

function write(rows: readonly FileRow[], mark: string): Written {
  let out = columns.map(({ name }) => name).join(mark);
  const lines: number[] = [];
  for (const row of rows) {
    out += '\n';
    lines.push(out.split('\n').length);
    const fee = row.fault === 'fee' ? 'dear' : row.fee;
    const fields = [row.id, row.active, row.name, row.mail, row.badge, fee, row.unit];
    if (row.fault === 'fields') fields.push('too many');
    const cells = fields.map((field) => (field === '' ? '' : `"${field.replaceAll('"', '""')}"`));
    // A stray mark breaks the record at its first physical line, so such a row has to be one line.
    out += row.fault === 'quote' ? `${'stray"'}${mark}x` : cells.join(mark);
  }
  return { bytes: Buffer.from(`${out}\n`), lines };
}

interface Options {
  mode: ImportMode;
  /** More members than there are make the import work in more parts. */
  membersSaid?: number;
  /** Number of the write to the work bucket or of the chunk that is interrupted once; each step then runs again. */
  killAt?: number;
  repeated?: boolean;
  excluding?: string[];
  /** A member that someone changes between plan and apply. */
  touching?: string;
  /** The departments there are before. */
  tree?: DepartmentTree;
}

interface Ended {
  members: Map<string, Member>;
  tree: DepartmentTree;
  planned: ImportCounts;
  counts: ImportCounts;
  report: string[][];
  files: ReadonlyMap<string, Buffer>;
  columns: ImportColumns | undefined;
  changes: string[];
  writes: number;
  absent: number;
}

class Killed extends Error {}

/** Runs an import as the state machine does. */
async function runImport(roster: Roster, file: Written, options: Options): Promise<Ended> {
  const imports = memoryImports({ mode: options.mode });
  const memory = memoryMembers(imports);
  for (const [id, member] of roster) memory.members.set(id, { ...member });
  let beforeKill = options.killAt ?? Number.POSITIVE_INFINITY;
  const mayDie = () => {
    beforeKill -= 1;
    if (beforeKill === 0) throw new Killed('killed');
  };
  const files = memoryObjects();
  const work: Objects = {
    ...files,
    async write(key, body) {
      mayDie();
      await files.write(key, body);
    },
  };
  let writes = 0;
  const stored = memoryDepartments(options.tree ?? firstTree);
  const departments = {
    tree: stored.tree,
    addMany: async (...wanted: Parameters<typeof stored.addMany>) => {
      const tree = await stored.addMany(...wanted);
      mayDie();
      return tree;
    },
  };
  const members: RosterMembers = {
    ...memory,
    async summary(organization) {
      const said = await memory.summary(organization);
      return { ...said, total: options.membersSaid ?? said.total };
    },
    async applyChunk(chunkRef, chunk, context) {
      await memory.applyChunk(chunkRef, chunk, context);
      writes += chunk.changes.length;
      mayDie();
    },
  };
  const source = {
    size: file.bytes.length,
    async *read(start: number, end: number) {
      yield file.bytes.subarray(start, end);
    },
  };
  const deps = {
    imports,
    members,
    departments,
    work,
    reports: files,
    organizations: memoryOrganizations(columns),
    rosterChanges: noRosterChanges,
    approvers: { mayApprove: async () => true },
    savedMappings: { find: async () => undefined },
    limits: ImportLimits.parse({}),
    clock: () => at,
    upload: async () => ({ source, uploadedAt: at }),
    accountQueue: { changed: async () => undefined },
  };
  const step = async <T>(run: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        const said = await run();
        return options.repeated ? await run() : said;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    }
  };
  const { parts } = await step(() => unzip(deps, ref));
  for (const part of parts) await step(() => validatePart(deps, { ...ref, part }));
  for (const part of parts) await step(() => diffPart(deps, { ...ref, part }));
  const planned = await step(() => plan(deps, ref));
  if (planned.next === 'review' || options.excluding !== undefined) {
    imports.job = { ...imports.job, step: 'review' };
    await approve(
      deps,
      ref,
      { account: 'owner', login: 'owner' },
      { confirmHold: true, exclude: options.excluding },
    );
  }
  const counts = imports.job.counts;
  const { kinds, changes } = await changesOf(files);
  await step(() => createDepartments(deps, ref));
  const touched = memory.members.get(options.touching ?? '');
  if (touched !== undefined) touched.version += 1;
  for (const part of planned.parts) await step(() => applyPart(deps, { ...ref, part }));
  try {
    await step(() => finish(deps, ref));
  } catch (error) {
    if (!options.repeated || !isMusterError(error, 'import_superseded')) throw error;
  }
  const report = parse(files.files.get(workFiles.report(ref)) as Buffer, {
    bom: true,
    from: 2,
  }) as string[][];
  return {
    members: memory.members,
    tree: stored.all,
    planned: counts,
    counts: imports.job.counts,
    report,
    files: files.files,
    columns: imports.job.columns,
    changes,
    writes,
    absent: kinds.filter((change) => change.kind === 'disable' && change.line === undefined).length,
  };
}

/** The changes as planned, without the parts that they are in. */
async function changesOf(work: Objects) {
  const { parts } = await readJson<Plan>(work, workFiles.plan(ref));
  const reader = new ChangeReader(work, ref, await readJson<Manifest>(work, workFiles.manifest(ref)));
  const kinds: PlannedChange[] = [];
  for (const part of parts) {
    for (const kind of changeKinds) {
      const before = kinds.length;
      for await (const changes of reader.all(part, kind)) kinds.push(...changes);
      expect(kinds.length - before).toBe(part.kinds[kind]?.count ?? 0);
    }
  }
  return { kinds, changes: kinds.map((change) => JSON.stringify(change)).sort() };
}

/** An apostrophe before a sign marks text (OWASP, CSV Injection). */
const asMeant = (value: string) => value.replace(/^'(?='*[=+\-@\t\r\n＝＋－＠])/, '');
const cleaned = (value: string) => asMeant(value).trim().normalize('NFC');

/** The rows that the file's first good row of each identifier is. */
function goodRows(rows: readonly FileRow[]): Map<string, FileRow> {
  const good = new Map<string, FileRow>();
  for (const row of rows) {
    const isGood = row.fault === 'none';
    if (isGood && !good.has(row.id)) good.set(row.id, row);
  }
  // An identifier is taken by the first row that is good by itself, whatever its department turns out to be.
  return new Map([...good].filter(([, row]) => !leadsNowhere(row)));
}

function valuesOf(row: FileRow): Record<string, string> {
  const all = {
    Key: row.id,
    Active: row.active,
    Name: row.name,
    Mail: row.mail,
    Badge: row.badge,
    Fee: row.fee,
    Unit: row.unit,
  };
  const clean = Object.entries(all).map(([name, value]) => [name, cleaned(value)] as const);
  return Object.fromEntries(clean.filter(([, value]) => value !== ''));
}

/** Two forms of one value, such as 1.50 and 1,5, are no difference; the stored one then stays. */
const canonical = (values: Record<string, string>) => ({
  ...values,
  ...('Fee' in values && { Fee: String(Number(values.Fee?.replace(',', '.'))) }),
  ...('Active' in values && { Active: String(values.Active !== 'false') }),
  ...('Mail' in values && { Mail: values.Mail?.toLowerCase() }),
});

const enrolled = (members: Roster) => [...members.values()].filter(({ state }) => state !== 'disabled');
/** The paths of a member's departments: which of several spellings a new one has is left to chance, and so are ids. */
const unitsOf = ({ departments }: Member, tree: DepartmentTree) =>
  departments.map((id) => pathOf(tree, id).toLowerCase());
const comparable = ({ members, tree }: Pick<Ended, 'members' | 'tree'>) =>
  [...members.values()]
    .map((member) => ({ ...member, departments: unitsOf(member, tree) }))
    .sort((a, b) => (a.externalId < b.externalId ? -1 : 1));

/** A roster as an earlier import left it. */
async function rosterFrom(rows: readonly FileRow[]): Promise<{ before: Roster; tree: DepartmentTree }> {
  const { members, tree } = await runImport(new Map(), write(rows, ','), { mode: 'full' });
  return { before: members, tree };
}

/** Puts a member into a state that its last file does not tell. */
function moveTo(member: Member, state: string): void {
  if (state === 'as it is') return;
  const { disabledBy: _, ...rest } = member;
  for (const name of Object.keys(member)) delete member[name as keyof Member];
  Object.assign(member, rest, state === 'enabled' ? { state } : { state: 'disabled', disabledBy: state });
}

/** A roster as an export has it, gathered in several parts. */
async function exportOf(
  roster: Roster,
  { format, columns: chosen }: { format: 'csv' | 'xlsx'; columns: readonly Column[] },
): Promise<Buffer> {
  const objects = memoryObjects();
  const exported = { organization: 'club', exportId: 'e' };
  const choice = { format, preset: 'roster', includeEmails: true, includePhones: true } as const;
  const layout = layoutOf(
    { ...choice, columns: chosen.map(({ name }) => name), byteOrderMark: true },
    { schema: columns, pathsOf: () => [], now: at },
  );
  const partCount = 4;
  for (let part = 0; part < partCount; part++) {
    const shards = shardsOfPart(part, partCount).map(async function* (shard) {
      const own = [...roster.values()].filter(({ externalId }) => shardOf(externalId) === shard);
      const order = (one: Member, other: Member) =>
        Buffer.compare(Buffer.from(one.externalId), Buffer.from(other.externalId));
      yield own.sort(order);
    });
    const gathering = { matches: () => true, cells: layout.cells };
    await gatherPart(objects, exportFiles.part(exported, part), shards, gathering);
  }
  const rows = gatheredRows(objects, exported, partCount);
  const chunks: Uint8Array[] = [];
  const archive = zippedTable({ name: 'Roster', header: layout.header, rows }, { format, madeAt: at });
  for await (const chunk of archive) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The rejected rows of an import as they are given back. */
function rejectsOf({ files }: Ended): string[][] {
  const stored = files.get(workFiles.report(ref, 'rejects'));
  return stored === undefined ? [] : (parse(stored, { bom: true, from: 2 }) as string[][]);
}

/** The same of a workbook, read by a reader that is not ours. */
async function sheetOf({ files }: Ended, rows: 'all' | 'rejects'): Promise<string[][]> {
  const stored = files.get(workFiles.report(ref, rows, 'xlsx'));
  if (stored === undefined) return [];
  const [sheet] = await readWorkbook(new Uint8Array(stored).buffer, { trim: false });
  const [header = [], ...body] = sheet?.data ?? [];
  return body.map((row) => header.map((_, index) => String(row[index] ?? '')));
}

const withoutApostrophes = (rows: readonly string[][]) => rows.map((row) => row.map(asMeant));

const settings = (seed: number, numRuns: number) => ({ seed, numRuns });

describe('an import', () => {
  it('makes the roster what a full file says', async () => {
    await fc.assert(
      fc.asyncProperty(fileOf(false), fileOf(false), delimiter, async (earlier, rows, mark) => {
        const { before, tree } = await rosterFrom(earlier);
        const ended = await runImport(before, write(rows, mark), { mode: 'full', tree });
        const { members } = ended;
        const named = new Set(rows.filter(({ fault }) => fault !== 'quote').map(({ id }) => id));
        const good = goodRows(rows);
        for (const [id, row] of good) {
          const member = members.get(id) as Member;
          expect(canonical(member.values)).toEqual(canonical(valuesOf(row)));
          const placed = unitsOf(member, ended.tree);
          expect(row.unit === '' ? [[]] : units[row.unit]?.map((path) => [path])).toContainEqual(placed);
          const comesBack = row.active !== 'false';
          expect(member.state !== 'disabled').toBe(comesBack);
        }
        for (const { externalId } of enrolled(members)) {
          // Beside the good rows: members whose rows are rejects stay as they were.
          if (!good.has(externalId)) expect(named).toContain(externalId);
        }
        // A reject never makes its member absent.
        for (const { externalId } of enrolled(before)) {
          if (named.has(externalId) && !good.has(externalId)) {
            expect(members.get(externalId)).toEqual(before.get(externalId));
          }
        }
      }),
      settings(1, 120),
    );
  });

  it('plans nothing when the same file comes again, in every mode', async () => {
    await fc.assert(
      fc.asyncProperty(fileOf(false), fileOf(false), mode, delimiter, async (earlier, rows, mode, mark) => {
        const { before, tree } = await rosterFrom(earlier);
        const file = write(rows, mark);
        const first = await runImport(before, file, { mode, tree });
        const again = await runImport(first.members, file, { mode, tree: first.tree });
        expect(again.writes).toBe(0);
        expect(again.changes).toEqual([]);
        expect(comparable(again)).toEqual(comparable(first));
        expect(again.tree).toBe(first.tree);
      }),
      settings(2, 100),
    );
  });

  it('accounts for every row once, whatever is left out or changed meanwhile', async () => {
    const choice = fc.subarray(ids);
    await fc.assert(
      fc.asyncProperty(
        fileOf(true),
        fileOf(true),
        mode,
        delimiter,
        fc.option(choice, { nil: undefined }),
        fc.constantFrom(...ids),
        async (earlier, rows, mode, mark, excluding, touching) => {
          const { before, tree } = await rosterFrom(earlier);
          const file = write(rows, mark);
          const ended = await runImport(before, file, {
            mode,
            tree,
            touching,
            ...(excluding && { excluding }),
          });
          const { planned, counts, report } = ended;
          const sum = (of: ImportCounts) =>
            of.added +
            of.updated +
            of.reactivated +
            of.disabled +
            of.unchanged +
            of.skipped +
            of.rejected +
            of.excluded +
            of.conflicts;
          expect(planned.rows).toBe(rows.length);
          expect(planned.disabled - planned.disabledByFile).toBe(ended.absent);
          expect(sum(planned)).toBe(rows.length + ended.absent);
          expect(sum(counts)).toBe(rows.length + ended.absent);
          const reported = report.filter(([line]) => line !== '').map(([line]) => Number(line));
          expect([...new Set(reported)]).toEqual(file.lines);
          const goodLines = report.filter(([line, , outcome]) => line !== '' && outcome !== 'rejected');
          expect(goodLines.length).toBe(rows.length - counts.rejected);
          expect(report.filter(([line]) => line === '').length).toBe(ended.absent);
          expect(await sheetOf(ended, 'all')).toEqual(withoutApostrophes(report));
          const rejects = rejectsOf(ended);
          expect(rejects.length).toBe(counts.rejected);
          expect(await sheetOf(ended, 'rejects')).toEqual(withoutApostrophes(rejects));
          for (const row of rejects) {
            const of = rows[file.lines.indexOf(Number(row[columns.length]))] as FileRow;
            const { id, active, name, mail, badge, fee, unit, fault } = of;
            const given = [id, active, name, mail, badge, fault === 'fee' ? 'dear' : fee, unit];
            const isTorn = fault === 'fields' || fault === 'quote';
            const expected = isTorn ? given.map(() => '') : given.map(asMeant);
            expect(withoutApostrophes([row.slice(0, columns.length)])[0]).toEqual(expected);
            expect(row.at(-1) === '').toBe(fault !== 'fields');
          }
        },
      ),
      settings(3, 150),
    );
  });

  it('rejects again what was given back and not corrected, and leaves everybody else alone', async () => {
    await fc.assert(
      fc.asyncProperty(fileOf(false), fileOf(false), async (earlier, rows) => {
        const { before, tree } = await rosterFrom(earlier);
        const first = await runImport(before, write(rows, ';'), { mode: 'full', tree });
        const bytes = first.files.get(workFiles.report(ref, 'rejects'));
        if (bytes === undefined) {
          expect(first.counts.rejected).toBe(0);
          return;
        }
        const again = await runImport(
          first.members,
          { bytes, lines: [] },
          { mode: 'upsert', tree: first.tree },
        );
        expect(again.planned.rows).toBe(first.counts.rejected);
        // A repeated identifier is none any more where the row before it was good, and not given back.
        const repeated = first.report.filter(([, , , , code]) => code === 'duplicate_identifier').length;
        expect(again.planned.rejected).toBeGreaterThanOrEqual(first.counts.rejected - repeated);
        expect(again.columns).toMatchObject({ ignored: [] });
        expect(again.columns?.dropped).toBeUndefined();
      }),
      settings(12, 80),
    );
  });

  it('plans nothing for an export of any roster, whoever was disabled or enabled since', async () => {
    const state = fc.constantFrom('as it is', 'admin', 'absence', 'file', 'period', 'enabled');
    const states = fc.array(state, { minLength: 14, maxLength: 14 });
    const format = fc.constantFrom('csv' as const, 'csv' as const, 'xlsx' as const);
    await fc.assert(
      fc.asyncProperty(fileOf(true), states, format, fc.boolean(), async (rows, states, format, isWhole) => {
        const { before, tree } = await rosterFrom(rows);
        // A file without rows is refused, as it would disable everybody.
        fc.pre(before.size > 0);
        for (const [index, member] of [...before.values()].entries()) moveTo(member, states[index] as string);
        const bytes = await exportOf(before, { format, columns: isWhole ? columns : columns.slice(0, 4) });
        const { planned } = await runImport(before, { bytes, lines: [] }, { mode: 'full', tree });
        const { rows: count, unchanged, ...others } = planned;
        expect([count, unchanged]).toEqual([before.size, before.size]);
        expect(
          Object.values(others).every((one) => one === 0),
          JSON.stringify(planned),
        ).toBe(true);
      }),
      settings(13, 150),
    );
  });

  it('never leaves two enrolled members with the same value of a unique column', async () => {
    await fc.assert(
      fc.asyncProperty(fileOf(true), fileOf(true), mode, async (earlier, rows, mode) => {
        const { before, tree } = await rosterFrom(earlier);
        const { members } = await runImport(before, write(rows, ','), { mode, tree });
        for (const name of ['Mail', 'Badge']) {
          const held = enrolled(members).flatMap(({ values }) => values[name]?.toLowerCase() ?? []);
          expect(new Set(held).size).toBe(held.length);
        }
      }),
      settings(4, 250),
    );
  });

  it('comes to the same however often it is interrupted or repeated', async () => {
    await fc.assert(
      fc.asyncProperty(
        fileOf(true),
        fileOf(true),
        mode,
        fc.integer({ min: 1, max: 30 }),
        async (earlier, rows, mode, killAt) => {
          const { before, tree } = await rosterFrom(earlier);
          const file = write(rows, ',');
          const calm = await runImport(before, file, { mode, tree, membersSaid: 30_000 });
          for (const options of [{ killAt }, { repeated: true }]) {
            const other = await runImport(before, file, { mode, tree, membersSaid: 30_000, ...options });
            expect(comparable(other)).toEqual(comparable(calm));
            expect({ ...other, members: 0, writes: 0 }).toEqual({ ...calm, members: 0, writes: 0 });
          }
        },
      ),
      settings(5, 80),
    );
  });

  it('has the same plan in one part and in eight', async () => {
    await fc.assert(
      fc.asyncProperty(fileOf(true), fileOf(true), mode, async (earlier, rows, mode) => {
        const { before, tree } = await rosterFrom(earlier);
        const file = write(rows, ',');
        const one = await runImport(before, file, { mode, tree });
        const eight = await runImport(before, file, { mode, tree, membersSaid: 150_000 });
        const absent = (line: string[]) => line[0] === '';
        expect(eight.changes).toEqual(one.changes);
        expect(eight.counts).toEqual(one.counts);
        expect(eight.report.filter((line) => !absent(line))).toEqual(
          one.report.filter((line) => !absent(line)),
        );
        expect(comparable(eight)).toEqual(comparable(one));
      }),
      settings(6, 80),
    );
  });
});
