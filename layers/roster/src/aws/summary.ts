/** The counts of members by state. */
import * as z from 'zod';
import { type MemberSummary, summarize } from '../domain/member.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import type { Table } from './table.ts';

const CountItem = z.object({
  enabled: z.int().default(0),
  disabled: z.int().default(0),
  notJoined: z.int().default(0),
});

/** Adds up the counter items of an organization: one query, at any size of the roster. */
export async function readSummary(table: Table, organization: string): Promise<MemberSummary> {
  const sum = { enabled: 0, disabled: 0, notJoined: 0 };
  const { pk } = keys.organization(organization);
  const items = table.queryAll({
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': pk, ':prefix': keys.countPrefix },
    ConsistentRead: true,
  });
  for await (const item of items) {
    const counts = parseItem(CountItem, item, 'counter');
    sum.enabled += counts.enabled;
    sum.disabled += counts.disabled;
    sum.notJoined += counts.notJoined;
  }
  return summarize(sum);
}
