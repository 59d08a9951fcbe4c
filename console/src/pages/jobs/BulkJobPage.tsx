import Alert from '@cloudscape-design/components/alert';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import type { BulkJob } from '../../api/schema.ts';
import { Page } from '../../parts/Page.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { useOrganization } from '../../session/me.ts';
import { BulkActs } from './BulkActs.tsx';
import { BulkFacts } from './BulkFacts.tsx';
import { BulkResults } from './BulkResults.tsx';
import { bulkJobQuery } from './jobQueries.ts';

/** One action on many members: how far it is, what became of each member, and what can be done with it. */
export default function BulkJobPage() {
  const { org } = useOrganization();
  const { jobId = '' } = useParams();
  const job = useQuery(bulkJobQuery(org, jobId));
  if (job.isPending) return <Loading />;
  if (job.data === undefined) return <Failure error={job.error} retry={job.refetch} />;
  return <Shown job={job.data} />;
}

function Shown({ job }: { job: BulkJob }) {
  const { t } = useTranslation();
  return (
    <Page
      title={t(`jobs.bulk.${job.action}`)}
      description={t('jobs.kinds.bulk')}
      actions={<BulkActs job={job} />}
    >
      <SpaceBetween size="l">
        {job.error && (
          <Alert type={job.state === 'error' ? 'error' : 'warning'}>
            {t(`problems.${job.error.code}` as 'problems.internal', { defaultValue: job.error.message })}
          </Alert>
        )}
        {job.behind && <Alert type="info">{t('jobs.behind')}</Alert>}
        <BulkFacts job={job} />
        <BulkResults job={job} />
      </SpaceBetween>
    </Page>
  );
}
