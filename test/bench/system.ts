import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeRosterCsv, writeRosterZip } from '../../commands/sample/files.ts';
import { nextVersion } from '../../commands/sample/next-version.ts';
import { rosterRows } from '../../commands/sample/rows.ts';
import { bundle } from '../../infra/build/bundle.ts';
import { newBenchTenant } from './bench-tenant.ts';
import { csvParseCpuSeconds } from './csv-parse.ts';
import { startMeasuredCloud } from './measured-cloud.ts';
import { type MeasuredImport, measureImport, measureUndo } from './measured-import.ts';
import { type MeasuredRead, measureReads } from './reads.ts';
import { type Cell, table } from './table.ts';

/** The whole system at one size of roster. */
export interface SystemReport {
  rows: number;
  csvMegabytes: number;
  /** csv-parse alone, objects, on the same rows in the same run: what CPU seconds are compared with. */
  csvParseCpuSeconds: number;
  first: MeasuredImport;
  next: MeasuredImport;
  same: MeasuredImport;
  /** Of the next version, then of the first import, which removes everybody. */
  undoNext: MeasuredImport;
  undoFirst: MeasuredImport;
  reads: MeasuredRead[];
}

const seed = 1;
/** Above this, the counter would be much of what is measured. */
const countedRowsMax = 100_000;

/**
 * Runs the whole system on a temporary folder and imports, over HTTP, a first file of so many rows, the version that
 * follows (1 % updated, 0.5 % new, 0.5 % gone), and that one again; then reads, and undoes both.
 *
 * @param say told what goes on.
 * @throws Error if an import fails or its counts are not those that the files were made with.
 */
