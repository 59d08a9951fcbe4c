import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { bundle } from '../../infra/build/bundle.ts';
import { newShift } from '../../infra/local/clock/shifted-date.ts';
import type { SandboxData, SandboxMessage } from '../../infra/local/lambda/protocol.ts';
import { median } from './statistics.ts';
import { table } from './table.ts';

/** From the start of a sandbox until its handler could be called, medians in milliseconds. */
export interface ColdStart {
  name: string;
  /** With no code compiled before, as on Lambda. */
  milliseconds: number;
  ratio: number;
  /** With V8's code cache of an earlier start, as the local cloud keeps it. */
  cachedMilliseconds: number;
  cachedRatio: number;
}

const runs = 5;
const emptyName = 'an empty function';
const emptySource = 'exports.handler = async () => null;\n';

/** Measures every function's cold start in the local Lambda host's sandbox, in turns with an empty function's. */
export async function measureColdStarts(say: (text: string) => void): Promise<ColdStart[]> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-cold-starts-'));
  try {
    const { functions, layer } = await bundle({ outdir: join(folder, 'bundles') });
    const empty = { name: emptyName, dir: join(folder, 'empty'), layers: [] };
    await mkdir(empty.dir);
    await writeFile(join(empty.dir, 'index.js'), emptySource);
    const all = [empty, ...functions.map(({ name, dir }) => ({ name, dir, layers: [layer.dir] }))];
    const samples = await sampled(all, join(folder, 'caches'), say);
    return withRatios(samples);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Startable {
  name: string;
  dir: string;
  layers: string[];
}

interface Samples {
  name: string;
  cold: number[];
  cached: number[];
}

/** Round by round, so that a busy moment of the machine does not fall on one function alone. */
async function sampled(all: Startable[], caches: string, say: (text: string) => void): Promise<Samples[]> {
  const samples = all.map(({ name }): Samples => ({ name, cold: [], cached: [] }));
  for (let run = 0; run < runs; run++) {
    for (const [index, one] of all.entries()) {
      const cache = join(caches, `${run}-${index}`);
      samples[index]?.cold.push(await startMilliseconds(one, cache));
      samples[index]?.cached.push(await startMilliseconds(one, cache));
    }
    say(`Cold starts: round ${run + 1} of ${runs}`);
  }
  return samples;
}

function withRatios(samples: Samples[]): ColdStart[] {
  const medians = samples.map(({ name, cold, cached }) => ({
    name,
    milliseconds: median(cold),
    cachedMilliseconds: median(cached),
  }));
  const [empty] = medians;
  return medians.map((one) => ({
    ...one,
    ratio: one.milliseconds / (empty?.milliseconds ?? Number.NaN),
    cachedRatio: one.cachedMilliseconds / (empty?.cachedMilliseconds ?? Number.NaN),
  }));
}

const worker = new URL('../../infra/local/lambda/worker.ts', import.meta.url);

/** Starts the host's worker as `Sandbox` does, and ends it when it is ready. @throws Error if the code does not load. */
async function startMilliseconds({ name, dir, layers }: Startable, compileCache: string): Promise<number> {
  const workerData: SandboxData = {
    functionName: name,
    handler: 'index.handler',
    taskRoot: dir,
    layerRoots: layers,
    runtimeModules: sdkModules(),
    clockShift: newShift(),
  };
  const start = performance.now();
  const sandbox = new Worker(worker, {
    workerData,
    env: { AWS_REGION: 'eu-west-1', PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: compileCache },
    execArgv: ['--disable-warning=ExperimentalWarning', '--enable-source-maps'],
    stdout: true,
    stderr: true,
  });
  try {
    await ready(sandbox, name);
    return performance.now() - start;
  } finally {
    await sandbox.terminate();
  }
}

function ready(sandbox: Worker, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    sandbox.once('error', reject);
    sandbox.once('exit', (code) => reject(new Error(`${name} ended with ${code}.`)));
    sandbox.once('message', (message: SandboxMessage) => {
      if (message.kind === 'ready') resolve();
      else if (message.kind !== 'result') reject(new Error(`${name}: ${message.error.errorMessage}`));
    });
  });
}

/** The `node_modules` that hold the SDK, which Lambda's runtime brings along. */
function sdkModules(): string {
  const manifest = findPackageJSON('@aws-sdk/client-dynamodb', import.meta.url);
  if (manifest === undefined) throw new Error('@aws-sdk/client-dynamodb is not installed.');
  return dirname(dirname(dirname(manifest)));
}

/** What a person reads of the report. */
export function coldStartsTable(starts: ColdStart[]): string {
  const heading = ['cold start, median of 5', 'ms', 'ratio', 'ms, code cached', 'ratio'];
  return table(
    heading,
    starts.map((one) => [
      one.name,
      one.milliseconds,
      one.ratio.toFixed(2),
      one.cachedMilliseconds,
      one.cachedRatio.toFixed(2),
    ]),
  );
}
