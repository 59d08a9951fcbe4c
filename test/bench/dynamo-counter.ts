import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { keys } from 'roster/aws/keys';
import * as z from 'zod';
import { type Endpoint, listen } from '../../infra/local/states/aws-json.ts';

/** What was asked of DynamoDB since the last {@link DynamoCounter.take}. */
export interface DynamoUse {
  /** By operation (`Query`, `TransactWriteItems`, …); units are capacity units of either kind. */
  operations: Record<string, { requests: number; units: number }>;
  requests: number;
  readUnits: number;
  writeUnits: number;
  /** Actions that write a member's item, in whatever operation. */
  memberWrites: number;
}

/** A DynamoDB endpoint that passes everything on to another and counts. */
export interface DynamoCounter extends Endpoint {
  /** What was counted, and begins anew. */
  take(): DynamoUse;
}

const consuming =
  /^(Get|Put|Update|Delete|BatchGet|BatchWrite|TransactGet|TransactWrite)Items?$|^(Query|Scan)$/;
const writing = /^(Put|Update|Delete|BatchWrite|TransactWrite)/;

const Capacity = z.object({ CapacityUnits: z.number() });
/** One of them for most operations, a list (one a table) for batches and transactions. */
const Answer = z.object({ ConsumedCapacity: z.union([Capacity, z.array(Capacity)]).optional() });
type Body = Record<string, unknown>;

/**
 * Starts a counter in front of `target`. It asks for the consumed capacity (`ReturnConsumedCapacity: TOTAL`) of each
 * call that can tell it; signatures are not valid after that, which an emulator does not mind.
 *
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
 */
export async function startDynamoCounter(target: string): Promise<DynamoCounter> {
  const agent = new Agent({ keepAlive: true });
  let use = nothing();
  const server = createServer((request, response) => {
    pass(request, response, { target, agent }, (operation, asked, answered) =>
      count(use, operation, asked, answered),
    ).catch((error: unknown) => response.destroy(error as Error));
  });
  // Longer than the pause between two calls of an SDK's kept connection, which would fail else.
  server.keepAliveTimeout = 120_000;
  const { url, close } = await listen(server);
  return {
    url,
    async close() {
      await close();
      agent.destroy();
    },
    take() {
      const taken = use;
      use = nothing();
      return taken;
    },
  };
}

function nothing(): DynamoUse {
  return { operations: {}, requests: 0, readUnits: 0, writeUnits: 0, memberWrites: 0 };
}

type Counted = (operation: string, asked: Body, answered: Buffer) => void;

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  { target, agent }: { target: string; agent: Agent },
  counted: Counted,
): Promise<void> {
  const operation = String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
  let body = await buffer(request);
  let asked: Body = {};
  if (consuming.test(operation)) {
    asked = { ReturnConsumedCapacity: 'TOTAL', ...(JSON.parse(body.toString()) as Body) };
    body = Buffer.from(JSON.stringify(asked));
  }
  const headers = { ...request.headers, 'content-length': String(body.length) };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    send(target, { agent, method: request.method, path: request.url, headers }, resolve)
      .once('error', reject)
      .end(body);
  });
  const answered = await buffer(answer);
  if (operation !== '') counted(operation, asked, answered);
  response.writeHead(answer.statusCode ?? 502, answer.headers).end(answered);
}

function count(use: DynamoUse, operation: string, asked: Body, answered: Buffer): void {
  const units = consuming.test(operation) ? unitsOf(answered) : 0;
  const before = use.operations[operation] ?? { requests: 0, units: 0 };
  use.operations[operation] = { requests: before.requests + 1, units: before.units + units };
  use.requests += 1;
  use.memberWrites += memberWritesIn(operation, asked);
  if (writing.test(operation)) use.writeUnits += units;
  else use.readUnits += units;
}

/** A failed call has no capacity in its answer. */
function unitsOf(answered: Buffer): number {
  const { ConsumedCapacity = [] } = Answer.parse(JSON.parse(answered.toString()));
  return [ConsumedCapacity].flat().reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
}

/** The sort key is the `sk` of an item (Put) or of a key (Update, Delete), in DynamoDB's JSON. */
const KeyOrItem = z.object({ sk: z.object({ S: z.string() }) });
const Write = z.object({ Item: KeyOrItem.optional(), Key: KeyOrItem.optional() });
const Writes = z.record(z.string(), Write);

function memberWritesIn(operation: string, asked: Body): number {
  if (!writing.test(operation)) return 0;
  return writesIn(operation, asked).filter(({ Item, Key }) =>
    (Item ?? Key)?.sk.S.startsWith(keys.memberPrefix),
  ).length;
}

function writesIn(operation: string, asked: Body): z.infer<typeof Write>[] {
  if (operation === 'TransactWriteItems') {
    return z
      .array(Writes)
      .parse(asked.TransactItems)
      .flatMap(({ ConditionCheck: _, ...writes }) => Object.values(writes));
  }
  if (operation !== 'BatchWriteItem') return [Write.parse(asked)];
  const requests = z.record(z.string(), z.array(Writes)).parse(asked.RequestItems);
  return Object.values(requests).flat().flatMap(Object.values);
}
