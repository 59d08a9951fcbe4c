import type { AuditEntry as ChainEntry } from 'roster/domain/audit';
import { answer, api } from '../../api/client.ts';
import type { paths } from '../../api/schema.ts';

type AuditQuery = NonNullable<paths['/api/v1/orgs/{org}/audit']['get']['parameters']['query']>;
/** Which entries are meant: as the page's filters say it. */
export type AuditFilter = Pick<AuditQuery, 'subject' | 'action' | 'from' | 'to'>;

/** The most that the API gives at once. */
const pageSize = 200;

interface Reading {
  signal: AbortSignal;
  /** How many were read so far. */
  onRead: (entries: number) => void;
}

/** All entries that a filter lets through, the oldest first, a page at a time. */
export async function* auditPages(
  org: string,
  filter: AuditFilter,
  { signal, onRead }: Reading,
): AsyncGenerator<ChainEntry[]> {
  let cursor: string | undefined;
  let read = 0;
  do {
    const query: AuditQuery = { ...filter, sort: 'time', limit: pageSize, ...(cursor && { cursor }) };
    const call = { params: { path: { org }, query }, signal };
    const { items, nextCursor } = await answer(api.GET('/api/v1/orgs/{org}/audit', call));
    read += items.length;
    onRead(read);
    yield items as ChainEntry[];
    cursor = nextCursor;
  } while (cursor !== undefined);
}
