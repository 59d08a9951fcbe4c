import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { queueWithDeadLetters } from './queue-with-dead-letters.ts';

/**
 * How long one step of an export may take. Gathering a part of a million members takes seconds, making their file a
 * minute; a step that is killed waits six times this.
 */
export const exportStepTimeout = Duration.minutes(10);

/** Steps of exports. Each step queues the next one, so that organizations take turns: four steps at once. */
export class ExportQueue extends Construct {
  readonly queue: Queue;
  /** Steps that failed each time; their exports ended with the error. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { queue, deadLetters } = queueWithDeadLetters(this, exportStepTimeout);
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
