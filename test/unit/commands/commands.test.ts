/** The commands as a person runs them: as processes, against a system that speaks the contract. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { counts, importBody, importId, problem, type Script, startFakeApi } from './fake-api.ts';

const project = join(import.meta.dirname, '../../..');
let directory = '';
let file = '';
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'muster-commands-'));
  file = join(directory, 'my roster.csv');
  await writeFile(file, 'MemberID\r\n1\r\n');
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await rm(directory, { recursive: true });
});

async function run(script: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(project, 'commands', script), ...args], {
    env: { ...process.env, MUSTER_STATE_DIRECTORY: directory, INIT_CWD: directory, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const read = async (stream: NodeJS.ReadableStream) => {
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  };
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([read(child.stdout), read(child.stderr), ended]);
  return { stdout, stderr, code };
}

const at = `/api/v1/orgs/acme/imports`;
const one = `${at}/${importId}`;
const signIn: Script = { 'POST /api/v1/sessions': [{ body: { accessToken: 'a', expiresInSeconds: 60 } }] };

async function system(script: Script, hasDemo = true) {
  const fake = await startFakeApi({
    ...signIn,
    [`POST ${at}`]: () => ({
      status: 201,
      body: { importId, upload: { url: `${fake.url}/uploads`, fields: { key: 'k' } } },
    }),
    'POST /uploads': [{ status: 204 }],
    [`GET ${one}/report`]: [{ body: { url: 'http://files/report', expiresInSeconds: 60 } }],
    ...script,
  });
  closers.push(fake.close);
  const { url } = fake;
  const cloud = {
    pid: process.pid,
    url,
    apiUrl: `${url}/api/v1`,
    clockUrl: url,
    region: 'eu-west-1',
    endpoints: { LAMBDA: url, S3: url, SES: url },
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    outputs: {},
  };
  const demo = { url, apiUrl: cloud.apiUrl, organization: 'acme', login: 'ana', password: 'secret' };
  await writeFile(join(directory, 'cloud.json'), JSON.stringify(cloud));
  if (hasDemo) await writeFile(join(directory, 'demo.json'), JSON.stringify(demo));
  return fake;
}

const complete = importBody({ status: 'complete', step: 'done', counts: { ...counts, rejected: 0 } });

test('import: a complete one ends with 0 and the counts; a relative name is meant from where npm was called', async () => {
  const { received } = await system({ [`GET ${one}`]: [{ body: complete }] });
  const args = ['my roster.csv', '--mode', 'upsert', '--on-row-errors', 'accept_valid', '--review'];
  const { code, stdout, stderr } = await run('import.ts', args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('2 added, 0 updated, 0 reactivated, 0 disabled, 0 unchanged, 0 rejected');
  // The API refuses any other key.
  const sent = JSON.parse(String(received.find(({ path }) => path === '/api/v1/sessions')?.body));
  expect(sent).toEqual({ organization: 'acme', login: 'ana', password: 'secret' });
  expect(JSON.parse(String(received.find(({ path }) => path === at)?.body))).toEqual({
    fileName: 'my roster.csv',
    mode: 'upsert',
    onRowErrors: 'accept_valid',
    approve: 'review',
  });
});

test('import: an error ends with 1, the first 20 rejects with their places, and the report', async () => {
  const rejects = Array.from({ length: 25 }, (_, index) => ({
    line: index + 2,
    column: 'Email',
    code: 'not_an_email',
    message: 'This is no email address.',
  }));
  await system({
    [`GET ${one}`]: [
      {
        body: importBody({
          status: 'error',
          counts: { ...counts, rejected: 25 },
          error: { code: 'row_errors', message: '25 rows have errors.' },
        }),
      },
    ],
    [`GET ${one}/rejects`]: [{ body: { items: rejects } }],
  });
  const { code, stdout } = await run('import.ts', [file]);
  expect(code).toBe(1);
  const lines = stdout.split('\n');
  expect(lines.filter((line) => line.includes('not_an_email'))).toHaveLength(20);
  expect(stdout).toContain('line 2, Email: This is no email address. (not_an_email)');
  expect(stdout).toContain('and 5 more');
  expect(stdout).toContain('http://files/report');
  expect(stdout).toContain('Not imported: 25 rows have errors.');
});

const held = importBody({
  step: 'review',
  counts: { ...counts, rejected: 0 },
  hold: { reason: 'mass_change', message: 'It would disable 60 of 100.', disabling: 60, members: 100 },
});

test('import: a held plan ends with 3 and says why', async () => {
  await system({ [`GET ${one}`]: [{ body: held }] });
  const { code, stdout } = await run('import.ts', [file]);
  expect(code).toBe(3);
  expect(stdout).toContain('It would disable 60 of 100.');
  expect(stdout).toContain('Nothing is changed yet.');
});

test('import --yes --json: approves a held plan, and prints the import alone', async () => {
  const { received } = await system({
    [`GET ${one}`]: [{ body: held }, { body: complete }],
    [`POST ${one}/approve`]: [{ status: 202, body: held }],
  });
  const { code, stdout, stderr } = await run('import.ts', [file, '--yes', '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual(complete);
  const approval = received.find(({ path }) => path === `${one}/approve`);
  expect(JSON.parse(String(approval?.body))).toEqual({ confirmHold: true });
});

test('import: a wrong password, and one for the first sign-in only, are explained', async () => {
  await system({ 'POST /api/v1/sessions': [{ status: 401, body: problem(401, 'wrong_credentials') }] });
  const wrong = await run('import.ts', [file]);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toBe('The password of ana in acme is wrong, or there is no such login.\n');
  const first = { challenge: 'NEW_PASSWORD_REQUIRED', session: 's' };
  const { url } = await system({ 'POST /api/v1/sessions': [{ body: first }] });
  const { stderr } = await run('import.ts', [file]);
  expect(stderr).toContain('for the first sign-in only');
  expect(stderr).toContain(url);
});

test('import: a code of the authenticator app is asked for, and taken by --code', async () => {
  const asked = { challenge: 'SOFTWARE_TOKEN_MFA', session: 's' };
  const { received } = await system({
    'POST /api/v1/sessions': [{ body: asked }, { body: asked }],
    'POST /api/v1/sessions/challenge': [{ status: 401, body: problem(401, 'wrong_code') }],
  });
  expect((await run('import.ts', [file])).stderr).toContain('Use --code.');
  const { code } = await run('import.ts', [file, '--code', '123456']);
  expect(code).toBe(1);
  expect(JSON.parse(String(received.at(-1)?.body))).toMatchObject({
    challenge: 'SOFTWARE_TOKEN_MFA',
    code: '123456',
  });
});

test('import: the demo’s password is never sent to another place', async () => {
  const { url, received } = await system({});
  const { code, stderr } = await run('import.ts', [file, '--url', url]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'Give --org, --login and --password-env together.\n' });
  expect(received).toEqual([]);
});

test('import: credentials of one’s own come by the environment', async () => {
  const { url, received } = await system({ [`GET ${one}`]: [{ body: complete }] }, false);
  const args = [file, '--url', url, '--org', 'acme', '--login', 'bo', '--password-env', 'MY_PASSWORD'];
  const { code } = await run('import.ts', args, { MY_PASSWORD: 'from env' });
  expect(code).toBe(0);
  const sent = JSON.parse(String(received[0]?.body));
  expect(sent).toEqual({ organization: 'acme', login: 'bo', password: 'from env' });
});

test('import: a file that is not there, and a system that is not, are each one sentence with the cure', async () => {
  const none = await run('import.ts', ['none.csv']);
  expect(none).toMatchObject({
    code: 1,
    stderr: `There is no file ${join(directory, 'none.csv')}: check its name.\n`,
  });
  const stopped = await run('import.ts', [file]);
  expect(stopped).toMatchObject({ code: 1, stderr: expect.stringContaining('start it with `npm start`') });
});

const create = 'POST /2015-03-31/functions/muster-dev-organization-create/invocations';
const created = { organization: 'acme', login: 'ana@example.com', password: 'one time' };
const who = ['create', '--name', 'Acme & Söhne', '--owner', 'ana@example.com'];

test('org create --json prints the three values and nothing else', async () => {
  const { received } = await system({ [create]: [{ body: { ...created, more: 1 } }] });
  const { code, stdout, stderr } = await run('org.ts', [...who, '--id', 'acme', '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual(created);
  expect(JSON.parse(String(received[0]?.body))).toMatchObject({ name: 'Acme & Söhne', organization: 'acme' });
});

test('org create tells people the one-time password', async () => {
  await system({ [create]: [{ body: created }] });
  const { stdout } = await run('org.ts', who);
  expect(stdout).toMatch(/organization +acme\nlogin +ana@example.com\none-time password +one time\n/);
});

test('org create: what the function refuses is told with the cure', async () => {
  // What Lambda reports of an error thrown by Zod 4, and of Muster's own for a taken id.
  const issues = JSON.stringify([
    { code: 'invalid_format', path: ['owner'], message: 'Invalid email address' },
  ]);
  const invalid = { errorType: 'ZodError', errorMessage: issues };
  const taken = {
    errorType: 'OrganizationExists',
    errorMessage: 'There is an organization with this id already.',
  };
  await system({
    [create]: [
      { body: invalid, headers: { 'x-amz-function-error': 'Unhandled' } },
      { body: taken, headers: { 'x-amz-function-error': 'Unhandled' } },
    ],
  });
  const first = await run('org.ts', who);
  expect(first).toMatchObject({
    code: 1,
    stderr: 'The organization was not created: owner: Invalid email address.\n',
  });
  const second = await run('org.ts', who);
  expect(second.stderr).toBe('There is an organization with this id already. Choose another with --id.\n');
});

test('org create: a stage that is not deployed is one sentence', async () => {
  await system({});
  const { code, stderr } = await run('org.ts', [...who, '--stage', 'prod']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/muster-prod-organization-create/);
});
