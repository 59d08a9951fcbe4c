import * as z from 'zod';
import type { AuditEvent } from '../domain/audit.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import { applyInterruptedOf, isAbandoned } from '../domain/execution.ts';
import {
  asOf,
  ChangeKind,
  type Import,
  ImportMode,
  ImportStatus,
  ImportStep,
  importKinds,
  importNoticeCodes,
  isOpen,
  OnRowErrors,
} from '../domain/import.ts';
import { failedEvent, supersededEvent } from '../domain/import-audit.ts';
import { undoWindow } from '../domain/import-undo.ts';
import { mappingModes } from '../domain/mapping.ts';
import type { AppliedChunk, Approval, ImportPatch, ImportRef, Imports } from '../domain/ports.ts';
import type { AuditTrail } from './audit.ts';
import { type CursorScope, readCursor, writeCursor } from './cursor.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import {
  type Action,
  allOf,
  anyOf,
  attributeIs,
  ConditionFailed,
  isAbsent,
  type Table,
  TransactionFailed,
  versionIs,
} from './table.ts';

const count = z.int();
const Approver = z.object({ by: z.string(), account: z.string(), at: z.string() });
const ImportItem = z.object({
  importId: z.string(),
  kind: z.enum(importKinds).optional(),
  fileName: z.string(),
  mode: ImportMode,
  onRowErrors: OnRowErrors,
  approve: z.enum(['auto', 'review']),
  mapping: z.enum(mappingModes).optional(),
  encoding: z.string().optional(),
  delimiter: z.string().optional(),
  status: ImportStatus,
  step: ImportStep,
  uploadedBy: z.string(),
  source: z.literal('feed').optional(),
  uploaderAccount: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
  counts: z.object({
    rows: count,
    added: count,
    updated: count,
    reactivated: count,
    disabled: count,
    disabledByFile: count,
    unchanged: count,
    skipped: count,
    rejected: count,
    excluded: count,
    conflicts: count,
    // Counted since values can be protected.
    protected: count.default(0),
    // Counted since imports can be undone.
    removed: count.default(0),
    kept: count.default(0),
  }),
  uploadedAt: z.string().optional(),
  schemaVersion: z.int().optional(),
  parts: z.array(z.int()).optional(),
  columns: z
    .object({
      mapped: z.record(z.string(), z.string()),
      ignored: z.array(z.string()),
      dropped: z.array(z.string()).optional(),
      missing: z.array(z.string()),
    })
    .optional(),
  notices: z
    .array(z.object({ code: z.enum(importNoticeCodes), message: z.string(), rows: count }))
    .optional(),
  mappingChoice: z.object({ by: z.string(), at: z.string(), sha256: z.string() }).optional(),
  file: z
    .object({
      bytes: count,
      inflatedBytes: count,
      sha256: z.string(),
      encoding: z.string(),
      format: z.string(),
      delimiter: z.string(),
    })
    .optional(),
  departmentsToCreate: z.array(z.string()).optional(),
  departmentsToCreateCount: count.optional(),
  hold: z
    .object({
      reason: z.enum(['mass_change', 'unreadable_rows']),
      message: z.string(),
      disabling: count,
      members: count,
      secondApproval: Approver.partial()
        .extend({ required: z.literal(true) })
        .optional(),
    })
    .optional(),
  approval: z
    .object({
      by: z.string(),
      account: z.string().optional(),
      at: z.string(),
      kinds: z.array(ChangeKind),
      excludedCount: count,
      second: Approver.optional(),
    })
    .optional(),
  undoOf: z.string().optional(),
  undoneBy: z.string().optional(),
  undoUntil: z.string().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  resumed: count.optional(),
  comparedFrom: z.string().optional(),
  selection: z
    .object({ by: z.string(), at: z.string(), kinds: z.array(ChangeKind), excludedCount: count })
    .optional(),
  planVersion: count.optional(),
  version: z.int(),
});

const ChunkItem = z.object({
  part: z.int(),
  chunk: z.int(),
  counts: z.object({
    add: count,
    update: count,
    reactivate: count,
    disable: count,
    remove: count.default(0),
  }),
  disabledByFile: count,
  conflicts: z.array(z.string()),
  departmentsBefore: z.record(z.string(), z.array(z.string())).default({}),
});

