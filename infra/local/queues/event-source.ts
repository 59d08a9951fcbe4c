import type { Invoke } from '../invoke.ts';
import { pause, systemClock, unlessAborted } from '../states/clock.ts';
import { type Queues, systemAttributes } from './server.ts';
import { type Message, queueName } from './store.ts';

/** An `AWS::Lambda::EventSourceMapping` from a queue to a function. */
export interface EventSource {
  readonly queues: Pick<Queues, 'store'>;
  readonly invoke: Invoke;
  readonly queueArn: string;
  readonly functionArn: string;
  /** 1 to 10; 10 by default. */
  readonly batchSize?: number;
  /** `FunctionResponseTypes` has `ReportBatchItemFailures`. */
  readonly reportBatchItemFailures?: boolean;
  /** `ScalingConfig.MaximumConcurrency`: batches at a time; 2 by default. */
  readonly concurrencyMax?: number;
}

const errorPauseMs = 1000;

/**
 * Polls a queue for a function as Lambda does: messages of a batch that succeeded are deleted, the others come
 * again after the queue's visibility timeout (and go to its dead-letter queue by its redrive policy).
 *
 * What this mapping had in flight when the process ended is released at its start. `close` stops at once:
 * the outcome of a batch that is being worked on is dropped, so its messages come again.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function startEventSource(source: EventSource): { close(): Promise<void> } {
  const { queues, queueArn, functionArn } = source;
  const queue = queueName(queueArn);
  const stop = new AbortController();
  queues.store.releaseAll(queue, functionArn);

  async function poll(): Promise<void> {
    const max = source.batchSize ?? 10;
    const request = { max, waitSeconds: 20, consumer: functionArn, signal: stop.signal };
    while (!stop.signal.aborted) {
      const messages = await queues.store.receive(queue, request);
      if (messages.length && !stop.signal.aborted) await process(messages);
    }
  }

  async function process(messages: readonly Message[]): Promise<void> {
    const event = { Records: messages.map((message) => toRecord(message, queueArn)) };
    try {
      const response = await unlessAborted(source.invoke(functionArn, event), stop.signal);
      const failed = source.reportBatchItemFailures ? failedIds(response, messages) : new Set<string>();
      const done = messages.filter(({ messageId }) => !failed.has(messageId));
      for (const { receiptHandle } of done) queues.store.delete(queue, receiptHandle);
    } catch (error) {
      // A handler's failure is an outcome: the messages come again. It is the function's to log.
      stop.signal.throwIfAborted();
      console.error(`${functionArn}: a batch of ${messages.length} from ${queue} failed`, error);
    }
  }

  async function keepPolling(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await poll();
      } catch (error) {
        if (stop.signal.aborted) return;
        console.error(`${functionArn}: cannot poll ${queue}`, error);
        await pause(errorPauseMs, stop.signal, systemClock).catch(() => undefined);
      }
    }
  }

  const pollers = Array.from({ length: source.concurrencyMax ?? 2 }, keepPolling);
  return {
    async close() {
      stop.abort(new Error('The event source is closing'));
      await Promise.all(pollers);
    },
  };
}

/**
 * The failed messages that a handler reports: none when the list is empty or absent, and all of them when the
 * response is malformed or names a message that was not in the batch.
 */
function failedIds(response: unknown, messages: readonly Message[]): ReadonlySet<string> {
  const all = new Set(messages.map(({ messageId }) => messageId));
  const failures = (response as { batchItemFailures?: unknown } | null | undefined)?.batchItemFailures;
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return all;
  const ids = failures.map((failure) => (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier);
  return ids.every((id) => typeof id === 'string' && all.has(id)) ? new Set(ids as string[]) : all;
}

function toRecord(message: Message, queueArn: string): object {
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        {
          stringValue: StringValue,
          binaryValue: BinaryValue,
          stringListValues: [],
          binaryListValues: [],
          dataType: DataType,
        },
      ]),
    ),
    md5OfBody: message.md5,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3],
  };
}
