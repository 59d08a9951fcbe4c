/** Decides whom an organization's mails come from. */
import * as z from 'zod';

/**
 * The domains that organizations may send from, in lower case, each with the ids of the organizations that may, or `*`
 * for all of them.
 */
export const SenderDomains = z.record(
  z.hostname().toLowerCase(),
  z.union([z.literal('*'), z.array(z.string().regex(/^[a-z0-9-]{1,63}$/)).min(1)]),
);
export type SenderDomains = z.output<typeof SenderDomains>;

/** What the installation allows: its own address, and the domains that organizations may send from. */
export interface SenderPolicy {
  from: string;
  domains: SenderDomains;
}

/** Whom an organization wishes its mails to come from. */
export interface WantedSender {
  organization: string;
  from?: string | undefined;
}

/**
 * What has to be verified with SES for mails to come from the address: the address itself or its domain, written as
 * SES and IAM compare them, the domain in lower case. None where the installation does not allow it to the organization.
 */
export function identitiesFor({ organization, from }: WantedSender, { domains }: SenderPolicy): string[] {
  if (from === undefined) return [];
  const at = from.lastIndexOf('@');
  const domain = from.slice(at + 1).toLowerCase();
  const allowed = Object.hasOwn(domains, domain) ? domains[domain] : undefined;
  const isAllowed = allowed === '*' || allowed?.includes(organization) === true;
  return isAllowed ? [`${from.slice(0, at)}@${domain}`, domain] : [];
}

/**
 * The address that mails come from: the organization's own where the installation allows it and it is verified, else
 * the installation's.
 * @param verified of {@link identitiesFor}, those that SES sends from
 */
export function senderFor(wanted: WantedSender, policy: SenderPolicy, verified: ReadonlySet<string>): string {
  const identities = identitiesFor(wanted, policy);
  const [address] = identities;
  return address !== undefined && identities.some((one) => verified.has(one)) ? address : policy.from;
}
