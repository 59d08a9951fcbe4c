/**
 * A small typed kernel over the DynamoDB document client for the one table: every call names a key from
 * `keys.ts`, errors are the exact ones of `table-errors.ts`, and repeats are bounded.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { MusterError } from '../domain/errors.ts';
import { type Backoff, delayMs, withBackoff } from './backoff.ts';
import { type Condition, conditionInput, type Update, updateInput } from './expressions.ts';
import type { Key } from './keys.ts';
import { type Item, isTransient, translated } from './table-errors.ts';

export type { Condition, Update } from './expressions.ts';
export { allOf, anyOf, attributeIs, isAbsent, isPresent, versionIs } from './expressions.ts';
export type { Item, TransactionReason } from './table-errors.ts';
export { ConditionFailed, TransactionFailed } from './table-errors.ts';

/** One action of a transaction: write a whole item, change one, delete one, or only check a condition. */
export type Action =
  | { put: Item & Key; condition?: Condition }
  | { update: Update }
  | { delete: Key; condition?: Condition }
  | { check: Key; condition: Condition };

/** A query's input as the document client takes it, without what the table fills in. */
export type QueryInput = Omit<QueryCommandInput, 'TableName' | 'ReturnConsumedCapacity' | 'KeyConditions'>;

export interface QueryPage {
  items: Item[];
  /** Where to go on; absent on the last page. A page may be empty and still have one. */
  lastKey?: Item;
}

export interface Table {
  /** The item under the key, or undefined. Eventually consistent unless asked otherwise. */
  get(key: Key, options?: { consistent?: boolean }): Promise<Item | undefined>;
  /** Writes a whole item. @throws ConditionFailed */
  put(item: Item & Key, condition?: Condition): Promise<void>;
  /** Changes single attributes (and makes the item if there is none) and returns the item as it is then. @throws ConditionFailed */
  update(update: Update): Promise<Item>;
  /** Deletes the item under the key, if there is one. @throws ConditionFailed */
  delete(key: Key, condition?: Condition): Promise<void>;
  /** One page of a query: at most 1 MB or `Limit` items are read. */
  query(input: QueryInput): Promise<QueryPage>;
  /** All pages of a query, of 1 MB each; one may be empty. */
  queryPages(input: QueryInput): AsyncGenerator<Item[], void, undefined>;
  /** All items of a query, page after page. */
  queryAll(input: QueryInput): AsyncGenerator<Item, void, undefined>;
  /**
   * Reads many items, 100 a request, in the order of the keys; undefined where nothing is stored. A key may be
   * named more than once. `projection` lists the attributes to return.
   */
  batchGet(
    keys: readonly Key[],
    options?: { consistent?: boolean; projection?: readonly string[] },
  ): Promise<(Item | undefined)[]>;
  /**
   * Does up to 100 actions or none. The same `token` (36 characters at most) within 10 minutes does nothing twice.
   * @throws TransactionFailed if conditions did not hold
   * @throws MusterError `throttled` if other transactions or throttling kept it from going through
   */
  transact(actions: readonly Action[], options?: { token?: string }): Promise<void>;
}

export interface TableOptions {
  tableName: string;
  client?: DynamoDBClient;
  /** Told the capacity units of each request (reads and writes alike), for measuring. */
  onCapacity?: (units: number) => void;
  backoff?: Backoff;
}

/** DynamoDB's bounds on one request (API Reference, BatchGetItem and TransactWriteItems). */
export const batchGetKeysMax = 100;
export const transactionActionsMax = 100;

const defaultBackoff: Backoff = { attemptsMax: 8, firstMs: 50, delayMsMax: 2_000 };

let sharedClient: DynamoDBClient | undefined;

/** The process's one client, made when first needed; its connections are kept alive between requests. */
function dynamoDb(): DynamoDBClient {
  sharedClient ??= new DynamoDBClient({
    maxAttempts: 5,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 10_000,
      httpsAgent: { keepAlive: true, maxSockets: 64 },
    },
  });
  return sharedClient;
}

