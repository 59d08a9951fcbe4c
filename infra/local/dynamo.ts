import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { createServer } from 'node:http';
import { findPackageJSON } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AttributeDefinition,
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type GlobalSecondaryIndex,
  type KeySchemaElement,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { listen } from './states/aws-json.ts';
import { sweepExpired } from './timeToLive.ts';

/** A table of the template, in the words of CreateTable. */
export interface TableSpec {
  name: string;
  keySchema: KeySchemaElement[];
  attributeDefinitions: AttributeDefinition[];
  indexes: GlobalSecondaryIndex[];
  timeToLiveAttribute?: string;
}

/** A DynamoDB endpoint: an own dynoxide, or one that the environment names. */
export interface Dynamo {
  url: string;
  /** Makes the table, or the indexes that it lacks. @throws Error if it is there with other keys. */
  putTable(table: TableSpec): Promise<void>;
  close(): Promise<void>;
}

const startMillisecondsMax = 10_000;
const stopMillisecondsMax = 2_000;

/**
 * Runs DynamoDB: `AWS_ENDPOINT_URL_DYNAMODB` if set, else `dynoxide` from its package or the PATH, over one SQLite file.
 *
 * @throws Error if there is no dynoxide, or it does not answer
 */
export async function startDynamo(options: {
  directory: string;
  port?: number;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}): Promise<Dynamo> {
  const external = process.env.AWS_ENDPOINT_URL_DYNAMODB;
  const server = external ? { url: external, stop: async () => undefined } : await startDynoxide(options);
  const { region, credentials } = options;
  const client = new DynamoDBClient({ endpoint: server.url, region, credentials, maxAttempts: 3 });
  const sweeps: (() => Promise<void>)[] = [];
  return {
    url: server.url,
    async putTable(table) {
      const found = await describe(client, table.name);
      if (found) await bringUp(client, table, found);
      else await create(client, table);
      if (table.timeToLiveAttribute) sweeps.push(sweepExpired(client, table, table.timeToLiveAttribute));
    },
    async close() {
      await Promise.all(sweeps.map((stop) => stop()));
      client.destroy();
      await server.stop();
    },
  };
}

async function describe(client: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function create(client: DynamoDBClient, table: TableSpec): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: table.name,
      KeySchema: table.keySchema,
      AttributeDefinitions: table.attributeDefinitions,
      BillingMode: 'PAY_PER_REQUEST',
      ...(table.indexes.length > 0 && { GlobalSecondaryIndexes: table.indexes }),
    }),
  );
}

async function bringUp(client: DynamoDBClient, table: TableSpec, found: TableDescription): Promise<void> {
  const keys = (schema: KeySchemaElement[] = []) =>
    schema.map((key) => `${key.KeyType} ${key.AttributeName}`).join();
  if (keys(found.KeySchema) !== keys(table.keySchema)) {
    throw new Error(`Table ${table.name} is there with other keys: start with an empty state (--fresh)`);
  }
  for (const index of table.indexes) {
    const existing = found.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === index.IndexName);
    if (existing && keys(existing.KeySchema) !== keys(index.KeySchema)) {
      throw new Error(
        `Index ${index.IndexName} of ${table.name} has other keys: start with an empty state (--fresh)`,
      );
    }
    if (existing) continue;
    await client.send(
      new UpdateTableCommand({
        TableName: table.name,
        AttributeDefinitions: table.attributeDefinitions,
        GlobalSecondaryIndexUpdates: [{ Create: index }],
      }),
    );
  }
}

/** Ends the server when file descriptor 3 closes, so in every way this process can end, `kill -9` included. */
const tiedToParent = '(read -r _ <&3; kill -KILL $$) 2>/dev/null & exec "$0" "$@" 3<&-';

interface Dynoxide {
  url: string;
  stop(): Promise<void>;
}

async function startDynoxide(options: { directory: string; port?: number }): Promise<Dynoxide> {
  mkdirSync(options.directory, { recursive: true });
  if (options.port) return startDynoxideOn(options.port, options.directory);
  // Another process may take the free port first.
  for (let tries = 1; ; tries += 1) {
    try {
      return await startDynoxideOn(await freePort(), options.directory);
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

async function startDynoxideOn(port: number, directory: string): Promise<Dynoxide> {
  const database = join(directory, 'dynamodb.sqlite');
  const serverArguments = ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', database];
  const log = openSync(join(directory, 'dynoxide.log'), 'w');
  // A process group of its own: Ctrl-C goes to the cloud alone, which stops it after the functions.
  const child = spawn('/bin/sh', ['-c', tiedToParent, findDynoxide(), ...serverArguments], {
    stdio: ['ignore', log, log, 'pipe'],
    detached: true,
  });
  closeSync(log);
  let ended = false;
  let stopping = false;
  const exit = new Promise<void>((resolve) => {
    const done = () => {
      ended = true;
      if (!stopping) console.error(`dynoxide has ended by itself; see ${join(directory, 'dynoxide.log')}`);
      resolve();
    };
    child.once('exit', done).once('error', done);
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    stopping = true;
    if (!ended) child.kill('SIGTERM');
    await Promise.race([exit, delay(stopMillisecondsMax, undefined, { ref: false })]);
    if (!ended) child.kill('SIGKILL');
    child.stdio[3]?.destroy();
  };
  try {
    await waitUntilReady(url, () => ended);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

async function waitUntilReady(url: string, hasEnded: () => boolean): Promise<void> {
  const deadline = Date.now() + startMillisecondsMax;
  while (Date.now() < deadline) {
    if (hasEnded()) throw new Error('dynoxide ended at once; see dynoxide.log in the state directory');
    try {
      await (await fetch(url)).body?.cancel();
      return;
    } catch {
      await delay(20);
    }
  }
  throw new Error(`dynoxide did not answer on ${url} within ${startMillisecondsMax / 1000} s`);
}

function findDynoxide(): string {
  const manifest = findPackageJSON('@dynoxide/linux-x64', import.meta.url);
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'dynoxide'));
  const candidates = [...(manifest ? [join(dirname(manifest), 'dynoxide')] : []), ...onPath];
  const found = candidates.find((path) => existsSync(path));
  if (found) return found;
  throw new Error(
    'No DynamoDB: install dynoxide (its npm package serves linux-x64 only) and put it on the PATH, or set ' +
      'AWS_ENDPOINT_URL_DYNAMODB to a running one',
  );
}

/** Free at this moment: dynoxide cannot tell which port it took. */
async function freePort(): Promise<number> {
  const { url, close } = await listen(createServer());
  await close();
  return Number(new URL(url).port);
}
