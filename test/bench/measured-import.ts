import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ImportJob, isWaiting } from '../../commands/client.ts';
import type { BenchTenant } from './bench-tenant.ts';
import type { DynamoUse } from './dynamo-counter.ts';
import type { MeasuredCloud, SystemUse } from './measured-cloud.ts';

/** One import through the whole system. */
export interface MeasuredImport {
  importId: string;
  counts: ImportJob['counts'];
  fileMegabytes: number;
  wallSeconds: number;
  /** Wall seconds by step as the API shows it, to the pause between two questions; `upload` comes first. */
  stepSeconds: Record<string, number>;
  /** How often the bench asked; each question is part of the figures. */
  polls: number;
  use?: SystemUse;
  dynamo?: DynamoUse;
}

const sessionMilliseconds = 10 * 60_000;
const deadlineMilliseconds = 25 * 60_000;
const pollMilliseconds = { least: 100, most: 2_000 };

/**
 * Sends a file, approves the plan if it is held, and waits for the end.
 * @throws Error if the import does not end as complete within 25 minutes.
 */
export async function measureImport(
  cloud: MeasuredCloud,
  tenant: BenchTenant,
  file: string,
  rows: number,
): Promise<MeasuredImport> {
  const { client, organization } = tenant;
  const fileName = basename(file);
  const input = { fileName, mode: 'full', onRowErrors: 'accept_valid', approve: 'auto' } as const;
  const measured = await measure(cloud, tenant, rows, async () => {
    const { importId, upload } = await client.createImport(organization, input);
    await client.uploadFile(upload, file);
    return importId;
  });
  return { ...measured, fileMegabytes: (await stat(file)).size / 1e6 };
}

/**
 * Undoes an import: asks for it, approves its plan and waits for the end.
 * @throws Error as {@link measureImport}
 */
export async function measureUndo(
  cloud: MeasuredCloud,
  tenant: BenchTenant,
  undone: string,
  rows: number,
): Promise<MeasuredImport> {
  const { client, organization } = tenant;
  const begin = async () => (await client.undo(organization, undone)).importId;
  return { ...(await measure(cloud, tenant, rows, begin)), fileMegabytes: 0 };
}

async function measure(
  cloud: MeasuredCloud,
  tenant: BenchTenant,
  rows: number,
  begin: () => Promise<string>,
): Promise<Omit<MeasuredImport, 'fileMegabytes'>> {
  await tenant.signIn();
  const before = cloud.use();
  cloud.counter?.take();
  const start = performance.now();
  const steps = new StepClock('upload');
  const importId = await begin();
  const pause = Math.min(Math.max(rows / 200, pollMilliseconds.least), pollMilliseconds.most);
  const { job, polls } = await follow(tenant, importId, pause, steps);
  const wallSeconds = (performance.now() - start) / 1_000;
  const dynamo = cloud.counter?.take();
  const use = difference(cloud.use(), before);
  return {
    importId,
    counts: job.counts,
    wallSeconds,
    stepSeconds: steps.seconds(),
    polls,
    ...(use && { use }),
    ...(dynamo && { dynamo }),
  };
}

async function follow(
  tenant: BenchTenant,
  importId: string,
  pauseMilliseconds: number,
  steps: StepClock,
): Promise<{ job: ImportJob; polls: number }> {
  const { client, organization } = tenant;
  const deadline = performance.now() + deadlineMilliseconds;
  let sessionEnds = performance.now() + sessionMilliseconds;
  for (let polls = 1; performance.now() < deadline; polls++) {
    const job = await client.import(organization, importId);
    steps.enter(job.step);
    if (job.status === 'complete') return { job, polls };
    if (job.status !== 'in_progress') {
      throw new Error(`The import ended as ${job.status}: ${job.error?.message ?? 'no reason given'}`);
    }
    if (isWaiting(job)) await client.approve(organization, importId, { confirmHold: true });
    if (performance.now() > sessionEnds) {
      await tenant.signIn();
      sessionEnds = performance.now() + sessionMilliseconds;
    }
    await wait(pauseMilliseconds);
  }
  throw new Error(`The import has not ended after ${deadlineMilliseconds / 60_000} minutes.`);
}

/** Adds up how long each step was the current one. */
class StepClock {
  readonly #milliseconds = new Map<string, number>();
  #step: string;
  #since = performance.now();

  constructor(step: string) {
    this.#step = step;
  }

  enter(step: string): void {
    const now = performance.now();
    this.#milliseconds.set(this.#step, (this.#milliseconds.get(this.#step) ?? 0) + now - this.#since);
    this.#step = step;
    this.#since = now;
  }

  seconds(): Record<string, number> {
    return Object.fromEntries([...this.#milliseconds].map(([step, spent]) => [step, spent / 1_000]));
  }
}

function difference(after: SystemUse | undefined, before: SystemUse | undefined): SystemUse | undefined {
  if (after === undefined || before === undefined) return undefined;
  return {
    ...after,
    cloudCpuSeconds: after.cloudCpuSeconds - before.cloudCpuSeconds,
    dynamoCpuSeconds: after.dynamoCpuSeconds - before.dynamoCpuSeconds,
  };
}
