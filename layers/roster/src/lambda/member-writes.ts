/** What changes of a member write, alone or with others, and what their audit entries tell. */
import type { MemberWrite } from '../aws/members.ts';
import type { Member } from '../domain/member.ts';
import { disableMember, enableMember } from '../domain/member-edit.ts';
import type { Membership } from '../domain/organization.ts';
import { rankOf } from '../domain/scope.ts';
import type { MemberOutcome } from './member-call.ts';

/** A change of one member before it is written, and what its audit entry tells. */
interface PlannedWrite {
  write: MemberWrite;
  change: { before?: Record<string, unknown>; after?: Record<string, unknown> };
}

/** When a state changes, from which second on tokens of those disabled are taken (Unix epoch), and who demands it. */
export interface StateChange {
  at: string;
  fromSeconds: number;
  by?: 'admin' | 'period';
}

/** What disabling or enabling a member writes, alone or with others; undefined where it is so already. */
export function stateWrite(
  organization: MemberWrite['organization'],
  { member, membership }: MemberOutcome,
  act: 'disable' | 'enable',
  { at, fromSeconds, by = 'admin' }: StateChange,
): (PlannedWrite & { outcome: { member: Member; membership?: Membership | undefined } }) | undefined {
  const after = act === 'disable' ? disableMember(member, at, by) : enableMember(member, at);
  const moved = membership && stateChanged(membership, `${act}d`, fromSeconds);
  if (after === member && moved === membership) return undefined;
  const write = {
    organization,
    member: { before: member, after },
    membership: { before: membership, after: moved },
  };
  return { write, change: differences(member, after), outcome: { member: after, membership: moved } };
}

/** What removing a member writes, alone or with others. */
export function removalWrite(
  organization: MemberWrite['organization'],
  { member, membership }: MemberOutcome,
): PlannedWrite {
  const write = { organization, member: { before: member }, membership: { before: membership } };
  return { write, change: { before: { ...pictureOf(member), ...(membership && rankOf(membership)) } } };
}

/** A membership that is disabled refuses the tokens of before for good: enabled again, one signs in anew. */
export function stateChanged(
  membership: Membership,
  state: Membership['state'],
  fromSeconds: number,
): Membership {
  if (membership.state === state) return membership;
  const next = { ...membership, state, version: membership.version + 1 };
  return state === 'disabled' ? { ...next, tokensValidFromSeconds: fromSeconds } : next;
}

/** What an audit entry tells of a member. */
export function pictureOf({ name, state, values, departments, roles }: Member): Record<string, unknown> {
  return { name, state, values, departments, roles };
}

/** The fields that differ, before and after; of the values only those that do. */
export function differences(before: Member, after: Member) {
  const names = ['state', 'disabledBy', 'username', 'departments', 'roles', 'protectedColumns'] as const;
  const changed: string[] = names.filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const columns = [...new Set([...Object.keys(before.values), ...Object.keys(after.values)])];
  const moved = columns.filter((column) => before.values[column] !== after.values[column]);
  const picture = (member: Member) => ({
    ...Object.fromEntries(changed.map((name) => [name, member[name as (typeof names)[number]] ?? null])),
    ...(moved.length > 0 && {
      values: Object.fromEntries(moved.map((column) => [column, member.values[column] ?? null])),
    }),
  });
  return { before: picture(before), after: picture(after) };
}
