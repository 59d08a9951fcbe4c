import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Input, listenAwsJson, optionalText, ServiceError, text } from '../states/aws-json.ts';
import type { MessageAttributes } from './digest.ts';
import { type Message, type QueueAttributes, QueueStore, queueName } from './store.ts';

/** A queue as a template describes it. */
export interface QueueDescription {
  readonly name: string;
  /** Attributes by the names of the API; numbers and objects are turned into text. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly redrive?: { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number };
}

const batchMax = 10;
const batchBytesMax = 1024 * 1024;

/**
 * Starts a local SQS with standard queues, for the SDK's client (AWS JSON 1.0), on 127.0.0.1.
 *
 * Queues and messages are kept in `directory`. It is an endpoint of our own because fauxqs 2.4.1, once it has a
 * directory, refuses ChangeMessageVisibility(0) as MessageNotInflight and does not give the message out again.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
 */
export async function startQueues(options: {
  directory: string;
  port?: number;
  region: string;
  accountId: string;
}) {
  const { directory, region, accountId } = options;
  mkdirSync(directory, { recursive: true });
  const store = new QueueStore(join(directory, 'queues.sqlite'), `arn:aws:sqs:${region}:${accountId}`);
  const queueOf = (input: Input) => queueName(text(input, 'QueueUrl'));
  const queueUrl = (name: string) => `${endpoint.url}/${accountId}/${name}`;

  const endpoint = await listenAwsJson({
    prefix: 'AmazonSQS',
    version: '1.0',
    port: options.port,
    operations: {
      SendMessage: (input) => sendMessage(store, queueOf(input), input),
      SendMessageBatch: (input) => {
        const queue = queueOf(input);
        const bytes = entriesOf(input).reduce(
          (sum, entry) => sum + Buffer.byteLength(text(entry, 'MessageBody')),
          0,
        );
        if (bytes > batchBytesMax)
          throw batchError(
            'BatchRequestTooLong',
            `Batch requests cannot be longer than ${batchBytesMax} bytes.`,
          );
        return inBatch(input, (entry) => sendMessage(store, queue, entry));
      },
      ReceiveMessage: (input, signal) => receiveMessage(store, queueOf(input), input, signal),
      DeleteMessage: (input) => store.delete(queueOf(input), text(input, 'ReceiptHandle')),
      DeleteMessageBatch: (input) => {
        const queue = queueOf(input);
        return inBatch(input, (entry) => store.delete(queue, text(entry, 'ReceiptHandle')));
      },
      ChangeMessageVisibility: (input) => changeVisibility(store, queueOf(input), input),
      ChangeMessageVisibilityBatch: (input) => {
        const queue = queueOf(input);
        return inBatch(input, (entry) => changeVisibility(store, queue, entry));
      },
      GetQueueUrl: (input) => {
        const name = text(input, 'QueueName');
        store.settings(name);
        return { QueueUrl: queueUrl(name) };
      },
      ListQueues: (input) => ({
        QueueUrls: store.names(optionalText(input, 'QueueNamePrefix')).map(queueUrl),
      }),
      GetQueueAttributes: (input) => {
        const wanted = names(input.AttributeNames);
        const all = Object.entries(store.attributes(queueOf(input)));
        return {
          Attributes: Object.fromEntries(all.filter(([name]) => wanted.has('All') || wanted.has(name))),
        };
      },
      SetQueueAttributes: (input) => {
        const queue = queueOf(input);
        store.put(queue, { ...store.settings(queue), ...asText(input.Attributes as object) });
      },
      PurgeQueue: (input) => store.purge(queueOf(input)),
    },
  });

  return {
    url: endpoint.url,
    store,
    queueUrl,
    /** Makes a queue, or sets the attributes of the one that is there; its messages stay. */
    putQueue({ name, attributes = {}, redrive }: QueueDescription): void {
      store.put(name, asText({ ...attributes, ...(redrive ? { RedrivePolicy: redrive } : {}) }));
    },
    /** Sends a message to a queue by its ARN; it is safe when this resolves. */
    async sendMessage(arn: string, body: string, messageGroupId?: string): Promise<void> {
      store.send(queueName(arn), { body, ...(messageGroupId ? { messageGroupId } : {}) });
    },
    /** Stops at once; whoever waits for messages gets none. */
    async close(): Promise<void> {
      await endpoint.close();
      store.close();
    },
  };
}

/** What {@link startQueues} resolves with. */
export type Queues = Awaited<ReturnType<typeof startQueues>>;

function sendMessage(store: QueueStore, queue: string, input: Input): object {
  const attributes = input.MessageAttributes as MessageAttributes | undefined;
  const messageGroupId = optionalText(input, 'MessageGroupId');
  const sent = store.send(queue, {
    body: text(input, 'MessageBody'),
    ...(attributes ? { attributes } : {}),
    ...(input.DelaySeconds === undefined ? {} : { delaySeconds: Number(input.DelaySeconds) }),
    ...(messageGroupId ? { messageGroupId } : {}),
  });
  return {
    MessageId: sent.messageId,
    MD5OfMessageBody: sent.md5,
    MD5OfMessageAttributes: sent.md5OfAttributes,
  };
}

async function receiveMessage(
  store: QueueStore,
  queue: string,
  input: Input,
  signal: AbortSignal,
): Promise<object> {
  const max = Number(input.MaxNumberOfMessages ?? 1);
  if (!Number.isInteger(max) || max < 1 || max > batchMax)
    throw new ServiceError('InvalidParameterValue', `MaxNumberOfMessages must be between 1 and ${batchMax}.`);
  const messages = await store.receive(queue, {
    max,
    waitSeconds: optionalNumber(input.WaitTimeSeconds),
    visibilitySeconds: optionalNumber(input.VisibilityTimeout),
    signal,
  });
  const system = new Set([...names(input.AttributeNames), ...names(input.MessageSystemAttributeNames)]);
  const attributeNames = names(input.MessageAttributeNames);
  return messages.length ? { Messages: messages.map((one) => describe(one, system, attributeNames)) } : {};
}

function describe(
  message: Message,
  system: ReadonlySet<string>,
  attributeNames: ReadonlySet<string>,
): object {
  const isWanted = ([name]: [string, unknown]) => system.has('All') || system.has(name);
  const attributes = Object.fromEntries(
    Object.entries(message.attributes).filter(([name]) => isSelected(name, attributeNames)),
  );
  const hasAttributes = Object.keys(attributes).length > 0;
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: message.md5,
    Attributes: Object.fromEntries(Object.entries(systemAttributes(message)).filter(isWanted)),
    ...(hasAttributes
      ? { MessageAttributes: attributes, MD5OfMessageAttributes: message.md5OfAttributes }
      : {}),
  };
}

