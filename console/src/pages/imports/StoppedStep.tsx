import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useTranslation } from 'react-i18next';
import type { Import } from '../../api/schema.ts';
import { useFollow } from '../../parts/follow.ts';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { ChangesTable } from './ChangesTable.tsx';
import { GoOn } from './GoOn.tsx';
import { ImportCounts } from './ImportCounts.tsx';
import { againPath } from './paths.ts';
import { RejectsTable } from './RejectsTable.tsx';
import { ReportButton } from './ReportButton.tsx';

/** An import that ended without being applied: why, how far it came, and what to do (S0.14, S1.11). */
export function StoppedStep({ job }: { job: Import }) {
  const { counts } = job;
  const isPlanned = job.error === undefined && (job.step === 'review' || job.step === 'applying');
  return (
    <SpaceBetween size="l">
      <Why job={job} />
      {counts.rejected + counts.kept > 0 && <RejectsTable job={job} />}
      {isPlanned && (
        <>
          <ImportCounts job={job} />
          <ChangesTable job={job} />
        </>
      )}
    </SpaceBetween>
  );
}

/** What is to be chosen otherwise the next time, by the code of what went wrong. */
const remedies: Record<string, Partial<Pick<Import, 'mode' | 'mapping'>>> = {
  missing_column: { mapping: 'confirm' },
  partial_roster: { mode: 'upsert' },
};

function Why({ job }: { job: Import }) {
  const { t } = useTranslation();
  const { org, may } = useOrganization();
  const follow = useFollow();
  const { number } = useFormats();
  const { error } = job;
  const canGoOn = job.actions.includes('resume');
  const isOfColumns = error?.code === 'missing_column';
  const retryText = isOfColumns
    ? 'imports.sayColumns'
    : error === undefined
      ? 'imports.newImport'
      : 'imports.correctAndRetry';
  const actions = (
    <SpaceBetween direction="horizontal" size="xs">
      {job.actions.includes('report') && <ReportButton job={job} rows="all" />}
      {canGoOn && <GoOn job={job} />}
      {may('imports.write') && job.kind !== 'undo' && !canGoOn && (
        <Button href={againPath(org, { ...job, ...remedies[error?.code ?? ''] })} onFollow={follow}>
          {t(retryText)}
        </Button>
      )}
    </SpaceBetween>
  );
  if (error === undefined)
    return (
      <Alert type="info" header={t('imports.ended')} action={actions}>
        {t('imports.endedText', { step: t(`imports.doing.${job.step}`) })}
      </Alert>
    );
  const header = t(`imports.errors.${error.code}` as 'imports.errors.no_rows', {
    defaultValue: t('imports.failed'),
  });
  return (
    <Alert type="error" header={header} action={actions}>
      {error.code === 'rows_rejected' ? (
        t('imports.rowsRejected', { count: job.counts.rejected, rows: number(job.counts.rejected) })
      ) : (
        // Names the line or column, and what to do; in the language of the API.
        <span lang="en">{error.message}</span>
      )}
    </Alert>
  );
}
