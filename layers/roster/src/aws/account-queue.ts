import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs';

/** Names accounts whose memberships changed, for the user pool to follow at its own pace. */
export interface AccountQueue {
  /**
   * Queues each account once. Call it after the change is stored: who takes the message looks at what is stored
   * then.
   * @throws Error if SQS did not take all of them after {@link attemptsMax} tries
   */
  changed(accounts: Iterable<string>): Promise<void>;
}

/** SendMessageBatch takes 10 messages (SQS API Reference). */
const batchMax = 10;
const attemptsMax = 3;

/** The queue under a URL. */
export function accountQueue(queueUrl: string, client: SQSClient = new SQSClient({})): AccountQueue {
  const send = async (accounts: readonly string[]) => {
    let left: SendMessageBatchRequestEntry[] = accounts.map((account, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify({ account }),
    }));
    for (let attempt = 1; left.length > 0; attempt++) {
      const { Failed = [] } = await client.send(
        new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: left }),
      );
      const failed = new Set(Failed.map(({ Id }) => Id));
      left = left.filter(({ Id }) => failed.has(Id));
      if (left.length > 0 && attempt >= attemptsMax) {
        throw new Error(
          `The queue did not take ${left.length} messages: ${Failed[0]?.Code ?? 'no reason given'}.`,
        );
      }
    }
  };
  return {
    async changed(accounts) {
      const distinct = [...new Set(accounts)];
      for (let start = 0; start < distinct.length; start += batchMax) {
        await send(distinct.slice(start, start + batchMax));
      }
    },
  };
}
