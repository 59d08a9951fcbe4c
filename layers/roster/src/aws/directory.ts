/**
 * Finds members: the snapshot's parts from S3, the members that changed since laid over them. What is found are
 * places in the order asked for; the members themselves are read by whoever shows them.
 */
import {
  comparePositions,
  compileMemberFilter,
  type DirectoryEntry,
  type DirectoryOrder,
  type DirectoryPosition,
  entryOf,
  orderOf,
  rankOf,
} from '../domain/directory-entry.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import type { MemberFilter, MemberSort } from '../domain/member-filter.ts';
import type { Clock } from '../domain/ports.ts';
import { type DirectoryChange, type DirectoryState, readDirectory } from './directory-log.ts';
import type { DirectoryPart } from './directory-part.ts';
import { type DirectoryObjects, PartCache, partKey } from './directory-parts.ts';
import type { DirectoryQueue } from './directory-queue.ts';
import { positionAt, rowsOf } from './directory-rows.ts';
import { keys } from './keys.ts';
import { memberFromItem } from './member-item.ts';
import { readSummary } from './summary.ts';
import type { Table } from './table.ts';

/** What finding members works with. */
export interface DirectoryDeps {
  directoryObjects: DirectoryObjects;
  directoryQueue: DirectoryQueue;
  clock: Clock;
}

/** What to find: `limit` places after one, of those that the filter lets through. */
export interface DirectorySearch {
  filter: MemberFilter;
  within?: ReadonlySet<string> | undefined;
  sort: MemberSort;
  after?: DirectoryPosition | undefined;
  limit: number;
  /** The column that is the group; needed only where the filter names one. */
  groupColumn?: string | undefined;
}

/** What was found. `behind`: members changed that were not looked at, so some may be missing or out of place. */
export interface DirectoryPage {
  positions: DirectoryPosition[];
  hasMore: boolean;
  behind: boolean;
}

export interface Directory {
  /** Finds one page: one query, and a read of the members that changed since the snapshot. */
  find(organization: string, search: DirectorySearch): Promise<DirectoryPage>;
}

/** How many changed members are laid over the snapshot; beyond, a list is behind. */
export const overlayMax = 1_000;
/** How many pending changes make a list ask for a new snapshot. */
export const pendingMax = 100;
/** A process asks for an organization's new snapshot once in this time. */
const askedPauseMs = 15_000;
/** How many organizations' overlays a process remembers. */
const rememberedMax = 100;
/** How often a head is read again whose objects are gone. */
const attemptsMax = 3;

/** What a changed member is like; undefined where it is gone. `seen` names the changes it was read after. */
interface Overlaid {
  seen: string;
  entry: DirectoryEntry | undefined;
}
type Overlay = ReadonlyMap<string, Overlaid>;

/** The process's parts: functions that serve many organizations hold what was used last. */
const sharedCache = new PartCache();

/** Opens the directories in the table and the bucket. */
export function directory(table: Table, deps: DirectoryDeps, cache: PartCache = sharedCache): Directory {
  const remembered = new Map<string, Overlay>();
  const askedAt = new Map<string, number>();

  const ask = async (organization: string) => {
    const now = deps.clock().getTime();
    if (now - (askedAt.get(organization) ?? -Infinity) < askedPauseMs) return;
    askedAt.delete(organization);
    remember(askedAt, organization, now);
    await deps.directoryQueue.pending(organization);
  };

  const overlayOf = async (
    organization: string,
    changes: readonly DirectoryChange[],
    groupColumn?: string,
  ) => {
    const name = JSON.stringify([organization, groupColumn]);
    const overlay = await readOverlay(table, organization, {
      changes,
      groupColumn,
      known: remembered.get(name) ?? new Map<string, Overlaid>(),
    });
    remembered.delete(name);
    remember(remembered, name, overlay);
    return overlay;
  };

  const findIn = async (organization: string, search: DirectorySearch, state: DirectoryState) => {
    const { head, changes } = state;
    const names = head?.parts ?? [];
    const [parts, overlay] = await Promise.all([
      Promise.all(names.map((name) => cache.part(deps.directoryObjects, partKey(organization, name)))),
      overlayOf(organization, changes, search.groupColumn),
    ]);
    const isCut = state.isCut || overlay.size < idsOf(changes).size;
    const isOtherGroup =
      head !== undefined && search.filter.group !== undefined && head.groupColumn !== search.groupColumn;
    const isUnmade = head === undefined && !isCut && (await isMissingMembers(table, organization, overlay));
    const behind = isCut || isOtherGroup || isUnmade;
    if (behind || overlay.size > pendingMax) await ask(organization);
    return { ...merge(parts, overlay, search), behind };
  };

  return {
    async find(organization, search) {
      for (let attempt = 1; ; attempt++) {
        const state = await readDirectory(table, organization);
        try {
          return await findIn(organization, search, state);
        } catch (error) {
          // Two refreshes passed since the head was read; or an object is lost.
          if (!isMusterError(error, 'not_found')) throw error;
          if (attempt < attemptsMax) continue;
          await deps.directoryQueue.lost(organization);
          throw new MusterError('corrupt_item', 'The directory is made anew. Try again soon.', {
            cause: error,
          });
        }
      }
    },
  };
}

