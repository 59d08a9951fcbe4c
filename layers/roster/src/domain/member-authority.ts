/** Who may act on whom (B4): rules beyond the table of permissions, for the API and imports alike. */
import { MusterError } from './errors.ts';
import type { Membership } from './organization.ts';
import { isBounded, type Level, levels, mayDo } from './permissions.ts';

/** What can be done to a member that has an account. */
export type MemberAct =
  | 'update'
  | 'disable'
  | 'enable'
  | 'remove'
  | 'demote'
  | 'username'
  | 'resetCredentials'
  | 'invite'
  | 'clearUsername';

/** What keeps somebody out, lets somebody in or gives a password; the rest only changes what the roster says. */
export const decidesOnEntry: readonly MemberAct[] = [
  'disable',
  'enable',
  'remove',
  'demote',
  'username',
  'resetCredentials',
  'invite',
  'clearUsername',
];
const neverOnOneself: readonly MemberAct[] = [
  'disable',
  'remove',
  'demote',
  'resetCredentials',
  'clearUsername',
];
const takesAnOwnerAway: readonly MemberAct[] = ['disable', 'remove', 'demote', 'clearUsername'];

/**
 * Refuses what would lock somebody out who must not be, or lift the caller above its level: nobody acts so on
 * oneself, on the last enabled owner, or on somebody of a higher level (whose password it would then know). A level
 * that is bounded to departments acts on plain members only, in whatever way: all others see more than it does, or have
 * bounds of their own.
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
  const isOwn = target.account === actor.account;
  if (isBounded(actor.level) && !isOwn && target.level !== 'member') {
    throw new MusterError('forbidden', 'A coordinator acts on plain members only.');
  }
  if (takesAnOwnerAway.includes(act) && isEnabledOwner(target) && enabledOwners <= 1) throw lastOwner();
}

/** Whether a level is higher than another. */
export function isAbove(level: Level, other: Level): boolean {
  return levels.indexOf(level) < levels.indexOf(other);
}

/**
 * Refuses to give a level above the caller's own, or any but `member` to a caller who does not give levels.
 * @throws MusterError `forbidden`
 */
export function mayGrant(actor: { level: Level }, level: Level): void {
  if (level === 'member') return;
  if (!mayDo(actor.level, 'members.levels')) {
    throw new MusterError('forbidden', 'Giving a level needs the permission members.levels.');
  }
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
