/** How far a roster has changed, told by the audit trail: every change of a member leaves an entry in its transaction. */
import * as z from 'zod';
import { changesRoster } from '../domain/audit.ts';
import type { RosterChanges } from '../domain/ports.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import type { Table } from './table.ts';

const HeadItem = z.object({ sequence: z.int().min(1), at: z.string() });
const EntryItem = z.object({ entry: z.string() });
const Entry = z.object({ action: z.string(), subject: z.string() });

/** How many entries one look reads; beyond them what changed is not told apart any more. */
const entriesMax = 200;
/** Before the first entry of any trail. */
const beginning = '0';

/** The roster's changes by the trail in the table; each look is one read or one query. */
export function rosterChanges(table: Pick<Table, 'get' | 'query'>): RosterChanges {
  return {
    async position(organization) {
      const item = await table.get(keys.auditHead(organization), { consistent: true });
      if (item === undefined) return beginning;
      const { sequence, at } = parseItem(HeadItem, item, 'end of an audit trail');
      return keys.auditPosition(at, sequence);
    },
    async since(organization, position) {
      const { items, lastKey } = await table.query({
        KeyConditionExpression: 'pk = :pk AND sk > :position',
        ExpressionAttributeValues: { ':pk': keys.audit(organization), ':position': position },
        ConsistentRead: true,
        Limit: entriesMax,
      });
      const entries = items.map((item) => Entry.parse(JSON.parse(parseItem(EntryItem, item, 'entry').entry)));
      const changed = entries.filter(({ action }) => changesRoster(action)).map(({ subject }) => subject);
      return { members: new Set(changed).size, isMore: lastKey !== undefined };
    },
  };
}