/** Opens the table. Nothing is sent until a method is called. */
export function createTable({
  tableName,
  client,
  onCapacity,
  backoff = defaultBackoff,
}: TableOptions): Table {
  const documents = DynamoDBDocumentClient.from(client ?? dynamoDb(), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const common = { TableName: tableName, ...(onCapacity && { ReturnConsumedCapacity: 'TOTAL' as const }) };
  const measure = (...consumed: ({ CapacityUnits?: number | undefined } | undefined)[]) => {
    for (const one of consumed) if (one?.CapacityUnits !== undefined) onCapacity?.(one.CapacityUnits);
  };
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await withBackoff(backoff, isTransient, work);
    } catch (error) {
      throw translated(error);
    }
  };

  async function query(input: QueryInput): Promise<QueryPage> {
    const output = await attempt(() => documents.send(new QueryCommand({ ...input, ...common })));
    measure(output.ConsumedCapacity);
    return {
      items: output.Items ?? [],
      ...(output.LastEvaluatedKey && { lastKey: output.LastEvaluatedKey }),
    };
  }

  async function* queryPages(input: QueryInput): AsyncGenerator<Item[], void, undefined> {
    let start = input.ExclusiveStartKey;
    do {
      const page = await query({ ...input, ExclusiveStartKey: start });
      yield page.items;
      start = page.lastKey;
    } while (start);
  }

  async function readBatch(keys: Key[], options: { consistent?: boolean; projection?: readonly string[] }) {
    const found = new Map<string, Item>();
    let left: Item[] = keys.map(({ pk, sk }) => ({ pk, sk }));
    for (let attempts = 1; left.length > 0; attempts++) {
      const request = {
        ...projectionInput(options.projection),
        ConsistentRead: options.consistent ?? false,
        Keys: left,
      };
      const { TableName: _, ...capacity } = common;
      const output = await attempt(() =>
        documents.send(new BatchGetCommand({ RequestItems: { [tableName]: request }, ...capacity })),
      );
      measure(...(output.ConsumedCapacity ?? []));
      for (const item of output.Responses?.[tableName] ?? []) found.set(nameOf(item), item);
      left = output.UnprocessedKeys?.[tableName]?.Keys ?? [];
      if (left.length === 0) break;
      if (attempts >= backoff.attemptsMax) {
        throw new MusterError('throttled', 'The table is busy. Try again in a moment.');
      }
      await wait(delayMs(backoff, attempts));
    }
    return found;
  }

  return {
    query,
    async get(key, options = {}) {
      const input = { ...common, Key: key, ConsistentRead: options.consistent ?? false };
      const output = await attempt(() => documents.send(new GetCommand(input)));
      measure(output.ConsumedCapacity);
      return output.Item;
    },
    async put(item, condition) {
      const input = { ...common, Item: item, ...conditionInput(condition), ...oldOnFailure };
      measure((await attempt(() => documents.send(new PutCommand(input)))).ConsumedCapacity);
    },
    async update(update) {
      const input = { ...common, ...updateInput(update), ReturnValues: 'ALL_NEW' as const, ...oldOnFailure };
      const output = await attempt(() => documents.send(new UpdateCommand(input)));
      measure(output.ConsumedCapacity);
      return output.Attributes ?? {};
    },
    async delete(key, condition) {
      const input = { ...common, Key: key, ...conditionInput(condition), ...oldOnFailure };
      measure((await attempt(() => documents.send(new DeleteCommand(input)))).ConsumedCapacity);
    },
    queryPages,
    async *queryAll(input) {
      for await (const items of queryPages(input)) yield* items;
    },
    async batchGet(keys, options = {}) {
      // BatchGetItem refuses a key named twice.
      const distinct = [...new Map(keys.map((key) => [nameOf(key), key])).values()];
      const batches: Promise<Map<string, Item>>[] = [];
      for (let start = 0; start < distinct.length; start += batchGetKeysMax) {
        batches.push(readBatch(distinct.slice(start, start + batchGetKeysMax), options));
      }
      const found = new Map((await Promise.all(batches)).flatMap((batch) => [...batch]));
      return keys.map((key) => found.get(nameOf(key)));
    },
    async transact(actions, options = {}) {
      if (actions.length === 0) return;
      if (actions.length > transactionActionsMax) {
        throw new RangeError(
          `A transaction holds ${transactionActionsMax} actions at most, not ${actions.length}.`,
        );
      }
      const { TableName: _, ...capacity } = common;
      const input = {
        ...capacity,
        TransactItems: actions.map((action) => actionInput(action, tableName)),
        // The same token on every repeat: what went through although the answer was lost is not done twice.
        ClientRequestToken: options.token ?? randomUUID(),
      };
      const output = await attempt(() => documents.send(new TransactWriteCommand(input)));
      measure(...(output.ConsumedCapacity ?? []));
    },
  };
}

const oldOnFailure = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const };

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

function actionInput(action: Action, tableName: string): TransactItem {
  const common = { TableName: tableName, ...oldOnFailure };
  if ('put' in action) return { Put: { ...common, Item: action.put, ...conditionInput(action.condition) } };
  if ('update' in action) return { Update: { ...common, ...updateInput(action.update) } };
  const condition = conditionInput(action.condition);
  if ('delete' in action) return { Delete: { ...common, Key: action.delete, ...condition } };
  return {
    ConditionCheck: {
      ...common,
      Key: action.check,
      ...condition,
      ConditionExpression: action.condition.expression,
    },
  };
}

/** The key's attributes are always projected, to put the items into order. */
function projectionInput(projection: readonly string[] | undefined) {
  if (!projection) return {};
  const names = [...new Set(['pk', 'sk', ...projection])];
  return {
    ProjectionExpression: names.map((_, index) => `#p${index}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#p${index}`, name])),
  };
}

function nameOf(key: Item | Key): string {
  return JSON.stringify([key.pk, key.sk]);
}
