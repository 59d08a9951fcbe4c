/**
 * `node bootstrap/run.mjs SCRIPT ARGUMENTS...` runs a script of the project on the Node that the functions run on,
 * whatever Node the machine has, with the packages installed. Arguments, signals and the exit code pass through.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { installIfNeeded, projectDirectory, projectNode } from './install.mjs';

/** The first that runs TypeScript as the project needs it. */
const majorNeeded = 24;

async function main() {
  const [script, ...rest] = process.argv.slice(2);
  if (script === undefined)
    throw new Error('Say which script to run: node bootstrap/run.mjs commands/start.ts');
  await installIfNeeded();
  const path = resolve(projectDirectory, script);
  if (!existsSync(path)) throw new Error(`There is no script ${path}.`);
  const bin = join(projectDirectory, 'node_modules', '.bin');
  process.env.PATH = [bin, process.env.PATH].filter(Boolean).join(delimiter);
  if (Number(process.versions.node.split('.')[0]) >= majorNeeded) return runHere(path, rest);
  runThere(path, rest);
}

/** One process less between npm and the script, so that signals arrive directly. */
async function runHere(path, rest) {
  process.argv = [process.execPath, path, ...rest];
  await import(pathToFileURL(path).href);
}

function runThere(path, rest) {
  const node = projectNode();
  if (!existsSync(node)) {
    const cure = 'run `npm rebuild node --ignore-scripts=false`, or use Node 24 yourself';
    throw new Error(
      `Node ${majorNeeded} is not in node_modules, as if npm ignores install scripts: ${cure}.`,
    );
  }
  const child = spawn(node, [path, ...rest], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', fail);
  child.once('exit', (code, signal) => {
    // As a shell tells it (128 + n): a signal of our own would be caught by the handlers above.
    process.exit(code ?? 128 + constants.signals[signal]);
  });
}

function fail(error) {
  process.stderr.write(`${process.env.DEBUG === 'muster' ? error.stack : error.message}\n`);
  process.exitCode = 1;
}

await main().catch(fail);
