/** `npm run generate`: writes a sample roster to a file, a .zip or a .csv. */
import { Command, InvalidArgumentError } from 'commander';
import { exitCodes, runCommand } from '../failure.ts';
import { wholeNumber, withUsageExit } from '../options.ts';
import { writeRosterCsv, writeRosterZip } from './files.ts';
import { nextVersion } from './next-version.ts';
import { rosterRows, rowsMax } from './rows.ts';

const command = new Command('npm run generate --')
  .description('Write a sample roster. The same seed and rows give the same bytes.')
  .argument('<file>', 'where to write: a name that ends in .zip or .csv', fileName)
  .option('--rows <n>', 'how many members', wholeNumber(0, rowsMax), 1_000)
  .option('--seed <n>', 'which roster', wholeNumber(0, 2 ** 32 - 1), 1)
  .option('--next', 'the following version: 1 % updated, 0.5 % new, 0.5 % gone')
  .action((file: string, options: Options) => runCommand(() => generate(file, options)));

interface Options {
  rows: number;
  seed: number;
  next?: true;
}

function fileName(file: string): string {
  if (/\.(zip|csv)$/i.test(file)) return file;
  throw new InvalidArgumentError('Give a name that ends in .zip or .csv.');
}

async function generate(file: string, { rows, seed, next }: Options): Promise<number> {
  const version = next ? nextVersion({ seed, rows }) : undefined;
  const write = file.toLowerCase().endsWith('.zip') ? writeRosterZip : writeRosterCsv;
  await write(file, version?.rows() ?? rosterRows({ seed, rows }));
  const counts = version?.counts ?? { rows };
  process.stdout.write(
    `${file}: ${Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')}\n`,
  );
  return exitCodes.complete;
}

await withUsageExit(command).parseAsync();
