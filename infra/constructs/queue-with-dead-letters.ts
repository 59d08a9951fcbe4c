import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { messageTriesMax } from 'roster/domain/execution';

/** AWS asks for six times the timeout of the function that takes from the queue. */
const visibilityTimeoutFactor = 6;

/**
 * Makes a queue, `Queue` in the scope, whose messages go to a dead-letter queue beside it, `DeadLetters`, after
 * {@link messageTriesMax} tries. `handlerTimeout` is that of the function which takes them.
 */
export function queueWithDeadLetters(
  scope: Construct,
  handlerTimeout: Duration,
): { queue: Queue; deadLetters: Queue } {
  const secure = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
  const deadLetters = new Queue(scope, 'DeadLetters', { ...secure, retentionPeriod: Duration.days(14) });
  const queue = new Queue(scope, 'Queue', {
    ...secure,
    retentionPeriod: Duration.days(4),
    visibilityTimeout: Duration.seconds(handlerTimeout.toSeconds() * visibilityTimeoutFactor),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: messageTriesMax },
  });
  return { queue, deadLetters };
}
