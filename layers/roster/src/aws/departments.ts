/**
 * The departments of an organization in the table: one item each, in one partition with an item for the tree as a
 * whole, so that one query reads all. Every change of the tree is one transaction, with its audit entry, on
 * condition that the tree is still the version that was read; changes of an organization's tree therefore come one
 * after the other, and what the domain checked (names, cycles, depth) holds when it is written.
 *
 * A query may meet a transaction half-way (Developer Guide, "Isolation levels": queries are read-committed). The
 * tree's item therefore has a digest of the departments, and a reading that does not match it is repeated.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { AuditActor, AuditEvent } from '../domain/audit.ts';
import { planDepartments } from '../domain/department-resolver.ts';
import {
  addDepartment,
  changeDepartment,
  type Department,
  type DepartmentTree,
  deleteDepartment,
  departmentOf,
  departmentTree,
  forgetTransfers,
  rootDepartment,
  standingFor,
  type TransferredDepartment,
  withDepartments,
} from '../domain/departments.ts';
import { MusterError } from '../domain/errors.ts';
import type { Departments, NewId, Organizations } from '../domain/ports.ts';
import type { AuditTrail } from './audit.ts';
import { type Backoff, withBackoff } from './backoff.ts';
import { addCounts, nobodyInActions } from './group-counts.ts';
import { inTurn } from './in-turn.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import { noImportApplying } from './quiet-imports.ts';
import { type Action, type Item, isAbsent, type Table, versionIs } from './table.ts';

/** The tree as it was read, and how many members name each department, those that others took over included. */
export interface CountedDepartments {
  tree: DepartmentTree;
  /** Counts up with every change of the tree; 0 before the first one. */
  version: number;
  members: ReadonlyMap<string, number>;
}

/** Who changes a department, and the version of it that was seen, if that matters. */
export interface DepartmentEdit {
  actor: AuditActor;
  seenVersion?: number | undefined;
}

export interface DepartmentRecords extends Departments {
  /** The whole tree with its counts: one query, and the organization for the root's name. */
  read(organization: string): Promise<CountedDepartments>;
  /** Adds a department below another one. @throws MusterError as `addDepartment` */
  add(
    organization: string,
    wanted: { name: string; parent: string },
    actor: AuditActor,
  ): Promise<{ tree: DepartmentTree; department: Department }>;
  /** Renames or moves a department. @throws MusterError `precondition_failed`, and as `changeDepartment` */
  change(
    organization: string,
    id: string,
    patch: { name?: string | undefined; parent?: string | undefined },
    edit: DepartmentEdit,
  ): Promise<{ tree: DepartmentTree; department: Department }>;
  /**
   * Deletes a department that nobody is in, or hands its members and what is below it to another one; the members
   * themselves are not written, so that it is one transaction at any size of the roster.
   * @throws MusterError `precondition_failed`, `import_applying`, and as `deleteDepartment`
   */
  delete(
    organization: string,
    id: string,
    transferTo: string | undefined,
    edit: DepartmentEdit,
  ): Promise<void>;
}

/** What the records work with. */
export interface DepartmentRecordsDeps {
  table: Table;
  organizations: Pick<Organizations, 'get'>;
  audit: Pick<AuditTrail, 'commit'>;
  newId: NewId;
}

