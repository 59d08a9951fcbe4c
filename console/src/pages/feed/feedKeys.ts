import { queryOptions } from '@tanstack/react-query';
import { answer, api } from '../../api/client.ts';
import { queries } from '../../app/queries.ts';

/** The keys of an organization's feed, which are few. */
export function feedKeysQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'feed', 'keys'],
    queryFn: () => answer(api.GET('/api/v1/orgs/{org}/feed/keys', { params: { path: { org } } })),
  });
}

export function rereadFeedKeys(org: string): Promise<void> {
  return queries.invalidateQueries(feedKeysQuery(org));
}
