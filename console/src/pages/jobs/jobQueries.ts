import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answer, api } from '../../api/client.ts';
import type { BulkJob, BulkResult, Export, Job } from '../../api/schema.ts';

const movingMs = 1_500;
const restingMs = 20_000;

interface Asked {
  org: string;
  cursor: string | undefined;
  /** Whoever sees a part of the roster sees the own exports only. */
  exportsOnly: boolean;
}

/** The jobs of all kinds, asked for often while one moves. */
export function jobsQuery({ org, cursor, exportsOnly }: Asked) {
  const query = { limit: 25, ...(cursor && { cursor }) };
  return queryOptions({
    queryKey: [org, 'jobs', exportsOnly, cursor],
    queryFn: async (): Promise<{ items: Job[]; nextCursor?: string | undefined }> => {
      const params = { path: { org }, query };
      if (!exportsOnly) return answer(api.GET('/api/v1/orgs/{org}/jobs', { params }));
      const { items, nextCursor } = await answer(api.GET('/api/v1/orgs/{org}/exports', { params }));
      return { items: items.map(asJob), nextCursor };
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.items.some(isMoving) ? movingMs : restingMs),
  });
}

export type ExportJob = Extract<Job, { kind: 'export' }>;

function asJob(one: Export): ExportJob {
  return { ...one, kind: 'export', jobId: one.exportId };
}

/** One job on many members. */
export function bulkJobQuery(org: string, jobId: string) {
  return queryOptions({
    queryKey: [org, 'jobs', 'one', jobId],
    queryFn: () => answer(api.GET('/api/v1/orgs/{org}/jobs/{jobId}', { params: { path: { org, jobId } } })),
    refetchInterval: ({ state }) => (state.data && isOpen(state.data) ? movingMs : restingMs),
  });
}

interface ResultsAsked {
  outcome: BulkResult['outcome'] | undefined;
  cursor: string | undefined;
}

/** What became of each member in a job; read again as the job goes on. */
export function bulkResultsQuery(
  org: string,
  { jobId, updatedAt }: BulkJob,
  { outcome, cursor }: ResultsAsked,
) {
  const query = { limit: 25, ...(outcome && { outcome }), ...(cursor && { cursor }) };
  return queryOptions({
    queryKey: [org, 'jobs', 'one', jobId, 'results', query, updatedAt],
    queryFn: () =>
      answer(api.GET('/api/v1/orgs/{org}/jobs/{jobId}/results', { params: { path: { org, jobId }, query } })),
    placeholderData: keepPreviousData,
  });
}

/** Whether a job on many members has something left to do by itself. */
export function isOpen({ state }: BulkJob): boolean {
  return state === 'collecting' || state === 'running';
}

/** Whether a job goes on by itself. */
export function isMoving(job: Job): boolean {
  return job.status === 'in_progress' && !(job.kind === 'import' && job.waitsFor !== undefined);
}
