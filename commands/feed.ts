/** `npm run feed`: delivers a roster file with a feed key, as a program that runs every night does. */
import { basename, extname, resolve } from 'node:path';
import { Command } from 'commander';
import { MusterClient } from './client.ts';
import { CommandFailure, exitCodes, runCommand } from './failure.ts';
import { withUsageExit } from './options.ts';
import { defaultStateDirectory, runningCloud } from './running-system.ts';

interface Options {
  keyEnv: string;
  url?: string;
}

const fileTypes = ['.csv', '.zip', '.xlsx'];

const command = new Command('npm run feed --')
  .description('Deliver a roster file to the organization whose feed key this is; the result comes by mail.')
  .argument('<file>', 'a .csv, a .zip of one .csv, or an .xlsx')
  .option('--key-env <variable>', 'the environment variable that holds the key', 'MUSTER_FEED_KEY')
  .option('--url <url>', 'where the system is (the local one that runs, by default)')
  .addHelpText('after', '\nExit codes: 0 delivered, 1 refused or failed, 2 wrong usage.')
  .action((file: string, options: Options) => runCommand(() => deliver(file, options)));

async function deliver(file: string, { keyEnv, url }: Options): Promise<number> {
  const key = process.env[keyEnv];
  if (!key) throw new CommandFailure(`Put the feed key into the environment variable ${keyEnv}.`);
  // npm runs scripts in the project; a relative name is meant from where npm was called.
  const path = resolve(process.env.INIT_CWD ?? '.', file);
  if (!fileTypes.includes(extname(path).toLowerCase())) {
    throw new CommandFailure(`${path} is not a roster file: give a .csv, .zip or .xlsx.`);
  }
  const client = new MusterClient(url ?? (await runningCloud(defaultStateDirectory())).apiUrl);
  const { upload } = await client.feedUpload(key, basename(path));
  await client.uploadFile(upload, path).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      throw new CommandFailure(`There is no file ${path}: check its name.`, { cause });
    }
    throw cause;
  });
  process.stdout.write(`${basename(path)} was delivered\n`);
  return exitCodes.complete;
}

await withUsageExit(command).parseAsync();
