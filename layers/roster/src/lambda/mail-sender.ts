/** Finds whom an organization's mails come from, without asking SES for every mail. */
import type { MailIdentities } from '../aws/mail-identities.ts';
import { identitiesFor, type SenderPolicy, senderFor, type WantedSender } from '../domain/mail-sender.ts';
import type { Clock } from '../domain/ports.ts';
import { logger } from './observability.ts';

/** How long an answer of SES holds, and how long nothing is asked of an address whose check failed. */
const answerSeconds = 600;
const failureSeconds = 60;
/** What a process remembers at most; the oldest goes first. */
const addressesMax = 1_000;

/** The address for mails of an organization by its setting `from`. It never fails: the installation's is always good. */
export type MailSenderOf = (wanted: WantedSender) => Promise<string>;

/** Remembers answers as long as the process lives. */
export function mailSenders(
  policy: SenderPolicy,
  { mailIdentities, clock }: { mailIdentities: MailIdentities; clock: Clock },
): MailSenderOf {
  const known = new Map<string, { verified: ReadonlySet<string>; until: number }>();
  const ask = async (identities: readonly string[]) => {
    try {
      return { verified: await mailIdentities.verified(identities), seconds: answerSeconds };
    } catch (error) {
      logger.warn('SES did not tell whether an organization’s sender is verified', {
        code: error instanceof Error ? error.name : 'unknown',
      });
      return { verified: new Set<string>(), seconds: failureSeconds };
    }
  };
  return async (wanted) => {
    const identities = identitiesFor(wanted, policy);
    const [address] = identities;
    if (address === undefined) return policy.from;
    const now = clock().getTime();
    let answer = known.get(address);
    if (answer === undefined || answer.until <= now) {
      const { verified, seconds } = await ask(identities);
      answer = { verified, until: now + seconds * 1000 };
      known.delete(address);
      known.set(address, answer);
      const [oldest] = known.keys();
      if (known.size > addressesMax && oldest !== undefined) known.delete(oldest);
    }
    return senderFor(wanted, policy, answer.verified);
  };
}
