import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';

const project = join(import.meta.dirname, '../../..');
const root = mkdtempSync(join(tmpdir(), 'muster boot '));
afterAll(() => rmSync(root, { recursive: true }));

/** A project in a folder with a space in its name; npm is a stand-in that notes how it was called. */
beforeEach(() => {
  rmSync(root, { recursive: true });
  for (const folder of ['node_modules', 'scripts', 'bin']) mkdirSync(join(root, folder), { recursive: true });
  cpSync(join(project, 'bootstrap'), join(root, 'bootstrap'), { recursive: true });
  lock('package-lock.json', wanted);
  lock('node_modules/.package-lock.json', present);
  writeFileSync(
    join(root, 'scripts/echo.mjs'),
    'console.log(JSON.stringify(process.argv.slice(2)));process.exitCode=9;',
  );
});

const wanted = {
  '': { name: 'muster' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/only-mac': { version: '1.0.0', integrity: 'sha512-m', optional: true },
};
const present = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } };

function lock(file: string, packages: unknown) {
  writeFileSync(join(root, file), JSON.stringify({ lockfileVersion: 3, packages }));
}

function npmThat(script: string) {
  const file = join(root, 'bin/npm-cli.js');
  writeFileSync(
    file,
    `require('node:fs').writeFileSync('called', JSON.stringify(process.argv.slice(2)));${script}`,
  );
  return { ...process.env, npm_execpath: file, npm_node_execpath: process.execPath };
}

function install(script = '') {
  const result = spawnSync(process.execPath, ['bootstrap/install.mjs'], {
    cwd: root,
    env: npmThat(script),
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  let called: string[] | undefined;
  try {
    called = JSON.parse(readFileSync(join(root, 'called'), 'utf8')) as string[];
  } catch {
    called = undefined;
  }
  return { ...result, called };
}

test('does nothing, and says nothing, when every package is there', () => {
  const { status, stdout, stderr, called } = install();
  expect({ status, stdout, stderr, called }).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
    called: undefined,
  });
});

test('knows within 100 ms that this project is installed', async () => {
  const module = join(project, 'bootstrap/install.mjs');
  const { isInstalled } = (await import(module)) as { isInstalled: (root: string) => boolean };
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    expect(isInstalled(root)).toBe(true);
    isInstalled(project);
    return performance.now() - start;
  });
  expect(Math.min(...times)).toBeLessThan(100);
});

test.each([
  [
    'another version is there',
    () => lock('node_modules/.package-lock.json', { 'node_modules/a': { version: '0.9.0' } }),
  ],
  ['a package is missing', () => lock('node_modules/.package-lock.json', {})],
  [
    'a package is too many',
    () => lock('node_modules/.package-lock.json', { ...present, 'node_modules/b': {} }),
  ],
  ['npm was cut off', () => rmSync(join(root, 'node_modules/.package-lock.json'))],
  ['nothing is there', () => rmSync(join(root, 'node_modules'), { recursive: true })],
])('installs when %s, and keeps stdout clean', (_, spoil) => {
  spoil();
  const { status, stdout, stderr, called } = install('console.log("added 1 package")');
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  expect(stderr).toMatch(/Installing the packages.*\n[\s\S]*Installed the packages in \d+ s/);
  expect(called?.[0]).toBe('ci');
});

test('explains a missing network', () => {
  lock('node_modules/.package-lock.json', {});
  const { status, stderr } = install('console.error("npm error code ENOTFOUND");process.exitCode=1;');
  expect(status).toBe(1);
  expect(stderr).toContain('the npm registry cannot be reached (ENOTFOUND)');
});

test('shows npm’s own reason for any other failure', () => {
  lock('node_modules/.package-lock.json', {});
  const { status, stderr } = install(
    'console.error("npm error code EUSAGE out of sync");process.exitCode=1;',
  );
  expect(status).toBe(1);
  expect(stderr).toContain('npm error code EUSAGE out of sync');
});

test('runs a script with its arguments and passes the exit code through', () => {
  const run = ['bootstrap/run.mjs', 'scripts/echo.mjs', '--name', 'a b', '--', '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, run, {
    cwd: root,
    env: npmThat(''),
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 9, stderr: '' });
  expect(JSON.parse(stdout)).toEqual(['--name', 'a b', '--', '--json']);
});

test.each(['SIGINT', 'SIGTERM'] as const)('passes %s through', async (signal) => {
  writeFileSync(
    join(root, 'scripts/wait.mjs'),
    `process.once('${signal}', () => { console.log('stopping'); process.exit(5); }); setInterval(() => {}, 1000); console.log('ready');`,
  );
  const child = spawn(process.execPath, ['bootstrap/run.mjs', 'scripts/wait.mjs'], {
    cwd: root,
    env: npmThat(''),
  });
  let output = '';
  const exit = once(child, 'exit');
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (output === 'ready\n') child.kill(signal);
  }
  expect([output, (await exit)[0]]).toEqual(['ready\nstopping\n', 5]);
});

test('a script that is not there is one sentence', () => {
  const run = ['bootstrap/run.mjs', 'scripts/none.mjs'];
  expect(() => execFileSync(process.execPath, run, { cwd: root, env: npmThat(''), stdio: 'pipe' })).toThrow(
    'There is no script',
  );
});
