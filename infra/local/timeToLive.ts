import { setTimeout as delay } from 'node:timers/promises';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import type { TableSpec } from './dynamo.ts';

const pauseBetweenSweepsMilliseconds = 10 * 60_000;
const pauseBetweenPagesMilliseconds = 500;
const pageItemsMax = 500;

/**
 * Deletes expired items now and then, which the database itself never does: DynamoDB takes a few days, too, so readers
 * filter on time anyway.
 *
 * @returns stops it
 */
export function sweepExpired(
  client: DynamoDBClient,
  table: TableSpec,
  attribute: string,
): () => Promise<void> {
  const stop = new AbortController();
  const pause = (milliseconds: number) => delay(milliseconds, undefined, { signal: stop.signal, ref: false });

  async function sweep(): Promise<void> {
    let startKey: Record<string, AttributeValue> | undefined;
    do {
      await pause(pauseBetweenPagesMilliseconds);
      startKey = await sweepPage(client, table, attribute, startKey);
    } while (startKey);
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      await pause(pauseBetweenSweepsMilliseconds);
      await sweep();
    }
  }

  const done = run().catch((error: unknown) => {
    if (!stop.signal.aborted) console.error(`Expired items of ${table.name} are no longer deleted`, error);
  });
  return () => {
    stop.abort();
    return done;
  };
}

async function sweepPage(
  client: DynamoDBClient,
  table: TableSpec,
  attribute: string,
  startKey: Record<string, AttributeValue> | undefined,
): Promise<Record<string, AttributeValue> | undefined> {
  const keys = table.keySchema.map(({ AttributeName }) => AttributeName!);
  const names = Object.fromEntries([attribute, ...keys].map((name, i) => [`#n${i}`, name]));
  const values = { ':now': { N: String(Math.floor(Date.now() / 1000)) } };
  const page = await client.send(
    new ScanCommand({
      TableName: table.name,
      Limit: pageItemsMax,
      ExclusiveStartKey: startKey,
      FilterExpression: '#n0 < :now',
      ProjectionExpression: Object.keys(names).slice(1).join(),
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    }),
  );
  for (const Key of page.Items ?? []) {
    const expired = { ConditionExpression: '#n0 < :now', ExpressionAttributeNames: { '#n0': attribute } };
    await client
      .send(
        new DeleteItemCommand({ TableName: table.name, Key, ...expired, ExpressionAttributeValues: values }),
      )
      .catch((error: unknown) => {
        // Written again since the scan.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      });
  }
  return page.LastEvaluatedKey;
}
