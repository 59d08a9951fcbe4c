import { queryOptions, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api, ifMatch } from '../api/client.ts';
import { isProblemOf } from '../api/problem.ts';
import type { Organization, OrganizationPatch } from '../api/schema.ts';
import { keepAnswer, queries } from '../app/queries.ts';
import { useFlash } from '../parts/flash.tsx';
import { useOrganization } from './me.ts';

/** The organization with its settings. */
export function organizationQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'organization'],
    queryFn: () => answer(api.GET('/api/v1/orgs/{org}', { params: { path: { org } } })),
  });
}

/**
 * The organization with its settings, and how to change some of them. A change that meets somebody else's is refused,
 * and what is there now is read.
 */
export function useSettings() {
  const { t } = useTranslation();
  const flash = useFlash();
  const { org } = useOrganization();
  const query = organizationQuery(org);
  const settings = useQuery(query);
  const { queryKey } = query;

  const send = ({ version }: Organization, body: OrganizationPatch) =>
    answer(api.PATCH('/api/v1/orgs/{org}', { params: { path: { org } }, body, headers: ifMatch(version) }));

  /** `isUntouched` tells whether what is changed here is still as it was in `base`: then it goes on top of the rest. */
  async function save(
    body: OrganizationPatch,
    base: Organization,
    isUntouched: (now: Organization) => boolean,
  ): Promise<Organization> {
    const saved = await send(base, body).catch(async (error) => {
      if (!isProblemOf(error, 'precondition_failed')) throw error;
      const now = await queries.fetchQuery({ ...query, staleTime: 0 });
      if (!isUntouched(now)) throw error;
      return send(now, body);
    });
    await keepAnswer(queryKey, saved);
    void queries.invalidateQueries({ queryKey: ['me'] });
    flash.success(t('shell.saved'));
    return saved;
  }
  return { settings, save };
}
