/**
 * `node test/bench/cold-lane.ts [rows…]`: CPU seconds and peak memory of unzip + validate + diff, as a ratio to
 * csv-parse alone (objects) reading the same rows in the same run. Each recipe runs in a process of its own; the
 * members come from files, so that the database is apart. The figure to hold is a ratio of at most 1.
 */
import { fork } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import { ImportLimits } from 'roster/domain/import';
import { shardCount, shardOf } from 'roster/domain/member';
import type { ImportRef, MemberDigest } from 'roster/domain/ports';
import { fileSource } from 'roster/files/source';
import { CheckedRows } from 'roster/pipeline/checked-rows';
import { diffPart } from 'roster/pipeline/diff';
import { uniqueColumns } from 'roster/pipeline/part-checker';
import { unzip } from 'roster/pipeline/unzip';
import { validatePart } from 'roster/pipeline/validate';
import { type PartCompared, readJson, workFiles } from 'roster/pipeline/work-files';
import { generatorColumns } from '../../commands/sample/columns.ts';
import { writeRosterCsv, writeRosterZip } from '../../commands/sample/files.ts';
import { nextVersion } from '../../commands/sample/next-version.ts';
import { indexOfMemberId, rosterRow, rosterRows } from '../../commands/sample/rows.ts';
import { memoryImports, memoryMembers, memoryOrganizations, noRosterChanges } from '../support/memory.ts';
import { diskObjects } from './disk-objects.ts';

const seed = 1;
/** Runs of each recipe, in turn; the median counts, for the machine's speed drifts. */
const rounds = 3;
let databaseSeconds = 0;

/** Does what stands for the database; its CPU seconds are told apart. */
function apart<T>(work: () => T): T {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  databaseSeconds += (user + system) / 1e6;
  return result;
}
const ref: ImportRef = { organization: 'bench', importId: '01JBENCH000000000000000000' };

type Recipe = 'csv-parse' | 'first' | 'next' | 'same';
interface Measured {
  cpuSeconds: number;
  peakMegabytes: number;
  steps?: Record<string, number>;
  result: string;
}

const recipes: Record<Recipe, (folder: string) => Promise<Omit<Measured, 'cpuSeconds' | 'peakMegabytes'>>> = {
  async 'csv-parse'(folder) {
    let rows = 0;
    const parser = createReadStream(join(folder, 'first.csv')).pipe(parse({ bom: true, columns: true }));
    for await (const _ of parser) rows += 1;
    return { result: `${rows} rows` };
  },
  first: (folder) => importPlan(folder, 'first', 0),
  next: (folder) => importPlan(folder, 'next', shardCount),
  same: (folder) => importPlan(folder, 'first', shardCount),
};

/** Runs the steps up to the plan on one file against the members of the shards on disk. */
async function importPlan(folder: string, name: string, shardsWithMembers: number) {
  const imports = memoryImports();
  const members = {
    ...memoryMembers(imports),
    async *shard(_organization: string, shard: number) {
      if (shard >= shardsWithMembers) return;
      yield apart(
        () => JSON.parse(readFileSync(join(folder, `members-${shard}.json`), 'utf8')) as MemberDigest[],
      );
    },
    values: async (_organization: string, ids: string[]) => apart(() => storedValues(ids)),
  };
  const work = diskObjects(join(folder, `work-${name}-${shardsWithMembers}`));
  const deps = {
    imports,
    members,
    work,
    rosterChanges: noRosterChanges,
    organizations: memoryOrganizations(generatorColumns),
    savedMappings: { find: async () => undefined },
    limits: ImportLimits.parse({}),
    clock: () => new Date(),
    upload: async () => ({ source: await fileSource(join(folder, `${name}.zip`)), uploadedAt: new Date() }),
  };
  const steps: Record<string, number> = {};
  const timed = async (step: string, run: () => Promise<unknown>) => {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    steps[step] = (steps[step] ?? 0) + (user + system) / 1e6;
  };
  let parts: number[] = [];
  await timed('unzip', async () => {
    ({ parts } = await unzip(deps, ref));
  });
  for (const part of parts) await timed('validate', () => validatePart(deps, { ...ref, part }));
  for (const part of parts) await timed('diff', () => diffPart(deps, { ...ref, part }));
  steps.diff = (steps.diff ?? 0) - databaseSeconds;
  const compared = await Promise.all(
    parts.map((part) => readJson<PartCompared>(work, workFiles.compared(ref, part))),
  );
  const sum = (count: 'added' | 'updated' | 'disabled' | 'unchanged' | 'rejected') =>
    compared.reduce((total, { counts }) => total + counts[count], 0);
  const result = `${parts.length} parts: ${sum('added')} added, ${sum('updated')} updated, ${sum('disabled')} absent, ${sum('unchanged')} unchanged, ${sum('rejected')} rejected`;
  return { steps, result };
}

