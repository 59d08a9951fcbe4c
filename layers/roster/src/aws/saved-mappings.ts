import * as z from 'zod';
import type { AuditEvent } from '../domain/audit.ts';
import { MusterError } from '../domain/errors.ts';
import { type SavedMapping, savedMappingsMax } from '../domain/mapping.ts';
import type { AuditTrail } from './audit.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import type { Table } from './table.ts';

const Meaning = z.union([z.object({ column: z.string() }), z.object({ drop: z.literal(true) })]);
const MappingItem = z.object({
  mappingId: z.string(),
  /** As pairs: a header may have any name. */
  headers: z.array(z.tuple([z.string(), Meaning])),
  fileName: z.string(),
  savedBy: z.string(),
  savedAt: z.string(),
});

/** The mappings of headers that an organization saved. */
export interface SavedMappingRecords {
  find(organization: string, mappingId: string): Promise<SavedMapping | undefined>;
  /** In the order of their ids. @throws MusterError `invalid_cursor` */
  page(
    organization: string,
    request: { limit: number; cursor?: string | undefined },
  ): Promise<{ items: SavedMapping[]; nextCursor?: string }>;
  /**
   * Keeps a mapping, in place of an earlier one of the same header, in one transaction with its audit entry. Savings
   * in the same moment may exceed the bound by one each.
   * @throws MusterError `too_many_mappings`
   */
  save(organization: string, mapping: SavedMapping, event: AuditEvent): Promise<void>;
  /** @throws MusterError `not_found` */
  delete(organization: string, mappingId: string, event: (was: SavedMapping) => AuditEvent): Promise<void>;
}

/** Saved mappings in the table; what `audit` takes with a change is kept in one transaction with it. */
export function savedMappingRecords(table: Table, audit: Pick<AuditTrail, 'commit'>): SavedMappingRecords {
  const read = (item: Record<string, unknown>): SavedMapping => {
    const { headers, ...rest } = parseItem(MappingItem, item, 'saved mapping');
    return { ...rest, headers: Object.fromEntries(headers) };
  };
  const find = async (organization: string, mappingId: string) => {
    const item = await table.get(keys.savedMapping(organization, mappingId), { consistent: true });
    return item === undefined ? undefined : read(item);
  };
  const ids = async (organization: string): Promise<Set<string>> => {
    const found = new Set<string>();
    const items = table.queryAll({
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': keys.savedMappings(organization) },
      ProjectionExpression: 'sk',
      ConsistentRead: true,
    });
    for await (const { sk } of items) found.add(String(sk));
    return found;
  };
  return {
    find,
    async page(organization, { limit, cursor }) {
      const scope = [organization, 'mappings'] as const;
      const after = cursor === undefined ? '' : readCursor(scope, z.string(), cursor);
      const { items, lastKey } = await table.query({
        KeyConditionExpression: 'pk = :pk AND sk > :after',
        ExpressionAttributeValues: { ':pk': keys.savedMappings(organization), ':after': after || ' ' },
        Limit: limit + 1,
      });
      const mappings = items.slice(0, limit).map(read);
      // A query also ends at 1 MB, which may be before the limit.
      const last = items.length > limit || lastKey ? mappings.at(-1) : undefined;
      return { items: mappings, ...(last && { nextCursor: writeCursor(scope, last.mappingId) }) };
    },
    async save(organization, mapping, event) {
      const known = await ids(organization);
      if (known.size >= savedMappingsMax && !known.has(mapping.mappingId)) {
        throw new MusterError(
          'too_many_mappings',
          `The organization keeps ${savedMappingsMax} mappings already. Delete one, or go on without saving.`,
        );
      }
      const item = { ...mapping, headers: Object.entries(mapping.headers) };
      await audit.commit(organization, event, [
        { put: { ...keys.savedMapping(organization, mapping.mappingId), ...item } },
      ]);
    },
    async delete(organization, mappingId, event) {
      const was = await find(organization, mappingId);
      if (was === undefined) throw new MusterError('not_found', `There is no saved mapping ${mappingId}.`);
      await audit.commit(organization, event(was), [{ delete: keys.savedMapping(organization, mappingId) }]);
    },
  };
}
