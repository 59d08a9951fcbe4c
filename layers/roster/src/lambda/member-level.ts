/** Levels: who has which, and which departments a coordinator answers for (S4.1, B17). */
import { changedFields } from '../domain/audit.ts';
import { mayGrant } from '../domain/member-authority.ts';
import type { Level } from '../domain/permissions.ts';
import { rankOf } from '../domain/scope.ts';
import { noAccount } from './member-accounts.ts';
import {
  type Acting,
  commit,
  type MemberDeps,
  type MemberOutcome,
  type MemberRef,
  onMember,
} from './member-call.ts';
import { readScope } from './scope.ts';

/**
 * Gives a member with an account another level, from its next request on; nothing is written where nothing differs.
 * @throws MusterError `no_account`, `own_account`, `last_owner`, `forbidden`, `unknown_department`, `not_found`,
 * `precondition_failed`
 */
export async function setLevel(
  deps: MemberDeps,
  ref: MemberRef,
  acting: Acting,
  wanted: { level: Level; departments?: readonly string[] | undefined },
): Promise<MemberOutcome> {
  mayGrant(acting, wanted.level);
  const organization = await deps.organizations.get(ref.organization);
  const scope = await readScope(deps, ref.organization, wanted.departments);
  return onMember(deps, ref, acting, 'demote', async ({ member, membership, at }) => {
    if (membership === undefined) throw noAccount();
    const { scope: _, ...rest } = membership;
    const ranked = { ...rest, level: wanted.level, ...(scope && { scope }), version: membership.version + 1 };
    const change = changedFields(rankOf(membership), rankOf(ranked));
    if (Object.keys(change.after).length === 0) return { member, membership };
    // The member's version counts up too: what If-Match names shows the level.
    const after = { ...member, version: member.version + 1, updatedAt: at };
    const write = {
      organization,
      member: { before: member, after },
      membership: { before: membership, after: ranked },
    };
    await commit(deps, acting, 'member.level', write, change);
    return { member: after, membership: ranked };
  });
}
