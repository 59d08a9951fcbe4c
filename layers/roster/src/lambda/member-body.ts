import type * as z from 'zod';
import type { MemberWithPassword } from '../domain/api.ts';
import type { Member } from '../domain/member.ts';
import type { MemberOutcome } from './members.ts';

/** In the API a member is named by the external id; what else is stored falls away by the response's schema. */
export function memberBody({ account: _, ...member }: Member) {
  return { ...member, memberId: member.externalId };
}

/** A member with how it signs in (S0.16, S3.20) and the password that was made for it just now, if one was. */
export function memberDetails(outcome: MemberOutcome): z.input<typeof MemberWithPassword> {
  const { member, membership, oneTimePassword } = outcome;
  if (membership === undefined) return memberBody(member);
  const { login: username, level, scope, state, logins, activatedAt, lastSignInAt } = membership;
  const times = { ...(activatedAt && { activatedAt }), ...(lastSignInAt && { lastSignInAt }) };
  return {
    ...memberBody(member),
    account: { username, level, ...(scope && { departments: scope }), state, ...logins, ...times },
    ...(oneTimePassword !== undefined && { oneTimePassword }),
  };
}
