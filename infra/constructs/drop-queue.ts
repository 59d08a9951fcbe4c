import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { queueWithDeadLetters } from './queue-with-dead-letters.ts';

/** How long one message of a drop may take: it is worked on for 20 seconds, and what was begun is brought to its end. */
export const dropStepTimeout = Duration.seconds(60);

/** Organizations whose data is being dropped. Each message queues the next one. */
export class DropQueue extends Construct {
  readonly queue: Queue;
  /** Drops that could not go on; they show the error. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { queue, deadLetters } = queueWithDeadLetters(this, dropStepTimeout);
    this.queue = queue;
    this.deadLetters = deadLetters;
  }

  /** Lets a function take the messages, two organizations at once, which is the least that SQS allows. */
  serve(run: LambdaFunction): void {
    run.addEventSource(
      new SqsEventSource(this.queue, { batchSize: 1, maxConcurrency: 2, reportBatchItemFailures: true }),
    );
  }
}
