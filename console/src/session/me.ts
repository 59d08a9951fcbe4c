import { useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import type { Permission } from 'roster/domain/permissions';
import { answer, api } from '../api/client.ts';
import type { Me } from '../api/schema.ts';

export type Membership = Me['memberships'][number];

export const meQuery = {
  queryKey: ['me'],
  queryFn: () => answer(api.GET('/api/v1/me')),
  staleTime: 60_000,
};

/** The account that is signed in, with its memberships. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

/** What pages need to know of the organization that their path names. */
export interface CurrentOrganization extends Membership {
  /** Its id, as in paths of the API. */
  org: string;
  may(permission: Permission): boolean;
}

/** The organization of the path; undefined where the account has no membership in it. */
export function useOptionalOrganization(): CurrentOrganization | undefined {
  const { org } = useParams();
  const membership = useMe().memberships.find(({ organization }) => organization === org);
  if (membership === undefined) return undefined;
  const { organization, permissions } = membership;
  return {
    ...membership,
    org: organization,
    may: (permission) => permissions.includes(permission) && !isOff(membership, permission),
  };
}

/** What is switched off in an organization is not shown (S2.6). */
const ofFiles: readonly Permission[] = ['imports.read', 'imports.write', 'members.export'];

function isOff({ features }: Membership, permission: Permission): boolean {
  return !features.importExport && ofFiles.includes(permission);
}

/** The organization of the path, on pages within one. */
export function useOrganization(): CurrentOrganization {
  const organization = useOptionalOrganization();
  if (organization === undefined) throw new Error('This page is not within an organization.');
  return organization;
}
