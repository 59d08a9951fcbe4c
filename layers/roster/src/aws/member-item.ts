import anyAscii from 'any-ascii';
import * as z from 'zod';
import { MusterError } from '../domain/errors.ts';
import { disabledByValues, type Member, MemberState } from '../domain/member.ts';
import { type Key, keys } from './keys.ts';

const MemberItem = z.object({
  externalId: z.string(),
  state: MemberState,
  disabledBy: z.enum(disabledByValues).optional(),
  values: z.record(z.string(), z.string()),
  valuesHash: z.string(),
  name: z.string(),
  username: z.string().optional(),
  email: z.string().optional(),
  phone: z.string().optional(),
  departments: z.array(z.string()),
  roles: z.array(z.string()),
  account: z.string().optional(),
  version: z.int().min(1),
  createdAt: z.string(),
  updatedAt: z.string(),
  createdBy: z.string().optional(),
});

/** A member's name as it is ordered and searched: accents and case put aside, É = e, Ł = l. */
export function foldName(name: string): string {
  return anyAscii(name).toLowerCase().replace(/\s+/g, ' ').trim();
}

/**
 * The bucket of the name index that a member is in. A large roster spreads over buckets that follow one another
 * in the order of names, so that an import does not write to one index partition only.
 */
export function nameBucket(foldedName: string, spread: boolean): string {
  if (!spread) return '*';
  const first = foldedName.charAt(0);
  return first >= 'a' && first <= 'z' ? first : first < 'a' ? '!' : '~';
}

/** The buckets of the name index, in the order of names. */
export function nameBuckets(spread: boolean): string[] {
  return spread ? ['!', ...'abcdefghijklmnopqrstuvwxyz', '~'] : ['*'];
}

/** The stored form of a member, with its keys in the table and in the index by name. */
export function memberToItem(org: string, member: Member, spread: boolean): Record<string, unknown> & Key {
  const folded = foldName(member.name);
  return {
    ...keys.member(org, member.externalId),
    namePk: keys.nameBucket(org, nameBucket(folded, spread)),
    nameSk: `${folded.slice(0, 200)}#${member.externalId}`,
    ...member,
  };
}

/**
 * Reads a stored member.
 * @throws MusterError `corrupt_item` where the item is not a member as it should be; never "not found".
 */
export function memberFromItem(item: Record<string, unknown>): Member {
  const parsed = MemberItem.safeParse(item);
  if (!parsed.success) {
    throw new MusterError('corrupt_item', 'A stored member cannot be read.', { cause: parsed.error });
  }
  return parsed.data;
}
