import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { Job } from '../../api/schema.ts';
import { useFlash } from '../../parts/flash.tsx';
import { useFollow } from '../../parts/follow.ts';
import { useOrganization } from '../../session/me.ts';
import { save } from '../imports/downloads.ts';
import { JobLink } from './JobLink.tsx';
import type { ExportJob } from './jobQueries.ts';

/** What can be done with a job now. */
export function JobActions({ job }: { job: Job }) {
  if (job.kind === 'import') return <ImportActions job={job} />;
  if (job.kind === 'export') return <ExportActions job={job} />;
  return <BulkActions job={job} />;
}

function ImportActions({ job }: { job: Extract<Job, { kind: 'import' }> }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const follow = useFollow();
  const canResume = job.actions.includes('resume') && job.status === 'in_progress';
  const text = t(canResume ? 'imports.resume' : 'imports.view');
  return (
    <Link href={`/orgs/${org}/imports/${job.jobId}`} onFollow={follow} ariaLabel={`${text}: ${job.fileName}`}>
      {text}
    </Link>
  );
}

/** A button in a row of the table, which says what it is about to those who only hear it. */
function Act({
  text,
  about,
  onClick,
  isBusy = false,
}: {
  text: string;
  about: string;
  onClick: () => void;
  isBusy?: boolean;
}) {
  return (
    <Button variant="inline-link" ariaLabel={`${text}: ${about}`} onClick={onClick} loading={isBusy}>
      {text}
    </Button>
  );
}

function ExportActions({ job }: { job: ExportJob }) {
  const { t } = useTranslation();
  const { org, may } = useOrganization();
  const act = useAct(job);
  const params = { path: { org, exportId: job.jobId } };
  const isThere =
    job.status === 'complete' && (job.expiresAt === undefined || Date.parse(job.expiresAt) > Date.now());
  const download = async () => {
    const { url } = await answer(api.GET('/api/v1/orgs/{org}/exports/{exportId}/file', { params }));
    save(url);
  };
  const cancel = () => answer(api.POST('/api/v1/orgs/{org}/exports/{exportId}/cancel', { params }));
  const resume = () => answer(api.POST('/api/v1/orgs/{org}/exports/{exportId}/resume', { params }));
  if (!may('members.export')) return null;
  const about = { about: job.fileName, isBusy: act.isPending };
  if (isThere) return <Act {...about} text={t('jobs.download')} onClick={() => act.mutate(download)} />;
  if (job.status === 'complete') return t('jobs.expired');
  if (job.status === 'in_progress')
    return <Act {...about} text={t('jobs.cancel')} onClick={() => act.mutate(cancel)} />;
  return <Act {...about} text={t('jobs.resume')} onClick={() => act.mutate(resume)} />;
}

function BulkActions({ job }: { job: Extract<Job, { kind: 'bulk' }> }) {
  const { t } = useTranslation();
  const { org, may } = useOrganization();
  const act = useAct(job);
  const params = { path: { org, jobId: job.jobId } };
  const about = { about: t(`jobs.bulk.${job.action}`), isBusy: act.isPending };
  const cancel = () => answer(api.POST('/api/v1/orgs/{org}/jobs/{jobId}/cancel', { params }));
  // Whoever resumes has seen the numbers here; what is held was confirmed when the job was asked for.
  const resume = () => answer(api.POST('/api/v1/orgs/{org}/jobs/{jobId}/resume', { params, body: {} }));
  const undo = () => answer(api.POST('/api/v1/orgs/{org}/jobs/{jobId}/undo', { params }));
  const mayAct = may('members.write');
  const canUndo =
    job.undoneBy === undefined &&
    (job.action === 'disable' || job.action === 'enable') &&
    job.counts.done > 0;
  return (
    <SpaceBetween direction="horizontal" size="s">
      <JobLink org={org} jobId={job.jobId} about={about.about} />
      {mayAct && job.status === 'in_progress' && (
        <Act {...about} text={t('jobs.cancel')} onClick={() => act.mutate(cancel)} />
      )}
      {mayAct && (job.status === 'incomplete' || job.status === 'error') && (
        <Act {...about} text={t('jobs.resume')} onClick={() => act.mutate(resume)} />
      )}
      {mayAct && job.status === 'complete' && canUndo && (
        <Act {...about} text={t('jobs.undo')} onClick={() => act.mutate(undo)} />
      )}
    </SpaceBetween>
  );
}

/** Does something with a job, and shows the jobs as they then are. */
function useAct({ jobId }: Job) {
  const { org } = useOrganization();
  const queries = useQueryClient();
  const flash = useFlash();
  return useMutation({
    mutationKey: [org, 'jobs', jobId],
    mutationFn: (work: () => Promise<unknown>) => work(),
    onError: flash.problem,
    onSettled: () => queries.invalidateQueries({ queryKey: [org, 'jobs'] }),
  });
}
