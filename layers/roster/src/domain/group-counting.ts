/** In how many items members are counted by department and role, and which of them a member is counted in. */
import { shardCount, shardOf } from './member.ts';

/**
 * How many items hold the counts. Part of the stored data: a member must always be counted in the same one, or some
 * would be below zero and a deletion would never find nobody. Never change it.
 */
export const groupCountSlots = 16;

/** The item, from 0, that a member is counted in: one for each range of shards. */
export function groupCountSlotOf(externalId: string): number {
  return Math.floor((shardOf(externalId) * groupCountSlots) / shardCount);
}
