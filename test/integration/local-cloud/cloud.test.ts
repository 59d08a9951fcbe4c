import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { CfnResource, Stack } from 'aws-cdk-lib';
import { afterEach, describe, expect, it } from 'vitest';
import { type Cloud, type CloudOptions, type LocalAppProps, startCloud } from '../../../infra/local/cloud.ts';
import { buildFixture } from './fixture/app.ts';
import { poll } from './fixture/poll.ts';

const stateDirectory = mkdtempSync(join(tmpdir(), 'cloud-'));
let cloud: Cloud | undefined;
let child: ChildProcess | undefined;

async function start(more: Partial<CloudOptions> = {}): Promise<Cloud> {
  cloud = await startCloud({ app: buildFixture, stateDirectory, quiet: true, ...more });
  return cloud;
}

function clientOptions({ region, credentials, endpoints }: Cloud, service: 'S3' | 'DYNAMODB' | 'SFN') {
  return { region, credentials, endpoint: endpoints[service] };
}

async function hasItem(running: Cloud, pk: string, sk: string): Promise<true | undefined> {
  const client = new DynamoDBClient(clientOptions(running, 'DYNAMODB'));
  const Key = { pk: { S: pk }, sk: { S: sk } };
  const { Item } = await client.send(new GetItemCommand({ TableName: running.outputs.TableName, Key }));
  return Item && true;
}

async function putItem(running: Cloud, pk: string): Promise<void> {
  const client = new DynamoDBClient(clientOptions(running, 'DYNAMODB'));
  const Item = { pk: { S: pk }, sk: { S: 'kept' } };
  await client.send(new PutItemCommand({ TableName: running.outputs.TableName, Item }));
}

/** Starts the fixture in a process of its own and gives what it prints. */
async function startChild(): Promise<{ url: string; endpoints: Cloud['endpoints'] }> {
  const script = fileURLToPath(new URL('./fixture/run.ts', import.meta.url));
  child = spawn(process.execPath, [script, stateDirectory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return JSON.parse(line.toString());
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).body?.cancel();
    return true;
  } catch {
    return false;
  }
}

afterEach(async () => {
  child?.kill('SIGKILL');
  await cloud?.close();
  cloud = undefined;
  child = undefined;
  rmSync(stateDirectory, { recursive: true, force: true });
});

describe('a hosted app', () => {
  it('carries an uploaded object by rule, queue and function into the table', async () => {
    const running = await start();
    const s3 = new S3Client(clientOptions(running, 'S3'));
    const object = { Bucket: running.outputs.UploadsBucket, Key: 'rosters/first.csv', Body: 'a,b\n' };
    await s3.send(new PutObjectCommand(object));
    expect(await poll(() => hasItem(running, 'OBJECT', 'rosters/first.csv'))).toBe(true);
  });

  it('runs a state machine that calls a function', async () => {
    const running = await start();
    const states = new SFNClient(clientOptions(running, 'SFN'));
    const { executionArn } = await states.send(
      new StartExecutionCommand({
        stateMachineArn: running.outputs.MachineArn,
        name: 'one',
        input: JSON.stringify({ name: 'first' }),
      }),
    );
    const ended = await poll(async () => {
      const found = await states.send(new DescribeExecutionCommand({ executionArn }));
      return found.status === 'RUNNING' ? undefined : found;
    });
    expect(ended.status).toBe('SUCCEEDED');
    expect(JSON.parse(ended.output!)).toEqual({ name: 'first', stored: { name: 'first' } });
    expect(await hasItem(running, 'STATE', 'first')).toBe(true);
  });

  it('keeps its state over a restart, and loses it when started fresh', async () => {
    await putItem(await start(), 'before');
    await cloud?.close();
    const second = await start();
    expect(await hasItem(second, 'before', 'kept')).toBe(true);
    await cloud?.close();
    const third = await start({ fresh: true });
    expect(await hasItem(third, 'before', 'kept')).toBeUndefined();
  });

  it('describes itself to tools while it runs', async () => {
    const file = join(stateDirectory, 'cloud.json');
    const running = await start();
    const described = JSON.parse(readFileSync(file, 'utf8'));
    expect(described).toMatchObject({ pid: process.pid, url: running.url, endpoints: running.endpoints });
    await running.close();
    expect(existsSync(file)).toBe(false);
  });

  it('finds resources by construct path', async () => {
    const running = await start();
    expect(running.resource('Data/Uploads').ref).toBe(running.outputs.UploadsBucket);
    expect(() => running.resource('Data/Nothing')).toThrow(/No resource Data\/Nothing/);
  });

  it('stops within three seconds even with a function at work, and its addresses answer no more', async () => {
    const running = await start();
    await fetch(`${running.url}/config.json`);
    const busy = running.invoke(running.outputs.FaultyName!, { fault: 'spin' });
    const refused = expect(busy).rejects.toThrow(/Runtime|Sandbox/);
    const before = Date.now();
    await running.close();
    expect(Date.now() - before).toBeLessThan(3_000);
    await refused;
    for (const url of [running.url, ...Object.values(running.endpoints)])
      expect(await answers(url)).toBe(false);
  });
});

describe('one state, one cloud', () => {
  it('refuses a second start and names the first', async () => {
    const { url } = await start();
    await expect(startCloud({ app: buildFixture, stateDirectory })).rejects.toThrow(
      `A local cloud runs on ${stateDirectory} already: pid ${process.pid}, ${url}`,
    );
    expect(await answers(url)).toBe(true);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'leaves no database behind after %s, and the state free',
    async (signal) => {
      const { url, endpoints } = await startChild();
      expect(await answers(endpoints.DYNAMODB)).toBe(true);
      await expect(start()).rejects.toThrow(`pid ${child!.pid}, ${url}`);
      child!.kill(signal);
      await poll(async () => ((await answers(endpoints.DYNAMODB)) ? undefined : true));
      expect(await answers((await start()).endpoints.DYNAMODB)).toBe(true);
    },
  );

  it('stops what it had started when the template cannot be hosted', async () => {
    const withStream = (local: LocalAppProps) => {
      const app = buildFixture(local);
      new CfnResource(new Stack(app, 'More'), 'Stream', { type: 'AWS::Kinesis::Stream' });
      return app;
    };
    await expect(startCloud({ app: withStream, stateDirectory, quiet: true })).rejects.toThrow(
      /AWS::Kinesis::Stream is unknown to the local cloud/,
    );
    expect(await answers((await start()).url)).toBe(true);
  });
});
