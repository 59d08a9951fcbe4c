/** A link by which a member chooses a new password: what it is good for, and for how long (S3.21). */
import { MusterError } from './errors.ts';
import type { Membership } from './organization.ts';

/** A link is good for 24 hours. */
export const resetLinkLifetimeMs = 24 * 60 * 60 * 1000;

/**
 * A link as stored, under the hash of its token. `level` and `tokensValidFromSeconds` are the membership's when it
 * was made. Times are ISO 8601 in UTC.
 */
export interface ResetLink {
  organization: string;
  account: string;
  level: Membership['level'];
  tokensValidFromSeconds: number;
  createdAt: string;
  validUntil: string;
  /** Who asked for it, where that was the person itself and not an admin. */
  askedBy?: 'person' | undefined;
}

/** The link that is made for a membership now. */
export function newResetLink(membership: Membership, now: Date, askedBy?: 'person'): ResetLink {
  const { organization, account, level, tokensValidFromSeconds } = membership;
  return {
    organization,
    account,
    level,
    tokensValidFromSeconds,
    createdAt: now.toISOString(),
    validUntil: new Date(now.getTime() + resetLinkLifetimeMs).toISOString(),
    ...(askedBy && { askedBy }),
  };
}

/** What there is now, to hold a link against. */
export interface LinkStanding {
  /** The account's newest link; older ones are void. */
  isNewest: boolean;
  /** All memberships of the account. */
  memberships: readonly Membership[];
}

/**
 * Checks whether a link may be used, and gives the membership that it is for. It is void once a newer one was made,
 * the member was disabled (even if enabled again since), removed or given another level, or the account has come to
 * belong to another organization, whose admins would be overruled: who made it could not make it now. One that the
 * person itself asked for overrules nobody.
 * @throws MusterError `link_invalid`; `link_expired` for one that is nothing but too old
 */
export function checkResetLink(
  link: ResetLink | undefined,
  { isNewest, memberships }: LinkStanding,
  now: Date,
): Membership {
  const membership = memberships.find(({ organization }) => organization === link?.organization);
  const isShared = memberships.length > 1;
  const isGood =
    link !== undefined &&
    isNewest &&
    membership !== undefined &&
    (!isShared || link.askedBy === 'person') &&
    membership.state === 'enabled' &&
    membership.level === link.level &&
    membership.tokensValidFromSeconds === link.tokensValidFromSeconds;
  if (!isGood) throw invalidLink();
  if (now.getTime() >= Date.parse(link.validUntil)) {
    throw new MusterError('link_expired', 'This link was good for 24 hours. Ask for a new one.');
  }
  return membership;
}

/** The one refusal of links that are unknown, used or void. */
export function invalidLink(cause?: unknown): MusterError {
  return new MusterError('link_invalid', 'This link cannot be used, or not any more.', { cause });
}
