import { type BulkJob, newBulkJob, stopped } from 'roster/domain/bulk-job';
import { expect, it, vi } from 'vitest';
import type { MailOrder } from '../../../layers/roster/src/aws/mail-queue.ts';
import { tellingOfStop } from '../../../layers/roster/src/lambda/job-notices.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
});

const at = '2026-01-01T00:00:00.000Z';
const ref = { organization: 'acme', jobId: '01KE0000000000000000000001' };
const running = newBulkJob(
  {
    jobId: ref.jobId,
    action: 'disable',
    selection: { ids: 2 },
    acting: { account: 'A1', login: 'ann' },
    holdConfirmed: true,
  },
  [],
  at,
);
const failed = stopped(running, 'error', { code: 'internal', message: 'It could not go on.' }, at);

async function ordersOf(
  job: BulkJob,
  {
    email = 'ann@example.org',
    state = 'enabled',
    send,
  }: { email?: string; state?: string; send?: () => never } = {},
): Promise<MailOrder[]> {
  const orders: MailOrder[] = [];
  const deps = {
    bulkJobs: { get: async () => job },
    accounts: {
      standing: async () => ({ account: { account: 'A1', ...(email && { email }) }, membership: { state } }),
    },
    mailQueue: {
      send: async (_: string, order: MailOrder) => {
        send?.();
        orders.push(order);
        return 'M';
      },
    },
  } as unknown as Parameters<typeof tellingOfStop>[0];
  expect(await tellingOfStop(deps, ref, async () => 'done')).toBe('done');
  return orders;
}

it('tells whoever a job acts for that it stopped, under a key of this stop', async () => {
  const [order, ...others] = await ordersOf(failed);
  expect(others).toEqual([]);
  expect(order).toEqual({
    mail: { kind: 'jobFailed', link: `/#/jobs/${ref.jobId}`, members: 0 },
    to: 'ann@example.org',
    owner: { kind: 'job', id: ref.jobId },
    key: `job/${ref.jobId}/2`,
  });
});

it.each<[string, BulkJob, { email?: string; state?: string }]>([
  ['goes on', running, {}],
  ['is complete', { ...running, state: 'complete' }, {}],
  ['was cancelled by a person', { ...running, state: 'incomplete' }, {}],
  ['acts for one without an address', failed, { email: '' }],
  ['acts for one who may not enter any more', failed, { state: 'disabled' }],
])('tells nobody of a job that %s', async (_, job, person) => {
  expect(await ordersOf(job, person)).toEqual([]);
});

it('stops no step where the mail cannot be queued, and hides no failure of the step', async () => {
  const send = () => {
    throw new Error('no queue');
  };
  expect(await ordersOf(failed, { send })).toEqual([]);
});
