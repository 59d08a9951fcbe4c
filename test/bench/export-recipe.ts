/** `node export-recipe.ts RECIPE ROWS FOLDER`: one recipe of `exports.ts`, which measures it from outside. */
import { createWriteStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { layoutOf } from 'roster/domain/export-layout';
import { noCounts, partCountFor, type Reject, shardsOfPart } from 'roster/domain/import';
import { type Member, shardCount, shardOf } from 'roster/domain/member';
import { encodeRecord } from 'roster/files/fields';
import { FrameBuffer } from 'roster/files/rows';
import { zippedTable } from 'roster/files/table-file';
import { exportFiles, gatheredRows, gatherPart } from 'roster/pipeline/export';
import { writeReport } from 'roster/pipeline/report';
import { type Manifest, type Plan, workFiles } from 'roster/pipeline/work-files';
import { columnNames, generatorColumns } from '../../commands/sample/columns.ts';
import { memberIdAt, rosterRow } from '../../commands/sample/rows.ts';
import { diskObjects } from './disk-objects.ts';

export const recipeNames = ['csv-stringify', 'gather', 'csv', 'xlsx', 'report'] as const;
export type ExportRecipe = (typeof recipeNames)[number];

/** What a recipe took; `megabytes` is what it wrote. */
export interface MeasuredRecipe {
  cpuSeconds: number;
  peakMegabytes: number;
  megabytes: number;
}

const seed = 1;
const exported = { organization: 'bench', exportId: 'export' };
const ref = { organization: 'bench', importId: '01JBENCH000000000000000000' };
const madeAt = new Date('2026-01-01T00:00:00Z');
const layout = layoutOf(
  {
    ...{ format: 'csv', preset: 'roster', includeEmails: true, includePhones: true, byteOrderMark: true },
    columns: [...columnNames],
  },
  { schema: generatorColumns, pathsOf: () => [], now: madeAt },
);

/** A member as it is stored. */
export function benchMember(index: number): Member {
  const values = { ...rosterRow(seed, index) };
  return {
    externalId: memberIdAt(index),
    state: 'not_joined',
    values,
    valuesHash: '0'.repeat(16),
    name: `${values.FirstName} ${values.LastName}`,
    email: values.Email,
    phone: values.Phone,
    departments: ['01JBENCH000000000000000001'],
    roles: [],
    version: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'bench',
  };
}

type Recipe = (rows: number, folder: string) => Promise<string[]>;

/** Each returns the files that it wrote. */
const recipes: Record<ExportRecipe, Recipe> = {
  async 'csv-stringify'(rows, folder) {
    const source = function* () {
      for (let index = 0; index < rows; index++) yield layout.cells(benchMember(index));
    };
    const file = join(folder, 'plain.csv');
    await pipeline(Readable.from(source()), stringify(), createWriteStream(file));
    return [file];
  },
  async gather(rows, folder) {
    const objects = diskObjects(folder);
    const indexes = indexesOfShards(rows);
    const parts = partCountFor(0, rows);
    for (let part = 0; part < parts; part++) {
      const shards = shardsOfPart(part, parts).map((shard) => pagesOf(indexes[shard] as number[]));
      const key = exportFiles.part(exported, part);
      await gatherPart(objects, key, shards, { matches: () => true, cells: layout.cells });
    }
    return filesIn(join(folder, 'bench', 'export'));
  },
  csv: (rows, folder) => makeFile(rows, folder, 'csv'),
  xlsx: (rows, folder) => makeFile(rows, folder, 'xlsx'),
  async report(rows, folder) {
    const work = diskObjects(join(folder, 'work'));
    const reports = diskObjects(join(folder, 'reports'));
    await writeLedgers(rows, work);
    const before = process.cpuUsage();
    await writeReport({ work, reports, clock: () => madeAt }, ref, (outcome) => outcome);
    apart = before;
    return filesIn(join(folder, 'reports', ref.organization, ref.importId));
  },
};

/** Where the measured work began, if something else came before. */
let apart: NodeJS.CpuUsage | undefined;

function indexesOfShards(rows: number): number[][] {
  const shards: number[][] = Array.from({ length: shardCount }, () => []);
  for (let index = 0; index < rows; index++) shards[shardOf(memberIdAt(index))]?.push(index);
  return shards;
}

/** About what a page of a query holds. */
const pageMembers = 1_000;

async function* pagesOf(indexes: readonly number[]): AsyncIterable<Member[]> {
  for (let start = 0; start < indexes.length; start += pageMembers) {
    yield indexes.slice(start, start + pageMembers).map(benchMember);
  }
}

/** Of the parts that the recipe `gather` left. */
async function makeFile(rows: number, folder: string, format: 'csv' | 'xlsx'): Promise<string[]> {
  const objects = diskObjects(folder);
  const gathered = gatheredRows(objects, exported, partCountFor(0, rows));
  const file = zippedTable({ name: 'Roster', header: layout.header, rows: gathered }, { format, madeAt });
  await objects.writeStream(`${format}.zip`, file);
  return [join(folder, `${format}.zip`)];
}

const parts = 16;
const rejectedOneIn = 100;

/** The work files that a report is made of: one row in a hundred rejected, the others added. */
async function writeLedgers(rows: number, work: ReturnType<typeof diskObjects>): Promise<void> {
  const plan: Plan = {
    counts: { ...noCounts, rows, rejected: Math.ceil(rows / rejectedOneIn) },
    parts: [],
  };
  const manifest: Manifest = {
    ...{ names: columnNames, columns: [...generatorColumns], positions: columnNames.map((_, at) => at) },
    ...{ fieldCount: columnNames.length, delimiter: ',', complete: true, schemaVersion: 1 },
    report: { mapped: {}, ignored: [], missing: [] },
    parts: [],
  };
  const rejects: string[] = [];
  for (let index = 0; index < rows; index += rejectedOneIn) rejects.push(JSON.stringify(rejectOf(index + 2)));
  await work.write(workFiles.allRejects(ref), `${rejects.join('\n')}\n`);
  for (let part = 0; part < parts; part++) {
    const ledger: string[] = [];
    const frames = new FrameBuffer();
    for (let index = part; index < rows; index += parts) {
      const outcome = index % rejectedOneIn === 0 ? 'rejected' : 'add';
      ledger.push(`${index + 2}\t${memberIdAt(index)}\t${outcome}\n`);
      const record = encodeRecord(Object.values(rosterRow(seed, index)), ',');
      frames.append({ line: index + 2, quoted: record.includes('"'), bytes: Buffer.from(record) });
    }
    await work.write(workFiles.ledger(ref, part), ledger.join(''));
    await work.write(workFiles.segment(ref, part, 0), frames.take());
    plan.parts.push({ part, ledger: workFiles.ledger(ref, part), kinds: {} });
    manifest.parts.push({ part, segments: 1, rows: ledger.length });
  }
  await work.write(workFiles.plan(ref), JSON.stringify(plan));
  await work.write(workFiles.manifest(ref), JSON.stringify(manifest));
}

function rejectOf(line: number): Reject {
  const message = '“Email” is not an email address such as name@example.org.';
  return { line, column: 'Email', code: 'not_an_email', message, value: 'nobody at example' };
}

async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).map((name) => join(folder, name));
}

async function run(recipe: ExportRecipe, rows: number, folder: string): Promise<void> {
  const start = process.cpuUsage();
  const files = await recipes[recipe](rows, folder);
  const { user, system } = process.cpuUsage(apart ?? start);
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const measured: MeasuredRecipe = {
    cpuSeconds: (user + system) / 1e6,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
    megabytes: sizes.reduce((sum, size) => sum + size, 0) / 1e6,
  };
  process.send?.(measured);
  process.disconnect?.();
}

const [recipe, rows, folder] = process.argv.slice(2);
if (process.send !== undefined && recipeNames.includes(recipe as ExportRecipe)) {
  await run(recipe as ExportRecipe, Number(rows), folder as string);
}
