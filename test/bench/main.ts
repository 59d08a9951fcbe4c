/** `npm run bench`: what Muster costs, measured. */
import { Command, InvalidArgumentError } from 'commander';
import { exitCodes, runCommand } from '../../commands/failure.ts';
import { withUsageExit } from '../../commands/options.ts';
import { bundlesTable, measureBundles } from './bundles.ts';
import { coldStartsTable, measureColdStarts } from './cold-starts.ts';
import { consoleTable, measureConsole } from './console.ts';
import { exportsTable, measureExports } from './exports.ts';
import { invitationsTable, measureInvitations } from './invitations.ts';
import { linesOf, titled } from './lines-of.ts';
import { measureSearch, searchTable } from './search.ts';
import { measureSystem, systemTables } from './system.ts';
import { measureThroughput, throughputTable } from './throughput.ts';

const partNames = [
  'bundles',
  'cold-starts',
  'cold-lane',
  'console',
  'exports',
  'invitations',
  'review',
  'search',
  'system',
  'throughput',
] as const;
type PartName = (typeof partNames)[number];

interface Options {
  rows: number[];
  json?: true;
}

/** One part: its figures, and the same as text for people. */
type Part = (rows: number[], say: (text: string) => void) => Promise<{ figures: unknown; text: string }>;

const parts: Record<PartName, Part> = {
  async bundles() {
    const figures = await measureBundles();
    return { figures, text: bundlesTable(figures) };
  },
  async 'cold-starts'(_, say) {
    const figures = await measureColdStarts(say);
    return { figures, text: coldStartsTable(figures) };
  },
  async 'cold-lane'(rows) {
    const figures = await linesOf('cold-lane.ts', rows);
    return {
      figures,
      text: titled('The cold lane: unzip, validate and diff, without the database', figures),
    };
  },
  async console(rows, say) {
    const figures = [];
    for (const count of rows) figures.push(await measureConsole(count, say));
    return { figures, text: figures.map(consoleTable).join('\n\n') };
  },
  async exports(rows, say) {
    const figures = [];
    for (const count of rows) figures.push(await measureExports(count, say));
    return { figures, text: figures.map(exportsTable).join('\n\n') };
  },
  async invitations(rows, say) {
    const figures = [];
    for (const count of rows) figures.push(await measureInvitations(count, say));
    return { figures, text: figures.map(invitationsTable).join('\n\n') };
  },
  async review(rows) {
    const figures = await linesOf('review-listing.ts', rows);
    return { figures, text: titled('A plan looked at page by page', figures) };
  },
  async search(rows, say) {
    const figures = [];
    for (const count of rows) figures.push(await measureSearch(count, say));
    return { figures, text: figures.map(searchTable).join('\n\n') };
  },
  async system(rows, say) {
    const figures = [];
    for (const count of rows) figures.push(await measureSystem(count, say));
    return { figures, text: figures.map(systemTables).join('\n\n') };
  },
  async throughput(rows, say) {
    const figures = [];
    for (const count of rows) figures.push(await measureThroughput(count, say));
    return { figures, text: figures.map(throughputTable).join('\n\n') };
  },
};

const command = new Command('npm run bench --')
  .description(
    'Measure Muster on this machine. Ratios are to what is measured beside it in the same run, and hold on a ' +
      'noisy machine where seconds do not.',
  )
  .argument('[parts...]', `what to measure: ${partNames.join(', ')}; all of them by default`, partName)
  .option('--rows <list>', 'sizes of the rosters, by commas', rowsList, [10_000, 100_000])
  .option('--json', 'print the figures as JSON')
  .addHelpText(
    'after',
    '\nA million rows through the whole system (--rows 1000000) take many minutes and gigabytes of disk in the ' +
      'temporary folder,\nso that size is measured only when asked for; calls to DynamoDB are then not counted.',
  )
  .action((names: PartName[], options: Options) => runCommand(() => bench(names, options)));

function partName(name: string, before: PartName[] = []): PartName[] {
  const found = partNames.find((part) => part === name);
  if (found === undefined) throw new InvalidArgumentError(`The parts are ${partNames.join(', ')}.`);
  return [...before, found];
}

function rowsList(text: string): number[] {
  const rows = text.split(',').map(Number);
  if (rows.every((count) => Number.isInteger(count) && count >= 1_000 && count <= 1_000_000)) return rows;
  throw new InvalidArgumentError('Give whole numbers from 1000 to 1000000, as in 10000,100000.');
}

async function bench(names: PartName[], { rows, json }: Options): Promise<number> {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const figures: Partial<Record<PartName, unknown>> = {};
  for (const name of names.length === 0 ? partNames : names) {
    const measured = await parts[name](rows, say);
    figures[name] = measured.figures;
    if (!json) process.stdout.write(`\n${measured.text}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
  return exitCodes.complete;
}

await withUsageExit(command).parseAsync();
