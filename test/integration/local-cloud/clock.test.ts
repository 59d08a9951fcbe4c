import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, expect, it } from 'vitest';
import { type Cloud, startCloud } from '../../../infra/local/cloud.ts';
import { buildFixture } from './fixture/app.ts';
import { poll } from './fixture/poll.ts';

const root = join(import.meta.dirname, '../../..');
const stateDirectory = mkdtempSync(join(tmpdir(), 'clock-'));
const MachineDate = Date;
const dayMs = 86_400_000;

let cloud: Cloud | undefined;
afterEach(() => cloud?.close());
afterAll(() => rmSync(stateDirectory, { recursive: true, force: true }));

async function start(fresh = false): Promise<Cloud> {
  cloud = await startCloud({ app: buildFixture, stateDirectory, quiet: true, fresh });
  return cloud;
}

/** `npm run clock`, in a process of its own as people run it. */
async function clock(...args: string[]): Promise<{ code: number; text: string }> {
  const env = { ...process.env, MUSTER_STATE_DIRECTORY: stateDirectory, NO_COLOR: '1' };
  const script = join(root, 'commands/clock.ts');
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], { env, cwd: root });
    return { code: 0, text: stdout };
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    return { code, text: stderr };
  }
}

/** How many days a function's clock is ahead of this machine's, by each of the ways to ask. */
async function daysAhead(running: Cloud): Promise<number[]> {
  const shown = (await (await fetch(`${running.url}/api/v1/files/now`)).json()) as Record<string, string>;
  const times = [Date.parse(shown.made ?? ''), Number(shown.told), Date.parse(shown.day ?? '') + dayMs / 2];
  return times.map((time) => Math.round((time - MachineDate.now()) / dayMs) + 0);
}

/** When the daily schedule ran. */
async function runsOf(running: Cloud): Promise<string[]> {
  const { region, credentials, endpoints, outputs } = running;
  const client = new DynamoDBClient({ region, credentials, endpoint: endpoints.DYNAMODB });
  const { Items = [] } = await client.send(new ScanCommand({ TableName: outputs.TableName }));
  return Items.flatMap(({ pk, sk }) => (pk?.S === 'STATE' && sk?.S ? [sk.S] : []));
}

it('moves the time of every function and schedule at once, keeps it over a restart, and takes it back', async () => {
  const first = await start();
  expect(await daysAhead(first)).toEqual([0, 0, 0]);
  expect((await clock()).text).toMatch(/^It is .*, the time of this machine\.$/m);
  expect(await runsOf(first)).toEqual([]);

  const moved = await clock('+3d');
  expect(moved).toMatchObject({ code: 0, text: expect.stringMatching(/, 3d ahead of this machine\.$/m) });
  // The function was warm, and is told nothing.
  expect(await daysAhead(first)).toEqual([3, 3, 3]);
  expect(Math.round((Date.now() - MachineDate.now()) / dayMs)).toBe(3);
  const runs = await poll(async () => {
    const found = await runsOf(first);
    return found.length > 0 ? found : undefined;
  });
  expect(runs).toHaveLength(1);
  expect((await clock('+1d24h')).text).toContain(', 5d ahead');

  await first.close();
  expect(globalThis.Date).toBe(MachineDate);
  const second = await start();
  expect(await daysAhead(second)).toEqual([5, 5, 5]);
  expect((await clock('+90m')).text).toContain(', 5d 1h 30m ahead');
  expect((await clock('--reset')).text).toContain('the time of this machine');
  expect(await daysAhead(second)).toEqual([0, 0, 0]);
});

it('takes spans as they are described, and no others', async () => {
  await start(true);
  for (const wrong of ['3d', '+', '+3w', '+d', '+1h1d', '+3.5d']) {
    expect(await clock(wrong), wrong).toMatchObject({ code: 2, text: expect.stringContaining('is no span') });
  }
  expect(await clock('+3d', '--reset')).toMatchObject({ code: 2 });
  expect(await clock('+9999d')).toMatchObject({ code: 1, text: expect.stringContaining('ten years') });
  expect((await clock()).text).toContain('the time of this machine');
});

it('says so where nothing runs', async () => {
  expect(await clock('+3d')).toMatchObject({ code: 1, text: expect.stringContaining('npm start') });
});

it('is a date to everybody', async () => {
  await start();
  await clock('+3d');
  const now = new Date();
  expect([now instanceof Date, now.constructor === Date, new MachineDate() instanceof Date]).toEqual([
    true,
    true,
    true,
  ]);
  expect(structuredClone(now)).toEqual(now);
  expect(new Date('2026-01-01T00:00:00Z').getTime()).toBe(Date.UTC(2026, 0, 1));
  expect(Date().slice(0, 10)).toBe(now.toString().slice(0, 10));
  class Later extends Date {}
  expect(new Later() instanceof Later).toBe(true);
  expect(Math.round((new Later().getTime() - MachineDate.now()) / dayMs)).toBe(3);
});
