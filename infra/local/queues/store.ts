import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { machineNow } from '../clock/shifted-date.ts';
import { ServiceError } from '../states/aws-json.ts';
import { type MessageAttributes, md5, md5OfAttributes } from './digest.ts';

/** Queue attributes by the names of the API; their values are text. */
export type QueueAttributes = Readonly<Record<string, string>>;

/** A message as it was received; times in milliseconds since the epoch. */
export interface Message {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5: string;
  readonly attributes: MessageAttributes;
  readonly md5OfAttributes: string | undefined;
  readonly messageGroupId: string | undefined;
  readonly sentAt: number;
  readonly firstReceivedAt: number;
  readonly receiveCount: number;
}

/** How messages are received; waiting ends early when `signal` aborts. */
export interface Receive {
  readonly max: number;
  readonly waitSeconds?: number | undefined;
  readonly visibilitySeconds?: number | undefined;
  /** Names who receives, see {@link QueueStore.releaseAll}. */
  readonly consumer?: string;
  readonly signal?: AbortSignal;
}

const defaults: QueueAttributes = {
  VisibilityTimeout: '30',
  DelaySeconds: '0',
  MessageRetentionPeriod: '345600',
  MaximumMessageSize: '1048576',
  ReceiveMessageWaitTimeSeconds: '0',
};
const settable = new Set([...Object.keys(defaults), 'RedrivePolicy', 'RedriveAllowPolicy', 'Policy']);
const ignored = new Set(['KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled']);

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS queues (
    name TEXT PRIMARY KEY, attributes TEXT NOT NULL, createdAt INTEGER NOT NULL, modifiedAt INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, messageId TEXT NOT NULL, body TEXT NOT NULL,
    attributes TEXT NOT NULL, messageGroupId TEXT, sentAt INTEGER NOT NULL, visibleAt INTEGER NOT NULL,
    receiptHandle TEXT, receiveCount INTEGER NOT NULL DEFAULT 0, firstReceivedAt INTEGER, consumer TEXT);
  CREATE INDEX IF NOT EXISTS nextVisible ON messages (queue, visibleAt);
  CREATE UNIQUE INDEX IF NOT EXISTS byReceipt ON messages (receiptHandle) WHERE receiptHandle IS NOT NULL;
