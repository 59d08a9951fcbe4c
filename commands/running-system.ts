/** What a running local system tells the other commands, by files in its state directory. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { CommandFailure } from './failure.ts';

/** `.local/` of the project; a test gives another by `MUSTER_STATE_DIRECTORY`. */
export function defaultStateDirectory(): string {
  return resolve(process.env.MUSTER_STATE_DIRECTORY ?? join(import.meta.dirname, '..', '.local'));
}

/** `cloud.json`, which the local cloud writes while it runs. */
const RunningCloud = z.object({
  pid: z.int(),
  url: z.url(),
  apiUrl: z.url(),
  /** Shows and moves its clock. */
  clockUrl: z.url(),
  region: z.string(),
  /** The mailbox of all mails is a page at `SES`. */
  endpoints: z.object({ LAMBDA: z.url(), SES: z.url() }),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
});
export type RunningCloud = z.infer<typeof RunningCloud>;

/** `demo.json`: where the demo organization is and who may enter it. */
const Demo = z.object({
  url: z.url(),
  apiUrl: z.url(),
  organization: z.string(),
  login: z.string(),
  password: z.string(),
});
export type Demo = z.infer<typeof Demo>;

const notRunning = 'Muster is not running here: start it with `npm start` in another terminal.';

/** The cloud that runs on a state directory, or undefined if none does. */
export async function findRunningCloud(stateDirectory: string): Promise<RunningCloud | undefined> {
  const cloud = await readJson(join(stateDirectory, 'cloud.json'), RunningCloud);
  return cloud !== undefined && isAlive(cloud.pid) ? cloud : undefined;
}

/** @throws CommandFailure if no cloud runs on the state directory. */
export async function runningCloud(stateDirectory: string): Promise<RunningCloud> {
  const cloud = await findRunningCloud(stateDirectory);
  if (cloud === undefined) throw new CommandFailure(notRunning);
  return cloud;
}

export function readDemo(stateDirectory: string): Promise<Demo | undefined> {
  return readJson(join(stateDirectory, 'demo.json'), Demo);
}

/** Writes `demo.json`, whole or not at all, for its owner's eyes only: it holds a password. */
export async function writeDemo(stateDirectory: string, demo: Demo): Promise<void> {
  const file = join(stateDirectory, 'demo.json');
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(demo, undefined, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
}

async function readJson<T extends z.ZodType>(file: string, shape: T): Promise<z.infer<T> | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return shape.parse(JSON.parse(text));
  } catch (cause) {
    throw new CommandFailure(`${file} is damaged: delete it, or begin anew with \`npm start -- --fresh\`.`, {
      cause,
    });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
