import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { answer, api } from '../../api/client.ts';
import type { BulkJob } from '../../api/schema.ts';
import { queries } from '../../app/queries.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { rereadMembers } from '../members/data.ts';
import { isOpen } from './jobQueries.ts';

/** Stops a job, goes on with one that stopped, or takes back what one did. */
export function BulkActs({ job }: { job: BulkJob }) {
  const { t } = useTranslation();
  const { org, may } = useOrganization();
  const navigate = useNavigate();
  const { isBusy, run } = useAction();
  const [isAsking, setIsAsking] = useState(false);
  const { jobId, state } = job;
  const params = { path: { org, jobId } };
  const isHeld = job.error?.code === 'hold_not_confirmed';
  if (!may('members.write')) return null;

  const act = (work: () => Promise<unknown>) =>
    run(() =>
      work()
        .finally(() => queries.invalidateQueries({ queryKey: [org, 'jobs'] }))
        .then(() => {}),
    );
  const cancel = () => answer(api.POST('/api/v1/orgs/{org}/jobs/{jobId}/cancel', { params }));
  const resume = (confirmHold: boolean) => {
    const body = confirmHold ? { confirmHold } : {};
    return answer(api.POST('/api/v1/orgs/{org}/jobs/{jobId}/resume', { params, body }));
  };
  const undo = async () => {
    const undoing = await answer(api.POST('/api/v1/orgs/{org}/jobs/{jobId}/undo', { params }));
    void rereadMembers(org);
    await navigate(`/orgs/${org}/jobs/${undoing.jobId}`);
  };

  const canResume = (state === 'incomplete' || state === 'error') && job.undoneBy === undefined;
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {isOpen(job) && (
        <Button loading={isBusy} onClick={() => void act(cancel)}>
          {t('jobs.cancel')}
        </Button>
      )}
      {canResume && (
        <Button loading={isBusy} onClick={() => (isHeld ? setIsAsking(true) : void act(() => resume(false)))}>
          {t('jobs.resume')}
        </Button>
      )}
      {canUndo(job) && (
        <Button loading={isBusy} onClick={() => void act(undo)}>
          {t('jobs.undo')}
        </Button>
      )}
      {isAsking && (
        <Confirm
          title={t('jobs.resume')}
          confirmText={t('jobs.resume')}
          isBusy={isBusy}
          onConfirm={() => void act(() => resume(true)).then(() => setIsAsking(false))}
          onCancel={() => setIsAsking(false)}
        >
          {t('members.bulk.hold')}
        </Confirm>
      )}
    </SpaceBetween>
  );
}

/** Who was disabled or enabled can be so again; nobody comes back who was removed. */
function canUndo({ state, action, counts, undoneBy }: BulkJob): boolean {
  const hasEnded = state !== 'collecting' && state !== 'running';
  return (
    hasEnded && undoneBy === undefined && counts.done > 0 && ['disable', 'enable', 'undo'].includes(action)
  );
}
