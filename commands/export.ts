/** `npm run export`: writes the roster of a running system to a file. */
import { createWriteStream } from 'node:fs';
import { extname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Command, Option } from 'commander';
import { type ExportFormat, exportFormats, exportPresets } from 'roster/domain/export';
import { memberStates } from 'roster/domain/member';
import type { MusterClient } from './client.ts';
import { CommandFailure, exitCodes, runCommand } from './failure.ts';
import { withUsageExit } from './options.ts';
import { type SignInOptions, signedIn, withSignInOptions } from './sign-in.ts';

type Choice = Parameters<MusterClient['startExport']>[1];

interface Options extends SignInOptions {
  format?: ExportFormat;
  preset?: Choice['preset'];
  columns?: string[];
  search?: string;
  status?: (typeof memberStates)[number][];
  emails?: true;
  phones?: true;
}

const command = withSignInOptions(new Command('npm run export --'))
  .description('Write the roster of the running system to a .zip of a CSV file or a workbook.')
  .argument('<file>', 'the .zip to write')
  .addOption(new Option('--format <format>', 'what is in the .zip').choices(exportFormats).default('csv'))
  .addOption(
    new Option('--preset <preset>', 'roster: to be imported again; account, current: lists').choices(
      exportPresets,
    ),
  )
  .option('--columns <names...>', 'columns of the roster, in this order; else all')
  .option('--search <words>', 'only members whom a search for these words finds')
  .addOption(new Option('--status <states...>', 'only members in one of these states').choices(memberStates))
  .option('--emails', 'with email addresses')
  .option('--phones', 'with phone numbers')
  .action((file: string, options: Options) => runCommand(() => run(file, options)));

async function run(file: string, options: Options): Promise<number> {
  if (extname(file).toLowerCase() !== '.zip') throw new CommandFailure(`${file} is no .zip: name one.`);
  const path = resolve(process.env.INIT_CWD ?? '.', file);
  const { client, organization } = await signedIn(options);
  const { exportId } = await client.startExport(organization, choiceOf(options));
  const job = await client.waitForExport(organization, exportId);
  if (job.status !== 'complete') {
    throw new CommandFailure(`Not exported: ${job.error?.message ?? `the export is ${job.status}`}.`);
  }
  await download(await client.linkToExport(organization, exportId), path);
  process.stdout.write(`${job.rows} members written to ${path}\n`);
  return exitCodes.complete;
}

function choiceOf({ format = 'csv', preset, columns, search, status, emails, phones }: Options): Choice {
  const filter = { ...(search && { q: search }), ...(status && { status }) };
  return {
    format,
    ...(preset && { preset }),
    ...(columns && { columns }),
    ...(Object.keys(filter).length > 0 && { filter }),
    ...(emails && { includeEmails: true }),
    ...(phones && { includePhones: true }),
  };
}

async function download(url: string, path: string): Promise<void> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) {
    throw new CommandFailure(`The file cannot be fetched: the answer is ${response.status}.`);
  }
  try {
    await pipeline(response.body, createWriteStream(path));
  } catch (cause) {
    throw new CommandFailure(`${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

await withUsageExit(command).parseAsync();
