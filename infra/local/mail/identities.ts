/** The identities of the local SES: every address and domain is verified, but for domains that begin with `unverified.` */
import { ServiceError } from '../states/aws-json.ts';

const isVerified = (identity: string) => !/(^|@)unverified\./i.test(identity);

/** The result of GetIdentityVerificationAttributes, as XML; SES leaves out what it does not know. */
export function verificationAttributes(
  identities: readonly string[],
  escaped: (text: string) => string,
): string {
  const value = '<value><VerificationStatus>Success</VerificationStatus></value>';
  const entries = identities
    .filter(isVerified)
    .map((identity) => `<entry><key>${escaped(identity)}</key>${value}</entry>`);
  return `<VerificationAttributes>${entries.join('')}</VerificationAttributes>`;
}

/** @throws ServiceError `MessageRejected` if nothing is to be sent from there; `from` is `Name <address>` or an address */
export function requireVerified(from: string): void {
  const address = /<([^<>]*)>\s*$/.exec(from)?.[1] ?? from;
  if (isVerified(address)) return;
  throw new ServiceError('MessageRejected', `Email address is not verified: ${address}`);
}
