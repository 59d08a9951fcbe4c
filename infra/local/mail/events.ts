import { randomUUID } from 'node:crypto';
import { type EventEnvelope, eventTime } from '../events/envelope.ts';
import type { Email } from './store.ts';

/** As a configuration set's event destination names it, in lower case. */
export type EmailEventType = 'send' | 'delivery' | 'bounce' | 'complaint';

/** What becomes of an email. */
export type EmailFate = 'delivered' | 'bounced' | 'complained';

/**
 * What becomes of an email to an address. SES's mailbox simulator knows some by name, also with a label
 * (`bounce+1@…`); every other address takes its mail.
 *
 * Source: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html (mailbox simulator)
 */
export function fateOf(address: string): EmailFate {
  const [, name] = /^([a-z]+)(?:\+[^@]*)?@simulator\.amazonses\.com$/i.exec(address) ?? [];
  const fates: Record<string, EmailFate> = {
    bounce: 'bounced',
    suppressionlist: 'bounced',
    complaint: 'complained',
  };
  return fates[name?.toLowerCase() ?? ''] ?? 'delivered';
}

/** The events of an email in their order, as SES sends them to EventBridge: for each recipient on its own. */
export function emailEvents(
  email: Email,
  place: { region: string; accountId: string },
): { type: EmailEventType; event: EventEnvelope }[] {
  const { to, cc, bcc } = email.destination;
  const recipients = [...to, ...cc, ...bcc];
  const told = [
    { type: 'send' as const, of: { send: {} } },
    ...recipients.flatMap((address) => eventsOf(address, email)),
  ];
  return told.map(({ type, of }) => ({ type, event: envelope(type, of, email, place) }));
}

function eventsOf(address: string, { messageId, at }: Email): { type: EmailEventType; of: object }[] {
  const timestamp = new Date(at * 1000).toISOString();
  const feedback = { timestamp, feedbackId: messageId };
  const delivery = {
    type: 'delivery' as const,
    of: {
      delivery: {
        timestamp,
        processingTimeMillis: 1,
        recipients: [address],
        smtpResponse: '250 2.6.0 Message received',
        reportingMTA: 'local',
      },
    },
  };
  const fate = fateOf(address);
  if (fate === 'delivered') return [delivery];
  if (fate === 'complained') {
    const complaint = {
      complainedRecipients: [{ emailAddress: address }],
      complaintFeedbackType: 'abuse',
      ...feedback,
    };
    return [delivery, { type: 'complaint', of: { complaint } }];
  }
  const isListed = address.toLowerCase().startsWith('suppressionlist');
  const bounce = {
    bounceType: 'Permanent',
    bounceSubType: isListed ? 'Suppressed' : 'General',
    bouncedRecipients: [
      {
        emailAddress: address,
        action: 'failed',
        status: '5.1.1',
        diagnosticCode: 'smtp; 550 5.1.1 user unknown',
      },
    ],
    reportingMTA: 'dns; local',
    ...feedback,
  };
  return [{ type: 'bounce', of: { bounce } }];
}

const names: Record<EmailEventType, { detailType: string; eventType: string }> = {
  send: { detailType: 'Email Sent', eventType: 'Send' },
  delivery: { detailType: 'Email Delivered', eventType: 'Delivery' },
  bounce: { detailType: 'Email Bounced', eventType: 'Bounce' },
  complaint: { detailType: 'Email Complaint Received', eventType: 'Complaint' },
};

/** Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html */
function envelope(
  type: EmailEventType,
  of: object,
  email: Email,
  { region, accountId }: { region: string; accountId: string },
): EventEnvelope {
  const { messageId, at, from, destination, subject, tags, configurationSet = '' } = email;
  const recipients = [...destination.to, ...destination.cc, ...destination.bcc];
  const ownTags = Object.entries(tags).map(([name, value]) => [name, [value]]);
  const { detailType, eventType } = names[type];
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source: 'aws.ses',
    account: accountId,
    time: eventTime(Date.now()),
    region,
    resources: [`arn:aws:ses:${region}:${accountId}:configuration-set/${configurationSet}`],
    detail: {
      eventType,
      mail: {
        timestamp: new Date(at * 1000).toISOString(),
        source: from,
        sendingAccountId: accountId,
        messageId,
        destination: recipients,
        headersTruncated: false,
        headers: [],
        commonHeaders: { from: [from], to: destination.to, messageId, subject },
        tags: {
          'ses:operation': [email.raw === undefined ? 'SendEmail' : 'SendRawEmail'],
          'ses:configuration-set': [configurationSet],
          'ses:source-ip': ['127.0.0.1'],
          ...Object.fromEntries(ownTags),
        },
      },
      ...of,
    },
  };
}
