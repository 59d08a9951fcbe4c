import * as z from 'zod';
import { periodColumns } from '../domain/active-period.ts';
import { MusterError } from '../domain/errors.ts';
import { disabledByValues, type Member, memberStates } from '../domain/member.ts';
import { isEnabledOwner } from '../domain/member-authority.ts';
import { valuesFit } from '../domain/member-size.ts';
import type { Membership } from '../domain/organization.ts';
import {
  type ApplyContext,
  type ImportRef,
  type MemberDigest,
  mayBeInvited,
  movesMembership,
  type PlannedChange,
  type RosterMembers,
} from '../domain/ports.ts';
import { compileDerivedFields, compilePlacing, type DerivedFields } from '../domain/roster-row.ts';
import { toMembership } from './accounts.ts';
import { directoryChange } from './directory-log.ts';
import { type DueKind, dueNow, periodActions } from './due-members.ts';
import { departmentCountActions } from './group-counts.ts';
import { keys } from './keys.ts';
import { memberToItem } from './member-item.ts';
import { countNames, eraIs, membershipUpdate, ownersUpdate } from './member-write.ts';
import { parseItem } from './parse-item.ts';
import { shardItems } from './shard-members.ts';
import { readSummary } from './summary.ts';
import { type Action, type Item, isAbsent, type Table, TransactionFailed, versionIs } from './table.ts';

const digestAttributes = [
  'externalId',
  'state',
  'disabledBy',
  'valuesHash',
  'version',
  'account',
  'protectedColumns',
  'importId',
];
const GroupedMember = z.object({
  externalId: z.string(),
  departments: z.array(z.string()),
  roles: z.array(z.string()),
});
type Groups = Pick<Member, 'departments' | 'roles'>;
const derivedOptional = ['username', 'email', 'phone', 'activeFrom', 'activeUntil'] as const;

/** The members of a roster in the table, as an import reads and writes them. */
export function rosterMembers(table: Table): RosterMembers {
  return {
    shard: (organization, shard, columns) => readShard(table, organization, shard, columns),
    async values(organization, externalIds) {
      const items = await table.batchGet(
        externalIds.map((id) => keys.member(organization, id)),
        { projection: ['externalId', 'values'], consistent: true },
      );
      const found = items.filter((item) => item !== undefined);
      return new Map(found.map(toValues));
    },
    async digests(organization, externalIds) {
      const items = await table.batchGet(
        externalIds.map((id) => keys.member(organization, id)),
        { projection: digestAttributes, consistent: true },
      );
      const found = items.filter((item) => item !== undefined).map(({ pk: _, sk: __, ...item }) => item);
      return new Map(found.map((item) => [item.externalId as string, toDigest(item, false)]));
    },
    summary: (organization) => readSummary(table, organization),
    applyChunk: (ref, chunk, context) => applyChunk(table, ref, chunk, context),
  };
}

async function* readShard(
  table: Table,
  organization: string,
  shard: number,
  columns: readonly string[] | 'all',
): AsyncIterable<MemberDigest[]> {
  const items = shardItems(table, organization, shard, digestProjection(columns));
  for await (const page of items) yield page.map((item) => toDigest(item, columns === 'all'));
}

/** The attributes of a digest, and of the values all or single columns. */
function digestProjection(columns: readonly string[] | 'all') {
  const names: Record<string, string> = { '#values': 'values' };
  const alias = (prefix: string) => (name: string, index: number) => {
    names[`#${prefix}${index}`] = name;
    return `#${prefix}${index}`;
  };
  const attributes = digestAttributes.map(alias('a'));
  const values =
    columns === 'all' ? ['#values'] : columns.map(alias('c')).map((column) => `#values.${column}`);
  if (values.length === 0) delete names['#values'];
  return { ProjectionExpression: [...attributes, ...values].join(', '), ExpressionAttributeNames: names };
}

const states = new Set<unknown>(memberStates);
const disablers = new Set<unknown>(disabledByValues);

/**
 * Checked by hand and not by a schema: a comparison reads every member of the roster. A member that has none of the
 * columns asked for comes without values.
 */
function toDigest(item: Item, hasAllValues: boolean): MemberDigest {
  const { externalId, state, disabledBy, valuesHash, version, account, protectedColumns, importId } = item;
  const readable =
    typeof externalId === 'string' &&
    states.has(state) &&
    (disabledBy === undefined || disablers.has(disabledBy)) &&
    typeof valuesHash === 'string' &&
    typeof version === 'number' &&
    (account === undefined || typeof account === 'string') &&
    (protectedColumns === undefined || isNames(protectedColumns)) &&
    (importId === undefined || typeof importId === 'string') &&
    (hasAllValues ? isValues(item.values) : item.values === undefined || isValues(item.values));
  if (!readable) throw unreadable();
  return item as unknown as MemberDigest;
}

