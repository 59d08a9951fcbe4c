/** Asks SES which addresses and domains are verified for sending. */
import { GetIdentityVerificationAttributesCommand, type SESClient } from '@aws-sdk/client-ses';
import { ses } from './mailer.ts';

/** How long an answer is waited for; mails wait meanwhile, within the time that the sender has for a batch. */
const timeoutMilliseconds = 1_500;

export interface MailIdentities {
  /**
   * Those of the identities (100 at most) that SES sends from.
   * @throws Error if SES does not answer in time, or refuses: it takes one such call a second
   *
   * Source: https://docs.aws.amazon.com/ses/latest/APIReference/API_GetIdentityVerificationAttributes.html
   */
  verified(identities: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Opens SES. Nothing is asked until a method is called. */
export function sesIdentities(client: SESClient = ses()): MailIdentities {
  return {
    async verified(identities) {
      const command = new GetIdentityVerificationAttributesCommand({ Identities: [...identities] });
      const abortSignal = AbortSignal.timeout(timeoutMilliseconds);
      const { VerificationAttributes = {} } = await client.send(command, { abortSignal });
      return new Set(
        identities.filter((one) => VerificationAttributes[one]?.VerificationStatus === 'Success'),
      );
    },
  };
}
