import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** What `cloud.json` in the state directory tells command-line tools about the running system. */
export interface CloudDescription {
  pid: number;
  url: string;
  apiUrl: string;
  clockUrl: string;
  region: string;
  endpoints: Record<string, string>;
  credentials: { accessKeyId: string; secretAccessKey: string };
  outputs: Record<string, string>;
}

/** Another process runs a cloud on the same state. */
export class AlreadyRunning extends Error {
  override name = 'AlreadyRunning';
}

/** A state directory that this process has for itself. */
export interface StateDirectory {
  /** Removes all state. */
  clear(): void;
  /** Writes `cloud.json`, for the owner's eyes only. */
  describe(description: CloudDescription): void;
  release(): void;
}

const lockFiles = ['lock.sqlite', 'lock.sqlite-journal', 'lock.pid'];

/**
 * Takes a directory for this process. The lock is one of the operating system, held through SQLite, so it ends with
 * the process however that ends: there are no stale locks.
 *
 * @throws AlreadyRunning with the pid and address of who has it
 */
export function takeStateDirectory(directory: string): StateDirectory {
  mkdirSync(directory, { recursive: true });
  const descriptionFile = join(directory, 'cloud.json');
  const pidFile = join(directory, 'lock.pid');
  const lock = takeLock(directory, () => {
    const pid = readIfThere(pidFile)?.trim() ?? 'unknown';
    const url =
      (JSON.parse(readIfThere(descriptionFile) ?? '{}') as Partial<CloudDescription>).url ?? 'still starting';
    return `A local cloud runs on ${directory} already: pid ${pid}, ${url}`;
  });
  writeFileSync(pidFile, String(process.pid));
  rmSync(descriptionFile, { force: true });
  return {
    clear() {
      for (const name of readdirSync(directory)) {
        if (!lockFiles.includes(name)) rmSync(join(directory, name), { recursive: true, force: true });
      }
    },
    describe(description) {
      writeFileSync(descriptionFile, `${JSON.stringify(description, null, 2)}\n`, { mode: 0o600 });
    },
    release() {
      rmSync(descriptionFile, { force: true });
      rmSync(pidFile, { force: true });
      lock.close();
    },
  };
}

function takeLock(directory: string, describeHolder: () => string): DatabaseSync {
  const lock = new DatabaseSync(join(directory, 'lock.sqlite'));
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (error instanceof Error && /database is locked/.test(error.message))
      throw new AlreadyRunning(describeHolder());
    throw error;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
