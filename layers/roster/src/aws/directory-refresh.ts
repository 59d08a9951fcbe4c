/** Makes the directory's snapshot anew where members changed, and clears the log of what it then holds. */
import { ulid } from 'ulid';
import { type DirectoryEntry, entryOf, type ListedMember } from '../domain/directory-entry.ts';
import { directoryPartCount, suitsDirectory } from '../domain/directory-size.ts';
import { MusterError } from '../domain/errors.ts';
import { partOfShard, shardsOfPart } from '../domain/import.ts';
import { memberStates, shardOf } from '../domain/member.ts';
import type { Organizations } from '../domain/ports.ts';
import { type DirectoryHead, readHead, readLog } from './directory-log.ts';
import { decodePart, encodePart } from './directory-part.ts';
import { type DirectoryObjects, partKey } from './directory-parts.ts';
import { keys } from './keys.ts';
import { findGroupColumn } from './roster.ts';
import { readSummary } from './summary.ts';
import {
  ConditionFailed,
  type Item,
  isAbsent,
  type Table,
  transactionActionsMax,
  versionIs,
} from './table.ts';

/** What a refresh works with. */
export interface RefreshDeps {
  table: Table;
  directoryObjects: DirectoryObjects;
  organizations: Pick<Organizations, 'get' | 'schema'>;
}

/** How often a refresh starts over because another one was quicker; whoever was has done the work. */
const attemptsMax = 4;
/** How many parts are made at once: each holds some 16,000 members as objects. */
const partsInWork = 4;
/** A part of which more members changed is read whole, which costs less than single reads. */
const changedSingly = 1_000;

/**
 * Brings an organization's snapshot up to what is stored when it begins. Two at once come one after the other. A
 * refresh that ends half-way leaves the directory as it was, and at most objects that nobody names.
 * @param options `whole` makes all of it anew, which mends one whose objects were lost
 */
export async function refreshDirectory(
  deps: RefreshDeps,
  organization: string,
  { whole = false }: { whole?: boolean | undefined } = {},
): Promise<void> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    if (await refreshOnce(deps, organization, whole)) return;
  }
}

/** One try. False if another refresh moved the head meanwhile. */
async function refreshOnce(deps: RefreshDeps, organization: string, whole: boolean): Promise<boolean> {
  const { table, directoryObjects } = deps;
  // The head before the log: whoever moves the head meanwhile makes this try lose.
  const head = await readHead(table, organization);
  const { total } = await readSummary(table, organization);
  const groupColumn = await findGroupColumn(deps.organizations, organization);
  const isKept =
    !whole &&
    head !== undefined &&
    suitsDirectory(head.parts.length, total) &&
    head.groupColumn === groupColumn;
  const partCount = isKept ? head.parts.length : directoryPartCount(total);
  // What is in the log is stored already, so members read after it are at least as new.
  const log = await gather(table, organization, partCount);
  if (isKept && log.ids.length === 0) return true;

  const work = { deps, organization, groupColumn, partCount };
  const made: string[] = [];
  const parts = isKept ? [...head.parts] : new Array<string>(partCount).fill('');
  const dirty = [...parts.keys()].filter((part) => !isKept || (log.changed[part]?.size ?? 0) > 0);
  try {
    await each(dirty, partsInWork, async (part) => {
      const entries = await entriesOf(work, part, isKept ? head.parts[part] : undefined, log.changed[part]);
      const name = ulid();
      made.push(name);
      await directoryObjects.write(partKey(organization, name), await encodePart(entries));
      parts[part] = name;
    });
    await moveHead(table, organization, head, { parts, groupColumn });
  } catch (error) {
    // A repeat of a write whose answer was lost fails for that write itself: then the head is ours.
    const current = await readHead(table, organization);
    const isOurs = made.some((name) => current?.parts.includes(name));
    if (!isOurs) await remove(directoryObjects, organization, made);
    if (!isOurs && error instanceof ConditionFailed) return false;
    if (!isOurs) throw error;
  }
  await clear(table, organization, log.ids);
  await remove(directoryObjects, organization, head?.replaced ?? []);
  return true;
}

interface Log {
  ids: string[];
  /** By part, who changed; no more than one beyond {@link changedSingly}, for then the part is read whole. */
  changed: Set<string>[];
}

async function gather(table: Table, organization: string, partCount: number): Promise<Log> {
  const log: Log = { ids: [], changed: Array.from({ length: partCount }, () => new Set<string>()) };
  for await (const { id, externalIds } of readLog(table, organization)) {
    log.ids.push(id);
    for (const externalId of externalIds) {
      const changed = log.changed[partOfShard(shardOf(externalId), partCount)];
      if (changed !== undefined && changed.size <= changedSingly) changed.add(externalId);
    }
  }
  return log;
}

