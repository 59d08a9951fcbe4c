/** Exports of rosters in the table: their records. What they gather and write lies in a bucket. */
import * as z from 'zod';
import { MemberFilterInput } from '../domain/api.ts';
import type { AuditEvent } from '../domain/audit.ts';
import { MusterError } from '../domain/errors.ts';
import { exportFormats, exportPresets, type RosterExport } from '../domain/export.ts';
import { ImportStatus } from '../domain/import.ts';
import type { AuditTrail } from './audit.ts';
import { type CursorScope, readCursor, writeCursor } from './cursor.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import { type Action, isAbsent, type Table, TransactionFailed, versionIs } from './table.ts';

/** A page of exports, newest first. */
export interface ExportPage {
  items: RosterExport[];
  nextCursor?: string;
}

/** Which exports to list: those of one account only, where it is given. */
export interface ExportQuery {
  limit: number;
  cursor?: string | undefined;
  account?: string | undefined;
}

/** The records of exports. A change takes the record as it is to be, one version after the one that was seen. */
export interface ExportRecords {
  create(organization: string, job: RosterExport, event: AuditEvent): Promise<void>;
  /** @throws MusterError `not_found` */
  get(organization: string, exportId: string): Promise<RosterExport>;
  /**
   * Those of one account come in pages that may be short, even empty, and still have a `nextCursor`.
   * @throws MusterError `invalid_cursor`
   */
  page(organization: string, query: ExportQuery): Promise<ExportPage>;
  /** The newest ones before an id, for a list of jobs of all kinds. */
  before(organization: string, limit: number, exportId?: string): Promise<RosterExport[]>;
  /** @throws MusterError `conflict` if it was changed meanwhile */
  update(organization: string, next: RosterExport, event?: AuditEvent): Promise<void>;
}

const count = z.int().min(0);
const ExportItem = z.object({
  exportId: z.string(),
  format: z.enum(exportFormats),
  preset: z.enum(exportPresets),
  columns: z.array(z.string()),
  includeEmails: z.boolean(),
  includePhones: z.boolean(),
  byteOrderMark: z.boolean(),
  filter: MemberFilterInput.optional(),
  status: ImportStatus,
  schemaVersion: z.int(),
  acting: z.object({
    account: z.string(),
    login: z.string(),
    address: z.string().optional(),
    via: z.string().optional(),
  }),
  parts: count,
  gathered: count,
  progress: z.object({ done: count, total: count }),
  fileName: z.string(),
  rows: count.optional(),
  bytes: count.optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  createdBy: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  endedAt: z.string().optional(),
  expiresAt: z.string().optional(),
  version: z.int().min(1),
});

const exportIdLength = z.string().length(26);

/** Opens the records over the table. */
export function exportRecords(table: Table, audit: Pick<AuditTrail, 'commitAll'>): ExportRecords {
  const commit = async (organization: string, action: Action, event?: AuditEvent): Promise<void> => {
    try {
      await audit.commitAll(organization, event === undefined ? [] : [event], [action]);
    } catch (error) {
      if (!(error instanceof TransactionFailed)) throw error;
      throw new MusterError('conflict', 'The export was changed meanwhile. Look at it again.', {
        cause: error,
      });
    }
  };

  const read = async (organization: string, limit: number, before?: string) => {
    const page = await table.query({
      KeyConditionExpression: before === undefined ? 'pk = :pk' : 'pk = :pk AND sk < :before',
      ExpressionAttributeValues: {
        ':pk': keys.exports(organization),
        ...(before !== undefined && { ':before': before }),
      },
      ScanIndexForward: false,
      ConsistentRead: true,
      Limit: limit,
    });
    return {
      items: page.items.map((item) => parseItem(ExportItem, item, 'export')),
      isLast: page.lastKey === undefined,
    };
  };

  return {
    create(organization, job, event) {
      const put = { ...keys.export(organization, job.exportId), ...job };
      return commit(organization, { put, condition: isAbsent }, event);
    },

    async get(organization, exportId) {
      const item = await table.get(keys.export(organization, exportId), { consistent: true });
      if (item === undefined) throw new MusterError('not_found', 'There is no such export.');
      return parseItem(ExportItem, item, 'export');
    },

    async page(organization, { limit, cursor, account }) {
      const scope: CursorScope = [organization, 'exports', account];
      const before = cursor === undefined ? undefined : readCursor(scope, exportIdLength, cursor);
      const { items, isLast } = await read(organization, limit, before);
      const last = isLast ? undefined : items.at(-1);
      return {
        items: items.filter(({ acting }) => account === undefined || acting.account === account),
        ...(last && { nextCursor: writeCursor(scope, last.exportId) }),
      };
    },

    before: async (organization, limit, exportId) => (await read(organization, limit, exportId)).items,

    update(organization, next, event) {
      const put = { ...keys.export(organization, next.exportId), ...next };
      return commit(organization, { put, condition: versionIs(next.version - 1) }, event);
    },
  };
}
