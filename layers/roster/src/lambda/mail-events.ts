/** Lets the state of mails follow what SES tells of them (B9). */
import * as z from 'zod';
import type { MailOutcome } from '../domain/mail.ts';
import { suppresses } from '../domain/mail.ts';
import type { MailDeps } from './mail-deps.ts';
import { type MoveDeps, moveMail } from './mail-outcome.ts';

const tag = z.tuple([z.string()], z.string());

/**
 * What SES says through EventBridge of a mail. `tags` are those the mail was sent with; mails of others have none of
 * ours.
 *
 * Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html (the same record is
 * EventBridge's `detail`)
 */
export const SesEvent = z.object({
  detail: z.object({
    eventType: z.string(),
    mail: z.object({
      messageId: z.string(),
      destination: z.array(z.string()),
      tags: z.object({ organization: tag, mailId: tag }).partial().default({}),
    }),
    bounce: z.object({ bounceType: z.string(), bounceSubType: z.string() }).optional(),
    complaint: z.object({ complaintFeedbackType: z.string().nullish() }).optional(),
  }),
});
export type SesEvent = z.infer<typeof SesEvent>;

/**
 * Moves the mail on that an event is about, and keeps an address that bounced for good, or whose owner complained, from
 * being written to again. Repeats, and events out of order, do no harm.
 */
export async function followMail(
  deps: MoveDeps & Pick<MailDeps, 'suppressions'>,
  { detail }: SesEvent,
): Promise<void> {
  const { tags, destination, messageId } = detail.mail;
  const organization = tags.organization?.[0];
  const mailId = tags.mailId?.[0];
  const outcome = outcomeOf(detail);
  if (outcome === undefined || organization === undefined || mailId === undefined) return;
  if (suppresses(outcome)) {
    const reason = outcome.state === 'complained' ? 'complained' : 'bounced';
    // Each mail goes to one address; the record of a forwarded one may name another in `bouncedRecipients`.
    for (const address of destination) await deps.suppressions.add(address, reason, deps.clock());
  }
  await moveMail(deps, { organization, mailId }, outcome, messageId);
}

function outcomeOf({ eventType, bounce, complaint }: SesEvent['detail']): MailOutcome | undefined {
  if (eventType === 'Send') return { state: 'sent' };
  if (eventType === 'Delivery') return { state: 'delivered' };
  if (eventType === 'Reject') return { state: 'failed', code: 'Rejected' };
  if (eventType === 'Bounce' && bounce !== undefined) {
    const { bounceType, bounceSubType } = bounce;
    return {
      state: 'bounced',
      code: `${bounceType}/${bounceSubType}`,
      isPermanent: bounceType === 'Permanent',
    };
  }
  // Somebody took the mail out of the spam folder.
  const isPraise = complaint?.complaintFeedbackType === 'not-spam';
  return eventType === 'Complaint' && !isPraise ? { state: 'complained' } : undefined;
}