function remember<T>(memory: Map<string, T>, name: string, value: T): void {
  memory.delete(name);
  memory.set(name, value);
  const [oldest] = memory.keys();
  if (memory.size > rememberedMax && oldest !== undefined) memory.delete(oldest);
}

function idsOf(changes: readonly DirectoryChange[]): Set<string> {
  return new Set(changes.flatMap(({ externalIds }) => externalIds));
}

/** Whether there are members that a directory without a snapshot does not know: it was never made of them. */
async function isMissingMembers(table: Table, organization: string, overlay: Overlay): Promise<boolean> {
  const known = [...overlay.values()].filter(({ entry }) => entry !== undefined).length;
  return (await readSummary(table, organization)).total !== known;
}

/**
 * Reads the members that changed, the newest first, as they are now. One that is known from before is not read again
 * if the very same changes of it were there then: a later one would be in the log.
 */
async function readOverlay(
  table: Table,
  organization: string,
  {
    changes,
    known,
    groupColumn,
  }: { changes: readonly DirectoryChange[]; known: Overlay; groupColumn?: string | undefined },
): Promise<Overlay> {
  const seen = new Map<string, string>();
  for (const { id, externalIds } of changes) {
    for (const externalId of externalIds) {
      const before = seen.get(externalId);
      if (before !== undefined) seen.set(externalId, `${before} ${id}`);
      else if (seen.size < overlayMax) seen.set(externalId, id);
    }
  }
  const unread = [...seen.keys()].filter((id) => known.get(id)?.seen !== seen.get(id));
  const items = await table.batchGet(
    unread.map((id) => keys.member(organization, id)),
    { consistent: true },
  );
  const read = new Map(unread.map((id, index) => [id, items[index]]));
  return new Map(
    Array.from(seen, ([id, ids]) => {
      const before = known.get(id);
      if (!read.has(id) && before !== undefined) return [id, before];
      const item = read.get(id);
      const member = item && memberFromItem(item);
      return [id, { seen: ids, entry: member && entryOf(member, member.values[groupColumn ?? '']) }];
    }),
  );
}

/** What gives places in order, one at a time. */
interface Source {
  rest: Iterator<DirectoryPosition>;
  next: DirectoryPosition | undefined;
}

/** Merges what the parts and the overlay have, up to the limit and one more. */
function merge(
  parts: readonly DirectoryPart[],
  overlay: Overlay,
  search: DirectorySearch,
): Pick<DirectoryPage, 'positions' | 'hasMore'> {
  const order = orderOf(search.sort);
  const lists = [changedPlaces(overlay, search, order)[Symbol.iterator]()];
  for (const part of parts) lists.push(storedPlaces(part, overlay, search, order));
  const sources = lists.map((rest): Source => ({ rest, next: rest.next().value }));
  const positions: DirectoryPosition[] = [];
  while (positions.length <= search.limit) {
    const first = foremost(sources, order);
    if (first?.next === undefined) break;
    positions.push(first.next);
    first.next = first.rest.next().value;
  }
  return { positions: positions.slice(0, search.limit), hasMore: positions.length > search.limit };
}

function foremost(sources: readonly Source[], order: DirectoryOrder): Source | undefined {
  let first: Source | undefined;
  for (const source of sources) {
    if (source.next === undefined) continue;
    if (first?.next === undefined || comparePositions(order, source.next, first.next) < 0) first = source;
  }
  return first;
}

/** The places in a part of members that did not change since. */
function* storedPlaces(
  part: DirectoryPart,
  overlay: Overlay,
  { filter, within, after, limit }: DirectorySearch,
  order: DirectoryOrder,
): Generator<DirectoryPosition, undefined, undefined> {
  const rowsMax = limit + 1 + overlay.size;
  for (const row of rowsOf(part, { filter, within, order, after, rowsMax })) {
    const position = positionAt(part, row, order);
    if (!overlay.has(position.externalId)) yield position;
  }
  return undefined;
}

function changedPlaces(
  overlay: Overlay,
  { filter, within, after }: DirectorySearch,
  order: DirectoryOrder,
): DirectoryPosition[] {
  const matches = compileMemberFilter(filter, within);
  return [...overlay.values()]
    .flatMap(({ entry }) => (entry !== undefined && matches(entry) ? [placeOf(entry, order)] : []))
    .filter((place) => after === undefined || comparePositions(order, place, after) > 0)
    .sort((one, other) => comparePositions(order, one, other));
}

function placeOf(entry: DirectoryEntry, order: DirectoryOrder): DirectoryPosition {
  return { rank: rankOf(order, entry), name: entry.name, externalId: entry.externalId };
}
