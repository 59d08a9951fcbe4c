/** A local cloud in a process of its own, on a state folder of its own, for tests that kill it. */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostedCloud } from './cloud.ts';
import { endCloud, forkCloud } from './forked-cloud.ts';

export interface KillableCloud {
  /** Starts it, again on the state that was left. */
  start(): Promise<HostedCloud>;
  stop(signal: NodeJS.Signals): Promise<void>;
  /** Ends it with all that it started, and forgets its state. */
  close(): Promise<void>;
}

export async function killableCloud(): Promise<KillableCloud> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'muster-killed-'));
  let child: ChildProcess | undefined;
  const stop = async (signal: NodeJS.Signals) => {
    const running = child;
    if (running) await endCloud(running, () => running.kill(signal));
  };
  return {
    async start() {
      const forked = await forkCloud(stateDirectory);
      child = forked.child;
      return forked.cloud;
    },
    stop,
    async close() {
      await stop('SIGKILL');
      // Its database ends by itself once it is gone, which takes a moment, and may write until then.
      await rm(stateDirectory, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
