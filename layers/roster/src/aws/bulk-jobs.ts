/** Jobs on many members in the table: the record, its chunks of members, and what became of each. */
import * as z from 'zod';
import { MemberFilterInput } from '../domain/api.ts';
import type { AuditEvent } from '../domain/audit.ts';
import {
  advanced,
  type BulkJob,
  type BulkOutcome,
  type BulkResult,
  bulkJobActions,
  bulkJobStates,
  bulkOutcomes,
  type ChunkMember,
} from '../domain/bulk-job.ts';
import { MusterError } from '../domain/errors.ts';
import { disabledByValues, MemberState } from '../domain/member.ts';
import type { AuditTrail } from './audit.ts';
import { batchOf, type PlannedMember } from './bulk-batch.ts';
import { type CursorScope, readCursor, writeCursor } from './cursor.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import { type Action, type Item, isAbsent, type Table, TransactionFailed, versionIs } from './table.ts';

export type { PlannedMember } from './bulk-batch.ts';

/** A page of a list; `nextCursor` is absent on the last one. */
export interface BulkPage<T> {
  items: T[];
  nextCursor?: string;
}

/**
 * The records of jobs. A change takes the job as it is to be, one version after the one that was seen.
 * @throws MusterError `conflict` from each of them if the job was changed meanwhile
 */
export interface BulkJobRecords {
  /** Stores a new job with the chunks that are known, and marks the one that it undoes, all or nothing. */
  create(
    organization: string,
    job: BulkJob,
    chunks: readonly (readonly ChunkMember[])[],
    event: AuditEvent,
    undone?: BulkJob,
  ): Promise<void>;
  /** @throws MusterError `not_found` */
  get(organization: string, jobId: string): Promise<BulkJob>;
  /** The newest ones before an id, for a list of jobs of all kinds. */
  before(organization: string, limit: number, jobId?: string): Promise<BulkJob[]>;
  update(organization: string, next: BulkJob, event?: AuditEvent): Promise<void>;
  /** Stores the members just collected, if there are any, as the chunk before `next.chunks`. */
  addChunk(organization: string, next: BulkJob, members: readonly ChunkMember[]): Promise<void>;
  chunk(organization: string, jobId: string, chunk: number): Promise<ChunkMember[]>;
  /**
   * Does what is planned for the members at the job's position, as many as fit into one transaction together with
   * their audit entries, their results and the job's new position.
   * @returns the job afterwards; undefined if a member was changed since it was planned, and nothing was written
   */
  apply(
    organization: string,
    job: BulkJob,
    planned: readonly PlannedMember[],
    step: { chunkMembers: number; at: string },
  ): Promise<BulkJob | undefined>;
  /**
   * Results in the order of the work. A page may be short, even empty, and still have a `nextCursor`: it reads at
   * most {@link resultItemsMax} items.
   * @throws MusterError `invalid_cursor`
   */
  results(
    organization: string,
    jobId: string,
    request: { limit: number; cursor?: string | undefined; outcome?: BulkOutcome | undefined },
  ): Promise<BulkPage<BulkResult>>;
}

const count = z.int().min(0);
const Earlier = z.object({ state: MemberState, disabledBy: z.enum(disabledByValues).optional() });
const JobItem = z.object({
  jobId: z.string(),
  action: z.enum(bulkJobActions),
  selection: z.union([
    z.strictObject({ ids: count }),
    z.strictObject({ filter: MemberFilterInput }),
    z.strictObject({ all: z.literal(true) }),
    z.strictObject({ undoOf: z.string() }),
  ]),
  state: z.enum(bulkJobStates),
  counts: z.object({ matched: count, done: count, unchanged: count, failed: count, kept: count }),
  acting: z.object({
    account: z.string(),
    login: z.string(),
    address: z.string().optional(),
    via: z.string().optional(),
  }),
  holdConfirmed: z.boolean(),
  onlyNew: z.boolean().optional(),
  isCollected: z.boolean(),
  chunks: count,
  cursor: z.string().optional(),
  behind: z.boolean().optional(),
  position: z.object({ chunk: count, offset: count }),
  toFollow: z.array(z.string()),
  toMail: z.array(z.string()).default([]),
  undoneBy: z.string().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  createdBy: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  endedAt: z.string().optional(),
  version: z.int().min(1),
});
const ChunkItem = z.object({
  members: z.array(z.object({ id: z.string(), restore: Earlier.extend({ version: z.int() }).optional() })),
});
const ResultItem = z.object({
  sk: z.string(),
  results: z.array(
    z.object({
      id: z.string(),
      outcome: z.enum(bulkOutcomes),
      code: z.string().optional(),
      message: z.string().optional(),
      left: z.object({ version: z.int(), from: Earlier }).optional(),
    }),
  ),
});

/** A place in the results: in this item, after so many of its results. */
const ResultPlace = z.strictObject({
  sk: z.string().startsWith(keys.bulkResultPrefix).max(50),
  after: count,
});
/** How many items of results one page reads, of at most 24 results each. */
export const resultItemsMax = 50;

/** The job and its results are written beside the members. */
const reservedActions = 2;

