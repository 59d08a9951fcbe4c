/** What the pages of members read. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { answer, api } from '../../api/client.ts';
import type { Member, MemberDetails, MemberFilter, MemberList } from '../../api/schema.ts';
import { keepAnswer, queries } from '../../app/queries.ts';
import { useOrganization } from '../../session/me.ts';
import type { MemberSort } from './view.ts';

const keys = {
  list: (org: string) => [org, 'members', 'list'],
  summary: (org: string) => [org, 'members', 'summary'],
  one: (org: string, memberId: string) => [org, 'members', 'one', memberId],
};

/** A page of the roster. While another one is fetched the last one stays. */
export function useMemberList(given: {
  filter: MemberFilter;
  sort: MemberSort;
  limit: number;
  cursor?: string;
}) {
  const { org } = useOrganization();
  const { filter, ...query } = given;
  return useQuery({
    queryKey: [...keys.list(org), given],
    queryFn: ({ signal }) => {
      const params = { path: { org }, query: { ...query, ...filter } };
      return answer(api.GET('/api/v1/orgs/{org}/members', { params, signal }));
    },
    placeholderData: keepPreviousData,
  });
}

export function useSummary() {
  const { org, may, level } = useOrganization();
  return useQuery({
    queryKey: keys.summary(org),
    queryFn: () => answer(api.GET('/api/v1/orgs/{org}/members/summary', { params: { path: { org } } })),
    // A coordinator sees the own departments only, and not how many the others are.
    enabled: may('members.read') && level !== 'coordinator',
  });
}

export function useMember(memberId: string) {
  const { org } = useOrganization();
  return useQuery({
    queryKey: keys.one(org, memberId),
    queryFn: () =>
      answer(api.GET('/api/v1/orgs/{org}/members/{memberId}', { params: { path: { org, memberId } } })),
  });
}

export function useSchema() {
  const { org } = useOrganization();
  return useQuery({
    queryKey: [org, 'schema'],
    queryFn: () => answer(api.GET('/api/v1/orgs/{org}/schema', { params: { path: { org } } })),
    staleTime: 60_000,
  });
}

export function useDepartments() {
  const { org } = useOrganization();
  return useQuery({
    queryKey: [org, 'departments'],
    queryFn: () => answer(api.GET('/api/v1/orgs/{org}/departments', { params: { path: { org } } })),
    staleTime: 30_000,
  });
}

export function useRoles() {
  const { org } = useOrganization();
  return useQuery({
    queryKey: [org, 'roles'],
    queryFn: () => answer(api.GET('/api/v1/orgs/{org}/roles', { params: { path: { org } } })),
    staleTime: 30_000,
  });
}

/**
 * Sends one more round of a member's invitation, or makes a link of it, and shows the member as it is then. `link` is whole,
 * and absent where it was mailed.
 */
export async function inviteMember(
  org: string,
  memberId: string,
  method: 'link' | 'email',
): Promise<{ link?: string; expiresAt: string }> {
  const call = { params: { path: { org, memberId } }, body: { method } };
  const { url, expiresAt, member } = await answer(
    api.POST('/api/v1/orgs/{org}/members/{memberId}/invite', call),
  );
  await showMember(org, member);
  return { expiresAt, ...(url !== undefined && { link: new URL(url, location.origin).href }) };
}

/** Shows a member as a call just answered it, everywhere and at once, and reads the lists again behind it. */
export async function showMember(org: string, details: MemberDetails): Promise<void> {
  const { memberId } = details;
  await keepAnswer(keys.one(org, memberId), details);
  const replaced = (member: Member) => (member.memberId === memberId ? { ...member, ...details } : member);
  queries.setQueriesData<MemberList>({ queryKey: keys.list(org) }, (list) =>
    list && 'items' in list ? { ...list, items: list.items.map(replaced) } : list,
  );
  void rereadMembers(org);
}

/** Reads lists and counts anew. */
export async function rereadMembers(org: string): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: keys.list(org) }),
    queries.invalidateQueries({ queryKey: keys.summary(org) }),
    queries.invalidateQueries({ queryKey: [org, 'departments'] }),
  ]);
}

/** Reads one member anew, after somebody else changed it. */
export function rereadMember(org: string, memberId: string): Promise<void> {
  return queries.invalidateQueries({ queryKey: keys.one(org, memberId) });
}

/** Forgets a member that was removed. */
export function forgetMember(org: string, memberId: string): void {
  queries.removeQueries({ queryKey: keys.one(org, memberId) });
  void rereadMembers(org);
}
