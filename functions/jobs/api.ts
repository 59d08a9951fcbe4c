import {
  bulkJobBody,
  cancelBulk,
  findJob,
  previewBulk,
  requireMayResume,
  resumeBulk,
  startBulk,
  undoBulk,
} from 'roster/lambda/bulk-jobs';
import { clearUsernames } from 'roster/lambda/clear-usernames';
import { type Deps, deps } from 'roster/lambda/deps';
import { cancelDrop, confirmDrop, dropAll, dropBody, findDrop, previewDrop } from 'roster/lambda/drop-all';
import { actorOf, type Call, type HttpHandlers, httpFunction } from 'roster/lambda/http';
import { listJobs } from 'roster/lambda/job-list';
import { listJobResults } from 'roster/lambda/job-results';

const handlers: HttpHandlers<'jobs', Deps> = {
  async bulkMembers({ params, body, ...call }, all) {
    const { dryRun, ...input } = body;
    if (dryRun) return { status: 200, body: await previewBulk(all, params.org, input, call.caller) };
    return { status: 202, body: bulkJobBody(await startBulk(all, actorOf(call), input, call.caller)) };
  },

  async clearUsernames({ body, caller, origin }, all) {
    return { status: 202, body: bulkJobBody(await clearUsernames(all, { ...caller, origin }, body.email)) };
  },

  async dropAll({ body, caller, origin }, all) {
    const asking = { ...caller, origin };
    if (body.dryRun) return { status: 200, body: await previewDrop(all, asking) };
    return { status: 202, body: dropBody(await dropAll(all, asking, body.email)) };
  },

  async getDrop({ params }, all) {
    return { status: 200, body: dropBody(await findDrop(all, params.org)) };
  },

  async confirmDrop({ body, caller, origin }, all) {
    return { status: 202, body: dropBody(await confirmDrop(all, { ...caller, origin }, body.email)) };
  },

  async cancelDrop({ caller, origin }, all) {
    return { status: 200, body: dropBody(await cancelDrop(all, { ...caller, origin })) };
  },

  async listJobs({ query, caller }, all) {
    return { status: 200, body: await listJobs(all, caller, query) };
  },

  async getJob({ params, caller }, all) {
    return { status: 200, body: bulkJobBody(await findJob(all, caller, params.jobId)) };
  },

  async listJobResults({ params, query, caller }, all) {
    await findJob(all, caller, params.jobId);
    return { status: 200, body: await listJobResults(all, caller, params.jobId, query) };
  },

  async undoJob(call, all) {
    return { status: 202, body: bulkJobBody(await undoBulk(all, await jobCallOf(call, all))) };
  },

  async cancelJob(call, all) {
    return { status: 200, body: bulkJobBody(await cancelBulk(all, await jobCallOf(call, all))) };
  },

  async resumeJob(call, all) {
    const confirmHold = call.body.confirmHold ?? false;
    const { job, ...jobCall } = await jobCallOf(call, all);
    requireMayResume(job, call.caller);
    return { status: 202, body: bulkJobBody(await resumeBulk(all, jobCall, confirmHold)) };
  },
};

/** @throws MusterError `not_found` for a job that the caller may not see */
async function jobCallOf(
  { params, ...call }: Pick<Call<'undoJob'>, 'params' | 'caller' | 'origin'>,
  all: Deps,
) {
  const job = await findJob(all, call.caller, params.jobId);
  return { job, organization: params.org, jobId: params.jobId, acting: actorOf(call) };
}

/** Actions on many members, as jobs. */
export const handler = httpFunction('jobs', handlers, deps);
