import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';

/** Asks for a directory's snapshot to be made anew. */
export interface DirectoryQueue {
  /** Tells that many members of the organization changed. Once too often does no harm. */
  pending(organization: string): Promise<void>;
  /** Tells that the snapshot is lost, in part or whole. */
  lost(organization: string): Promise<void>;
}

/** A message of the queue; `whole` asks for all of the snapshot. */
export const DirectoryMessage = z.strictObject({
  organization: z.string().min(1),
  whole: z.boolean().optional(),
});
type DirectoryMessage = z.infer<typeof DirectoryMessage>;

/** The queue under a URL. */
export function directoryQueue(queueUrl: string, client: SQSClient = new SQSClient({})): DirectoryQueue {
  const send = async (message: DirectoryMessage) => {
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) }));
  };
  return {
    pending: (organization) => send({ organization }),
    lost: (organization) => send({ organization, whole: true }),
  };
}
