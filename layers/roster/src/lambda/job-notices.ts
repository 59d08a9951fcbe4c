/** Mails about jobs on many members that stopped by themselves, to whoever they act for (S3.9). */
import type { BulkJobRef } from '../aws/bulk-queue.ts';
import { isJobOpen } from '../domain/bulk-job.ts';
import type { Deps } from './deps.ts';
import { describeError, logger } from './observability.ts';

type NoticeDeps = Pick<Deps, 'bulkJobs' | 'accounts' | 'mailQueue'>;

/**
 * Runs a step of a job, and mails if the job has stopped then: once a stop, however often the step is repeated. One
 * that a person cancelled is told nobody. A mail that could not be queued stops no job.
 */
export async function tellingOfStop<T>(
  deps: NoticeDeps,
  ref: BulkJobRef,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } finally {
    await tell(deps, ref).catch((error: unknown) =>
      logger.error('Nobody was told of the job', { jobId: ref.jobId, fault: describeError(error) }),
    );
  }
}

async function tell(
  { bulkJobs, accounts, mailQueue }: NoticeDeps,
  { organization, jobId }: BulkJobRef,
): Promise<void> {
  const job = await bulkJobs.get(organization, jobId);
  if (isJobOpen(job) || job.error === undefined) return;
  const { account, membership } = await accounts.standing(job.acting.account, organization);
  if (account?.email === undefined || membership?.state !== 'enabled') return;
  await mailQueue.send(organization, {
    mail: { kind: 'jobFailed', link: `/#/jobs/${jobId}`, members: job.counts.matched },
    to: account.email,
    owner: { kind: 'job', id: jobId },
    // A job that was resumed has another version when it stops again.
    key: `job/${jobId}/${job.version}`,
  });
}
