import {
  bulkJobBody,
  cancelBulk,
  previewBulk,
  resumeBulk,
  startBulk,
  undoBulk,
} from 'roster/lambda/bulk-jobs';
import { type Deps, deps } from 'roster/lambda/deps';
import { actorOf, type Call, type HttpHandlers, httpFunction } from 'roster/lambda/http';

const handlers: HttpHandlers<'jobs', Deps> = {
  async bulkMembers({ params, body, ...call }, all) {
    const { dryRun, ...input } = body;
    if (dryRun) return { status: 200, body: await previewBulk(all, params.org, input) };
    return { status: 202, body: bulkJobBody(await startBulk(all, params.org, actorOf(call), input)) };
  },

  async listJobs({ params, query }, { bulkJobs }) {
    const { items, ...page } = await bulkJobs.page(params.org, query);
    return { status: 200, body: { ...page, items: items.map(bulkJobBody) } };
  },

  async getJob({ params }, { bulkJobs }) {
    return { status: 200, body: bulkJobBody(await bulkJobs.get(params.org, params.jobId)) };
  },

  async listJobResults({ params, query }, { bulkJobs }) {
    await bulkJobs.get(params.org, params.jobId);
    const { items, ...page } = await bulkJobs.results(params.org, params.jobId, query);
    return {
      status: 200,
      body: { ...page, items: items.map(({ id, ...one }) => ({ memberId: id, ...one })) },
    };
  },

  async undoJob(call, all) {
    return { status: 202, body: bulkJobBody(await undoBulk(all, jobCallOf(call))) };
  },

  async cancelJob(call, all) {
    return { status: 200, body: bulkJobBody(await cancelBulk(all, jobCallOf(call))) };
  },

  async resumeJob(call, all) {
    const confirmHold = call.body.confirmHold ?? false;
    return { status: 202, body: bulkJobBody(await resumeBulk(all, jobCallOf(call), confirmHold)) };
  },
};

function jobCallOf({ params, ...call }: Pick<Call<'undoJob'>, 'params' | 'caller' | 'origin'>) {
  return { organization: params.org, jobId: params.jobId, acting: actorOf(call) };
}

/** Actions on many members, as jobs. */
export const handler = httpFunction('jobs', handlers, deps);
