import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { Level } from 'roster/domain/permissions';
import { answer, api } from '../../api/client.ts';
import type { Administrator } from '../../api/schema.ts';

/** Levels above `member`, the highest first. */
export const levels = [
  'owner',
  'securityAdministrator',
  'administrator',
  'coordinator',
  'auditor',
] as const satisfies readonly Level[];
export type AdministratorLevel = (typeof levels)[number];

interface Asked {
  level?: AdministratorLevel | undefined;
  limit?: number;
  cursor?: string | undefined;
}

function readPage(org: string, { level, limit = 50, cursor }: Asked, signal: AbortSignal) {
  const query = { limit, ...(level && { level }), ...(cursor && { cursor }) };
  return answer(api.GET('/api/v1/orgs/{org}/administrators', { params: { path: { org }, query }, signal }));
}

/** All who administer an organization, for one to be chosen from them. */
export function everyAdministratorQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'administrators', 'every'],
    async queryFn({ signal }) {
      const every: Administrator[] = [];
      let cursor: string | undefined;
      do {
        const page = await readPage(org, { limit: 200, cursor }, signal);
        every.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      return every;
    },
    staleTime: 0,
  });
}

/** A page of those who administer an organization. */
export function administratorsQuery(org: string, asked: Pick<Asked, 'level' | 'cursor'>) {
  return queryOptions({
    queryKey: [org, 'administrators', asked.level, asked.cursor],
    queryFn: ({ signal }) => readPage(org, asked, signal),
    placeholderData: keepPreviousData,
    // Levels change on another page, from which one comes back here.
    staleTime: 0,
  });
}
