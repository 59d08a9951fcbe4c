import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import Table from '@cloudscape-design/components/table';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { Import } from '../../api/schema.ts';
import { useFollow } from '../../parts/follow.ts';
import { Empty, Failure } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { ImportStatus } from '../imports/ImportStatus.tsx';

const lookedAt = 100;
const shownMax = 10;

/** The last files that came without a person, of the newest imports; the API has no list of them alone. */
export function DeliveredFiles() {
  const { t } = useTranslation();
  const formats = useFormats();
  const follow = useFollow();
  const { org } = useOrganization();
  const list = useQuery({
    queryKey: [org, 'imports', 'delivered'],
    queryFn: ({ signal }) => {
      const params = { path: { org }, query: { limit: lookedAt } };
      return answer(api.GET('/api/v1/orgs/{org}/imports', { params, signal }));
    },
    refetchInterval: 20_000,
  });
  if (list.isError) return <Failure error={list.error} retry={list.refetch} />;
  const delivered = (list.data?.items ?? []).filter(({ source }) => source === 'feed');
  return (
    <Table<Import>
      items={delivered.slice(0, shownMax)}
      loading={list.isPending}
      loadingText={t('shell.loading')}
      trackBy="importId"
      wrapLines
      ariaLabels={{ tableLabel: t('feed.files.title') }}
      header={
        <Header variant="h2" description={t('feed.files.about', { number: formats.number(lookedAt) })}>
          {t('feed.files.title')}
        </Header>
      }
      empty={<Empty title={t('feed.files.none')} />}
      columnDefinitions={[
        {
          id: 'file',
          header: t('imports.file'),
          isRowHeader: true,
          minWidth: 170,
          cell: ({ importId, fileName }) => (
            <Link href={`/orgs/${org}/imports/${importId}`} onFollow={follow}>
              {fileName}
            </Link>
          ),
        },
        {
          id: 'at',
          header: t('feed.files.at'),
          minWidth: 150,
          cell: ({ createdAt }) => formats.time(createdAt),
        },
        {
          id: 'rows',
          header: t('imports.rows'),
          minWidth: 90,
          cell: ({ counts }) => formats.number(counts.rows),
        },
        {
          id: 'status',
          header: t('imports.statusTitle'),
          minWidth: 170,
          cell: (job) => <ImportStatus job={job} />,
        },
      ]}
    />
  );
}
