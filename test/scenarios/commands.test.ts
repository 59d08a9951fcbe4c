import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MusterClient } from '../../commands/client.ts';
import { generatorColumns } from '../../commands/sample/columns.ts';
import { writeRosterZip } from '../../commands/sample/files.ts';
import { rosterRows } from '../../commands/sample/rows.ts';

const root = join(import.meta.dirname, '../..');

/** A command in a process of its own, as npm runs it, and what it has printed so far. */
class Command {
  output = '';
  readonly ended: Promise<number | NodeJS.Signals>;
  private readonly child: ChildProcess;

  constructor(stateDirectory: string, script: string, ...args: string[]) {
    this.child = spawn(process.execPath, ['bootstrap/run.mjs', script, ...args], {
      cwd: root,
      env: { ...process.env, MUSTER_STATE_DIRECTORY: stateDirectory, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.ended = new Promise((resolve) =>
      this.child.once('close', (code, signal) => resolve(code ?? signal ?? -1)),
    );
  }

  get pid(): number {
    return this.child.pid as number;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until it has printed something. @throws Error if it ends or a minute passes before */
  async printed(text: string): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (!this.output.includes(text)) {
      const ended = await Promise.race([
        this.ended,
        new Promise<undefined>((resolve) => setTimeout(resolve, 50)),
      ]);
      if (ended !== undefined)
        throw new Error(`It ended with ${ended} before it said “${text}”:\n${this.output}`);
      if (performance.now() > deadline) throw new Error(`It has not said “${text}”:\n${this.output}`);
    }
  }
}

let stateDirectory: string;
let start: Command;

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'muster-commands-'));
  start = new Command(stateDirectory, 'commands/start.ts', '--port', '0');
  await start.printed('Sign in with');
});
afterAll(async () => {
  start?.kill('SIGKILL');
  await start?.ended;
  await rm(stateDirectory, { recursive: true, force: true });
});

const run = async (script: string, ...args: string[]) => {
  const command = new Command(stateDirectory, script, ...args);
  return { code: await command.ended, output: command.output };
};

describe('npm start', () => {
  it('shows the import’s steps and its summary, and says where and as whom to sign in', async () => {
    expect(start.output).toMatch(/Applying/);
    expect(start.output).toContain(
      '400 added, 0 updated, 0 reactivated, 0 disabled, 0 unchanged, 0 rejected',
    );
    const demo = JSON.parse(await readFile(join(stateDirectory, 'demo.json'), 'utf8'));
    expect(start.output).toContain(demo.password);
    const client = new MusterClient(demo.apiUrl);
    await client.signIn(demo);
    expect(await client.summary(demo.organization)).toMatchObject({ total: 400, enrolled: 400 });
  });

  it('serves the page and tells a client what it needs', async () => {
    const { url } = JSON.parse(await readFile(join(stateDirectory, 'demo.json'), 'utf8'));
    const page = await fetch(url);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain('Muster');
    expect(await (await fetch(`${url}/config.json`)).json()).toMatchObject({
      apiUrl: expect.any(String),
      region: expect.any(String),
    });
    const { openapi, paths } = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as Record<
      string,
      object
    >;
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths ?? {}).length).toBeGreaterThan(15);
  });

  it('refuses a second start on the same state and says who has it', async () => {
    const second = await run('commands/start.ts', '--port', '0');
    expect(second.code).toBe(1);
    expect(second.output).toMatch(
      new RegExp(`runs already, at http://127\\.0\\.0\\.1:\\d+: stop process ${start.pid}`),
    );
  });
});

describe('npm run org and npm run import', () => {
  it('make an organization and import a file of the user’s own into it', async () => {
    const made = await run(
      'commands/org.ts',
      'create',
      '--name',
      'Chess Club',
      '--owner',
      'o@chess.example',
      '--json',
      '--permanent',
    );
    expect(made.code).toBe(0);
    const { organization, login, password } = JSON.parse(made.output);
    const { apiUrl } = JSON.parse(await readFile(join(stateDirectory, 'demo.json'), 'utf8'));
    const client = new MusterClient(apiUrl);
    await client.signIn({ organization, login, password });
    const { version } = await client.schema(organization);
    await client.putSchema(organization, generatorColumns, version);

    const file = join(stateDirectory, 'chess.zip');
    await writeRosterZip(file, rosterRows({ seed: 3, rows: 120 }));
    process.env.MUSTER_TEST_PASSWORD = password;
    const who = ['--org', organization, '--login', login, '--password-env', 'MUSTER_TEST_PASSWORD'];
    const held = await run('commands/import.ts', file, '--review', ...who);
    expect(held).toMatchObject({ code: 3, output: expect.stringContaining('120 added') });
    expect(await client.summary(organization)).toMatchObject({ total: 0 });
    const done = await run('commands/import.ts', file, '--mode', 'full', '--yes', ...who);
    expect(done).toMatchObject({ code: 0, output: expect.stringContaining('120 added') });
    expect(await client.summary(organization)).toMatchObject({ total: 120 });
    const copy = join(stateDirectory, 'copy.zip');
    const written = await run('commands/export.ts', copy, '--emails', '--phones', ...who);
    expect(written).toMatchObject({ code: 0, output: expect.stringContaining('120 members written') });
    const again = await run('commands/import.ts', copy, '--mode', 'full', '--yes', ...who);
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('120 unchanged') });
    const misnamed = await run('commands/export.ts', join(stateDirectory, 'copy.csv'), ...who);
    expect(misnamed.code).toBe(1);
  });

  it('print what is wrong with line and column, and end with 1', async () => {
    const file = join(stateDirectory, 'wrong.csv');
    await writeFile(file, 'MemberID,FirstName,LastName,Email\nM1,Ann,Able,nobody\n');
    const { code, output } = await run('commands/import.ts', file, '--on-row-errors', 'reject_file');
    expect(code).toBe(1);
    expect(output).toMatch(/\b2\b.*Email.*not_an_email/);
  });

  it('end with 1 and a sentence for a file that is not there, with 2 for words that are not understood', async () => {
    expect(await run('commands/import.ts', 'nowhere.csv')).toMatchObject({
      code: 1,
      output: expect.stringContaining('nowhere.csv'),
    });
    expect((await run('commands/import.ts', '--mode', 'sideways', 'x.csv')).code).toBe(2);
  });
});

it('SIGTERM ends it cleanly, leaves no child behind, and frees the state', async () => {
  const children = await childrenOf(start.pid);
  expect(children.length).toBeGreaterThan(0);
  start.kill('SIGTERM');
  expect(await start.ended).toBe(0);
  await vi.waitFor(async () => expect(await runningOf(children)).toEqual([]), {
    timeout: 5_000,
    interval: 20,
  });
  start = new Command(stateDirectory, 'commands/start.ts', '--port', '0');
  await start.printed('Sign in with');
  expect(start.output).not.toContain('400 added');
});

/** Processes that a process has started, and theirs (Linux: /proc). */
async function childrenOf(pid: number): Promise<number[]> {
  const direct = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'))
    .split(' ')
    .filter(Boolean)
    .map(Number);
  return [...direct, ...(await Promise.all(direct.map(childrenOf))).flat()];
}

/** Those of the processes that still run; one that ended and waits for its parent to notice does not. */
async function runningOf(pids: number[]): Promise<number[]> {
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => /\) [^ZX]/.test(stats[index] as string));
}
