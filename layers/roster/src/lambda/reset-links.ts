/** Reset links: an admin makes one, the member chooses a new password by it (S3.21, S4.11, B6). */
import { isMusterError, MusterError } from '../domain/errors.ts';
import type { Membership } from '../domain/organization.ts';
import { checkResetLink, invalidLink, newResetLink, type ResetLink } from '../domain/reset-link.ts';
import type { Deps } from './deps.ts';
import { hashOfLinkToken, newLinkToken } from './link-token.ts';
import { requireResettable } from './member-accounts.ts';
import { type Acting, type MemberDeps, type MemberRef, onMember } from './member-call.ts';
import { personOf } from './own-account.ts';
import type { Origin } from './request.ts';
import { mailResetLink, resetPath } from './reset-mail.ts';

/**
 * Makes a link for a member. Its account's earlier links are void from now on. The address is relative to the one
 * origin that serves pages and API: a link made from the request's Host header could be made to lead elsewhere.
 * @param method `email` mails the link to the account's address; who asked then does not get to see it
 * @throws MusterError as `resetCredentials` does, `member_disabled`, and `no_email` where it cannot be mailed
 */
export async function makeResetLink(
  deps: MemberDeps & Pick<Deps, 'resetLinks' | 'mailQueue'>,
  ref: MemberRef,
  acting: Acting,
  method: 'link' | 'email' = 'link',
): Promise<{ url?: string; expiresAt: string }> {
  const { token, hash } = newLinkToken();
  let made: { link: ResetLink; to: string | undefined } | undefined;
  const { member } = await onMember(deps, ref, acting, 'resetCredentials', async (found) => {
    const { membership } = await requireResettable(deps, found);
    if (membership.state !== 'enabled') {
      throw new MusterError('member_disabled', 'This member is disabled; a link would lead nowhere.');
    }
    const link = newResetLink(membership, deps.clock());
    const to = method === 'email' ? await addressOf(deps, membership) : undefined;
    await deps.resetLinks.issue(hash, link, {
      action: 'member.resetLink',
      actor: { account: acting.account, login: acting.login, ...acting.origin },
      subject: found.member.externalId,
      details: { username: membership.login, expiresAt: link.validUntil, ...(to && { method }) },
    });
    made = { link, to };
    return found;
  });
  const { link, to } = made as NonNullable<typeof made>;
  if (to === undefined) return { url: resetPath(token), expiresAt: link.validUntil };
  await mailResetLink(deps, { link, token, hash, to, memberName: member.name });
  return { expiresAt: link.validUntil };
}

/** @throws MusterError `no_email` */
async function addressOf(
  { accounts }: Pick<MemberDeps, 'accounts'>,
  { account: id }: Membership,
): Promise<string> {
  const { account } = await accounts.standing(id);
  if (account?.email !== undefined) return account.email;
  throw new MusterError('no_email', 'This account has no email address. Make a link to hand over instead.');
}

type ResetDeps = Pick<Deps, 'resetLinks' | 'accounts' | 'organizations' | 'accountMaker' | 'clock' | 'newId'>;

/**
 * Tells what a link is for. Nothing changes, however often a scanner of mails asks.
 * @throws MusterError `link_invalid`, `link_expired`
 */
export async function inspectResetLink(deps: ResetDeps, token: string) {
  const { link, membership } = await usableLink(deps, hashOfLinkToken(token));
  const { name } = await deps.organizations.get(link.organization);
  return { organization: link.organization, name, username: membership.login, expiresAt: link.validUntil };
}

/** Longer than a function may run (25 s), so that whoever had a claim that is over does nothing any more. */
const claimMs = 30_000;

/**
 * Chooses a new password by a link. The pool and the table cannot change in one transaction, so the link is claimed
 * first: of several attempts at once one goes on, and only its password comes to count. Then the password is set,
 * the refresh tokens are revoked, and last, in one transaction, the link is used up, the access tokens of before are
 * refused and the entry is kept. So
 * - a password that is refused, and a pool that has no room, give the claim back: the link can be used at once with
 *   another one, or again;
 * - if the process dies in between, or it is not known what the pool did, the link is still there and the claim ends
 *   by itself: the person tries again, and whatever was done is done again;
 * - once the link is used up everything else is done, so a repeat is refused and nothing is left to repeat.
 * @throws MusterError `link_invalid`, `link_expired`, `invalid_password`, `too_many_requests` where the pool has no room,
 * and `link_in_use` while another attempt is under way
 */
export async function completeReset(
  deps: ResetDeps,
  { token, newPassword, origin }: { token: string; newPassword: string; origin: Origin },
): Promise<void> {
  const hash = hashOfLinkToken(token);
  const { link, membership } = await usableLink(deps, hash);
  const nowMs = deps.clock().getTime();
  const claim = { id: deps.newId(), untilMs: nowMs + claimMs };
  if (!(await deps.resetLinks.claim(hash, link, claim, nowMs))) {
    // Used up or void by now, or else in use.
    await usableLink(deps, hash);
    throw new MusterError('link_in_use', 'This link is being used. If not by you, try again in a minute.');
  }
  try {
    await deps.accountMaker.setPassword(link.account, newPassword);
    await deps.accountMaker.signOutEverywhere(link.account);
  } catch (error) {
    if (isMusterError(error)) await deps.resetLinks.release(hash, claim);
    throw error;
  }
  const isSpent = await deps.resetLinks.spend(hash, link, claim, {
    validFromSeconds: Math.floor(deps.clock().getTime() / 1000) + 1,
    event: {
      action: 'account.password',
      actor: personOf(membership, origin),
      subject: membership.externalId ?? membership.account,
      details: { by: 'resetLink' },
    },
  });
  if (!isSpent) throw invalidLink();
}

async function usableLink(
  { resetLinks, accounts, clock }: Pick<ResetDeps, 'resetLinks' | 'accounts' | 'clock'>,
  hash: string,
): Promise<{ link: ResetLink; membership: Membership }> {
  const link = await resetLinks.find(hash);
  if (link === undefined) throw invalidLink();
  const [{ account }, memberships] = await Promise.all([
    accounts.standing(link.account),
    accounts.memberships(link.account),
  ]);
  const standing = { isNewest: account?.resetLink === hash, memberships };
  return { link, membership: checkResetLink(link, standing, clock()) };
}
