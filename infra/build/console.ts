import { createHash } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

const projectDirectory = resolve(import.meta.dirname, '../..');
/** What the site is made from; the lock file stands for the packages. */
const sources = [
  'console/{src,public}/**/*',
  'console/*.{html,ts,json}',
  'layers/roster/src/domain/*.ts',
  'package-lock.json',
];

/** The files of the built site: the console, and the members' pages as they are. */
export const siteDirectory = join(projectDirectory, 'console/dist/site');
/** Beside the site, for what is in it gets deployed. */
const builtFrom = join(projectDirectory, 'console/dist/built-from.txt');

/**
 * Builds the console with Vite into {@link siteDirectory}, unless it was built from these very sources.
 * @returns whether it had to.
 */
export async function buildConsole(): Promise<boolean> {
  const digest = await digestOfSources();
  const isBuilt = existsSync(join(siteDirectory, 'index.html'));
  if (isBuilt && existsSync(builtFrom) && (await readFile(builtFrom, 'utf8')) === digest) return false;
  await build();
  await mkdir(dirname(builtFrom), { recursive: true });
  await writeFile(builtFrom, digest);
  return true;
}

/** For production, also where tests run it: a `NODE_ENV` of theirs would take React's build for development. */
async function build(): Promise<void> {
  const vite = await import('vite');
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    await vite.build({
      configFile: join(projectDirectory, 'console/vite.config.ts'),
      build: { outDir: siteDirectory, emptyOutDir: true },
      logLevel: 'warn',
    });
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
}

async function digestOfSources(): Promise<string> {
  const files = globSync(sources, { cwd: projectDirectory, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(await readFile(file))
      .update('\0');
  return hash.digest('hex');
}