function toValues(item: Item): [string, Record<string, string>] {
  if (typeof item.externalId !== 'string' || !isValues(item.values)) throw unreadable();
  return [item.externalId, item.values];
}

function isNames(names: unknown): boolean {
  return Array.isArray(names) && names.every((name) => typeof name === 'string');
}

function isValues(values: unknown): values is Record<string, string> {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return false;
  return Object.values(values).every((value) => typeof value === 'string');
}

function unreadable(): MusterError {
  return new MusterError('corrupt_item', 'A stored member cannot be read.');
}

type Chunk = { part: number; chunk: number; changes: PlannedChange[] };

const attemptsMax = 200;

async function applyChunk(table: Table, ref: ImportRef, chunk: Chunk, context: ApplyContext): Promise<void> {
  const derive = compileDerivedFields(context.schema.columns);
  const conflicts: string[] = [];
  const placements = placementsOf(chunk.changes, context);
  const [groupsBefore, firstMemberships] = await Promise.all([
    groupsOf(table, ref.organization, chunk.changes, placements),
    membershipsOf(table, ref.organization, chunk.changes),
  ]);
  let memberships = firstMemberships;
  // A file of other columns may have made a member larger since its rows were checked one by one.
  let changes = chunk.changes.filter(
    (change) =>
      valuesFit(Object.values(change.values ?? {})) &&
      placements.get(change) !== 'nowhere' &&
      !disablesApprover(change, memberships, context),
  );
  const leaveOut = (out: (change: PlannedChange) => boolean) => {
    changes = changes.filter((change) => !out(change));
  };
  for (let attempt = 1; ; attempt++) {
    conflicts.splice(0, Infinity, ...leftOut(chunk.changes, changes));
    const moves = membershipMoves(changes, memberships, context.now);
    try {
      await table.transact([
        checkpoint(ref, chunk, changes, { conflicts, groupsBefore }),
        countUpdate(ref, chunk.part, changes, context),
        ...changes.map((change) => changeAction(ref, change, context, derive, placements)),
        ...moves.actions,
        ...(moves.owners === 0 ? [] : [ownersUpdate(ref.organization, moves.owners)]),
        ...groupCounts(ref.organization, changes, placements, groupsBefore),
        ...periodLooks(ref.organization, changes, context, derive),
        ...reminderLooks(ref.organization, changes, context),
        ...toldDirectory(ref.organization, changes),
      ]);
      return;
    } catch (error) {
      if (!(error instanceof TransactionFailed) || attempt >= attemptsMax) throw error;
      if (error.failedAt(0)) return;
      if (error.failedAt(1)) throw droppedMeanwhile(error);
      const late = new Set(changes.filter((_, index) => error.failedAt(index + 2)));
      const ownersAt = 2 + changes.length + moves.actions.length;
      if (late.size > 0) leaveOut((change) => late.has(change));
      else if (error.failedAt(ownersAt)) leaveOut((change) => change === moves.lastOwner);
      // A membership changed since it was read; its member did not, so the change still holds.
      else memberships = await membershipsOf(table, ref.organization, changes);
    }
  }
}

/** The import is over with all others: its execution ends quietly. */
function droppedMeanwhile(cause: unknown): MusterError {
  return new MusterError('import_superseded', 'All data was dropped meanwhile.', { cause });
}

/** The departments that changes put their members into; none where they leave them, `nowhere` where there is no such one. */
type Placements = ReadonlyMap<PlannedChange, string[] | 'nowhere'>;

function placementsOf(changes: readonly PlannedChange[], context: ApplyContext): Placements {
  const textOf = compilePlacing(context.schema.columns);
  const placements = new Map<PlannedChange, string[] | 'nowhere'>();
  for (const change of changes) {
    const restored = change.restore?.departments;
    if (restored !== undefined) {
      const standing = restored.flatMap((id) => context.departments.get(id) ?? []);
      placements.set(change, [...new Set(standing)]);
      continue;
    }
    const text = textOf(change);
    const id = context.departments.get(text ?? '');
    if (text === '') placements.set(change, []);
    else if (text !== undefined) placements.set(change, id === undefined ? 'nowhere' : [id]);
  }
  return placements;
}

/** The departments and roles that known members have before they are put into other departments, or removed. */
async function groupsOf(
  table: Table,
  organization: string,
  changes: readonly PlannedChange[],
  placements: Placements,
): Promise<ReadonlyMap<string, Groups>> {
  const moved = changes.filter((change) => change.kind !== 'add' && placements.has(change));
  const items = await table.batchGet(
    moved.map(({ externalId }) => keys.member(organization, externalId)),
    { projection: ['externalId', 'departments', 'roles'], consistent: true },
  );
  const found = items.filter((item) => item !== undefined);
  const members = found.map((item) => parseItem(GroupedMember, item, 'member'));
  return new Map(members.map(({ externalId, ...groups }) => [externalId, groups]));
}