const ProgressItem = z.object({ done: z.int() });
const FloorItem = z.object({ importId: z.string() });

const SelectionItem = z.object({ kinds: z.array(ChangeKind), exclude: z.array(z.string()) });
const ApprovalItem = z.object({
  by: z.string(),
  account: z.string().optional(),
  at: z.string(),
  kinds: z.array(ChangeKind),
  exclude: z.array(z.string()),
  second: Approver.optional(),
});

/** A page of imports, newest first. */
export interface ImportPage {
  items: Import[];
  nextCursor?: string;
}

/** The adapter's port: what the pipeline needs of imports, and the history that people page through. */
export interface ImportRecords extends Imports {
  /** @throws MusterError `invalid_cursor` */
  page(organization: string, request: { limit: number; cursor?: string | undefined }): Promise<ImportPage>;
  /**
   * The imports that have not ended: the one that has the floor, and those of the newest {@link openLookedAtMax} that
   * wait for their file or their turn.
   */
  open(organization: string, now: Date): Promise<Import[]>;
  /**
   * The import that a banner announces (S1.14): the one that has the floor, else the newest if it waits for its file or
   * its turn. Two reads and a query of one item.
   */
  unfinished(organization: string, now: Date): Promise<Import | undefined>;
}

/** How many of the newest imports are looked at for open ones; others have long given way or got no file. */
export const openLookedAtMax = 100;

const importId = z.string().length(26);

/** A floor changes hands once an import at most, and fewer imports than this arrive in the same moment. */
const floorTriesMax = 25;

