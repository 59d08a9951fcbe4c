import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answer, api } from '../../api/client.ts';
import type { Export, Job } from '../../api/schema.ts';

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

/** Whether a job goes on by itself. */
export function isMoving(job: Job): boolean {
  return job.status === 'in_progress' && !(job.kind === 'import' && job.waitsFor !== undefined);
}
