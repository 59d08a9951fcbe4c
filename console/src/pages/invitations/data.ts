/** What the pages of invitations read and send. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { answer, api } from '../../api/client.ts';
import type { paths } from '../../api/schema.ts';
import { queries } from '../../app/queries.ts';
import { useOrganization } from '../../session/me.ts';

export type InvitationQuery = NonNullable<
  paths['/api/v1/orgs/{org}/invitations']['get']['parameters']['query']
>;

/** A page of those who have not joined. While another one is fetched the last one stays. */
export function useInvitations(query: InvitationQuery) {
  const { org } = useOrganization();
  return useQuery({
    queryKey: [org, 'invitations', 'list', query],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/orgs/{org}/invitations', { params: { path: { org }, query }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** How many would be mailed by a round to everybody who has not joined. */
export function useSendAllPreview() {
  const { org } = useOrganization();
  const body = { action: 'invite', filter: { status: 'not_joined' }, dryRun: true } as const;
  return useQuery({
    queryKey: [org, 'invitations', 'all'],
    queryFn: () => answer(api.POST('/api/v1/orgs/{org}/members/bulk', { params: { path: { org } }, body })),
    gcTime: 0,
    staleTime: 0,
  });
}

/** Who gets a reminder next. */
export function usePlannedReminders() {
  const { org } = useOrganization();
  const params = { path: { org }, query: { limit: 50 } };
  return useQuery({
    queryKey: [org, 'invitations', 'reminders'],
    queryFn: () => answer(api.GET('/api/v1/orgs/{org}/invitations/reminders', { params })),
  });
}

export function rereadInvitations(org: string): Promise<void> {
  return queries.invalidateQueries({ queryKey: [org, 'invitations'] });
}