export async function measureSystem(rows: number, say: (text: string) => void): Promise<SystemReport> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  try {
    return await measureIn(folder, rows, say);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureIn(folder: string, rows: number, say: (text: string) => void): Promise<SystemReport> {
  const file = (name: string) => join(folder, name);
  const next = nextVersion({ seed, rows });
  say(`${rows} rows: writing the files`);
  await writeRosterCsv(file('first.csv'), rosterRows({ seed, rows }));
  await writeRosterZip(file('first.zip'), rosterRows({ seed, rows }));
  await writeRosterZip(file('next.zip'), next.rows());
  const csvMegabytes = (await stat(file('first.csv'))).size / 1e6;
  const reference = await csvParseCpuSeconds(file('first.csv'));
  await rm(file('first.csv'));
  const bundleDir = file('bundles');
  await bundle({ outdir: bundleDir });

  const isCounted = rows <= countedRowsMax;
  const cloud = await startMeasuredCloud({ folder: file('cloud'), bundleDir, isCounted });
  try {
    const tenant = await newBenchTenant(cloud);
    const run = async (name: string, path: string) => {
      const measured = await measureImport(cloud, tenant, path, rows);
      say(`${rows} rows: ${name} took ${inWords(measured)}`);
      return measured;
    };
    const { added, updated, absent } = next.counts;
    const unchanged = { added: 0, updated: 0, disabled: 0, rejected: 0, conflicts: 0 };
    const first = await run('the first import', file('first.zip'));
    verify('first import', first, { ...unchanged, rows, added: rows });
    const second = await run('the next version', file('next.zip'));
    verify('next version', second, { ...unchanged, added, updated, disabled: absent });
    const same = await run('the same again', file('next.zip'));
    verify('same again', same, { ...unchanged, unchanged: next.counts.rows });
    await tenant.signIn();
    const reads = await measureReads(cloud, tenant, second.importId, rows);
    const undo = async (name: string, { importId }: MeasuredImport) => {
      const measured = await measureUndo(cloud, tenant, importId, rows);
      say(`${rows} rows: undoing ${name} took ${inWords(measured)}`);
      return measured;
    };
    const undoNext = await undo('the next version', second);
    const restored = { removed: added, updated, reactivated: absent, kept: 0, conflicts: 0 };
    verify('undo of the next version', undoNext, restored);
    const undoFirst = await undo('the first import', first);
    verify('undo of the first import', undoFirst, { removed: rows, kept: 0, conflicts: 0 });
    const imports = { first, next: second, same, undoNext, undoFirst };
    return { rows, csvMegabytes, csvParseCpuSeconds: reference, ...imports, reads };
  } finally {
    await cloud.close();
  }
}

function inWords({ wallSeconds, stepSeconds }: MeasuredImport): string {
  const steps = Object.entries(stepSeconds).map(([step, seconds]) => `${step} ${seconds.toFixed(1)}`);
  return `${wallSeconds.toFixed(1)} s (${steps.join(', ')})`;
}

/** Figures of an import that did something else would mean nothing. */
function verify(name: string, { counts }: MeasuredImport, expected: Partial<MeasuredImport['counts']>): void {
  for (const [count, value] of Object.entries(expected)) {
    const found = counts[count as keyof typeof counts];
    if (found !== value) throw new Error(`The ${name} has ${found} ${count} instead of ${value}.`);
  }
}

/** What a person reads of the report. */
export function systemTables(report: SystemReport): string {
  const { rows, csvMegabytes, csvParseCpuSeconds: reference } = report;
  const title =
    `The whole system, ${rows.toLocaleString('en')} rows, ${csvMegabytes.toFixed(1)} MB ` +
    `(csv-parse alone, objects: ${reference.toFixed(2)} CPU s)`;
  const readsHeading = ['read', 'median ms', 'ratio', 'DynamoDB calls', 'queries', 'read units'];
  const reads = report.reads.map(({ name, medianMilliseconds, ratio, dynamo }) => [
    name,
    medianMilliseconds,
    ratio,
    dynamo?.requests,
    dynamo?.queries,
    dynamo?.readUnits,
  ]);
  return [title, importsTable(report), table(readsHeading, reads)].join('\n\n');
}

function importsTable(report: SystemReport): string {
  const imports = [report.first, report.next, report.same, report.undoNext, report.undoFirst];
  const line = (name: string, figureOf: (one: MeasuredImport) => Cell): Cell[] => {
    const [first, next, same, ...undos] = imports.map(figureOf);
    return [name, first, next, ratio(next, first), same, ratio(same, first), ...undos];
  };
  const keysOf = (of: (one: MeasuredImport) => object | undefined) => [
    ...new Set(imports.flatMap((one) => Object.keys(of(one) ?? {}))),
  ];
  const perChange = (one: MeasuredImport, value: number | undefined) =>
    value === undefined || changedMembers(one) === 0 ? undefined : value / changedMembers(one);
  const lines = [
    line('wall s', ({ wallSeconds }) => wallSeconds),
    ...keysOf(({ stepSeconds }) => stepSeconds).map((step) =>
      line(`  ${step}`, ({ stepSeconds }) => stepSeconds[step]),
    ),
    line('rows/s', ({ counts, wallSeconds }) => counts.rows / wallSeconds),
    line('CPU s, cloud', ({ use }) => use?.cloudCpuSeconds),
    line('CPU s, database', ({ use }) => use?.dynamoCpuSeconds),
    line('CPU, both ÷ csv-parse', ({ use }) =>
      use ? (use.cloudCpuSeconds + use.dynamoCpuSeconds) / report.csvParseCpuSeconds : undefined,
    ),
    line('peak MB, cloud', ({ use }) => use?.cloudPeakMegabytes),
    line('peak MB, database', ({ use }) => use?.dynamoPeakMegabytes),
    line('changed members', changedMembers),
  ];
  const counted =
    report.first.dynamo === undefined
      ? []
      : [
          line('member writes', ({ dynamo }) => dynamo?.memberWrites),
          line('DynamoDB calls', ({ dynamo }) => dynamo?.requests),
          ...keysOf(({ dynamo }) => dynamo?.operations).flatMap((name) => [
            line(`  ${name}`, ({ dynamo }) => dynamo?.operations[name]?.requests ?? 0),
            line(`  ${name}, units`, ({ dynamo }) => dynamo?.operations[name]?.units ?? 0),
          ]),
          line('read units', ({ dynamo }) => dynamo?.readUnits),
          line('write units', ({ dynamo }) => dynamo?.writeUnits),
          line('calls / changed member', (one) => perChange(one, one.dynamo?.requests)),
          line('read units / changed m.', (one) => perChange(one, one.dynamo?.readUnits)),
          line('write units / changed m.', (one) => perChange(one, one.dynamo?.writeUnits)),
          line('polls by the bench', ({ polls }) => polls),
        ];
  const heading = [
    'import',
    'first',
    'next version',
    'ratio',
    'same again',
    'ratio',
    'undo next',
    'undo first',
  ];
  return table(heading, [...lines, ...counted]);
}

function changedMembers({ counts }: MeasuredImport): number {
  return counts.added + counts.updated + counts.reactivated + counts.disabled + counts.removed;
}

function ratio(value: Cell, reference: Cell): Cell {
  if (typeof value !== 'number' || typeof reference !== 'number' || reference === 0) return undefined;
  return (value / reference).toFixed(2);
}
