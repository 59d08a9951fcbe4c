import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { tableShape } from '../../layers/roster/src/aws/keys.ts';

/** A DynamoDB of its own for a test: a dynoxide process in memory on a free port of 127.0.0.1. */
export interface TestDynamo {
  endpoint: string;
  client: DynamoDBClient;
  /** Makes a table of the shape that the product uses and returns its name. */
  createTable(): Promise<string>;
  /** Ends the process; its data are gone. */
  stop(): Promise<void>;
}

const startMsMax = 10_000;

/** Starts one. @throws Error if the emulator does not answer within 10 seconds */
export async function startDynamo(): Promise<TestDynamo> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(binary(), ['--host', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
  const killWithTests = () => child.kill('SIGKILL');
  process.once('exit', killWithTests);
  const client = new DynamoDBClient({
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await untilAnswers(client, child);
  let tables = 0;
  return {
    endpoint,
    client,
    async createTable() {
      const name = `muster-${++tables}`;
      await client.send(new CreateTableCommand(tableInput(name)));
      return name;
    },
    async stop() {
      client.destroy();
      process.off('exit', killWithTests);
      const ended = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function binary(): string {
  const packageJson = createRequire(import.meta.url).resolve('@dynoxide/linux-x64/package.json');
  return join(dirname(packageJson), 'dynoxide');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}

async function untilAnswers(client: DynamoDBClient, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + startMsMax;
  for (;;) {
    try {
      await client.send(new ListTablesCommand({}));
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error('dynoxide did not start.', { cause: error });
      }
      await wait(20);
    }
  }
}

/** The table as the infrastructure makes it: `byLogin` projects the keys and the account. */
function tableInput(name: string) {
  const { byLogin } = tableShape.indexes;
  const attributes = [
    tableShape.partitionKey,
    tableShape.sortKey,
    ...[byLogin].flatMap((index) => [index.partitionKey, index.sortKey]),
  ];
  const keySchema = (partitionKey: string, sortKey: string) => [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST' as const,
    AttributeDefinitions: attributes.map((one) => ({ AttributeName: one, AttributeType: 'S' as const })),
    KeySchema: keySchema(tableShape.partitionKey, tableShape.sortKey),
    GlobalSecondaryIndexes: [
      {
        IndexName: byLogin.name,
        KeySchema: keySchema(byLogin.partitionKey, byLogin.sortKey),
        Projection: { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: ['account'] },
      },
    ],
  };
}
