/** A roster with its directory in memory, for laws that need hundreds of them. Storage is tested on the emulators. */
import { partOfShard } from 'roster/domain/import';
import { type Member, shardOf } from 'roster/domain/member';
import { directoryChange } from '../../layers/roster/src/aws/directory-log.ts';
import { encodePart } from '../../layers/roster/src/aws/directory-part.ts';
import { partKey } from '../../layers/roster/src/aws/directory-parts.ts';
import { keys } from '../../layers/roster/src/aws/keys.ts';
import { memberToItem } from '../../layers/roster/src/aws/member-item.ts';
import { type Roster, roster } from '../../layers/roster/src/aws/roster.ts';
import type { Item, Table } from '../../layers/roster/src/aws/table.ts';
import { entryOf } from '../../layers/roster/src/domain/directory-entry.ts';
import { memoryObjects, memoryOrganizations } from './memory.ts';

export interface MemoryRoster {
  roster: Roster;
  members: Map<string, Member>;
  /** Puts a member in its place, or takes the one of an id away, and tells the directory. */
  change(member: Member | string): void;
}

let made = 0;

/** A snapshot of these members in so many parts, and nothing changed since. */
export async function memoryRoster(
  all: readonly Member[],
  { partCount, groupColumn }: { partCount: number; groupColumn: string },
): Promise<MemoryRoster> {
  const members = new Map(all.map((member) => [member.externalId, member]));
  const items: Item[] = [];
  const objects = memoryObjects();
  const run = ++made;
  const parts = Array.from({ length: partCount }, (_, part) => `${run}-${part}`);
  for (const [part, name] of parts.entries()) {
    const own = all.filter(({ externalId }) => partOfShard(shardOf(externalId), partCount) === part);
    const entries = own.map((member) => entryOf(member, member.values[groupColumn]));
    await objects.write(partKey('club', name), await encodePart(entries));
  }
  items.push({ ...keys.directoryHead('club'), version: 1, parts, groupColumn, replaced: [] });
  const table: Pick<Table, 'query' | 'batchGet'> = {
    query: async () => ({ items: [...items] }),
    async batchGet(wanted) {
      const stored = new Map(
        [...members.values()].map((member) => [keys.member('club', member.externalId).sk, member]),
      );
      return wanted.map(({ sk }) => {
        const member = stored.get(sk);
        return member && memberToItem('club', member);
      });
    },
  };
  const columns = [
    { name: 'Id', type: 'text' as const, role: 'externalId' as const },
    { name: groupColumn, type: 'text' as const, role: 'group' as const },
  ];
  return {
    roster: roster(table as Table, {
      clock: () => new Date(0),
      directoryObjects: { ...objects, delete: async (key) => void objects.files.delete(key) },
      directoryQueue: { pending: async () => {}, lost: async () => {} },
      organizations: memoryOrganizations(columns),
    }),
    members,
    change(given) {
      const externalId = typeof given === 'string' ? given : given.externalId;
      if (typeof given === 'string') members.delete(externalId);
      else members.set(externalId, given);
      const action = directoryChange('club', [externalId]);
      if ('put' in action) items.splice(1, 0, action.put);
    },
  };
}
