/** A local cloud in a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { HostedCloud } from './cloud.ts';

/** Starts one on a state folder. It stops by itself once it is disconnected. @throws Error if it ends at once */
export async function forkCloud(
  stateDirectory: string,
): Promise<{ child: ChildProcess; cloud: HostedCloud }> {
  const child = fork(join(import.meta.dirname, 'cloud-process.ts'), [stateDirectory]);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The cloud ended with ${code}.`);
  });
  const [cloud] = (await Promise.race([once(child, 'message'), ended])) as [HostedCloud];
  return { child, cloud };
}

/** Ends one, unless it has ended, and waits until it is gone. */
export async function endCloud(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  end();
  await ended;
}