/** The records of imports in the table; what `audit` takes with a change is kept in one transaction with it. */
export function importRecords(table: Table, audit: Pick<AuditTrail, 'commit'>): ImportRecords {
  const get = async (ref: ImportRef): Promise<Import> => {
    const item = await table.get(keys.import(ref.organization, ref.importId), { consistent: true });
    if (item === undefined) throw new MusterError('not_found', `There is no import ${ref.importId}.`);
    return parseItem(ImportItem, item, 'import');
  };

  const update = async (
    organization: string,
    job: Import,
    patch: ImportPatch,
    event?: AuditEvent,
    beside: Action[] = [],
  ): Promise<Import> => {
    const set = withoutAbsent({ ...patch, version: job.version + 1 });
    const remove = Object.keys(patch).filter((name) => patch[name as keyof Import] === null);
    const change = {
      key: keys.import(organization, job.importId),
      set,
      remove,
      condition: versionIs(job.version),
    };
    try {
      const actions = [{ update: change }, ...beside];
      if (event !== undefined) await audit.commit(organization, event, actions);
      else if (beside.length > 0) await table.transact(actions);
      else return parseItem(ImportItem, await table.update(change), 'import');
      // A transaction returns no items; its condition held, so that this is what is stored.
      const stored = Object.fromEntries(Object.entries(job).filter(([name]) => !remove.includes(name)));
      return parseItem(ImportItem, { ...stored, ...set }, 'import');
    } catch (error) {
      if (!(error instanceof ConditionFailed || error instanceof TransactionFailed)) throw error;
      throw new MusterError('conflict', 'The import was changed meanwhile. Look at it again.', {
        cause: error,
      });
    }
  };

  const list = async (organization: string, limit: number, before?: string): Promise<Import[]> => {
    const items = table.queryAll({
      KeyConditionExpression: before === undefined ? 'pk = :pk' : 'pk = :pk AND sk < :before',
      ExpressionAttributeValues: {
        ':pk': keys.imports(organization),
        ...(before !== undefined && { ':before': before }),
      },
      ScanIndexForward: false,
      Limit: limit,
    });
    const jobs: Import[] = [];
    // A query ends at 1 MB, which may be before the limit.
    for await (const item of items) {
      jobs.push(parseItem(ImportItem, item, 'import'));
      if (jobs.length === limit) break;
    }
    return jobs;
  };

  /** The import that has the floor, if there is one. */
  const floorHolder = async (organization: string): Promise<Import | undefined> => {
    const item = await table.get(keys.currentImport(organization), { consistent: true });
    if (item === undefined) return undefined;
    return get({ organization, importId: parseItem(FloorItem, item, 'floor').importId });
  };

  const giveWay = async (ref: ImportRef, job: Import, newer: Import, now: Date): Promise<never> => {
    const { uploadedAt } = job;
    const end = { status: 'incomplete', uploadedAt, updatedAt: now.toISOString() } as const;
    await update(ref.organization, job, end, supersededEvent(job, newer));
    throw superseded(ref);
  };

  const tryTakeFloor = async (ref: ImportRef, uploadedAt: Date, now: Date): Promise<Import> => {
    const job = await get(ref);
    if (job.status !== 'in_progress') throw superseded(ref);
    const holder = await floorHolder(ref.organization);
    if (holder?.importId === job.importId) return job;
    const next: Import = { ...job, uploadedAt: uploadedAt.toISOString() };
    if (holder?.status === 'in_progress' && !isAbandoned(holder, now)) {
      if (!isOpen(holder)) {
        // An import that waits for its turn has its file, unlike one whose file never came.
        if (job.uploadedAt === undefined) {
          await update(ref.organization, job, { uploadedAt: next.uploadedAt });
        }
        throw new MusterError('import_busy', `The import ${holder.importId} is being applied.`);
      }
      if (arrival(holder) > arrival(next)) return giveWay(ref, next, holder, now);
    }
    await begin(ref, next, holder, now);
    return get(ref);
  };

  const begin = async (ref: ImportRef, job: Import, holder: Import | undefined, now: Date): Promise<void> => {
    const { organization, importId } = ref;
    const updatedAt = now.toISOString();
    const sameFloor =
      holder === undefined ? isAbsent : anyOf(isAbsent, attributeIs('importId', holder.importId));
    const ousted = holder?.status === 'in_progress' ? [holder] : [];
    const end = (other: Import) =>
      isOpen(other)
        ? { status: 'incomplete' }
        : { status: 'error', error: applyInterruptedOf(other), ...undoWindow(other) };
    // An undo has no file to be read: it begins with the comparison.
    const step = job.kind === 'undo' ? 'comparing' : 'unzipping';
    const actions: Action[] = [
      { put: { ...keys.currentImport(organization), importId }, condition: sameFloor },
      {
        update: {
          key: keys.import(organization, importId),
          set: { step, uploadedAt: job.uploadedAt, updatedAt, version: job.version + 1 },
          condition: allOf(versionIs(job.version), attributeIs('status', 'in_progress')),
        },
      },
      ...ousted.map((other) => ({
        update: {
          key: keys.import(organization, other.importId),
          set: { ...end(other), updatedAt, version: other.version + 1 },
          condition: versionIs(other.version),
        },
      })),
    ];
    const [ended] = ousted;
    if (ended === undefined) return table.transact(actions);
    const event = isOpen(ended) ? supersededEvent(ended, job) : failedEvent(ended, applyInterruptedOf(ended));
    await audit.commit(organization, event, actions);
  };

  return {
    get,
    update: (organization, job, patch, event) => update(organization, job, patch, event),
    approve: (organization, job, approval, patch, event) =>
      update(organization, job, patch, event, [
        { put: { ...keys.approval(organization, job.importId), ...approval } },
      ]),
    async reopen({ organization, importId }, job, patch, event) {
      const [holder, newest] = await Promise.all([
        floorHolder(organization),
        list(organization, openLookedAtMax),
      ]);
      const isTaken = holder !== undefined && holder.importId !== importId;
      const wasBegun = newest.some((other) => other.importId !== importId && hasBegunSince(other, job));
      if (isTaken || wasBegun) {
        const message =
          'Another import was begun since. Upload the file again: only what is missing will be changed.';
        throw new MusterError('import_not_resumable', message);
      }
      const mine = anyOf(isAbsent, attributeIs('importId', importId));
      return update(organization, job, patch, event, [
        { put: { ...keys.currentImport(organization), importId }, condition: mine },
      ]);
    },
    select: (organization, job, selection, patch) =>
      update(organization, job, patch, undefined, [
        { put: { ...keys.selection(organization, job.importId), ...selection } },
      ]),
    list,
    async create(organization, job, event) {
      const put = { ...keys.import(organization, job.importId), ...job };
      try {
        if (event === undefined) await table.put(put, isAbsent);
        else await audit.commit(organization, event, [{ put, condition: isAbsent }]);
      } catch (error) {
        if (!(error instanceof ConditionFailed || error instanceof TransactionFailed)) throw error;
        throw new MusterError('conflict', 'There is an import of this id already.', { cause: error });
      }
    },
    async page(organization, { limit, cursor }) {
      const scope: CursorScope = [organization, 'imports'];
      const before = cursor === undefined ? undefined : readCursor(scope, importId, cursor);
      const jobs = await list(organization, limit + 1, before);
      const items = jobs.slice(0, limit);
      const last = jobs.length > limit ? items.at(-1) : undefined;
      return { items, ...(last && { nextCursor: writeCursor(scope, last.importId) }) };
    },
    async open(organization, now) {
      const [holder, newest] = await Promise.all([
        floorHolder(organization),
        list(organization, openLookedAtMax),
      ]);
      const found = new Map([...newest, ...(holder ? [holder] : [])].map((job) => [job.importId, job]));
      return [...found.values()].filter((job) => asOf(job, now).status === 'in_progress');
    },
    async unfinished(organization, now) {
      const [holder, newest] = await Promise.all([floorHolder(organization), list(organization, 1)]);
      return [holder, ...newest].find((job) => job && asOf(job, now).status === 'in_progress');
    },
    async takeFloor(ref, uploadedAt, now) {
      for (let tries = 0; tries < floorTriesMax; tries++) {
        try {
          return await tryTakeFloor(ref, uploadedAt, now);
        } catch (error) {
          // Somebody else moved between reading and writing: look again.
          if (!(error instanceof TransactionFailed || isMusterError(error, 'conflict'))) throw error;
        }
      }
      throw new MusterError('throttled', 'Too many imports arrive at once. Try again in a moment.');
    },
    async leaveFloor(ref) {
      try {
        const mine = attributeIs('importId', ref.importId);
        await table.delete(keys.currentImport(ref.organization), mine);
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
      }
    },
    async addProgress(ref, step, done) {
      await table.update({ key: keys.progress(ref.organization, ref.importId, step), add: { done } });
    },
    async progress(ref, step) {
      const item = await table.get(keys.progress(ref.organization, ref.importId, step));
      return item === undefined ? 0 : parseItem(ProgressItem, item, 'progress').done;
    },
    async approval(ref): Promise<Approval> {
      const item = await table.get(keys.approval(ref.organization, ref.importId), { consistent: true });
      if (item === undefined)
        throw new MusterError('not_found', `The import ${ref.importId} is not approved.`);
      return parseItem(ApprovalItem, item, 'approval');
    },
    async selection(ref) {
      const key = keys.selection(ref.organization, ref.importId);
      const item = await table.get(key, { consistent: true });
      if (item === undefined) throw new MusterError('not_found', 'Nothing is selected in this plan.');
      return parseItem(SelectionItem, item, 'selection');
    },
    async *chunks(ref, part): AsyncIterable<AppliedChunk> {
      const items = table.queryAll({
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: {
          ':pk': keys.importDetail(ref.organization, ref.importId),
          ':prefix': keys.chunkPrefix(part),
        },
        ConsistentRead: true,
      });
      for await (const item of items) yield parseItem(ChunkItem, item, 'chunk');
    },
  };
}

function superseded(ref: ImportRef): MusterError {
  return new MusterError('import_superseded', `The import ${ref.importId} has ended.`);
}

/** What an update leaves alone, or takes away, falls away. */
function withoutAbsent(set: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined && value !== null));
}

/** Whether an import came beyond its upload after another one had ended. */
function hasBegunSince(job: Import, ended: Import): boolean {
  return job.step !== 'awaiting_upload' && job.updatedAt > ended.updatedAt;
}

/** When an import's file arrived, as text that sorts; of two in the same moment the one announced later. */
function arrival(job: Import): string {
  return `${job.uploadedAt ?? job.createdAt}#${job.importId}`;
}