interface Work {
  deps: RefreshDeps;
  organization: string;
  groupColumn: string | undefined;
  partCount: number;
}

/** The entries of a part: those of before with the changed ones in their place, or all anew. */
async function entriesOf(
  work: Work,
  part: number,
  before: string | undefined,
  changed: ReadonlySet<string> = new Set(),
): Promise<DirectoryEntry[]> {
  if (before === undefined || changed.size > changedSingly) return readShards(work, part);
  const { deps, organization } = work;
  const stored = await decodePart(await deps.directoryObjects.read(partKey(organization, before)));
  const entries: DirectoryEntry[] = [];
  for (let row = 0; row < stored.count; row++) {
    if (!changed.has(stored.idAt(row))) entries.push(stored.entryAt(row));
  }
  const items = await deps.table.batchGet(
    [...changed].map((id) => keys.member(organization, id)),
    { consistent: true, projection: [...listed, 'values'] },
  );
  const found = items.filter((item) => item !== undefined);
  return entries.concat(found.map((item) => toEntry(item, work.groupColumn)));
}

async function readShards({ deps, organization, groupColumn, partCount }: Work, part: number) {
  const entries: DirectoryEntry[] = [];
  for (const shard of shardsOfPart(part, partCount)) {
    const items = deps.table.queryAll({
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: {
        ':pk': keys.memberShard(organization, shard),
        ':prefix': keys.memberPrefix,
      },
      ...shardProjection(groupColumn),
      ConsistentRead: true,
    });
    for await (const item of items) entries.push(toEntry(item, groupColumn));
  }
  return entries;
}

const listed = [
  'externalId',
  'name',
  'username',
  'email',
  'phone',
  'state',
  'departments',
  'roles',
  'activatedAt',
  'lastSignInAt',
] as const satisfies readonly (keyof ListedMember)[];

function shardProjection(groupColumn: string | undefined) {
  const names: Record<string, string> = {};
  const paths = listed.map((name, index) => {
    names[`#a${index}`] = name;
    return `#a${index}`;
  });
  if (groupColumn !== undefined) {
    Object.assign(names, { '#values': 'values', '#group': groupColumn });
    paths.push('#values.#group');
  }
  return { ProjectionExpression: paths.join(', '), ExpressionAttributeNames: names };
}

const states = new Set<unknown>(memberStates);
const optional = ['username', 'email', 'phone', 'activatedAt', 'lastSignInAt'] as const;
const isTexts = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string');

/** Checked by hand and not by a schema: a new snapshot reads every member of the roster. */
function toEntry(item: Item, groupColumn: string | undefined): DirectoryEntry {
  const readable =
    typeof item.externalId === 'string' &&
    typeof item.name === 'string' &&
    states.has(item.state) &&
    isTexts(item.departments) &&
    isTexts(item.roles) &&
    optional.every((name) => item[name] === undefined || typeof item[name] === 'string');
  if (!readable) throw new MusterError('corrupt_item', 'A stored member cannot be read.');
  const values = item.values as Record<string, unknown> | undefined;
  const group = groupColumn === undefined ? undefined : values?.[groupColumn];
  return entryOf(item as unknown as ListedMember, typeof group === 'string' ? group : '');
}

/** @throws ConditionFailed if the head is another one than was read */
async function moveHead(
  table: Table,
  organization: string,
  before: DirectoryHead | undefined,
  { parts, groupColumn }: Pick<DirectoryHead, 'parts' | 'groupColumn'>,
): Promise<void> {
  const kept = new Set(parts);
  const head: DirectoryHead = {
    version: (before?.version ?? 0) + 1,
    parts,
    ...(groupColumn !== undefined && { groupColumn }),
    replaced: (before?.parts ?? []).filter((name) => !kept.has(name)),
  };
  const condition = before === undefined ? isAbsent : versionIs(before.version);
  await table.put({ ...keys.directoryHead(organization), ...head }, condition);
}

/** Takes the changes that the snapshot holds out of the log. What is left, if this ends half-way, is read once more. */
async function clear(table: Table, organization: string, ids: readonly string[]): Promise<void> {
  for (let start = 0; start < ids.length; start += transactionActionsMax) {
    const some = ids.slice(start, start + transactionActionsMax);
    await table.transact(some.map((id) => ({ delete: keys.directoryLog(organization, id) })));
  }
}

async function remove(
  objects: DirectoryObjects,
  organization: string,
  names: readonly string[],
): Promise<void> {
  await each(names, partsInWork, (name) => objects.delete(partKey(organization, name)));
}

/** Works on each, so many at once. The first failure ends it, after what is in work. */
async function each<T>(all: readonly T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let one = left.shift(); one !== undefined && failures.length === 0; one = left.shift()) {
      await work(one).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failures.length > 0) throw failures[0];
}
