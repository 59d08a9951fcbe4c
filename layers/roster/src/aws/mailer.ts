/** Hands mails to SES. What SES answers is told apart by one question: may it have taken the mail? */
import { SESClient, SESServiceException, SendRawEmailCommand } from '@aws-sdk/client-ses';
import type { RenderedMail } from '../domain/mail.ts';
import type { MailRef } from './mails.ts';
import { mimeMessage } from './mime.ts';

/** A mail ready to go. */
export interface OutgoingMail extends MailRef {
  /** The name that people see as the sender. */
  fromName: string;
  /** The address that it comes from; its identity is verified with SES. */
  from: string;
  /** Whom answers go to; to `from`, where absent. */
  replyTo?: string | undefined;
  to: string;
  rendered: RenderedMail;
}

/**
 * What SES said: `accepted`; `busy`, it did not take the mail now; `refused`, it never will; or nothing that can be
 * relied upon, `unanswered`: the mail may be on its way.
 */
export type MailAnswer =
  | { answer: 'accepted'; messageId: string }
  | { answer: 'busy' | 'refused'; code: string }
  | { answer: 'unanswered'; cause: unknown };

export interface Mailer {
  /** Sends once, without repeats. @throws what SES refused for a reason that is not the mail's: it did not take it. */
  send(mail: OutgoingMail): Promise<MailAnswer>;
}

/** SES's words for "not now": the rate, the day's quota, or sending is paused for the account. */
const busyCodes = new Set([
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'LimitExceeded',
  'LimitExceededException',
  'AccountSendingPausedException',
  'ConfigurationSetSendingPausedException',
]);

/** SES's words for "not this mail". */
const refusedCodes = new Set([
  'MessageRejected',
  'MailFromDomainNotVerifiedException',
  'InvalidParameterValue',
]);

let sharedClient: SESClient | undefined;

/**
 * The process's client of SES. One try: the SDK's own repeats would send a mail again whose answer was lost. A connection
 * for each mail: one that is kept may be closed in the moment in which it is used again, as after a pause of the
 * process, and then nobody knows whether the mail was taken.
 */
export function ses(): SESClient {
  sharedClient ??= new SESClient({
    maxAttempts: 1,
    requestHandler: {
      ...{ connectionTimeout: 2_000, requestTimeout: 8_000, throwOnRequestTimeout: true },
      ...{ httpAgent: { keepAlive: false }, httpsAgent: { keepAlive: false } },
    },
  });
  return sharedClient;
}

export interface MailerOptions {
  configurationSet: string;
  client?: SESClient;
}

/** Opens SES. Nothing is sent until a method is called. `client`, if given, must not repeat by itself. */
export function sesMailer({ configurationSet, client = ses() }: MailerOptions): Mailer {
  return {
    async send({ organization, mailId, fromName, from, replyTo, to, rendered }) {
      const mime = mimeMessage({ from: { name: fromName, address: from }, to, replyTo, ...rendered });
      const command = new SendRawEmailCommand({
        Source: from,
        Destinations: [to],
        RawMessage: { Data: mime },
        ConfigurationSetName: configurationSet,
        Tags: [
          { Name: 'organization', Value: organization },
          { Name: 'mailId', Value: mailId },
        ],
      });
      try {
        const { MessageId } = await client.send(command);
        if (MessageId === undefined) return { answer: 'unanswered', cause: undefined };
        return { answer: 'accepted', messageId: MessageId };
      } catch (error) {
        return answerOf(error);
      }
    },
  };
}

/** The request did not leave this machine. */
const notSentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** Nor did it here. The SDK tells this by its words alone; an answer that is late has the code ETIMEDOUT. */
function isUnconnected(error: unknown): boolean {
  return error instanceof Error && /did not establish a connection/.test(error.message);
}

function answerOf(error: unknown): MailAnswer {
  const systemCode = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (notSentCodes.has(systemCode)) return { answer: 'busy', code: systemCode };
  if (isUnconnected(error)) return { answer: 'busy', code: 'unconnected' };
  const status = error instanceof SESServiceException ? (error.$metadata.httpStatusCode ?? 0) : 0;
  if (!(error instanceof SESServiceException) || status < 400 || status >= 500) {
    return { answer: 'unanswered', cause: error };
  }
  if (busyCodes.has(error.name)) return { answer: 'busy', code: error.name };
  if (refusedCodes.has(error.name)) return { answer: 'refused', code: error.name };
  throw error;
}
