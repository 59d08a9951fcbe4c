import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, expect, test } from 'vitest';
import { type Queues, startQueues } from '../../../infra/local/queues/server.ts';

const region = 'eu-west-1';
const accountId = '111122223333';
const deadArn = `arn:aws:sqs:${region}:${accountId}:dead`;
const open = new Set<Queues>();
const temporary = () => mkdtempSync(join(tmpdir(), 'queues-'));

afterEach(async () => {
  await Promise.all([...open].map((queues) => queues.close()));
  open.clear();
});

const clientOf = (endpoint: string) =>
  new SQSClient({ endpoint, region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });

async function start(directory = temporary()) {
  const queues = await startQueues({ directory, region, accountId });
  open.add(queues);
  queues.putQueue({ name: 'dead' });
  queues.putQueue({
    name: 'work',
    attributes: { VisibilityTimeout: 60 },
    redrive: { deadLetterTargetArn: deadArn, maxReceiveCount: 2 },
  });
  const client = clientOf(queues.url);
  const QueueUrl = queues.queueUrl('work');
  const send = (MessageBody: string, more: object = {}) =>
    client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
  const receive = async (more: Partial<ReceiveMessageCommandInput> = {}) =>
    (await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more }))).Messages ??
    [];
  const change = (ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
    client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
  const figures = async (url = QueueUrl) => {
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
    const { Attributes: all = {} } = await client.send(command);
    const { ApproximateNumberOfMessages: ready, ApproximateNumberOfMessagesNotVisible: inFlight } = all;
    return [Number(ready), Number(inFlight), Number(all.ApproximateNumberOfMessagesDelayed)];
  };
  return { queues, client, QueueUrl, send, receive, change, figures };
}

test('a message is received once with its attributes, and is gone when deleted', async () => {
  const { client, QueueUrl, send, receive, figures } = await start();
  // The SDK itself compares the MD5 digests that the server sends for the body and checks them here.
  const MessageAttributes = {
    org: { DataType: 'String', StringValue: 'o1' },
    count: { DataType: 'Number', StringValue: '3' },
    key: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255, 7]) },
  };
  const sent = await send('Grüße', { MessageAttributes });
  // printf 'Grüße' | md5sum.
  expect(sent.MD5OfMessageBody).toBe('49c5f675b49037b6044b803ac9d1a6d7');
  const [message] = await receive({ MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] });
  expect(message?.Body).toBe('Grüße');
  expect(message?.MessageId).toBe(sent.MessageId);
  expect(message?.MessageAttributes?.key?.BinaryValue).toEqual(new Uint8Array([0, 255, 7]));
  expect(message?.MessageAttributes?.org).toEqual({ DataType: 'String', StringValue: 'o1' });
  expect(message?.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes);
  expect(message?.Attributes?.ApproximateReceiveCount).toBe('1');
  expect(await receive()).toEqual([]);
  expect(await figures()).toEqual([0, 1, 0]);
  await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  expect(await figures()).toEqual([0, 0, 0]);
});

test('a visibility of 0 gives a message back at once; a stale receipt cannot', async () => {
  const { send, receive, change } = await start();
  await send('a');
  const [first] = await receive();
  await change(first?.ReceiptHandle, 0);
  const [second] = await receive({ MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
  expect(second?.Body).toBe('a');
  expect(second?.Attributes).toEqual({ ApproximateReceiveCount: '2' });
  await expect(change(first?.ReceiptHandle, 0)).rejects.toMatchObject({ name: 'MessageNotInflight' });
  await expect(change(second?.ReceiptHandle, 43_201)).rejects.toMatchObject({
    name: 'InvalidParameterValue',
  });
});

test('a message that was received too often goes to the dead-letter queue', async () => {
  const { queues, send, receive, change, figures } = await start();
  await send('poison');
  for (let i = 0; i < 2; i++) await change((await receive())[0]?.ReceiptHandle, 0);
  expect(await receive()).toEqual([]);
  const [dead] = await receive({ QueueUrl: queues.queueUrl('dead') });
  expect(dead?.Body).toBe('poison');
  expect(await figures()).toEqual([0, 0, 0]);
});

test('a long poll ends when a message comes, when its delay or its visibility is over, and when its time is up', async () => {
  const { send, receive } = await start();
  const began = performance.now();
  const waiting = receive({ WaitTimeSeconds: 20, VisibilityTimeout: 1 });
  await send('a', { DelaySeconds: 1 });
  expect((await waiting)[0]?.Body).toBe('a');
  expect(performance.now() - began).toBeGreaterThan(990);
  expect((await receive({ WaitTimeSeconds: 20 }))[0]?.Body).toBe('a');
  expect(performance.now() - began).toBeGreaterThan(1990);
  expect(await receive({ WaitTimeSeconds: 1 })).toEqual([]);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('batches succeed and fail by entry', async () => {
  const { client, QueueUrl, receive, figures } = await start();
  const Entries = [
    { Id: 'a', MessageBody: 'A' },
    { Id: 'b', MessageBody: 'B', DelaySeconds: 901 },
    { Id: 'c', MessageBody: 'C' },
  ];
  const sent = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['a', 'c']);
  expect(sent.Failed).toMatchObject([{ Id: 'b', Code: 'InvalidParameterValue', SenderFault: true }]);
  const messages = await receive();
  const receipts = messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
  const changed = await client.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl,
      Entries: [
        { Id: '0', ReceiptHandle: receipts[0]?.ReceiptHandle, VisibilityTimeout: 0 },
        { Id: '1', ReceiptHandle: 'unknown', VisibilityTimeout: 0 },
      ],
    }),
  );
  expect([changed.Successful?.length, changed.Failed?.[0]?.Code]).toEqual([1, 'MessageNotInflight']);
  expect(await figures()).toEqual([1, 1, 0]);
  await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: receipts }));
  expect(await figures()).toEqual([0, 0, 0]);

  const twice = [Entries[0], Entries[0]].map((entry) => ({ ...entry, Id: 'x', MessageBody: 'X' }));
  await expect(client.send(new SendMessageBatchCommand({ QueueUrl, Entries: twice }))).rejects.toMatchObject({
    name: 'BatchEntryIdsNotDistinct',
  });
  const many = Array.from({ length: 11 }, (_, i) => ({ Id: String(i), MessageBody: 'x' }));
  await expect(client.send(new SendMessageBatchCommand({ QueueUrl, Entries: many }))).rejects.toMatchObject({
    name: 'TooManyEntriesInBatchRequest',
  });
});