/** The attributes that SQS itself gives a message. */
export function systemAttributes(message: Message): Record<string, string> {
  return {
    SenderId: 'AIDALOCAL',
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ...(message.messageGroupId ? { MessageGroupId: message.messageGroupId } : {}),
  };
}

/** `All`, `.*`, `prefix.*` or the name itself. */
function isSelected(name: string, wanted: ReadonlySet<string>): boolean {
  return [...wanted].some(
    (one) => one === 'All' || one === name || (one.endsWith('.*') && name.startsWith(one.slice(0, -2))),
  );
}

function changeVisibility(store: QueueStore, queue: string, input: Input): void {
  store.changeVisibility(queue, text(input, 'ReceiptHandle'), Number(input.VisibilityTimeout ?? Number.NaN));
}

function inBatch(input: Input, work: (entry: Input) => unknown): object {
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entriesOf(input)) {
    try {
      Successful.push({ Id: entry.Id, ...(work(entry) as object | undefined) });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      Failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
}

function entriesOf({ Entries }: Input): readonly Input[] {
  if (!Array.isArray(Entries) || Entries.length === 0)
    throw batchError('EmptyBatchRequest', 'There should be at least one entry.');
  if (Entries.length > batchMax)
    throw batchError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${batchMax}.`,
    );
  const ids = new Set((Entries as Input[]).map((entry) => text(entry, 'Id')));
  if (ids.size < Entries.length)
    throw batchError('BatchEntryIdsNotDistinct', 'Ids of a batch must be distinct.');
  return Entries as Input[];
}

function batchError(code: string, message: string): ServiceError {
  return new ServiceError(code, message, { queryCode: `AWS.SimpleQueueService.${code}` });
}

function names(list: unknown): ReadonlySet<string> {
  return new Set(Array.isArray(list) ? list.map(String) : []);
}

function optionalNumber(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : Number(value);
}

function asText(attributes: object): QueueAttributes {
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  );
}
