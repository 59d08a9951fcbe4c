/** Sends the mails of the queue, each once (B12). */
import { type Backoff, delayMs } from '../aws/backoff.ts';
import type { MailMessage } from '../aws/mail-queue.ts';
import type { HeldMail } from '../aws/mails.ts';
import { type MailOutcome, type MailRecord, mailLeaseSeconds } from '../domain/mail.ts';
import { renderMail } from '../mail/render.ts';
import type { MailDeps } from './mail-deps.ts';
import { type MoveDeps, moveMail } from './mail-outcome.ts';
import { logger } from './observability.ts';

export { MailMessage } from '../aws/mail-queue.ts';

export type SendDeps = MoveDeps &
  Pick<MailDeps, 'mailer' | 'mailPace' | 'mailQueue' | 'organizations' | 'senderOf' | 'suppressions'> & {
    mails: Pick<MailDeps['mails'], 'take' | 'putBack' | 'move'>;
  };

/** How it is sent. */
export interface SendOptions {
  siteUrl: string;
  leaseSeconds?: number;
}

/** How long a mail waits that SES does not take now: longer with each try, never given up. */
const busyBackoff: Backoff = { attemptsMax: Number.POSITIVE_INFINITY, firstMs: 2_000, delayMsMax: 600_000 };

/**
 * Sends the mail of a message, unless it was sent. One sender at a time has it in hand. Where SES's answer was lost it
 * stays in hand and the message is put off until the hold is over: SES's own event of the mail it took ends the matter,
 * and only where none came until then is the mail sent anew.
 *
 * What remains: a mail goes out twice if its answer is lost and its event is too, or takes more than
 * {@link mailLeaseSeconds}; SES publishes events with best effort and has no idempotency token.
 * @throws Error if SES did not answer for the fifth time, or something unforeseen happened; the message comes again
 */
export async function sendMail(deps: SendDeps, message: MailMessage, options: SendOptions): Promise<void> {
  const now = deps.clock();
  const { leaseSeconds = mailLeaseSeconds } = options;
  const take = await deps.mails.take(message, now, leaseSeconds);
  if (take.outcome === 'done') return tellAgain(deps, message, take.record);
  if (take.outcome === 'busy') {
    return deps.mailQueue.putOff(message, (take.busyUntil - now.getTime()) / 1000 + 1);
  }
  const { held } = take;
  const result = await tried(deps, message, held, options);
  if (result === 'busy') {
    await deps.mails.putBack(held, deps.clock());
    const seconds = 1 + delayMs(busyBackoff, held.record.attempts) / 1000;
    return deps.mailQueue.putOff(message, seconds);
  }
  if (result === 'unanswered') return deps.mailQueue.putOff(message, leaseSeconds + 1);
  const { messageId, ...outcome } = result;
  await moveMail(deps, message, outcome, messageId);
}

/**
 * Tells of what the sender alone knows, since nobody else will: the message may be there again because telling it failed.
 */
async function tellAgain(
  { onMailState }: SendDeps,
  { organization }: MailMessage,
  record: MailRecord | undefined,
): Promise<void> {
  if (record?.state === 'suppressed' || record?.state === 'failed') await onMailState(organization, record);
}

type Result = 'busy' | 'unanswered' | (MailOutcome & { messageId?: string });

/** A mail that SES did not answer to so often is for the dead letters to tell of. */
const triesMax = 5;

/** One try to send. A failure that SES had no part in, or that tells that it took nothing, puts the mail back. */
async function tried(
  deps: SendDeps,
  message: MailMessage,
  held: HeldMail,
  options: SendOptions,
): Promise<Result> {
  try {
    const { answer, ...said } = await handOver(deps, message, held, options);
    if (answer === 'unanswered') {
      const unanswered = new MailUnanswered('cause' in said ? said.cause : undefined);
      logger.warn(unanswered.message, { mailId: message.mailId, cause: nameOf(unanswered.cause) });
      if (held.record.attempts >= triesMax) throw unanswered;
      return 'unanswered';
    }
    if (answer === 'suppressed') return { state: 'suppressed' };
    if (answer === 'accepted') return { state: 'sent', ...('messageId' in said && said) };
    const code = 'code' in said ? said.code : answer;
    logger.warn('SES did not take a mail', { mailId: message.mailId, answer, code });
    return answer === 'busy' ? 'busy' : { state: 'failed', code };
  } catch (error) {
    if (!(error instanceof MailUnanswered)) await deps.mails.putBack(held, deps.clock());
    throw error;
  }
}

async function handOver(
  deps: SendDeps,
  { organization, mailId, mail }: MailMessage,
  { record }: HeldMail,
  { siteUrl }: SendOptions,
) {
  if (await deps.suppressions.has(record.to)) return { answer: 'suppressed' as const };
  const { name, language, timeZone, mail: own } = await deps.organizations.get(organization);
  const rendered = renderMail(mail, { organizationName: name, language, timeZone, siteUrl });
  const content = { organization, mailId, fromName: name, replyTo: own?.replyTo, to: record.to, rendered };
  const send = async (from: string) => {
    await deps.mailPace.turn();
    return deps.mailer.send({ ...content, from });
  };
  const from = await deps.senderOf({ organization, from: own?.from });
  const installation = await deps.senderOf({ organization });
  const said = await send(from);
  // SES took nothing, perhaps because the organization's own identity ended just now: no mail is lost by that.
  return said.answer === 'refused' && from !== installation ? send(installation) : said;
}

/** An error's name and system code, never its message, which may have the address. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error ? `${error.name} ${error.code}` : error.name;
}

/** SES may have taken the mail or not. */
class MailUnanswered extends Error {
  override readonly name = 'MailUnanswered';

  constructor(cause: unknown) {
    super('SES did not answer; whether it took the mail is known by its events.', { cause });
  }
}