test('queues are found, listed, changed and purged', async () => {
  const { client, QueueUrl, queues, send, figures } = await start();
  expect((await client.send(new GetQueueUrlCommand({ QueueName: 'work' }))).QueueUrl).toBe(QueueUrl);
  expect(QueueUrl).toBe(`${queues.url}/${accountId}/work`);
  await expect(client.send(new GetQueueUrlCommand({ QueueName: 'none' }))).rejects.toMatchObject({
    name: 'QueueDoesNotExist',
    Code: 'AWS.SimpleQueueService.NonExistentQueue',
  });
  expect((await client.send(new ListQueuesCommand({}))).QueueUrls).toHaveLength(2);
  expect((await client.send(new ListQueuesCommand({ QueueNamePrefix: 'wo' }))).QueueUrls).toEqual([QueueUrl]);
  await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { DelaySeconds: '5' } }));
  const AttributeNames = ['DelaySeconds', 'VisibilityTimeout', 'QueueArn', 'RedrivePolicy'] as const;
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
  );
  expect(Attributes).toEqual({
    DelaySeconds: '5',
    VisibilityTimeout: '60',
    QueueArn: `arn:aws:sqs:${region}:${accountId}:work`,
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: 2 }),
  });
  await send('a');
  expect(await figures()).toEqual([0, 0, 1]);
  await client.send(new PurgeQueueCommand({ QueueUrl }));
  expect(await figures()).toEqual([0, 0, 0]);
  expect(() => queues.putQueue({ name: 'a.fifo' })).toThrow(/FIFO/);
});

test('closing ends a long poll at once', async () => {
  const { queues, receive } = await start();
  const waiting = receive({ WaitTimeSeconds: 20 }).catch((error: Error) => error);
  const direct = queues.store.receive('work', { max: 1, waitSeconds: 20 });
  const began = performance.now();
  await queues.close();
  open.delete(queues);
  expect(await direct).toEqual([]);
  expect(performance.now() - began).toBeLessThan(1000);
  // The SDK tries again, and finds nobody there.
  expect(await waiting).toBeInstanceOf(Error);
});

test('no acknowledged message is lost in kill -9', async () => {
  const directory = temporary();
  const child = spawn(process.execPath, [join(import.meta.dirname, 'killed.ts'), directory]);
  const url = await new Promise<string>((resolve) =>
    child.stdout.once('data', (line) => resolve(String(line).trim())),
  );
  const client = clientOf(url);
  const acknowledged: string[] = [];
  const exited = new Promise((resolve) => child.once('exit', resolve));
  for (let i = 0; acknowledged.length < 30; i++) {
    const command = new SendMessageCommand({ QueueUrl: `${url}/${accountId}/work`, MessageBody: `m${i}` });
    await client.send(command);
    acknowledged.push(`m${i}`);
  }
  child.kill('SIGKILL');
  await exited;
  const { receive } = await start(directory);
  const found: (string | undefined)[] = [];
  for (let batch = await receive(); batch.length; batch = await receive())
    found.push(...batch.map(({ Body }) => Body));
  expect(found).toEqual(acknowledged);
});
