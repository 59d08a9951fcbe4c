/** Who may act on whom (B4): rules beyond the table of permissions, for the API and imports alike. */
import { MusterError } from './errors.ts';
import type { Membership } from './organization.ts';
import { type Level, levels } from './permissions.ts';

/** What can be done to a member that has an account. */
export type MemberAct =
  | 'update'
  | 'disable'
  | 'enable'
  | 'remove'
  | 'demote'
  | 'username'
  | 'resetCredentials';

const neverOnOneself: readonly MemberAct[] = ['disable', 'remove', 'demote', 'resetCredentials'];
const takesAnOwnerAway: readonly MemberAct[] = ['disable', 'remove', 'demote'];

/**
 * Refuses what would lock somebody out who must not be, or lift the caller above its level: nobody acts so on
 * oneself, on the last enabled owner, or on somebody of a higher level (whose password it would then know).
 * @param target the membership acted on; a member without an account has none, and nothing to protect.
 * @param enabledOwners how many memberships of the organization are enabled owners.
 * @throws MusterError `own_account`, `last_owner` or `forbidden`
 */
export function mayAct(
  act: MemberAct,
  actor: { account: string; level: Level },
  target: Pick<Membership, 'account' | 'level' | 'state'> | undefined,
  enabledOwners: number,
): void {
  if (target === undefined) return;
  if (neverOnOneself.includes(act) && target.account === actor.account) {
    throw new MusterError('own_account', 'Nobody can do this to the own account. Ask another administrator.');
  }
  if (act !== 'update' && isAbove(target.level, actor.level)) {
    throw new MusterError('forbidden', 'This member has a higher level than you.');
  }
  if (takesAnOwnerAway.includes(act) && isEnabledOwner(target) && enabledOwners <= 1) throw lastOwner();
}

/** Whether a level is higher than another. */
export function isAbove(level: Level, other: Level): boolean {
  return levels.indexOf(level) < levels.indexOf(other);
}

/**
 * Refuses to give a level above the caller's own.
 * @throws MusterError `forbidden`
 */
export function mayGrant(actor: { level: Level }, level: Level): void {
  if (isAbove(level, actor.level)) {
    throw new MusterError('forbidden', 'Nobody can give a level above the own one.');
  }
}

/** Whether a membership is one of those of which the last must stay. */
export function isEnabledOwner({ level, state }: Pick<Membership, 'level' | 'state'>): boolean {
  return level === 'owner' && state === 'enabled';
}

/** The refusal to take the last owner away. */
export function lastOwner(): MusterError {
  return new MusterError(
    'last_owner',
    'This is the last owner. Make another member an owner first; the organization must have one.',
  );
}
