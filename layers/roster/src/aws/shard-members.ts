/** The members of a roster shard by shard, for what goes through all of them. */
import type { Member } from '../domain/member.ts';
import { keys } from './keys.ts';
import { memberFromItem } from './member-item.ts';
import type { Item, QueryInput, Table } from './table.ts';

/** What of the members is read: all, or the attributes of a projection. */
type Projection = Pick<QueryInput, 'ProjectionExpression' | 'ExpressionAttributeNames'>;

/** The stored members of one shard, in the order of the UTF-8 bytes of their external ids, a page of 1 MB at a time. */
export function shardItems(
  table: Pick<Table, 'queryPages'>,
  organization: string,
  shard: number,
  projection: Projection = {},
): AsyncIterable<Item[]> {
  return table.queryPages({
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: {
      ':pk': keys.memberShard(organization, shard),
      ':prefix': keys.memberPrefix,
    },
    ...projection,
    // What was there a moment ago would leave a change out of an export, and give a plan conflicts that nobody caused.
    ConsistentRead: true,
  });
}

/** All members of one shard, whole, as {@link shardItems} orders them. */
export async function* shardMembers(
  table: Pick<Table, 'queryPages'>,
  organization: string,
  shard: number,
): AsyncIterable<Member[]> {
  for await (const items of shardItems(table, organization, shard)) yield items.map(memberFromItem);
}
