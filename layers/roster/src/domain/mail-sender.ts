/** Decides whom an organization's mails come from. */

/** What the installation allows: its own address, and the domains (lower case) that organizations may send from. */
export interface SenderPolicy {
  from: string;
  domains: readonly string[];
}

/**
 * What has to be verified with SES for mails to come from the address: the address itself or its domain, written as
 * SES and IAM compare them, the domain in lower case. None where the installation does not allow it.
 */
export function identitiesFor(from: string | undefined, { domains }: SenderPolicy): string[] {
  if (from === undefined) return [];
  const at = from.lastIndexOf('@');
  const domain = from.slice(at + 1).toLowerCase();
  return domains.includes(domain) ? [`${from.slice(0, at)}@${domain}`, domain] : [];
}

/**
 * The address that mails come from: the organization's own where the installation allows it and it is verified, else
 * the installation's.
 * @param verified of {@link identitiesFor}, those that SES sends from
 */
export function senderFor(
  from: string | undefined,
  policy: SenderPolicy,
  verified: ReadonlySet<string>,
): string {
  const identities = identitiesFor(from, policy);
  const [address] = identities;
  return address !== undefined && identities.some((one) => verified.has(one)) ? address : policy.from;
}
