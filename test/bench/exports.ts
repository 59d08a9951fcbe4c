/** What exports and reports cost: each in a process of its own, beside csv-stringify writing the same rows in a loop. */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memberToItem } from '../../layers/roster/src/aws/member-item.ts';
import { shardMembers } from '../../layers/roster/src/aws/shard-members.ts';
import { createTable } from '../../layers/roster/src/aws/table.ts';
import { shardCount } from '../../layers/roster/src/domain/member.ts';
import { startDynamo } from '../support/dynamo.ts';
import { benchMember, type ExportRecipe, type MeasuredRecipe, recipeNames } from './export-recipe.ts';
import { table } from './table.ts';

/** One size of roster: each recipe, and what the table is asked for. */
export interface ExportsReport {
  rows: number;
  recipes: ({ recipe: ExportRecipe; ratio: number } & MeasuredRecipe)[];
  /** DynamoDB's read units for a thousand members of this kind. */
  readUnitsPerThousandMembers: number;
}

const titles: Record<ExportRecipe, string> = {
  'csv-stringify': 'csv-stringify in a loop',
  gather: 'gathering members in parts',
  csv: 'CSV of the parts, in a .zip',
  xlsx: 'workbook of the parts, in a .zip',
  report: 'report of an import, all 4 files',
};

/** Measures exports and reports of so many rows. Members are made up on the way, whose cost is in each recipe. */
export async function measureExports(rows: number, say: (text: string) => void): Promise<ExportsReport> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  try {
    const measured = new Map<ExportRecipe, MeasuredRecipe>();
    for (const recipe of recipeNames) {
      measured.set(recipe, await measure(recipe, rows, folder));
      say(`${rows} rows: ${titles[recipe]}`);
    }
    const reference = measured.get('csv-stringify')?.cpuSeconds ?? Number.NaN;
    return {
      rows,
      recipes: [...measured].map(([recipe, one]) => ({ recipe, ...one, ratio: one.cpuSeconds / reference })),
      readUnitsPerThousandMembers: await readUnits(),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What people read of a report. */
export function exportsTable({ rows, recipes, readUnitsPerThousandMembers }: ExportsReport): string {
  const lines = recipes.map(({ recipe, cpuSeconds, ratio, peakMegabytes, megabytes }) => [
    titles[recipe],
    cpuSeconds,
    ratio,
    peakMegabytes,
    megabytes,
  ]);
  return [
    `Exports and reports of ${rows.toLocaleString('en')} rows, the database apart`,
    table(['', 'CPU s', 'ratio', 'peak MB', 'written MB'], lines),
    `Read units of DynamoDB per 1,000 members: ${readUnitsPerThousandMembers}`,
  ].join('\n');
}

function measure(recipe: ExportRecipe, rows: number, folder: string): Promise<MeasuredRecipe> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'export-recipe.ts'), [recipe, String(rows), folder]);
    child.on('message', (measured) => resolve(measured as MeasuredRecipe));
    child.on('exit', (code) => code !== 0 && reject(new Error(`${recipe} ended with ${code}.`)));
  });
}

const counted = 1_000;

async function readUnits(): Promise<number> {
  const dynamo = await startDynamo();
  try {
    let units = 0;
    const tableName = await dynamo.createTable();
    const onCapacity = (some: number) => {
      units += some;
    };
    const stored = createTable({ tableName, client: dynamo.client, onCapacity });
    const items = Array.from({ length: counted }, (_, index) => memberToItem('bench', benchMember(index)));
    for (let start = 0; start < items.length; start += 100) {
      await stored.transact(items.slice(start, start + 100).map((put) => ({ put })));
    }
    units = 0;
    let read = 0;
    for (let shard = 0; shard < shardCount; shard++) {
      for await (const members of shardMembers(stored, 'bench', shard)) read += members.length;
    }
    if (read !== counted) throw new Error(`${read} members were read, not ${counted}.`);
    return units;
  } finally {
    await dynamo.stop();
  }
}
