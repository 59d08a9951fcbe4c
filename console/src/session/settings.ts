import { queryOptions, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api, ifMatch } from '../api/client.ts';
import { isProblemOf } from '../api/problem.ts';
import type { OrganizationPatch } from '../api/schema.ts';
import { queries } from '../app/queries.ts';
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
 * and what is there now is shown.
 */
export function useSettings() {
  const { t } = useTranslation();
  const flash = useFlash();
  const { org } = useOrganization();
  const query = organizationQuery(org);
  const settings = useQuery(query);
  const { queryKey } = query;

  async function save(body: OrganizationPatch): Promise<void> {
    const { version = 0 } = settings.data ?? {};
    const call = { params: { path: { org } }, body, headers: ifMatch(version) };
    try {
      queries.setQueryData(queryKey, await answer(api.PATCH('/api/v1/orgs/{org}', call)));
    } catch (error) {
      if (isProblemOf(error, 'precondition_failed')) await queries.invalidateQueries({ queryKey });
      throw error;
    }
    void queries.invalidateQueries({ queryKey: ['me'] });
    flash.success(t('shell.saved'));
  }
  return { settings, save };
}
