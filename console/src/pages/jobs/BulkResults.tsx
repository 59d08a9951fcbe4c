import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { BulkJob, BulkResult } from '../../api/schema.ts';
import { useAddress, withValue } from '../../parts/address.ts';
import { nextOf, onFirstPage, useCursorPages } from '../../parts/cursorPages.ts';
import { useFollow } from '../../parts/follow.ts';
import { listPages } from '../../parts/ListPages.tsx';
import { Empty, Failure } from '../../parts/states.tsx';
import { useOrganization } from '../../session/me.ts';
import { bulkResultsQuery } from './jobQueries.ts';

type Outcome = BulkResult['outcome'];
const outcomes: readonly Outcome[] = ['done', 'unchanged', 'failed', 'kept'];
const types: Record<Outcome, StatusIndicatorProps.Type> = {
  done: 'success',
  unchanged: 'info',
  failed: 'error',
  kept: 'stopped',
};

/** What became of each member, and why it failed where it did; by outcome, as the address says. */
export function BulkResults({ job }: { job: BulkJob }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const pages = useCursorPages();
  const [search] = useSearchParams();
  const outcome = outcomes.find((one) => one === search.get('outcome'));
  const query = useQuery(bulkResultsQuery(org, job, { outcome, cursor: pages.cursor }));
  if (query.isError && query.data === undefined) return <Failure error={query.error} retry={query.refetch} />;
  const next = nextOf(query);
  return (
    <Table
      items={query.data?.items ?? []}
      loading={query.isPending}
      loadingText={t('shell.loading')}
      trackBy="memberId"
      wrapLines
      ariaLabels={{ tableLabel: t('jobs.results') }}
      header={<Header variant="h2">{t('jobs.results')}</Header>}
      filter={<OutcomeFilter outcome={outcome} />}
      empty={<Empty title={t(outcome ? 'jobs.noneSo' : 'jobs.noResults')} />}
      columnDefinitions={[
        {
          id: 'member',
          header: t('jobs.member'),
          minWidth: 120,
          isRowHeader: true,
          cell: (result) => <MemberLink result={result} />,
        },
        {
          id: 'outcome',
          header: t('jobs.outcome'),
          minWidth: 130,
          cell: ({ outcome: became }) => (
            <StatusIndicator type={types[became]}>{t(`jobs.outcomes.${became}`)}</StatusIndicator>
          ),
        },
        {
          id: 'reason',
          header: t('jobs.reason'),
          minWidth: 220,
          cell: (result) => <Reason result={result} />,
        },
      ]}
      pagination={listPages(pages, next)}
    />
  );
}

function OutcomeFilter({ outcome }: { outcome: Outcome | undefined }) {
  const { t } = useTranslation();
  const [, setSearch] = useAddress();
  return (
    <SegmentedControl
      label={t('jobs.outcome')}
      selectedId={outcome ?? 'all'}
      options={[
        { id: 'all', text: t('jobs.allOutcomes') },
        ...outcomes.map((id) => ({ id, text: t(`jobs.outcomes.${id}`) })),
      ]}
      onChange={({ detail: { selectedId } }) =>
        setSearch((before) =>
          withValue(onFirstPage(before), 'outcome', selectedId === 'all' ? undefined : selectedId),
        )
      }
    />
  );
}

/** Names who is still there and seen; of others there is only what they were called in the job. */
function MemberLink({ result: { memberId, name } }: { result: BulkResult }) {
  const { org } = useOrganization();
  const follow = useFollow();
  if (name === undefined) return memberId;
  return (
    <>
      <Link href={`/orgs/${org}/members?member=${encodeURIComponent(memberId)}`} onFollow={follow}>
        {name || memberId}
      </Link>
      {name && (
        <Box variant="small" display="block">
          {memberId}
        </Box>
      )}
    </>
  );
}

function Reason({ result: { code, message } }: { result: BulkResult }) {
  const { t } = useTranslation();
  if (code === undefined) return message ?? '–';
  return t(`problems.${code}` as 'problems.internal', { defaultValue: message ?? code });
}