/** Opens the departments in the table. */
export function departmentRecords({
  table,
  organizations,
  audit,
  newId,
}: DepartmentRecordsDeps): DepartmentRecords {
  const read = async (organization: string) => {
    const [{ name, version }, stored] = await Promise.all([
      organizations.get(organization),
      readStored(table, organization),
    ]);
    const tree = departmentTree({ root: { name, version }, ...stored });
    const { version: treeVersion, counts, scopes } = stored;
    return { tree, version: treeVersion, members: membersOf(tree, counts), counts, scopes };
  };

  const write = (
    organization: string,
    version: number,
    tree: DepartmentTree,
    event: AuditEvent,
    actions: Action[],
  ) => audit.commit(organization, event, [treeAction(organization, version, tree), ...actions]);

  const readTree = async (organization: string) => {
    const [{ name, version }, stored] = await Promise.all([
      organizations.get(organization),
      readStored(table, organization, { withCounts: false }),
    ]);
    return { tree: departmentTree({ root: { name, version }, ...stored }), version: stored.version };
  };

  return {
    read,

    tree: async (organization) => (await readTree(organization)).tree,

    async addMany(organization, texts, why) {
      for (;;) {
        const { tree, isDone } = await inTurn(async () => {
          const seen = await readTree(organization);
          const { added } = planDepartments(seen.tree, texts, newId);
          const batch = added.slice(0, addedAtOnceMax);
          const [first] = batch;
          if (first === undefined) return { tree: seen.tree, isDone: true };
          const tree = withDepartments(seen.tree, batch);
          const event = {
            action: 'department.add' as const,
            actor: why.actor,
            subject: first.id,
            after: told(first),
            details: { ...why.details, departments: batch.map((one) => ({ id: one.id, ...told(one) })) },
          };
          const puts = batch.map((one) => ({ put: departmentItem(organization, one), condition: isAbsent }));
          await write(organization, seen.version, tree, event, puts);
          return { tree, isDone: batch.length === added.length };
        });
        if (isDone) return tree;
      }
    },

    add: (organization, wanted, actor) =>
      inTurn(async () => {
        const seen = await read(organization);
        const { tree, department } = addDepartment(seen.tree, { ...wanted, id: newId() });
        const event = {
          action: 'department.add' as const,
          actor,
          subject: department.id,
          after: told(department),
        };
        await write(organization, seen.version, tree, event, [
          { put: departmentItem(organization, department), condition: isAbsent },
        ]);
        return { tree, department };
      }),

    change: (organization, id, patch, { actor, seenVersion }) =>
      inTurn(async () => {
        const seen = await read(organization);
        requireSeen(departmentOf(seen.tree, id), seenVersion);
        const { tree, department, before } = changeDepartment(seen.tree, id, patch);
        if (before === undefined || before === department) return { tree, department };
        const event = {
          action:
            before.parent === department.parent
              ? ('department.rename' as const)
              : ('department.move' as const),
          actor,
          subject: id,
          before: told(before),
          after: told(department),
        };
        await write(organization, seen.version, tree, event, [replaced(organization, before, department)]);
        return { tree, department };
      }),

    delete: (organization, id, transferTo, { actor, seenVersion }) =>
      inTurn(async () => {
        const seen = await read(organization);
        requireSeen(departmentOf(seen.tree, id), seenVersion);
        const members = seen.members.get(id) ?? 0;
        const deletion = deleteDepartment(seen.tree, id, { members, transferTo });
        const { department, moved, transfer } = deletion;
        const idle = idleTransfers(seen.tree, [seen.counts, seen.scopes]);
        const tree = forgetTransfers(deletion.tree, idle);
        const departments = moved.map((one) => one.id);
        const event = {
          action: 'department.delete' as const,
          actor,
          subject: id,
          before: told(department),
          ...(transfer && { details: { transferTo: transfer.to, members, departments } }),
        };
        await write(organization, seen.version, tree, event, [
          ...(await noImportApplying(table, organization)),
          ...(transfer === undefined
            ? [gone(organization, department), ...nobodyInActions(organization, id)]
            : [handedOver(organization, department, transfer.to)]),
          ...moved.map((one) => replaced(organization, { ...one, version: one.version - 1 }, one)),
          ...idle.map((one) => ({ delete: keys.department(organization, one) })),
        ]);
      }),
  };
}

/** A transaction has room for as many beside the tree and the audit entry, which names them all. */
const addedAtOnceMax = 90;

/** A transaction has room for as many beside the departments below and the counts. */
const idleTransfersMax = 20;

/**
 * Deleted departments that no member and no coordinator's scope names any more and that no other transfer leads through. Nobody can come to
 * name them again: only an import that is being applied writes departments without looking whether they are there.
 */
function idleTransfers(
  { transfers }: DepartmentTree,
  counts: readonly ReadonlyMap<string, number>[],
): string[] {
  const targets = new Set(transfers.values());
  const idle = [...transfers.keys()].filter((id) => !counts.some((one) => one.get(id)) && !targets.has(id));
  return idle.slice(0, idleTransfersMax);
}

function requireSeen({ version }: Department, seenVersion: number | undefined): void {
  if (seenVersion !== undefined && seenVersion !== version) {
    throw new MusterError('precondition_failed', 'It was changed meanwhile. Read it again and repeat.');
  }
}

/** What the audit trail tells of a department. */
function told({ name, parent }: Department): Record<string, unknown> {
  return { name, parent };
}

const DepartmentItem = z.object({
  id: z.string(),
  name: z.string(),
  parent: z.string(),
  version: z.int().min(1),
  transferredTo: z.string().optional(),
});
const TreeItem = z.object({ version: z.int().min(1), digest: z.string() });

interface StoredDepartments {
  departments: Department[];
  transfers: TransferredDepartment[];
  version: number;
  counts: Map<string, number>;
  /** How many coordinators name each department. */
  scopes: Map<string, number>;
}