/** Opens the records over the table. */
export function bulkJobRecords(
  table: Table,
  audit: Pick<AuditTrail, 'commit' | 'commitAll'>,
): BulkJobRecords {
  const commit = async (organization: string, actions: Action[], event?: AuditEvent): Promise<void> => {
    try {
      await audit.commitAll(organization, event === undefined ? [] : [event], actions);
    } catch (error) {
      if (!(error instanceof TransactionFailed)) throw error;
      throw changedMeanwhile(error);
    }
  };

  return {
    async create(organization, job, chunks, event, undone) {
      const chunkPuts = chunks.map((members, number) => chunkPut(organization, job.jobId, number, members));
      const key = keys.bulkJob(organization, job.jobId);
      const made = { put: { ...key, ...job }, condition: isAbsent };
      const marked = undone === undefined ? [] : [nextPut(organization, undone)];
      await commit(organization, [made, ...chunkPuts, ...marked], event);
    },

    async get(organization, jobId) {
      const item = await table.get(keys.bulkJob(organization, jobId), { consistent: true });
      if (item === undefined) throw new MusterError('not_found', 'There is no such job.');
      return parseItem(JobItem, item, 'job');
    },

    async before(organization, limit, before) {
      const page = await table.query({
        KeyConditionExpression: before === undefined ? 'pk = :pk' : 'pk = :pk AND sk < :before',
        ExpressionAttributeValues: {
          ':pk': keys.bulkJobs(organization),
          ...(before !== undefined && { ':before': before }),
        },
        ScanIndexForward: false,
        ConsistentRead: true,
        Limit: limit,
      });
      return page.items.map((item) => parseItem(JobItem, item, 'job'));
    },

    update: (organization, next, event) => commit(organization, [nextPut(organization, next)], event),

    addChunk(organization, next, members) {
      const puts = members.length === 0 ? [] : [chunkPut(organization, next.jobId, next.chunks - 1, members)];
      return commit(organization, [nextPut(organization, next), ...puts]);
    },

    async chunk(organization, jobId, chunk) {
      const item = await table.get(keys.bulkChunk(organization, jobId, chunk), { consistent: true });
      if (item === undefined) throw new MusterError('corrupt_item', 'A chunk of a job is missing.');
      return parseItem(ChunkItem, item, 'chunk of a job').members;
    },

    async apply(organization, job, planned, { chunkMembers, at }) {
      const { chunk, offset } = job.position;
      const batch = batchOf(organization, planned, { reserved: reservedActions, slot: chunk });
      const results = batch.members.map(({ result }) => result);
      const toFollow = batch.members.flatMap(({ account }) => account ?? []);
      const next = advanced(job, { results, chunkMembers, toFollow }, at);
      const key = keys.bulkResult(organization, job.jobId, chunk, offset);
      const own: Action[] = [nextPut(organization, next), { put: { ...key, results }, condition: isAbsent }];
      try {
        await audit.commitAll(organization, batch.events, [...own, ...batch.actions]);
        return next;
      } catch (error) {
        if (!(error instanceof TransactionFailed)) throw error;
        if (error.failedAt(0) || error.failedAt(1)) throw changedMeanwhile(error);
        return undefined;
      }
    },

    async results(organization, jobId, { limit, cursor, outcome }) {
      const scope: CursorScope = [organization, 'job', jobId, outcome];
      const start = cursor === undefined ? undefined : readCursor(scope, ResultPlace, cursor);
      const page = await table.query({
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':pk': keys.bulkResults(organization, jobId),
          ':from': start?.sk ?? keys.bulkResultPrefix,
          ':to': `${keys.bulkResultPrefix}~`,
        },
        ConsistentRead: true,
        Limit: resultItemsMax,
      });
      const { items, next } = resultsFrom(page.items, { start, limit, outcome, isLast: !page.lastKey });
      return { items, ...(next && { nextCursor: writeCursor(scope, next) }) };
    },
  };
}

/** Takes results from the items read, up to the limit, and says where the next page begins, if there is more. */
function resultsFrom(
  read: readonly Item[],
  request: {
    start: z.infer<typeof ResultPlace> | undefined;
    limit: number;
    outcome: BulkOutcome | undefined;
    isLast: boolean;
  },
): { items: BulkResult[]; next?: z.infer<typeof ResultPlace> } {
  const items: BulkResult[] = [];
  let place: z.infer<typeof ResultPlace> | undefined;
  for (const { sk, results } of read.map((item) => parseItem(ResultItem, item, 'result of a job'))) {
    const from = sk === request.start?.sk ? request.start.after : 0;
    for (const [index, result] of results.entries()) {
      if (index < from) continue;
      if (items.length === request.limit) return { items, next: { sk, after: index } };
      if (request.outcome === undefined || result.outcome === request.outcome) items.push(result);
    }
    place = { sk, after: results.length };
  }
  return { items, ...(!request.isLast && place && { next: place }) };
}

/** The job as it is to be, on condition that it is as it was seen. */
function nextPut(organization: string, next: BulkJob): Action {
  const key = keys.bulkJob(organization, next.jobId);
  return { put: { ...key, ...next }, condition: versionIs(next.version - 1) };
}

function chunkPut(
  organization: string,
  jobId: string,
  chunk: number,
  members: readonly ChunkMember[],
): Action {
  return { put: { ...keys.bulkChunk(organization, jobId, chunk), members } };
}

function changedMeanwhile(cause: unknown): MusterError {
  return new MusterError('conflict', 'The job was changed meanwhile. Look at it again.', { cause });
}