/**
 * Counts the members by department anew. A member that changed since its departments were read has another version
 * than planned, so that its change, and this with it, does not come about.
 */
function groupCounts(
  organization: string,
  changes: readonly PlannedChange[],
  placements: Placements,
  groupsBefore: ReadonlyMap<string, Groups>,
): Action[] {
  const moves = changes.flatMap((change) => {
    const after = placements.get(change);
    if (after === undefined || after === 'nowhere') return [];
    const { externalId, kind } = change;
    const { departments = [], roles = [] } = groupsBefore.get(externalId) ?? {};
    const before = kind === 'remove' ? [...departments, ...roles] : departments;
    return [{ externalId, before, after }];
  });
  return departmentCountActions(organization, moves);
}

/** When to look at the active periods that changes touch: of members to be added as they demand, of others at once. */
function periodLooks(
  organization: string,
  changes: readonly PlannedChange[],
  context: ApplyContext,
  derive: Derive,
): Action[] {
  const columns = periodColumns(context.schema.columns);
  if (columns.length === 0) return [];
  const { timeZone, now } = context;
  return changes.flatMap((change) => {
    if (change.kind === 'add') {
      return periodActions({ organization, timeZone }, addedMember(change, context, derive), now);
    }
    if (change.kind === 'remove') return [];
    const isTouched =
      change.kind === 'reactivate' || columns.some((name) => Object.hasOwn(change.before, name));
    if (!isTouched) return [];
    return periodLookKinds(change).flatMap((kind) => dueNow(kind, organization, change.externalId, now));
  });
}

/** Why to look at a known member whose period a change touches; only who has an account is told of its end. */
function periodLookKinds({ account }: PlannedChange): DueKind[] {
  return account === undefined ? ['period'] : ['period', 'expiry'];
}

/** Whoever is brought back may have been invited before; whether reminders go on is seen when they are looked at. */
function reminderLooks(
  organization: string,
  changes: readonly PlannedChange[],
  { now }: ApplyContext,
): Action[] {
  const back = changes.filter(mayBeInvited);
  return back.flatMap(({ externalId }) => dueNow('reminder', organization, externalId, now));
}

/** Last in the transaction: it has no condition that could fail. */
function toldDirectory(organization: string, changes: readonly PlannedChange[]): Action[] {
  if (changes.length === 0) return [];
  return [
    directoryChange(
      organization,
      changes.map(({ externalId }) => externalId),
    ),
  ];
}

function leftOut(all: readonly PlannedChange[], kept: readonly PlannedChange[]): string[] {
  const stays = new Set(kept);
  return all.filter((change) => !stays.has(change)).map(({ externalId }) => externalId);
}

type Memberships = ReadonlyMap<string, Membership>;

/** The memberships that the changes move, by account. */
async function membershipsOf(
  table: Table,
  organization: string,
  changes: readonly PlannedChange[],
): Promise<Memberships> {
  const accounts = changes.filter(movesMembership).flatMap(({ account }) => account ?? []);
  const wanted = accounts.map((account) => keys.membership(account, organization));
  const items = await table.batchGet(wanted, { consistent: true });
  const found = items.filter((item) => item !== undefined).map(toMembership);
  return new Map(found.map((membership) => [membership.account, membership]));
}

/** Nobody is shut out by the file that it approved itself (B4). */
function disablesApprover(change: PlannedChange, memberships: Memberships, context: ApplyContext): boolean {
  const { account } = memberships.get(change.account ?? '') ?? {};
  const approved = account !== undefined && context.approverAccounts?.includes(account) === true;
  return change.state === 'disabled' && approved;
}

/** What the changes do to memberships: the actions, how many enabled owners more or less, and the last one less. */
function membershipMoves(changes: readonly PlannedChange[], memberships: Memberships, now: Date) {
  const actions: Action[] = [];
  let owners = 0;
  let lastOwner: PlannedChange | undefined;
  for (const change of changes.filter(movesMembership)) {
    const before = memberships.get(change.account ?? '');
    const after = before && movedMembership(before, change, now);
    if (before === undefined || after === undefined || after.state === before.state) continue;
    actions.push(membershipUpdate(before, after));
    if (isEnabledOwner(after)) owners += 1;
    if (isEnabledOwner(before)) {
      owners -= 1;
      lastOwner = change;
    }
  }
  return { actions, owners, lastOwner };
}

