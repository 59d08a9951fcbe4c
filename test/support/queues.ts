/** How full the queues of a local cloud are. */
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { HostedCloud } from './cloud.ts';

/** The messages of a queue: to be had now, in somebody's hand, or put off. */
export interface QueueFigures {
  ready: number;
  inHand: number;
  putOff: number;
}

/** Of the queue whose URL is an output of the app. */
export async function queueFigures(cloud: HostedCloud, output: string): Promise<QueueFigures> {
  const { endpoints, region, credentials, outputs } = cloud;
  const queues = new SQSClient({ endpoint: endpoints.SQS, region, credentials });
  try {
    const asked = new GetQueueAttributesCommand({ QueueUrl: outputs[output], AttributeNames: ['All'] });
    const { Attributes = {} } = await queues.send(asked);
    return {
      ready: Number(Attributes.ApproximateNumberOfMessages),
      inHand: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
      putOff: Number(Attributes.ApproximateNumberOfMessagesDelayed),
    };
  } finally {
    queues.destroy();
  }
}