function storedValues(ids: string[]): Map<string, Record<string, string>> {
  return new Map(ids.map((id) => [id, { ...rosterRow(seed, indexOfMemberId(id) ?? 0) }]));
}

/** What the first import would have stored of the members, from the rows that it checked. */
async function writeMembers(folder: string): Promise<void> {
  const work = diskObjects(join(folder, 'work-first-0'));
  const manifest = await readJson<{ parts: { part: number }[] }>(work, workFiles.manifest(ref));
  const shards: MemberDigest[][] = Array.from({ length: shardCount }, () => []);
  for (const { part } of manifest.parts) {
    const rows = new CheckedRows(
      await work.read(workFiles.checked(ref, part)),
      uniqueColumns([...generatorColumns]).length,
    );
    for (let index = 0; index < rows.length; index++) {
      const externalId = rows.externalId(index);
      const state = rows.active(index) === false ? 'disabled' : 'not_joined';
      shards[shardOf(externalId)]?.push({
        externalId,
        valuesHash: rows.valuesHash(index),
        state,
        version: 1,
        ...(state === 'disabled' && { disabledBy: 'file' as const }),
      });
    }
  }
  for (const [shard, digests] of shards.entries()) {
    await writeFile(join(folder, `members-${shard}.json`), JSON.stringify(digests));
  }
}

function measure(recipe: Recipe, folder: string): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, ['--recipe', recipe, folder]);
    child.on('message', (measured) => resolve(measured as Measured));
    child.on('exit', (code) => code !== 0 && reject(new Error(`${recipe} ended with ${code}`)));
  });
}

async function bench(rows: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  try {
    await mkdir(folder, { recursive: true });
    await writeRosterCsv(join(folder, 'first.csv'), rosterRows({ seed, rows }));
    await writeRosterZip(join(folder, 'first.zip'), rosterRows({ seed, rows }));
    const next = nextVersion({ seed, rows, updatedShare: 0.01, addedShare: 0.005, absentShare: 0.005 });
    await writeRosterZip(join(folder, 'next.zip'), next.rows());
    const megabytes = (await stat(join(folder, 'first.csv'))).size / 1e6;
    console.log(`\n${rows.toLocaleString('en')} rows, ${megabytes.toFixed(1)} MB`);
    await measure('first', folder);
    await writeMembers(folder);
    const measured = new Map<Recipe, Measured[]>();
    for (let round = 0; round < rounds; round++) {
      for (const recipe of recipeNames) {
        measured.set(recipe, [...(measured.get(recipe) ?? []), await measure(recipe, folder)]);
      }
    }
    const reference = median(measured.get('csv-parse') ?? []);
    for (const [recipe, runs] of measured) report(titles[recipe], median(runs), reference);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const titles = {
  'csv-parse': 'csv-parse, objects',
  first: 'first import',
  next: 'next version',
  same: 'the same again',
} satisfies Record<Recipe, string>;
const recipeNames = Object.keys(titles) as Recipe[];

/** The run in the middle by CPU seconds. */
function median(runs: readonly Measured[]): Measured {
  return [...runs].sort((a, b) => a.cpuSeconds - b.cpuSeconds)[Math.floor(runs.length / 2)] as Measured;
}

function report(name: string, measured: Measured, reference: Measured): void {
  const ratio = measured.cpuSeconds / reference.cpuSeconds;
  const steps = Object.entries(measured.steps ?? {}).map(
    ([step, seconds]) => `${step} ${seconds.toFixed(2)}`,
  );
  console.log(
    `${name.padEnd(20)} ${measured.cpuSeconds.toFixed(2).padStart(7)} CPU s  ratio ${ratio.toFixed(2)}  ` +
      `peak ${measured.peakMegabytes.toFixed(0).padStart(5)} MB  ${steps.join(', ')}  (${measured.result})`,
  );
}

async function runRecipe(recipe: Recipe, folder: string): Promise<void> {
  const before = process.cpuUsage();
  const said = await recipes[recipe](folder);
  const { user, system } = process.cpuUsage(before);
  const peakMegabytes = process.resourceUsage().maxRSS / 1024;
  const cpuSeconds = (user + system) / 1e6 - databaseSeconds;
  process.send?.({ ...said, cpuSeconds, peakMegabytes } satisfies Measured);
  process.disconnect?.();
}

const [flag, recipe, folder] = process.argv.slice(2);
if (flag === '--recipe') await runRecipe(recipe as Recipe, folder as string);
else for (const rows of process.argv.slice(2).map(Number)) await bench(rows);
