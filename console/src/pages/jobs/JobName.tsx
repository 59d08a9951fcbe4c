import Box from '@cloudscape-design/components/box';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../api/schema.ts';

/** What a job is, and of what. */
export function JobName({ job }: { job: Job }) {
  const { t } = useTranslation();
  const [kind, name] =
    job.kind === 'bulk'
      ? [t('jobs.kinds.bulk'), t(`jobs.bulk.${job.action}`)]
      : [t(`jobs.kinds.${job.kind}`), job.fileName];
  return (
    <>
      <div>{name}</div>
      <Box variant="small" color="text-body-secondary">
        {kind}
      </Box>
    </>
  );
}
