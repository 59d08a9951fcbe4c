import anyAscii from 'any-ascii';
import * as z from 'zod';
import { disabledByValues, type Member, MemberState } from '../domain/member.ts';
import { type Key, keys } from './keys.ts';
import { parseItem } from './parse-item.ts';

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
  activeFrom: z.string().optional(),
  activeUntil: z.string().optional(),
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

const wholeBucket = '*';
const spreadBuckets = ['!', ...'abcdefghijklmnopqrstuvwxyz', '~'];

/**
 * The bucket of the name index that a member is in. A large roster spreads over buckets that follow one another
 * in the order of names, so that an import does not write to one index partition only.
 */
function nameBucket(foldedName: string, spread: boolean): string {
  if (!spread) return wholeBucket;
  const first = foldedName.charAt(0);
  return first >= 'a' && first <= 'z' ? first : first < 'a' ? '!' : '~';
}

/**
 * The buckets of the name index to look through, in the order asked for. Members that were stored before the index
 * was spread are in the one bucket of that time until they change. It comes last both ways: nearly always it is
 * empty, and a page that begins with empty buckets is a short one.
 */
export function nameBuckets(spread: boolean, descending: boolean): string[] {
  if (!spread) return [wholeBucket];
  const ordered = descending ? [...spreadBuckets].reverse() : spreadBuckets;
  return [...ordered, wholeBucket];
}

/** The buckets that hold the names that begin with a folded text of at least one character. */
export function nameBucketsOf(foldedPrefix: string, spread: boolean): string[] {
  return spread ? [nameBucket(foldedPrefix, true), wholeBucket] : [wholeBucket];
}

const nameSkLengthMax = 200;

/** A member's place in the index by name. */
export function nameKeys(org: string, name: string, externalId: string, spread: boolean) {
  const folded = foldName(name);
  return {
    namePk: keys.nameBucket(org, nameBucket(folded, spread)),
    nameSk: `${folded.slice(0, nameSkLengthMax)}#${externalId}`,
  };
}

/** The stored form of a member, with its keys in the table and in the index by name. */
export function memberToItem(org: string, member: Member, spread: boolean): Record<string, unknown> & Key {
  return {
    ...keys.member(org, member.externalId),
    ...nameKeys(org, member.name, member.externalId, spread),
    ...member,
  };
}

/**
 * Reads a stored member.
 * @throws MusterError `corrupt_item` where the item is not a member as it should be; never "not found".
 */
export function memberFromItem(item: Record<string, unknown>): Member {
  return parseItem(MemberItem, item, 'member');
}
