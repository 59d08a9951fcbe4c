/**
 * The directory in the table: a head that names the parts of the snapshot, and a log of the members that changed
 * since. All of an organization's lies under one key, so that one consistent query reads both.
 */
import { ulid } from 'ulid';
import * as z from 'zod';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import type { Action, Item, Table } from './table.ts';

/** The snapshot in force. `parts` and `replaced` are names of objects; a part's place is its number. */
export interface DirectoryHead {
  version: number;
  parts: string[];
  /** The column that was the group when the snapshot was made. */
  groupColumn?: string | undefined;
  /** Objects of the head before: somebody may still read them. Deleted with the next refresh. */
  replaced: string[];
}

const HeadItem = z.object({
  version: z.int().min(1),
  parts: z.array(z.string()).min(1).max(64),
  groupColumn: z.string().optional(),
  replaced: z.array(z.string()),
});
const LogItem = z.object({ sk: z.string(), ids: z.array(z.string()) });

/**
 * The action that tells the directory that members change. It belongs into the transaction of the change: what is
 * not in the log is not looked for, and what is in it is read anew. It has no condition, so it never fails.
 * @param externalIds of members added, changed or removed; 97 at most, so that an item stays small
 */
export function directoryChange(organization: string, externalIds: readonly string[]): Action {
  return { put: { ...keys.directoryLog(organization, ulid()), ids: [...externalIds] } };
}

/** An entry of the log. `id` is its sort key; nothing follows from the time in it but which of two is likely newer. */
export interface DirectoryChange {
  id: string;
  externalIds: string[];
}

/** The head, and the newest entries of the log first. */
export interface DirectoryState {
  head: DirectoryHead | undefined;
  changes: DirectoryChange[];
  /** Whether the log has entries beyond those read. */
  isCut: boolean;
}

/** How much of the log one list reads: 50 to 500 KB where an import is being applied, a few KB otherwise. */
const listedChangesMax = 500;

/** Reads the head and the newest changes: one query. */
export async function readDirectory(table: Table, organization: string): Promise<DirectoryState> {
  const { items, lastKey } = await table.query({
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': keys.directory(organization) },
    ScanIndexForward: false,
    ConsistentRead: true,
    Limit: listedChangesMax + 1,
  });
  const { sk } = keys.directoryHead(organization);
  const head = items[0]?.sk === sk ? toHead(items[0]) : undefined;
  const changes = items.filter((item) => item.sk !== sk).map(toChange);
  return { head, changes, isCut: lastKey !== undefined };
}

/** Reads the head alone. */
export async function readHead(table: Table, organization: string): Promise<DirectoryHead | undefined> {
  const item = await table.get(keys.directoryHead(organization), { consistent: true });
  return item && toHead(item);
}

/** Reads the whole log, an entry at a time. */
export async function* readLog(table: Table, organization: string): AsyncIterable<DirectoryChange> {
  const items = table.queryAll({
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': keys.directory(organization), ':prefix': keys.directoryLogPrefix },
    ConsistentRead: true,
  });
  for await (const item of items) yield toChange(item);
}

function toHead(item: Item): DirectoryHead {
  return parseItem(HeadItem, item, 'head of a directory');
}

function toChange(item: Item): DirectoryChange {
  const { sk, ids } = parseItem(LogItem, item, 'change of a directory');
  return { id: sk.slice(keys.directoryLogPrefix.length), externalIds: ids };
}
