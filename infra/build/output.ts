import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** Beside the bundles, hence on the same file system and in no asset. */
const draftsDir = '.drafts';

/** What a folder is to hold: path relative to it → content. */
export type OutputFiles = Record<string, Uint8Array>;

/**
 * Makes the folder hold these files and no others. A file that is as it should be is not touched, so that watchers
 * and asset hashes see changes only.
 * @returns the paths written, relative to the folder, sorted.
 */
export async function writeOutput(folder: string, files: OutputFiles): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const present = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith(draftsDir));
  const stale = present.filter((path) => !Object.hasOwn(files, path));
  const known = new Set(present);
  const writes = Object.entries(files).map(async ([path, content]) => {
    const file = join(folder, path);
    if (known.has(path) && Buffer.compare(await readFile(file), content) === 0) return [];
    await replace(file, content, join(folder, draftsDir));
    return [path];
  });
  await Promise.all(stale.map((path) => rm(join(folder, path), { force: true })));
  return (await Promise.all(writes)).flat().sort();
}

/** Whoever loads the file meanwhile (a running function) sees the old or the new one, never half of it. */
async function replace(file: string, content: Uint8Array, drafts: string): Promise<void> {
  await mkdir(drafts, { recursive: true });
  await mkdir(dirname(file), { recursive: true });
  const draft = join(drafts, randomUUID());
  await writeFile(draft, content);
  await rename(draft, file);
}
