import Box from '@cloudscape-design/components/box';
import Link from '@cloudscape-design/components/link';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Administrator } from '../../api/schema.ts';
import type { CursorPages } from '../../parts/cursorPages.ts';
import { useFollow } from '../../parts/follow.ts';
import { listPages } from '../../parts/ListPages.tsx';
import { Empty } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { useDepartments } from '../members/data.ts';

interface AdministratorTableProps {
  items: readonly Administrator[];
  isLoading: boolean;
  filter: ReactNode;
  pages: CursorPages;
  next: string | undefined;
}

export function AdministratorTable({ items, isLoading, filter, pages, next }: AdministratorTableProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Table<Administrator>
      items={items}
      loading={isLoading}
      loadingText={t('shell.loading')}
      trackBy="username"
      wrapLines
      resizableColumns
      enableKeyboardNavigation
      ariaLabels={{ tableLabel: t('administrators.title') }}
      filter={filter}
      empty={<Empty title={t('administrators.none')} />}
      pagination={listPages(pages, next)}
      columnDefinitions={[
        {
          id: 'name',
          header: t('members.fields.name'),
          isRowHeader: true,
          minWidth: 180,
          cell: (one) => <Name administrator={one} />,
        },
        {
          id: 'level',
          header: t('members.fields.level'),
          minWidth: 160,
          cell: (one) => <LevelWithScope administrator={one} />,
        },
        {
          id: 'username',
          header: t('members.fields.username'),
          minWidth: 180,
          cell: ({ username }) => username,
        },
        {
          id: 'state',
          header: t('members.fields.state'),
          minWidth: 120,
          cell: ({ state }) => (
            <StatusIndicator type={state === 'enabled' ? 'success' : 'stopped'}>
              {t(`members.states.${state}`)}
            </StatusIndicator>
          ),
        },
        {
          id: 'lastSignIn',
          header: t('members.fields.lastSignIn'),
          minWidth: 170,
          cell: ({ lastSignInAt }) => formats.time(lastSignInAt) || t('members.filters.never'),
        },
      ]}
    />
  );
}

/** Leads to the details of the member, where the level is changed. */
function Name({ administrator: { memberId, name, username } }: { administrator: Administrator }) {
  const { t } = useTranslation();
  const follow = useFollow();
  const { org } = useOrganization();
  if (memberId !== undefined) {
    return (
      <Link href={`/orgs/${org}/members?member=${encodeURIComponent(memberId)}`} onFollow={follow}>
        {name || memberId}
      </Link>
    );
  }
  return (
    <>
      <div>{username}</div>
      <Box color="text-body-secondary" fontSize="body-s">
        {t('administrators.offRoster')}
      </Box>
    </>
  );
}

function LevelWithScope({ administrator: { level, departments } }: { administrator: Administrator }) {
  const { t } = useTranslation();
  const known = useDepartments().data?.items ?? [];
  // One that another department took over since is not in the tree any more.
  const paths = departments?.flatMap((id) => known.find((one) => one.id === id)?.path ?? []) ?? [];
  return (
    <>
      <div>{t(`members.levels.${level}`)}</div>
      {paths.length > 0 && (
        <Box color="text-body-secondary" fontSize="body-s">
          {paths.join(', ')}
        </Box>
      )}
    </>
  );
}
