import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningCloud } from '../../commands/running-system.ts';
import { startDynamo } from '../../infra/local/dynamo.ts';
import { type DynamoCounter, startDynamoCounter } from './dynamo-counter.ts';
import { canReadProcesses, descendantsOf, resetPeaks } from './process-tree.ts';

/** What the whole system has used: the cloud (functions and services) and the database, a process each. */
export interface SystemUse {
  cloudCpuSeconds: number;
  cloudPeakMegabytes: number;
  dynamoCpuSeconds: number;
  dynamoPeakMegabytes: number;
}

/** A running system under measurement. */
export interface MeasuredCloud {
  running: RunningCloud;
  /** Absent where calls to DynamoDB are not counted. */
  counter: DynamoCounter | undefined;
  /** CPU since the start, peaks since the last call; undefined where the machine does not tell. */
  use(): SystemUse | undefined;
  close(): Promise<void>;
}

const stopMillisecondsMax = 30_000;

/**
 * Starts the whole system on a folder: the database, a counter in front of it if wanted, and the cloud in a process
 * of its own.
 */
export async function startMeasuredCloud(options: {
  folder: string;
  bundleDir: string;
  isCounted: boolean;
  /** Settings of the installation (infra/settings.ts). */
  context?: Record<string, unknown>;
}): Promise<MeasuredCloud> {
  const { folder, bundleDir, isCounted, context = {} } = options;
  await mkdir(folder, { recursive: true });
  const others = childrenNow();
  const dynamo = await startDynamo({
    directory: join(folder, 'database'),
    region: 'eu-west-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  const database = childrenNow().filter((pid) => !others.includes(pid));
  const counter = isCounted ? await startDynamoCounter(dynamo.url) : undefined;
  const env = { ...process.env, AWS_ENDPOINT_URL_DYNAMODB: counter?.url ?? dynamo.url };
  const given = [join(folder, 'state'), bundleDir, JSON.stringify(context)];
  const child = fork(join(import.meta.dirname, 'hosted-cloud.ts'), given, { env });
  const close = async () => {
    await stop(child);
    await counter?.close();
    await dynamo.close();
  };
  try {
    return { running: await announced(child), counter, use: () => useOf(child, database), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function announced(child: ChildProcess): Promise<RunningCloud> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The cloud ended with ${code} before it listened.`);
  });
  const [running] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return running as RunningCloud;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), stopMillisecondsMax);
  child.disconnect();
  await ended;
  clearTimeout(late);
}

function childrenNow(): number[] {
  return canReadProcesses() ? descendantsOf(process.pid).map(({ pid }) => pid) : [];
}

function useOf(cloud: ChildProcess, database: readonly number[]): SystemUse | undefined {
  if (!canReadProcesses()) return undefined;
  const use = { cloudCpuSeconds: 0, cloudPeakMegabytes: 0, dynamoCpuSeconds: 0, dynamoPeakMegabytes: 0 };
  const measured = descendantsOf(process.pid).filter(
    ({ pid }) => pid === cloud.pid || database.includes(pid),
  );
  for (const { pid, cpuSeconds, peakMegabytes } of measured) {
    const part = pid === cloud.pid ? 'cloud' : 'dynamo';
    use[`${part}CpuSeconds`] += cpuSeconds;
    use[`${part}PeakMegabytes`] += peakMegabytes;
  }
  resetPeaks(measured.map(({ pid }) => pid));
  return use;
}
