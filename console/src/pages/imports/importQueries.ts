import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { answer, api } from '../../api/client.ts';
import type { Import } from '../../api/schema.ts';
import { keepAnswer, queries } from '../../app/queries.ts';

const soonMs = 400;
const lateMs = 5_000;
/** How often to look whether somebody else did what the import waits for. */
const waitingMs = 10_000;

interface Moved {
  looks: string;
  sinceMs: number;
}

/** One import, asked for again as long as it moves: the longer nothing happened, the less often. */
export function useImport(org: string, importId: string) {
  const moved = useRef<Moved>({ looks: '', sinceMs: 0 });
  return useQuery({
    ...importQuery(org, importId),
    refetchInterval: ({ state }) => nextLookMs(state.data, moved.current),
  });
}

export function importQuery(org: string, importId: string) {
  return queryOptions({
    queryKey: [org, 'imports', importId],
    queryFn: () =>
      answer(api.GET('/api/v1/orgs/{org}/imports/{importId}', { params: { path: { org, importId } } })),
    staleTime: 0,
  });
}

function nextLookMs(job: Import | undefined, moved: Moved): number | false {
  if (job === undefined || job.status !== 'in_progress') return false;
  if (job.waitsFor !== undefined && job.waitsFor !== 'upload') return waitingMs;
  const looks = JSON.stringify([job.step, job.progress, job.updatedAt]);
  if (moved.looks !== looks) Object.assign(moved, { looks, sinceMs: Date.now() });
  return Math.min(lateMs, Math.max(soonMs, (Date.now() - moved.sinceMs) / 4));
}

/** The import that has not ended, if there is one (S1.14). */
export function unfinishedQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'imports', 'unfinished'],
    queryFn: () => answer(api.GET('/api/v1/orgs/{org}/imports/unfinished', { params: { path: { org } } })),
    refetchInterval: 20_000,
  });
}

export function historyQuery(org: string, cursor: string | undefined) {
  return queryOptions({
    queryKey: [org, 'imports', 'history', cursor],
    queryFn: () =>
      answer(
        api.GET('/api/v1/orgs/{org}/imports', {
          params: { path: { org }, query: { limit: 25, ...(cursor && { cursor }) } },
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

export type ChangeKind = NonNullable<Import['approval']>['kinds'][number];

export interface ChangesAsked {
  org: string;
  importId: string;
  kind: ChangeKind | undefined;
  /** A text in the identifier or in a value. */
  q: string;
  cursor: string | undefined;
}

export function changesQuery({ org, importId, kind, q, cursor }: ChangesAsked) {
  const page = (from: string | undefined) =>
    answer(
      api.GET('/api/v1/orgs/{org}/imports/{importId}/changes', {
        params: {
          path: { org, importId },
          query: { limit: 50, ...(kind && { kind }), ...(q && { q }), ...(from && { cursor: from }) },
        },
      }),
    );
  return queryOptions({
    queryKey: [org, 'imports', importId, 'changes', kind, q, cursor],
    queryFn: async ({ signal }) => {
      let found = await page(cursor);
      // A search looks through a part of a large plan at a time, and may find nothing there.
      while (found.items.length === 0 && found.nextCursor !== undefined && !signal.aborted) {
        found = await page(found.nextCursor);
      }
      return found;
    },
    placeholderData: keepPreviousData,
  });
}

export function rejectsQuery(org: string, importId: string, cursor: string | undefined) {
  return queryOptions({
    queryKey: [org, 'imports', importId, 'rejects', cursor],
    queryFn: () =>
      answer(
        api.GET('/api/v1/orgs/{org}/imports/{importId}/rejects', {
          params: { path: { org, importId }, query: { limit: 50, ...(cursor && { cursor }) } },
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** Shows what a call answered about an import, and not what was asked before; lists are read anew. */
export async function keepImport(org: string, job: Import): Promise<void> {
  await keepAnswer(importQuery(org, job.importId).queryKey, job);
  void queries.invalidateQueries({ queryKey: [org, 'imports', 'unfinished'] });
  void queries.invalidateQueries({ queryKey: [org, 'imports', 'history'] });
}
