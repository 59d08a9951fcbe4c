import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { queueWithDeadLetters } from './queue-with-dead-letters.ts';

/** How long the follower may take for a batch: 10 messages of two calls each, 100 ms apart, and what Cognito takes. */
export const followTimeout = Duration.seconds(30);

/**
 * Accounts whose memberships changed, for the user pool to follow within its 25 updates a second: two functions at
 * once (the least that SQS allows), each with 10 updates a second.
 *
 * Source: https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html (UserUpdate)
 */
export class AccountQueue extends Construct {
  readonly queue: Queue;
  /** Accounts that could not be followed. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { queue, deadLetters } = queueWithDeadLetters(this, followTimeout);
    this.queue = queue;
    this.deadLetters = deadLetters;
  }

  /** Lets a function take the messages, and another one look for what was missed. */
  serve({ follow, reconcile }: { follow: LambdaFunction; reconcile: LambdaFunction }): void {
    follow.addEventSource(
      new SqsEventSource(this.queue, { batchSize: 10, maxConcurrency: 2, reportBatchItemFailures: true }),
    );
    new Rule(this, 'Reconcile', {
      description: 'Compares accounts with the user pool, a part at a time',
      schedule: Schedule.rate(Duration.minutes(15)),
      targets: [new FunctionTarget(reconcile, { deadLetterQueue: this.deadLetters, retryAttempts: 2 })],
    });
  }
}