function departmentItem(organization: string, { id, name, parent, version }: Department) {
  return { ...keys.department(organization, id), id, name, parent, version };
}

function replaced(organization: string, before: Department, after: Department): Action {
  return { put: departmentItem(organization, after), condition: versionIs(before.version) };
}

function gone(organization: string, { id, version }: Department): Action {
  return { delete: keys.department(organization, id), condition: versionIs(version) };
}

function handedOver(organization: string, { id, version }: Department, to: string): Action {
  return {
    update: {
      key: keys.department(organization, id),
      set: { transferredTo: to, version: version + 1 },
      condition: versionIs(version),
    },
  };
}

function treeAction(organization: string, seenVersion: number, tree: DepartmentTree): Action {
  return {
    put: { ...keys.departmentTree(organization), version: seenVersion + 1, digest: digestOf(tree) },
    condition: seenVersion === 0 ? isAbsent : versionIs(seenVersion),
  };
}

/** SHA-256 over each department with its version, and over who took whose members. */
function digestOf({ departments, transfers }: Pick<DepartmentTree, 'departments' | 'transfers'>): string {
  const present = [...departments.values()].filter(({ id }) => id !== rootDepartment);
  const lines = [
    ...present.map(({ id, version }) => `${id}:${version}`),
    ...Array.from(transfers, ([id, to]) => `${id}>${to}`),
  ];
  return createHash('sha256').update(lines.sort().join('\n')).digest('base64url');
}

class ReadWhileWritten extends Error {
  override readonly name = 'ReadWhileWritten';
}

const repeats: Backoff = { attemptsMax: 6, firstMs: 10, delayMsMax: 200 };

/** @throws MusterError `corrupt_item` where the departments do not match the tree's digest time and again. */
async function readStored(
  table: Table,
  organization: string,
  what: Reading = { withCounts: true },
): Promise<StoredDepartments> {
  try {
    return await withBackoff(
      repeats,
      (error) => error instanceof ReadWhileWritten,
      () => readOnce(table, organization, what),
    );
  } catch (error) {
    if (!(error instanceof ReadWhileWritten)) throw error;
    throw new MusterError('corrupt_item', 'The stored departments are not those of the tree.', {
      cause: error,
    });
  }
}

/** Counts are about as large as everything else together. */
interface Reading {
  withCounts: boolean;
}

async function readOnce(
  table: Table,
  organization: string,
  { withCounts }: Reading,
): Promise<StoredDepartments> {
  const stored: StoredDepartments = {
    departments: [],
    transfers: [],
    version: 0,
    counts: new Map(),
    scopes: new Map(),
  };
  let digest: string | undefined;
  const items = table.queryAll({
    // Counts sort before the departments.
    KeyConditionExpression: 'pk = :pk AND sk >= :first',
    ExpressionAttributeValues: {
      ':pk': keys.departments(organization),
      ':first': withCounts ? keys.groupCountPrefix : keys.departmentPrefix,
    },
    ConsistentRead: true,
  });
  const tree = keys.departmentTree(organization).sk;
  const scopes = keys.scopeCounts(organization).sk;
  for await (const item of items) {
    if (item.sk === tree)
      ({ version: stored.version, digest } = parseItem(TreeItem, item, 'department tree'));
    else if (String(item.sk).startsWith(keys.groupCountPrefix)) addCounts(stored.counts, item);
    else if (item.sk === scopes) addCounts(stored.scopes, item);
    else addDepartmentItem(stored, item);
  }
  const found = {
    departments: new Map(stored.departments.map((one) => [one.id, one])),
    transfers: new Map(stored.transfers.map(({ id, to }) => [id, to])),
  };
  const isEmpty = digest === undefined && found.departments.size + found.transfers.size === 0;
  if (!isEmpty && digest !== digestOf(found))
    throw new ReadWhileWritten('Departments were read while written.');
  return stored;
}

function addDepartmentItem(stored: StoredDepartments, item: Item): void {
  const { transferredTo, ...department } = parseItem(DepartmentItem, item, 'department');
  if (transferredTo === undefined) stored.departments.push(department);
  else stored.transfers.push({ id: department.id, to: transferredTo });
}

/** Adds what names a deleted department to the one that took its members. */
function membersOf(tree: DepartmentTree, counts: ReadonlyMap<string, number>): Map<string, number> {
  const members = new Map<string, number>();
  for (const [id, count] of counts) {
    const standing = standingFor(tree, id);
    if (standing !== undefined) members.set(standing, (members.get(standing) ?? 0) + count);
  }
  return members;
}
