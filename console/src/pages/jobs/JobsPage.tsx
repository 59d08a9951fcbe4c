import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { nextOf, useCursorPages } from '../../parts/cursorPages.ts';
import { useFollow } from '../../parts/follow.ts';
import { listPages } from '../../parts/ListPages.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, Failure } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { JobActions } from './JobActions.tsx';
import { JobName } from './JobName.tsx';
import { JobProgress } from './JobProgress.tsx';
import { jobsQuery } from './jobQueries.ts';

/** Imports, exports and actions on many members, newest first, as they go on (S0.11). */
export default function JobsPage() {
  const { t } = useTranslation();
  const { org, may } = useOrganization();
  const follow = useFollow();
  const actions = (
    <SpaceBetween direction="horizontal" size="xs">
      {may('members.export') && (
        <Button href={`/orgs/${org}/exports/new`} onFollow={follow}>
          {t('jobs.exportTitle')}
        </Button>
      )}
      {may('imports.write') && (
        <Button href={`/orgs/${org}/imports/new`} onFollow={follow}>
          {t('imports.newTitle')}
        </Button>
      )}
    </SpaceBetween>
  );
  return (
    <Page title={t('jobs.title')} description={t('jobs.text')} actions={actions}>
      <Jobs />
    </Page>
  );
}

function Jobs() {
  const { t } = useTranslation();
  const { org, permissions } = useOrganization();
  const { time } = useFormats();
  const pages = useCursorPages();
  const query = useQuery(
    jobsQuery({ org, cursor: pages.cursor, exportsOnly: !permissions.includes('imports.read') }),
  );
  if (query.isError && query.data === undefined) return <Failure error={query.error} retry={query.refetch} />;
  const next = nextOf(query);
  return (
    <Table
      items={query.data?.items ?? []}
      loading={query.isPending}
      loadingText={t('shell.loading')}
      trackBy="jobId"
      wrapLines
      ariaLabels={{ tableLabel: t('jobs.title') }}
      empty={<Empty title={t('jobs.none')} text={t('jobs.noneText')} />}
      columnDefinitions={[
        {
          id: 'job',
          header: t('jobs.job'),
          isRowHeader: true,
          minWidth: 200,
          cell: (job) => <JobName job={job} />,
        },
        {
          id: 'status',
          header: t('jobs.status'),
          minWidth: 220,
          cell: (job) => <JobProgress job={job} />,
        },
        { id: 'by', header: t('jobs.by'), minWidth: 150, cell: ({ createdBy }) => createdBy },
        { id: 'started', header: t('jobs.started'), minWidth: 160, cell: ({ createdAt }) => time(createdAt) },
        { id: 'updated', header: t('jobs.updated'), minWidth: 160, cell: ({ updatedAt }) => time(updatedAt) },
        { id: 'actions', header: t('jobs.action'), minWidth: 180, cell: (job) => <JobActions job={job} /> },
      ]}
      pagination={listPages(pages, next)}
    />
  );
}
