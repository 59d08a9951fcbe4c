import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { queueWithDeadLetters } from './queue-with-dead-letters.ts';

/** How long a refresh may take: of a million members it reads 1 to 2 GB from the table. */
export const refreshTimeout = Duration.minutes(10);

/** Organizations in whose directory much changed, for its snapshot to be made anew. */
export class DirectoryQueue extends Construct {
  readonly queue: Queue;
  /** Organizations whose directory could not be made anew. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { queue, deadLetters } = queueWithDeadLetters(this, refreshTimeout);
    this.queue = queue;
    this.deadLetters = deadLetters;
  }

  /** Lets a function take the messages, two at once, which is the least that SQS allows. */
  serve(refresh: LambdaFunction): void {
    refresh.addEventSource(
      new SqsEventSource(this.queue, { batchSize: 1, maxConcurrency: 2, reportBatchItemFailures: true }),
    );
  }
}
