/** A local cloud in a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { HostedCloud } from './cloud.ts';

/** Starts one on a state folder. It stops by itself once it is disconnected. */
export async function forkCloud(
  stateDirectory: string,
): Promise<{ child: ChildProcess; cloud: HostedCloud }> {
  const child = fork(join(import.meta.dirname, 'cloud-process.ts'), [stateDirectory]);
  const [cloud] = (await once(child, 'message')) as [HostedCloud];
  return { child, cloud };
}
