import Box from '@cloudscape-design/components/box';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../api/schema.ts';
import { useFormats } from '../../parts/times.ts';
import { ImportStatus } from '../imports/ImportStatus.tsx';
import { isMoving } from './jobQueries.ts';

const types: Record<Job['status'], StatusIndicatorProps.Type> = {
  in_progress: 'in-progress',
  incomplete: 'stopped',
  complete: 'success',
  error: 'error',
};

/** How a job stands: how far it is while it moves, and what came of it. */
export function JobProgress({ job }: { job: Job }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const { done = 0, total = 0 } = job.progress ?? {};
  return (
    <>
      {job.kind === 'import' ? (
        <ImportStatus job={job} />
      ) : (
        <StatusIndicator type={types[job.status]}>{t(`jobs.states.${job.status}`)}</StatusIndicator>
      )}
      {isMoving(job) && total > 0 && (
        <ProgressBar
          value={(done / total) * 100}
          ariaLabel={t('jobs.progress')}
          additionalInfo={t('imports.progress', { done: number(done), total: number(total) })}
        />
      )}
      <Came job={job} />
    </>
  );
}

/** In numbers. */
function Came({ job }: { job: Job }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const text = () => {
    if (job.kind === 'import')
      return job.counts.rows > 0
        ? t('jobs.rows', { count: job.counts.rows, number: number(job.counts.rows) })
        : '';
    if (job.kind === 'export')
      return job.rows === undefined ? '' : t('jobs.rows', { count: job.rows, number: number(job.rows) });
    const { done, unchanged, failed, kept } = job.counts;
    return [
      t('jobs.counts.done', { number: number(done) }),
      ...(unchanged > 0 ? [t('jobs.counts.unchanged', { number: number(unchanged) })] : []),
      ...(failed > 0 ? [t('jobs.counts.failed', { number: number(failed) })] : []),
      ...(kept > 0 ? [t('jobs.counts.kept', { number: number(kept) })] : []),
    ].join(', ');
  };
  return (
    <Box variant="small" color="text-body-secondary">
      {text()}
    </Box>
  );
}
