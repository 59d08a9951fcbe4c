import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { queueWithDeadLetters } from './queue-with-dead-letters.ts';

/** How long one step of a job may take: a chunk of 100 members is a few seconds, and a killed step waits six times this. */
export const bulkStepTimeout = Duration.seconds(30);

/**
 * Steps of jobs on many members. Each step queues the next one of its job, so that jobs of several organizations
 * take turns: four steps at once.
 */
export class BulkQueue extends Construct {
  readonly queue: Queue;
  /** Steps that failed each time; their jobs ended with the error. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { queue, deadLetters } = queueWithDeadLetters(this, bulkStepTimeout);
    this.queue = queue;
    this.deadLetters = deadLetters;
  }

  /** Lets a function do the steps. */
  serve(run: LambdaFunction): void {
    run.addEventSource(
      new SqsEventSource(this.queue, { batchSize: 1, maxConcurrency: 4, reportBatchItemFailures: true }),
    );
  }
}
