import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useTranslation } from 'react-i18next';
import type { Import } from '../../api/schema.ts';
import { useFollow } from '../../parts/follow.ts';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { ChangesTable } from './ChangesTable.tsx';
import { ImportCounts } from './ImportCounts.tsx';
import { changesIn } from './kinds.ts';
import { RejectsTable } from './RejectsTable.tsx';

/** An import that is done: what it did, and what can be done next (S1.12). */
export function ResultStep({ job }: { job: Import }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const { number } = useFormats();
  const follow = useFollow();
  const changed = changesIn(job);
  return (
    <SpaceBetween size="l">
      <Alert
        type="success"
        header={t('imports.done')}
        action={
          <Button href={`/orgs/${org}/members`} onFollow={follow}>
            {t('imports.toMembers')}
          </Button>
        }
      >
        {t('imports.doneText', { count: changed, changes: number(changed) })}
        <Undone job={job} />
      </Alert>
      <ImportCounts job={job} />
      {job.counts.rejected + job.counts.kept > 0 && <RejectsTable job={job} />}
      {changed + job.counts.excluded + job.counts.conflicts > 0 && <ChangesTable job={job} />}
    </SpaceBetween>
  );
}

function Undone({ job }: { job: Import }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const { time } = useFormats();
  const follow = useFollow();
  if (job.undoneBy !== undefined)
    return (
      <div>
        <Link href={`/orgs/${org}/imports/${job.undoneBy}`} onFollow={follow}>
          {t('imports.wasUndone')}
        </Link>
      </div>
    );
  if (!job.actions.includes('undo')) return null;
  return <div>{t('imports.undoUntil', { time: time(job.undoUntil) })}</div>;
}
