import Button from '@cloudscape-design/components/button';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import type { TFunction } from 'i18next';
import { answer, api } from '../../api/client.ts';
import type { BulkJob, BulkResult } from '../../api/schema.ts';
import type { Flash } from '../../parts/flash.tsx';
import { JobLink } from '../jobs/JobLink.tsx';
import { rereadMembers } from './data.ts';

interface Telling {
  flash: Flash;
  t: TFunction;
  mayUndo: boolean;
}

const waitMs = 1_000;
const failuresShown = 5;

/** Tells how far a job is, above whatever page is open, until it has ended. */
export async function watchJob(org: string, started: BulkJob, telling: Telling): Promise<void> {
  const params = { path: { org, jobId: started.jobId } };
  let job = started;
  try {
    while (job.state === 'collecting' || job.state === 'running') {
      showProgress(org, job, telling);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      job = await answer(api.GET('/api/v1/orgs/{org}/jobs/{jobId}', { params }));
      // Disabled members show so while the job goes on.
      if (job.counts.done > 0) void rereadMembers(org);
    }
    await showEnd(org, job, telling);
  } catch (error) {
    telling.flash.dismiss(started.jobId);
    telling.flash.problem(error);
  }
  await rereadMembers(org);
}

function showProgress(org: string, { jobId, action, counts }: BulkJob, { flash, t }: Telling): void {
  const { matched, done, unchanged, failed, kept } = counts;
  const ended = done + unchanged + failed + kept;
  flash.show({
    id: jobId,
    type: 'in-progress',
    loading: true,
    content: (
      <ProgressBar
        variant="flash"
        value={matched === 0 ? 0 : (100 * ended) / matched}
        label={t(`members.jobs.${action}`)}
        additionalInfo={
          <>
            {t('members.jobs.progress', { ended, matched })}{' '}
            <JobLink org={org} jobId={jobId} about={t(`members.jobs.${action}`)} isOnMessage />
          </>
        }
      />
    ),
  });
}

async function showEnd(org: string, job: BulkJob, telling: Telling): Promise<void> {
  const { flash, t, mayUndo } = telling;
  const { jobId, action, counts, state } = job;
  const isWhole = state === 'complete' && counts.failed === 0;
  const canUndo =
    mayUndo && state === 'complete' && counts.done > 0 && (action === 'disable' || action === 'enable');
  const undo = canUndo && (
    <Button onClick={() => void undoJob(org, job, telling)}>{t('members.undoJob')}</Button>
  );
  const failures = counts.failed > 0 ? await failuresOf(org, jobId) : [];
  flash.show({
    id: jobId,
    type: isWhole ? 'success' : 'warning',
    dismissible: true,
    header: t(`members.jobs.${action}`),
    content: (
      <>
        {t('members.jobs.ended', { ...counts })}
        {state !== 'complete' && ` ${t('members.jobs.stopped')}`}
        <div>
          <JobLink org={org} jobId={jobId} about={t(`members.jobs.${action}`)} isOnMessage />
        </div>
        {failures.length > 0 && (
          <ul>
            {failures.map(({ memberId, code, message }) => (
              <li key={memberId}>
                {memberId}: {t(`problems.${code}` as 'problems.internal', { defaultValue: message ?? '' })}
              </li>
            ))}
          </ul>
        )}
      </>
    ),
    ...(undo && { action: undo }),
  });
}

async function failuresOf(org: string, jobId: string): Promise<BulkResult[]> {
  const params = { path: { org, jobId }, query: { outcome: 'failed' as const, limit: failuresShown } };
  const { items } = await answer(api.GET('/api/v1/orgs/{org}/jobs/{jobId}/results', { params }));
  return items;
}

async function undoJob(org: string, { jobId }: BulkJob, telling: Telling): Promise<void> {
  try {
    const params = { path: { org, jobId } };
    const undoing = await answer(api.POST('/api/v1/orgs/{org}/jobs/{jobId}/undo', { params }));
    telling.flash.dismiss(jobId);
    await watchJob(org, undoing, telling);
  } catch (error) {
    telling.flash.problem(error);
  }
}
