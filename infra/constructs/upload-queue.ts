import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { queueWithDeadLetters } from './queue-with-dead-letters.ts';

/** Where uploads come from and who starts their imports. */
export interface UploadQueueProps {
  uploads: IBucket;
  start: LambdaFunction;
}

/** From an uploaded object to its import's start: EventBridge, then a queue that keeps what cannot be started yet. */
export class UploadQueue extends Construct {
  readonly queue: Queue;
  /** Uploads whose import could not be started, by any of the two ways to fail. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { uploads, start }: UploadQueueProps) {
    super(scope, id);
    const { queue, deadLetters } = queueWithDeadLetters(this, start.timeout!);
    this.queue = queue;
    this.deadLetters = deadLetters;
    new Rule(this, 'Uploaded', {
      description: 'A roster file was uploaded',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [uploads.bucketName] } },
      },
      targets: [new SqsQueue(this.queue, { deadLetterQueue: this.deadLetters })],
    });
    start.addEventSource(new SqsEventSource(this.queue, { batchSize: 10, reportBatchItemFailures: true }));
  }
}