function movedMembership(before: Membership, change: PlannedChange, now: Date): Membership {
  const version = before.version + 1;
  if (change.state !== 'disabled') return { ...before, version, state: 'enabled' };
  const tokensValidFromSeconds = Math.floor(now.getTime() / 1000) + 1;
  return { ...before, version, state: 'disabled', tokensValidFromSeconds };
}

/** Written with the changes or not at all; where it is there already, the chunk was written before. */
function checkpoint(
  ref: ImportRef,
  chunk: Chunk,
  changes: PlannedChange[],
  { conflicts, groupsBefore }: { conflicts: string[]; groupsBefore: ReadonlyMap<string, Groups> },
): Action {
  const counts = { add: 0, update: 0, reactivate: 0, disable: 0, remove: 0 };
  const departmentsBefore: Record<string, string[]> = {};
  for (const { externalId, kind } of changes) {
    const groups = kind === 'remove' ? undefined : groupsBefore.get(externalId);
    if (groups !== undefined) departmentsBefore[externalId] = groups.departments;
  }
  for (const { kind } of changes) counts[kind] += 1;
  const disabledByFile = changes.filter(({ kind, line }) => kind === 'disable' && line !== undefined).length;
  return {
    put: {
      ...keys.chunk(ref.organization, ref.importId, chunk.part, chunk.chunk),
      part: chunk.part,
      chunk: chunk.chunk,
      counts,
      disabledByFile,
      conflicts,
      departmentsBefore,
    },
    condition: isAbsent,
  };
}

function countUpdate(ref: ImportRef, part: number, changes: PlannedChange[], { era }: ApplyContext): Action {
  const add = { enabled: 0, disabled: 0, notJoined: 0 };
  for (const change of changes) {
    if (change.from !== undefined) add[countNames[change.from]] -= 1;
    if (change.kind === 'remove') continue;
    if (change.from !== undefined || change.kind === 'add') add[countNames[change.state]] += 1;
  }
  return { update: { key: keys.count(ref.organization, part), add, condition: eraIs(era) } };
}

type Derive = (externalId: string, values: Record<string, string>) => DerivedFields;

function changeAction(
  { organization, importId }: ImportRef,
  change: PlannedChange,
  context: ApplyContext,
  derive: Derive,
  placements: Placements,
): Action {
  const placement = placements.get(change);
  const departments = placement === 'nowhere' ? undefined : placement;
  if (change.kind === 'add') {
    const added = addedMember(change, context, derive, departments);
    return { put: memberToItem(organization, { ...added, importId }), condition: isAbsent };
  }
  const key = keys.member(organization, change.externalId);
  if (change.kind === 'remove') return { delete: key, condition: versionIs(change.version) };
  return {
    update: {
      key,
      ...attributeChanges(change, importId, context, derive, departments),
      condition: versionIs(change.version),
    },
  };
}

function addedMember(
  change: PlannedChange,
  context: ApplyContext,
  derive: Derive,
  departments: string[] = [],
): Member {
  const values = change.values ?? {};
  const now = context.now.toISOString();
  return {
    externalId: change.externalId,
    state: change.state,
    ...(change.state === 'disabled' && { disabledBy: 'file' as const }),
    values,
    valuesHash: change.valuesHash ?? '',
    ...derive(change.externalId, values),
    departments,
    roles: [],
    version: 1,
    createdAt: now,
    updatedAt: now,
    createdBy: context.approvedBy,
  };
}

function attributeChanges(
  change: PlannedChange,
  importId: string,
  context: ApplyContext,
  derive: Derive,
  departments: string[] | undefined,
) {
  const set: Record<string, unknown> = { version: change.version + 1, updatedAt: context.now.toISOString() };
  const remove: string[] = [];
  if (change.kind === 'disable' || change.kind === 'reactivate') changeState(change, set, remove);
  const leftBy = change.restore === undefined ? importId : change.restore.importId;
  if (leftBy === undefined) remove.push('importId');
  else set.importId = leftBy;
  if (change.values !== undefined) {
    const derived = derive(change.externalId, change.values);
    // The username that an account signs in with is the account's, whatever the file says.
    if (change.account !== undefined) delete derived.username;
    Object.assign(set, derived, {
      values: change.values,
      valuesHash: change.valuesHash,
      // Departments that an admin gave by hand stay until the file names another one.
      ...(departments && { departments }),
    });
    const kept =
      change.account === undefined ? derivedOptional : derivedOptional.filter((name) => name !== 'username');
    remove.push(...kept.filter((name) => derived[name] === undefined));
  }
  return { set, remove };
}

function changeState(
  { state, line, restore }: PlannedChange,
  set: Record<string, unknown>,
  remove: string[],
): void {
  set.state = state;
  if (state !== 'disabled') remove.push('disabledBy');
  else if (restore !== undefined) set.disabledBy = restore.disabledBy;
  else set.disabledBy = line === undefined ? 'absence' : 'file';
}
