/**
 * The local cloud that test files share, in a process of its own: for those that keep to organizations of their own. Whoever
 * stops a cloud, moves its clock or makes its services fail starts one for itself.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { HostedCloud } from './cloud.ts';
import { endCloud, forkCloud } from './forked-cloud.ts';
import { once } from './once.ts';

declare module 'vitest' {
  interface ProvidedContext {
    cloud: HostedCloud & { stateDirectory: string };
  }
}

/** Vitest's global setup: the cloud is there before the first file, as `inject('cloud')`, and gone after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { cloud, close } = await once('cloud', start);
  project.provide('cloud', cloud);
  return () => once('end of the cloud', close);
}

async function start() {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'muster-shared-'));
  const { child, cloud } = await forkCloud(stateDirectory);
  return {
    cloud: { ...cloud, stateDirectory },
    async close() {
      await endCloud(child, () => child.disconnect());
      await rm(stateDirectory, { recursive: true, force: true });
    },
  };
}
