import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type * as z from 'zod';
import { messageTriesMax } from '../domain/execution.ts';
import { logger } from './observability.ts';

/**
 * Makes a Lambda function of what is to be done with one message of an SQS queue. Messages that fail are reported
 * one by one, so that only they are delivered again and end in the dead-letter queue at last.
 * `isLastTry` tells that a failure sends the message to the dead letters.
 * `inTurn` handles the messages of a batch one after the other instead of at once.
 */
export function queueFunction<T>(
  body: z.ZodType<T>,
  run: (message: T, delivery: { isLastTry: boolean }) => Promise<void>,
  { inTurn = false }: { inTurn?: boolean } = {},
): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const processor = new BatchProcessor(EventType.SQS);
  const onRecord = async (record: SQSRecord): Promise<void> => {
    try {
      const isLastTry = Number(record.attributes.ApproximateReceiveCount) >= messageTriesMax;
      await run(body.parse(JSON.parse(record.body)), { isLastTry });
    } catch (error) {
      logger.warn('A message was not handled', {
        messageId: record.messageId,
        errorName: error instanceof Error ? error.name : 'unknown',
      });
      throw error;
    }
  };
  return (event, context) =>
    processPartialResponse(event, onRecord, processor, {
      context,
      throwOnFullBatchFailure: false,
      processInParallel: !inTurn,
    });
}
