/** The queue of mails to be sent. A message alone holds what the mail says; SQS keeps it encrypted and drops it. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { Mail, MailAddress, type MailOwner } from '../domain/mail.ts';
import type { Clock } from '../domain/ports.ts';
import { type MailRecords, mailIdOf } from './mails.ts';

/** What the queue carries. */
export const MailMessage = z.object({
  organization: z.string().min(1),
  mailId: z.string().min(1),
  mail: Mail,
});
export type MailMessage = z.infer<typeof MailMessage>;

/** A mail to be sent. */
export interface MailOrder {
  mail: Mail;
  to: string;
  owner: MailOwner;
  /** What must be mailed once only, as `invitation/<id>/<round>`: the same key is the same mail. */
  key: string;
}

export interface MailQueue {
  /**
   * Records and queues a mail. Repeated with the same key it does no more than make good for a queue that was not
   * reached; of two different texts under one key, the one that is sent is that of the message which comes first.
   * @returns the mail's id, by which its state is read
   * @throws z.ZodError if the address or the mail is not as it should be
   */
  send(organization: string, order: MailOrder): Promise<string>;
  /** Queues a message again, to come after a while. The one in hand may then be forgotten. */
  putOff(message: MailMessage, delaySeconds: number): Promise<void>;
}

/** The longest that SQS holds a message back (SQS API Reference, SendMessage). */
const delaySecondsMax = 900;

/** The queue under a URL, with the records of its mails. */
export function mailQueue(
  queueUrl: string,
  { mails, clock }: { mails: MailRecords; clock: Clock },
  client: SQSClient = new SQSClient({}),
): MailQueue {
  const queue = async (message: MailMessage, delaySeconds: number) => {
    const body = JSON.stringify(message);
    await client.send(
      new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, DelaySeconds: delaySeconds }),
    );
  };
  return {
    async send(organization, { mail, to, owner, key }) {
      const address = MailAddress.parse(to);
      const message = MailMessage.parse({ organization, mailId: mailIdOf(organization, key), mail });
      const record = await mails.create(message, { kind: mail.kind, to: address, owner }, clock());
      if (record.state === 'queued') await queue(message, 0);
      return message.mailId;
    },
    putOff: (message, delaySeconds) =>
      queue(message, Math.min(delaySecondsMax, Math.max(0, Math.ceil(delaySeconds)))),
  };
}
