import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Link from '@cloudscape-design/components/link';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { useTranslation } from 'react-i18next';
import type { BulkJob } from '../../api/schema.ts';
import { useFollow } from '../../parts/follow.ts';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { isOpen } from './jobQueries.ts';

const types: Record<BulkJob['state'], StatusIndicatorProps.Type> = {
  collecting: 'in-progress',
  running: 'in-progress',
  incomplete: 'stopped',
  complete: 'success',
  error: 'error',
};

/** How a job on many members stands, in numbers, and who asked for it when. */
export function BulkFacts({ job }: { job: BulkJob }) {
  const { t } = useTranslation();
  const { number, time } = useFormats();
  const { counts, state } = job;
  const type = state === 'complete' && counts.failed > 0 ? 'warning' : types[state];
  const ended = counts.done + counts.unchanged + counts.failed + counts.kept;
  const outcomes = (['done', 'unchanged', 'failed', 'kept'] as const)
    // An undo alone leaves members alone that were changed since.
    .filter((outcome) => outcome !== 'kept' || job.action === 'undo')
    .map((outcome) => ({ label: t(`jobs.outcomes.${outcome}`), value: number(counts[outcome]) }));
  return (
    <Container header={<Header variant="h2">{t('jobs.status')}</Header>}>
      <KeyValuePairs
        columns={4}
        items={[
          {
            label: t('jobs.status'),
            value: <StatusIndicator type={type}>{t(`jobs.bulkStates.${state}`)}</StatusIndicator>,
          },
          { label: t('jobs.matched'), value: number(counts.matched) },
          ...outcomes,
          { label: t('jobs.by'), value: job.createdBy },
          { label: t('jobs.started'), value: time(job.createdAt) },
          ...(job.endedAt ? [{ label: t('jobs.ended'), value: time(job.endedAt) }] : []),
          ...(job.undoOf ? [{ label: t('jobs.undoes'), value: <Other jobId={job.undoOf} /> }] : []),
          ...(job.undoneBy ? [{ label: t('jobs.undone'), value: <Other jobId={job.undoneBy} /> }] : []),
        ]}
      />
      {isOpen(job) && counts.matched > 0 && (
        <ProgressBar
          value={(100 * ended) / counts.matched}
          ariaLabel={t('jobs.progress')}
          additionalInfo={t('imports.progress', { done: number(ended), total: number(counts.matched) })}
        />
      )}
    </Container>
  );
}

function Other({ jobId }: { jobId: string }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const follow = useFollow();
  return (
    <Link href={`/orgs/${org}/jobs/${jobId}`} onFollow={follow}>
      {t('jobs.otherJob')}
    </Link>
  );
}
