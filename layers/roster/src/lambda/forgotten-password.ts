/** A forgotten password: whoever gives a login has a reset link mailed to the account's address on file. */
import { countedLogin } from '../aws/accounts.ts';
import { accountResetCounters, resetRequestCounters } from '../domain/attempt-limits.ts';
import { recoveryActor } from '../domain/audit.ts';
import { isMusterError } from '../domain/errors.ts';
import type { Membership } from '../domain/organization.ts';
import { newResetLink } from '../domain/reset-link.ts';
import type { Deps } from './deps.ts';
import { isWithinLimits } from './limited.ts';
import { newLinkToken } from './link-token.ts';
import type { Origin } from './request.ts';
import { mailResetLink } from './reset-mail.ts';

/** What asking for a link works with. */
export type ForgottenPasswordDeps = Pick<
  Deps,
  'accounts' | 'attempts' | 'resetLinks' | 'mailQueue' | 'roster' | 'clock'
>;

/**
 * Mails a link to the account that a login names, if it may enter somewhere and has an address. Ends alike in every other
 * case, too many attempts included; only faults of ours are thrown. Attempts count whatever comes of them. The link is
 * the person's own: unlike an admin's it also serves an account that several organizations share.
 */
export async function requestReset(
  deps: ForgottenPasswordDeps,
  { organization, login }: { organization?: string | undefined; login: string },
  origin: Origin,
): Promise<void> {
  const counters = resetRequestCounters({ organization, login: countedLogin(login) }, origin);
  if (!(await isWithinLimits(deps, counters))) return;
  const found = await deps.accounts.findByLogin(login, organization);
  const membership = found?.memberships.find(({ state }) => state === 'enabled');
  if (membership === undefined) return;
  const { account } = await deps.accounts.standing(membership.account);
  if (account?.email === undefined) return;
  if (!(await isWithinLimits(deps, accountResetCounters(account.account)))) return;
  const { token, hash } = newLinkToken();
  const link = newResetLink(membership, deps.clock(), 'person');
  await deps.resetLinks.issue(hash, link, {
    action: 'member.resetLink',
    actor: { ...recoveryActor, ...origin },
    subject: membership.externalId ?? membership.account,
    details: { username: membership.login, expiresAt: link.validUntil, method: 'email' },
  });
  const memberName = await nameOf(deps, membership);
  await mailResetLink(deps, { link, token, hash, to: account.email, memberName });
}

/** The member's name, or the login of an owner who is on no roster. */
async function nameOf(
  { roster }: Pick<ForgottenPasswordDeps, 'roster'>,
  { organization, externalId, login }: Membership,
): Promise<string> {
  if (externalId === undefined) return login;
  try {
    return (await roster.get(organization, externalId)).name;
  } catch (error) {
    // Removed this moment: then the link is void too.
    if (isMusterError(error, 'not_found')) return login;
    throw error;
  }
}
