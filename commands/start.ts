/** `npm start`: builds Muster, runs the whole system on this machine and, the first time, fills in a demo. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import { Command } from 'commander';
import { Listr } from 'listr2';
import type { Cloud, LocalAppProps } from '../infra/local/cloud.ts';
import type { ImportJob } from './client.ts';
import { ensureDemoOrganization, ensureDemoRoster } from './demo.ts';
import { CommandFailure, exitCodes, runCommand } from './failure.ts';
import { countsText, progressText, secondsSince } from './import-roster.ts';
import { wholeNumber, withUsageExit } from './options.ts';
import {
  type Demo,
  defaultStateDirectory,
  findRunningCloud,
  type RunningCloud,
  runningCloud,
} from './running-system.ts';

interface Options {
  fresh?: true;
  port?: number;
  demo: boolean;
}

/** What the steps of a start leave for those after them. */
interface Start {
  starting?: Promise<Cloud>;
  demo?: Demo;
  sample?: { job: ImportJob; took: string };
}

const stage = 'dev';
const usualPort = 8080;

const command = new Command('npm start --')
  .description('Run Muster on this machine. What it keeps is in .local/.')
  .option('--fresh', 'forget everything that is in .local/ first')
  .option(
    '--port <number>',
    `where to listen (${usualPort} by default, or a free one if it is taken)`,
    wholeNumber(0, 65_535),
  )
  .option('--no-demo', 'make no demo organization')
  .action((options: Options) => runCommand(() => start(options)));

async function start(options: Options): Promise<number> {
  const began = performance.now();
  const stateDirectory = defaultStateDirectory();
  const other = await findRunningCloud(stateDirectory);
  if (other)
    throw new CommandFailure(`Muster runs already, at ${other.url}: stop process ${other.pid} first.`);

  const stopped = stopSignal();
  const state: Start = {};
  const started = stepsOf(options, stateDirectory, state).run();
  started.catch(() => undefined);
  try {
    const outcome = await Promise.race([started, stopped]);
    if (outcome !== 'stopped') {
      process.stdout.write(`${welcome(await runningCloud(stateDirectory), state, began)}\n`);
      await stopped;
    }
  } finally {
    const cloud = await state.starting?.catch(() => undefined);
    await cloud?.close();
  }
  // A step that a signal interrupted may still hold a connection.
  process.exit(exitCodes.complete);
}

function stepsOf(options: Options, stateDirectory: string, state: Start): Listr {
  return new Listr(
    [
      { title: 'Build the functions', task: build },
      {
        title: 'Build the console',
        task: async (_, task) => {
          const { buildConsole } = await import('../infra/build/console.ts');
          if (!(await buildConsole())) task.title = 'The console is as it was built before';
        },
      },
      {
        title: 'Start the local cloud',
        task: async () => {
          state.starting = startLocalCloud(options, stateDirectory);
          await state.starting;
        },
      },
      {
        title: 'Demo organization',
        enabled: options.demo,
        task: async (_, task) => {
          const { demo, isNew } = await ensureDemoOrganization(
            stateDirectory,
            await runningCloud(stateDirectory),
            stage,
          );
          state.demo = demo;
          task.title = `Demo organization “${demo.organization}” ${isNew ? 'created' : 'found'}`;
        },
      },
      {
        title: 'Sample roster',
        enabled: options.demo,
        task: async (_, task) => {
          task.title = await importSample(state, (text) => {
            if (task.output !== text) task.output = text;
          });
        },
      },
    ],
    {
      fallbackRenderer: 'simple',
      rendererOptions: { showErrorMessage: false },
      registerSignalListeners: false,
    },
  );
}

async function build(): Promise<void> {
  const { bundle } = await import('../infra/build/bundle.ts');
  await bundle();
}

/** On the usual port; where that is taken and no other was asked for, on any free one. */
async function startLocalCloud({ fresh, port }: Options, stateDirectory: string): Promise<Cloud> {
  const [{ startCloud }, { buildApp }] = await Promise.all([
    import('../infra/local/cloud.ts'),
    import('../infra/app.ts'),
  ]);
  const app = (local: LocalAppProps) => buildApp({ stage, ...local });
  const logger = fileLogger(join(stateDirectory, 'logs'));
  const startOn = (chosen: number) =>
    startCloud({ app, stateDirectory, port: chosen, fresh, quiet: true, logger });
  try {
    return await startOn(port ?? usualPort);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    if (port === undefined) return startOn(0);
    const cure = 'choose another, as in `npm start -- --port 8090`';
    throw new CommandFailure(`Port ${port} is taken: ${cure}.`, { cause });
  }
}

/** Appends to `cloud.log`; the folder may be cleared meanwhile, so nothing is held open. */
function fileLogger(directory: string): Pick<Console, 'info' | 'error'> {
  const log = (...parts: unknown[]) => {
    mkdirSync(directory, { recursive: true });
    appendFileSync(join(directory, 'cloud.log'), `${new Date().toISOString()} ${format(...parts)}\n`);
  };
  return { info: log, error: log };
}

async function importSample(state: Start, show: (text: string) => void): Promise<string> {
  const began = performance.now();
  const { demo } = state;
  if (demo === undefined) throw new Error('There is no demo organization to import into.');
  const job = await ensureDemoRoster(demo, (now) => show(progressText(now)));
  if (job === undefined) return 'Sample roster is there already';
  state.sample = { job, took: secondsSince(began) };
  return `Sample roster imported in ${state.sample.took}`;
}

function welcome({ url, endpoints }: RunningCloud, { demo, sample }: Start, began: number): string {
  const lines = ['', `Muster runs at ${url} (started in ${secondsSince(began)})`];
  if (sample) lines.push(`Sample roster: ${countsText(sample.job)} (${sample.took})`);
  if (demo) {
    lines.push(`Sign in with   organization ${demo.organization}`);
    lines.push(`               login        ${demo.login}`);
    lines.push(`               password     ${demo.password}`);
  }
  lines.push(`Mails that it sends are at ${endpoints.SES}`);
  return [...lines, 'Logs are in .local/logs. Ctrl-C stops it; what it holds is kept.'].join('\n');
}

/**
 * Resolves at the first signal to stop. Ctrl-C arrives twice, from the terminal and from npm, so only one that
 * comes later than a second after the first ends the process at once. Resolves too when npm is gone: a shell
 * between the two does not pass signals on, and nobody would be left to stop the system.
 */
function stopSignal(): Promise<'stopped'> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const onSignal = () => {
      first ??= performance.now();
      if (performance.now() - first > 1_000) process.exit(exitCodes.error);
      resolve('stopped');
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
    if (process.env.npm_lifecycle_event === undefined) return;
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && resolve('stopped'), 500).unref();
  });
}

await withUsageExit(command).parseAsync();
