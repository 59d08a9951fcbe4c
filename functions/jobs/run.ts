import { BulkMessage, runBulkJob } from 'roster/lambda/bulk-run';
import { deps } from 'roster/lambda/deps';
import { tellingOfStop } from 'roster/lambda/job-notices';
import { queueFunction } from 'roster/lambda/queue';

/** Carries a job on many members on by one step. */
export const handler = queueFunction(BulkMessage, (ref, delivery) =>
  tellingOfStop(deps, ref, () => runBulkJob(deps, ref, delivery)),
);
