import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SQSEvent } from 'aws-lambda';
import { afterEach, expect, test, vi } from 'vitest';
import type { Invoke } from '../../../infra/local/invoke.ts';
import { type EventSource, startEventSource } from '../../../infra/local/queues/event-source.ts';
import { type Queues, startQueues } from '../../../infra/local/queues/server.ts';

const region = 'eu-west-1';
const accountId = '111122223333';
const queueArn = `arn:aws:sqs:${region}:${accountId}:work`;
const functionArn = `arn:aws:lambda:${region}:${accountId}:function:worker`;
const open: { close(): Promise<void> }[] = [];
const never = new Promise<never>(() => {});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(directory = mkdtempSync(join(tmpdir(), 'queues-'))): Promise<Queues> {
  const queues = await startQueues({ directory, region, accountId });
  open.push(queues);
  queues.putQueue({ name: 'dead' });
  queues.putQueue({
    name: 'work',
    attributes: { VisibilityTimeout: 1 },
    redrive: { deadLetterTargetArn: queueArn.replace('work', 'dead'), maxReceiveCount: 2 },
  });
  return queues;
}

function consume(queues: Queues, handler: (event: SQSEvent) => unknown, more: Partial<EventSource> = {}) {
  const invoke: Invoke = async (_arn, event) => handler(event as SQSEvent);
  const source = startEventSource({ queues, invoke, queueArn, functionArn, ...more });
  open.push(source);
  return source;
}

const count = (queues: Queues, name: string) => {
  const figures = queues.store.attributes(name);
  return [Number(figures.ApproximateNumberOfMessages), Number(figures.ApproximateNumberOfMessagesNotVisible)];
};

test('a batch has the shape of a Lambda event from SQS, and is deleted when the handler returns', async () => {
  const queues = await start();
  const attributes = { org: { DataType: 'String', StringValue: 'o1' } };
  queues.store.send('work', { body: '{"n":0}', attributes });
  const events: SQSEvent[] = [];
  consume(queues, (event) => void events.push(event));
  await vi.waitFor(() => expect(events).toHaveLength(1));
  // https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
  expect(events[0]?.Records).toEqual([
    {
      messageId: expect.stringMatching(/^[\da-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: '{"n":0}',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {
        org: {
          stringValue: 'o1',
          binaryValue: undefined,
          stringListValues: [],
          binaryListValues: [],
          dataType: 'String',
        },
      },
      // printf '{"n":0}' | md5sum
      md5OfBody: '4bb9e0de5005747b62cadb7fc69c584a',
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: region,
    },
  ]);
  await vi.waitFor(() => expect(count(queues, 'work')).toEqual([0, 0]));
});

test('only the failures that a handler reports come again, and then go to the dead-letter queue', async () => {
  const queues = await start();
  for (const body of ['good', 'bad', 'fine']) queues.store.send('work', { body });
  const seen: string[] = [];
  consume(
    queues,
    ({ Records }) => {
      seen.push(...Records.map(({ body }) => body));
      const bad = Records.filter(({ body }) => body === 'bad');
      return { batchItemFailures: bad.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    },
    { reportBatchItemFailures: true, batchSize: 2 },
  );
  await vi.waitFor(() => expect(count(queues, 'dead')).toEqual([1, 0]), { timeout: 10_000 });
  expect(seen.sort()).toEqual(['bad', 'bad', 'fine', 'good']);
  expect(count(queues, 'work')).toEqual([0, 0]);
});

test.each([
  ['the handler throws', () => Promise.reject(new Error('no'))],
  ['it names an unknown message', () => ({ batchItemFailures: [{ itemIdentifier: 'x' }] })],
  ['it reports a malformed list', () => ({ batchItemFailures: 'all' })],
])('the whole batch comes again when %s', async (_name, handler) => {
  vi.spyOn(console, 'error').mockReturnValue();
  const queues = await start();
  for (const body of ['a', 'b']) queues.store.send('work', { body });
  let calls = 0;
  const failing = () => {
    calls++;
    return handler();
  };
  consume(queues, failing, { reportBatchItemFailures: true, concurrencyMax: 1 });
  await vi.waitFor(() => expect(count(queues, 'dead')).toEqual([2, 0]), { timeout: 10_000 });
  expect(calls).toBe(2);
});

test('no more batches than allowed run at a time, and closing does not wait for them', async () => {
  const queues = await start();
  for (let i = 0; i < 6; i++) queues.store.send('work', { body: String(i) });
  let running = 0;
  const source = consume(
    queues,
    () => {
      running++;
      return never;
    },
    { batchSize: 1, concurrencyMax: 3 },
  );
  await vi.waitFor(() => expect(running).toBe(3));
  await new Promise(setImmediate);
  expect(running).toBe(3);
  const began = performance.now();
  await source.close();
  expect(performance.now() - began).toBeLessThan(1000);
});

test('what was in flight when the process ended comes again at the next start, without waiting', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'queues-'));
  const first = await start(directory);
  first.putQueue({ name: 'work', attributes: { VisibilityTimeout: 900 } });
  first.store.send('work', { body: 'interrupted' });
  let began = 0;
  consume(first, () => {
    began++;
    return never;
  });
  await vi.waitFor(() => expect(began).toBe(1));
  for (const each of open.splice(0).reverse()) await each.close();

  const second = await start(directory);
  const bodies: string[] = [];
  consume(second, ({ Records }) => void bodies.push(...Records.map(({ body }) => body)));
  await vi.waitFor(() => expect(bodies).toEqual(['interrupted']));
});
