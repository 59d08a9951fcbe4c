/** `npm run import`: imports a roster file of one's own into a running system. */
import { stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { Listr } from 'listr2';
import { importModes, onRowErrorsValues } from 'roster/domain/import';
import { ApiError, type ImportInput, type ImportJob, isWaiting, type MusterClient } from './client.ts';
import { CommandFailure, exitCodes, runCommand } from './failure.ts';
import { approveImport, countsText, importRoster, progressText, secondsSince } from './import-roster.ts';
import { withUsageExit } from './options.ts';
import { type SignInOptions, signedIn, withSignInOptions } from './sign-in.ts';

interface Options extends SignInOptions {
  mode?: ImportInput['mode'];
  onRowErrors?: ImportInput['onRowErrors'];
  review?: true;
  yes?: true;
  json?: true;
}

const fileTypes = ['.csv', '.zip', '.xlsx'];
const rejectsShownMax = 20;

const command = withSignInOptions(new Command('npm run import --'))
  .description('Import a roster file into the running system.')
  .argument('<file>', 'a .csv, a .zip of one .csv, or an .xlsx')
  .addOption(new Option('--mode <mode>', "else the organization's own").choices(importModes))
  .addOption(new Option('--on-row-errors <policy>', "else the organization's own").choices(onRowErrorsValues))
  .option('--review', 'make the plan and let it wait for an approval')
  .option('--yes', 'approve a plan that waits, also one held because it disables many')
  .option('--json', 'print the import as JSON and nothing else')
  .addHelpText(
    'after',
    '\nExit codes: 0 complete, 1 error, 2 wrong usage, 3 the plan waits for an approval (review or hold).',
  )
  .action((file: string, options: Options) => runCommand(() => run(file, options)));

async function run(file: string, options: Options): Promise<number> {
  const start = performance.now();
  const path = await rosterFile(file);
  const { client, organization, url } = await signedIn(options);
  const job = await imported(client, organization, path, options);
  if (options.json) process.stdout.write(`${JSON.stringify(job)}\n`);
  else await tell(client, organization, job, url, start);
  if (isWaiting(job)) return exitCodes.waits;
  return job.status === 'complete' ? exitCodes.complete : exitCodes.error;
}

/** The file's absolute path; npm runs scripts in the project, so a relative one is meant from where npm was called. */
async function rosterFile(file: string): Promise<string> {
  const path = resolve(process.env.INIT_CWD ?? '.', file);
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT')
      throw new CommandFailure(`There is no file ${path}: check its name.`, { cause });
    throw new CommandFailure(`${path} cannot be read: ${cause.message}`, { cause });
  });
  if (!found.isFile()) throw new CommandFailure(`${path} is not a file: name the file itself.`);
  if (fileTypes.includes(extname(path).toLowerCase())) return path;
  throw new CommandFailure(`${path} is not a roster file: give a .csv, .zip or .xlsx.`);
}

async function imported(client: MusterClient, organization: string, file: string, options: Options) {
  const { mode, onRowErrors, review, yes } = options;
  const choices = { mode, onRowErrors, approve: review ? ('review' as const) : undefined };
  let job: ImportJob | undefined;
  const tasks = new Listr(
    [
      {
        title: `Import ${file}`,
        task: async (_, task) => {
          const show = (now: ImportJob) => showOnce(task, progressText(now));
          job = await importRoster(client, organization, file, choices, show);
          if (yes && isWaiting(job) && job.step === 'review')
            job = await approveImport(client, organization, job, show);
        },
      },
    ],
    {
      silentRendererCondition: options.json === true,
      fallbackRenderer: 'simple',
      rendererOptions: { showErrorMessage: false },
      registerSignalListeners: false,
    },
  );
  await tasks.run();
  if (job === undefined) throw new Error('The import gave no answer.');
  return job;
}

/** A plain terminal prints every text it is given, so each is given once. */
function showOnce(task: { output: string | undefined }, text: string): void {
  if (task.output !== text) task.output = text;
}

async function tell(client: MusterClient, organization: string, job: ImportJob, url: string, start: number) {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  if (job.columns && job.columns.ignored.length > 0)
    say(`Columns not imported: ${job.columns.ignored.join(', ')}`);
  if (job.columns && job.columns.missing.length > 0)
    say(`Columns that the file lacks: ${job.columns.missing.join(', ')}`);
  tellDepartments(job, say);
  if (job.counts.rejected > 0) await tellRejects(client, organization, job, say);
  if (job.status !== 'error')
    say(`${isWaiting(job) ? 'Would be: ' : ''}${countsText(job)} (${secondsSince(start)})`);
  if (job.hold) say(job.hold.message);
  if (isWaiting(job))
    say(`Nothing is changed yet. Approve it at ${url}, or import the file again with --yes.`);
  else say(endText(job));
}

function tellDepartments(job: ImportJob, say: (line: string) => void): void {
  const { departmentsToCreate: paths = [], departmentsToCreateCount: count = 0 } = job;
  if (count === 0) return;
  const more = count > paths.length ? `, and ${count - paths.length} more` : '';
  say(`${isWaiting(job) ? 'Departments to be added' : 'Departments added'}: ${paths.join(', ')}${more}`);
}

function endText(job: ImportJob): string {
  if (job.error) return `Not imported: ${job.error.message}`;
  return job.status === 'complete' ? 'Complete.' : `The import ended as ${job.status}.`;
}

async function tellRejects(
  client: MusterClient,
  organization: string,
  job: ImportJob,
  say: (line: string) => void,
) {
  let shown = 0;
  for await (const { line, column, code, message } of client.rejects(organization, job.importId)) {
    say(`line ${line}${column === undefined ? '' : `, ${column}`}: ${message} (${code})`);
    if (++shown === rejectsShownMax) break;
  }
  if (job.counts.rejected > shown) say(`and ${job.counts.rejected - shown} more`);
  const report = await reportLink(client, organization, job.importId);
  if (report !== undefined) say(`The report on every row: ${report}`);
}

async function reportLink(client: MusterClient, organization: string, importId: string) {
  try {
    return await client.linkTo(organization, importId, 'report');
  } catch (error) {
    if (error instanceof ApiError && error.code === 'report_not_ready') return undefined;
    throw error;
  }
}

await withUsageExit(command).parseAsync();
