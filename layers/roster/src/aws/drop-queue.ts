import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

/** Names one drop of one organization; all that travels in its queue. */
export interface DropRef {
  organization: string;
  dropId: string;
}

/** Says that a drop has something to do. */
export interface DropQueue {
  /** Queues the drop's next step; what it is stands in the drop. Call it after the drop is stored. */
  send(ref: DropRef): Promise<void>;
}

/** The queue under a URL. */
export function dropQueue(queueUrl: string, client: SQSClient = new SQSClient({})): DropQueue {
  return {
    async send({ organization, dropId }) {
      const MessageBody = JSON.stringify({ organization, dropId });
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
    },
  };
}
