import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

/** Names one job of one organization; all that travels in its queue. */
export interface BulkJobRef {
  organization: string;
  jobId: string;
}

/** Says that a job has something to do. */
export interface BulkQueue {
  /** Queues the job's next step; what it is stands in the job. Call it after the job is stored. */
  send(ref: BulkJobRef): Promise<void>;
}

/** The queue under a URL. */
export function bulkQueue(queueUrl: string, client: SQSClient = new SQSClient({})): BulkQueue {
  return {
    async send({ organization, jobId }) {
      const MessageBody = JSON.stringify({ organization, jobId });
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
    },
  };
}
