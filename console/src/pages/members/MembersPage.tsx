import Button from '@cloudscape-design/components/button';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { lazy, Suspense, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { useAddress, withValue } from '../../parts/address.ts';
import { useFollow } from '../../parts/follow.ts';
import { Page } from '../../parts/Page.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { DepartmentTree } from './DepartmentTree.tsx';
import { useSummary } from './data.ts';
import { MemberTable } from './MemberTable.tsx';

import './members.css';

// Opened by few clicks, and with a form of every kind of value in it.
const MemberPanel = lazy(() => import('./MemberPanel.tsx'));

const isRoomy = matchMedia('(min-width: 1100px)').matches;

/** The roster: found, looked at, changed. */
export default function MembersPage() {
  const { t } = useTranslation();
  const follow = useFollow();
  const { org, may } = useOrganization();
  const [search, setSearch] = useAddress();
  const set = useCallback(
    (name: string, value: string | undefined) => setSearch((before) => withValue(before, name, value)),
    [setSearch],
  );
  const closePanel = useCallback(() => set('member', undefined), [set]);
  const open = search.get('member');
  return (
    <Page
      title={t('members.title')}
      description={<Counts />}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          {may('members.export') && (
            // Those whom the list shows are exported (S0.20).
            <Button href={`/orgs/${org}/exports/new?${search}`} onFollow={follow}>
              {t('jobs.exportTitle')}
            </Button>
          )}
          {may('imports.write') && (
            <Button href={`/orgs/${org}/imports/new`} onFollow={follow}>
              {t('imports.newTitle')}
            </Button>
          )}
          {may('members.write') && (
            <Button variant="primary" href={`/orgs/${org}/members/add`} onFollow={follow}>
              {t('members.add')}
            </Button>
          )}
        </SpaceBetween>
      }
    >
      <div className="members">
        <div className="members-columns">
          {may('departments.read') && (
            <ExpandableSection headerText={t('members.departments')} defaultExpanded={isRoomy}>
              <DepartmentTree
                selected={search.get('department') ?? undefined}
                onSelect={(id) => set('department', id)}
              />
            </ExpandableSection>
          )}
          <MemberTable />
        </div>
      </div>
      <Suspense>{open !== null && <MemberPanel key={open} memberId={open} onClose={closePanel} />}</Suspense>
    </Page>
  );
}

/** How many there are (S0.2). */
function Counts() {
  const { t } = useTranslation();
  const formats = useFormats();
  const { data } = useSummary();
  if (data === undefined) return null;
  const parts = [
    t('members.counts.enabled', { number: formats.number(data.enabled) }),
    t('members.counts.disabled', { number: formats.number(data.disabled) }),
    t('members.counts.notJoined', { number: formats.number(data.notJoined) }),
  ];
  return (
    <>
      <strong>{t('members.counts.enrolled', { number: formats.number(data.enrolled) })}</strong> ·{' '}
      {parts.join(' · ')}
    </>
  );
}
