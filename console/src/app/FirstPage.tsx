import { Navigate } from 'react-router';
import { areas } from '../pages/areas.ts';
import { useMe, useOrganization } from '../session/me.ts';
import { NoMembership, NothingForYou } from './messages.tsx';

const kept = 'muster.organization';

/** `/`: the organization that was looked at last, or the first one. */
export function FirstOrganization() {
  const { memberships } = useMe();
  const last = memberships.find(({ organization }) => organization === localStorage.getItem(kept));
  const { organization } = last ?? memberships[0] ?? {};
  if (organization === undefined) return <NoMembership />;
  return <Navigate to={`/orgs/${organization}`} replace />;
}

/** `/orgs/<org>`: the first page there that this person may open. */
export function FirstPage() {
  const { org, may } = useOrganization();
  localStorage.setItem(kept, org);
  const link = areas.flatMap(({ links }) => links).find(({ needs }) => may(needs));
  return link ? <Navigate to={`/orgs/${org}/${link.path}`} replace /> : <NothingForYou />;
}
