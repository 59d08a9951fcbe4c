/** The members of a roster shard by shard, whole, for what goes through all of them. */
import type { Member } from '../domain/member.ts';
import { keys } from './keys.ts';
import { memberFromItem } from './member-item.ts';
import type { Item, Table } from './table.ts';

/** All members of one shard, in the order of the UTF-8 bytes of their external ids, a page of 1 MB at a time. */
export async function* shardMembers(
  table: Pick<Table, 'query'>,
  organization: string,
  shard: number,
): AsyncIterable<Member[]> {
  let start: Item | undefined;
  do {
    const page = await table.query({
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: {
        ':pk': keys.memberShard(organization, shard),
        ':prefix': keys.memberPrefix,
      },
      // Whatever was changed before the export was asked for is in it.
      ConsistentRead: true,
      ...(start && { ExclusiveStartKey: start }),
    });
    yield page.items.map(memberFromItem);
    start = page.lastKey;
  } while (start);
}