`;

type Row = Record<string, string | number | null>;

/**
 * Standard queues in SQLite: what was acknowledged survives a kill of the process (WAL, synchronous NORMAL).
 *
 * Errors are {@link ServiceError}s with the names of the SQS API.
 */
export class QueueStore {
  readonly #db: DatabaseSync;
  readonly #accountArn: string;
  readonly #arrivals = new EventEmitter().setMaxListeners(0);
  readonly #closing = new AbortController();

  constructor(file: string, accountArn: string) {
    this.#db = new DatabaseSync(file);
    this.#db.exec(schema);
    this.#accountArn = accountArn;
  }

  /** Makes a queue, or sets the attributes of the one that is there. */
  put(name: string, attributes: QueueAttributes): void {
    if (name.endsWith('.fifo') || attributes.FifoQueue === 'true')
      throw new ServiceError('UnsupportedOperation', 'FIFO queues are not supported here');
    const unknown = Object.keys(attributes).find((key) => !settable.has(key) && !ignored.has(key));
    if (unknown) throw new ServiceError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
    const text = JSON.stringify(attributes);
    this.#db
      .prepare(
        `INSERT INTO queues (name, attributes, createdAt, modifiedAt) VALUES (?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET attributes = excluded.attributes, modifiedAt = excluded.modifiedAt`,
      )
      .run(name, text, machineNow(), machineNow());
  }

  names(prefix = ''): string[] {
    const rows = this.#db.prepare('SELECT name FROM queues ORDER BY name').all();
    return rows.map(({ name }) => String(name)).filter((name) => name.startsWith(prefix));
  }

  arn(name: string): string {
    return `${this.#accountArn}:${name}`;
  }

  /** A queue's settings, without its figures. @throws ServiceError QueueDoesNotExist */
  settings(name: string): QueueAttributes {
    return { ...defaults, ...(JSON.parse(String(this.#row(name).attributes)) as QueueAttributes) };
  }

  /** A queue's settings and figures, as GetQueueAttributes has them. */
  attributes(name: string): QueueAttributes {
    const { createdAt, modifiedAt } = this.#row(name);
    const counted = this.#db
      .prepare(
        `SELECT coalesce(sum(visibleAt <= :now), 0) AS ready,
           coalesce(sum(visibleAt > :now AND receiptHandle IS NOT NULL), 0) AS inFlight,
           coalesce(sum(visibleAt > :now AND receiptHandle IS NULL), 0) AS delayed
         FROM messages WHERE queue = :name`,
      )
      .get({ now: machineNow(), name }) as Row;
    return {
      ...this.settings(name),
      QueueArn: this.arn(name),
      ApproximateNumberOfMessages: String(counted.ready),
      ApproximateNumberOfMessagesNotVisible: String(counted.inFlight),
      ApproximateNumberOfMessagesDelayed: String(counted.delayed),
      CreatedTimestamp: String(Math.floor(Number(createdAt) / 1000)),
      LastModifiedTimestamp: String(Math.floor(Number(modifiedAt) / 1000)),
    };
  }

  /** Stores a message; it is safe when this returns. */
  send(
    name: string,
    message: { body: string; attributes?: MessageAttributes; delaySeconds?: number; messageGroupId?: string },
  ): { messageId: string; md5: string; md5OfAttributes: string | undefined } {
    const { body, attributes = {}, messageGroupId = null } = message;
    const settings = this.settings(name);
    if (!body) throw new ServiceError('InvalidParameterValue', 'The message must not be empty.');
    const bytesMax = Number(settings.MaximumMessageSize);
    if (Buffer.byteLength(body) > bytesMax)
      throw new ServiceError('InvalidParameterValue', `A message must be shorter than ${bytesMax} bytes.`);
    const delaySeconds = within('DelaySeconds', message.delaySeconds ?? Number(settings.DelaySeconds), 900);
    const messageId = randomUUID();
    const now = machineNow();
    this.#db
      .prepare(
        `INSERT INTO messages (queue, messageId, body, attributes, messageGroupId, sentAt, visibleAt)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(name, messageId, body, JSON.stringify(attributes), messageGroupId, now, now + delaySeconds * 1000);
    this.#arrivals.emit(name);
    return { messageId, md5: md5(body), md5OfAttributes: digestOf(attributes) };
  }

  /** Receives up to `max` messages, waiting for the first one up to `waitSeconds`; nobody else gets them meanwhile. */
  async receive(name: string, request: Receive): Promise<Message[]> {
    const settings = this.settings(name);
    const waitSeconds = request.waitSeconds ?? Number(settings.ReceiveMessageWaitTimeSeconds);
    const visibilitySeconds = request.visibilitySeconds ?? Number(settings.VisibilityTimeout);
    const deadline = machineNow() + within('WaitTimeSeconds', waitSeconds, 20) * 1000;
    within('VisibilityTimeout', visibilitySeconds, visibilitySecondsMax);
    const signals = [this.#closing.signal, ...(request.signal ? [request.signal] : [])];
    const signal = AbortSignal.any(signals);
    while (!signal.aborted) {
      const now = machineNow();
      const taken = this.#take(name, request.max, visibilitySeconds, request.consumer ?? null, settings, now);
      if (taken.length || now >= deadline) return taken;
      await this.#arrival(name, now, deadline, signal);
    }
    return [];
  }

  /** Deletes a received message; a receipt that is not known any more is no error, as on SQS. */
  delete(name: string, receiptHandle: string): void {
    this.#row(name);
    this.#db.prepare('DELETE FROM messages WHERE queue = ? AND receiptHandle = ?').run(name, receiptHandle);
  }

  /** Sets when a received message comes again; 0 seconds is at once. */
  changeVisibility(name: string, receiptHandle: string, seconds: number): void {
    this.#row(name);
    within('VisibilityTimeout', seconds, visibilitySecondsMax);
    const now = machineNow();
    const { changes } = this.#db
      .prepare('UPDATE messages SET visibleAt = ? WHERE queue = ? AND receiptHandle = ? AND visibleAt > ?')
      .run(now + seconds * 1000, name, receiptHandle, now);
    if (changes === 0)
      throw new ServiceError('MessageNotInflight', 'The message is not in flight', {
        queryCode: 'AWS.SimpleQueueService.MessageNotInflight',
      });
    this.#arrivals.emit(name);
  }

  /** Makes visible what `consumer` had received before this process started, and cannot finish any more. */
  releaseAll(name: string, consumer: string): void {
    const now = machineNow();
    this.#db
      .prepare('UPDATE messages SET visibleAt = ? WHERE queue = ? AND consumer = ? AND visibleAt > ?')
      .run(now, name, consumer, now);
  }

  purge(name: string): void {
    this.#row(name);
    this.#db.prepare('DELETE FROM messages WHERE queue = ?').run(name);
  }

  /** Ends every wait with no messages. */
  close(): void {
    this.#closing.abort();
    this.#db.close();
  }

  #row(name: string): Row {
    const row = this.#db.prepare('SELECT * FROM queues WHERE name = ?').get(name);
    if (row) return row as Row;
    throw new ServiceError('QueueDoesNotExist', `The queue ${name} does not exist.`, {
      queryCode: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  }

  #take(
    name: string,
    max: number,
    visibilitySeconds: number,
    consumer: string | null,
    settings: QueueAttributes,
    now: number,
  ): Message[] {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const oldest = now - Number(settings.MessageRetentionPeriod) * 1000;
      this.#db.prepare('DELETE FROM messages WHERE queue = ? AND sentAt < ?').run(name, oldest);
      this.#redrive(name, settings, now);
      const rows = this.#db
        .prepare('SELECT id FROM messages WHERE queue = ? AND visibleAt <= ? ORDER BY visibleAt, id LIMIT ?')
        .all(name, now, max);
      const update = this.#db.prepare(
        `UPDATE messages SET visibleAt = ?, receiptHandle = ?, receiveCount = receiveCount + 1,
           firstReceivedAt = coalesce(firstReceivedAt, ?), consumer = ? WHERE id = ? RETURNING *`,
      );
      const visibleAt = now + visibilitySeconds * 1000;
      const taken = rows.map(
        ({ id }) => update.get(visibleAt, randomUUID(), now, consumer, id as number) as Row,
      );
      this.#db.exec('COMMIT');
      return taken.map(toMessage);
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Moves what was received too often to the dead-letter queue; its age goes on counting, as on SQS. */
  #redrive(name: string, { RedrivePolicy }: QueueAttributes, now: number): void {
    if (!RedrivePolicy) return;
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(RedrivePolicy) as Record<
      string,
      string | number
    >;
    const target = queueName(String(deadLetterTargetArn));
    this.#row(target);
    const { changes } = this.#db
      .prepare(
        `UPDATE messages SET queue = ?, receiptHandle = NULL, consumer = NULL, receiveCount = 0, firstReceivedAt = NULL
         WHERE queue = ? AND visibleAt <= ? AND receiveCount >= ?`,
      )
      .run(target, name, now, Number(maxReceiveCount));
    if (changes) this.#arrivals.emit(target);
  }

  /** Resolves when a message may have become visible since `now`, at the deadline, or when `signal` aborts. */
  #arrival(name: string, now: number, deadline: number, signal: AbortSignal): Promise<void> {
    const next = this.#db
      .prepare('SELECT min(visibleAt) AS at FROM messages WHERE queue = ? AND visibleAt > ?')
      .get(name, now) as { at: number | null };
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#arrivals.off(name, wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, Math.min(deadline, next.at ?? deadline) - machineNow()));
      this.#arrivals.on(name, wake);
      signal.addEventListener('abort', wake);
    });
  }
}

const visibilitySecondsMax = 43_200;

/** The queue's name in its ARN or its URL. */
export function queueName(arnOrUrl: string): string {
  return arnOrUrl.split(/[:/]/).at(-1) ?? '';
}

function within(parameter: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  const reason = `Value ${value} for parameter ${parameter} is invalid. Reason: Must be between 0 and ${max}.`;
  throw new ServiceError('InvalidParameterValue', reason);
}

function digestOf(attributes: MessageAttributes): string | undefined {
  return Object.keys(attributes).length ? md5OfAttributes(attributes) : undefined;
}

function toMessage(row: Row): Message {
  const attributes = JSON.parse(String(row.attributes)) as MessageAttributes;
  const body = String(row.body);
  return {
    messageId: String(row.messageId),
    receiptHandle: String(row.receiptHandle),
    body,
    md5: md5(body),
    attributes,
    md5OfAttributes: digestOf(attributes),
    messageGroupId: row.messageGroupId === null ? undefined : String(row.messageGroupId),
    sentAt: Number(row.sentAt),
    firstReceivedAt: Number(row.firstReceivedAt),
    receiveCount: Number(row.receiveCount),
  };
}
