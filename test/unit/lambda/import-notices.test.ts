import { type Import, noCounts } from 'roster/domain/import';
import { describe, expect, it, vi } from 'vitest';
import type { MailOrder } from '../../../layers/roster/src/aws/mail-queue.ts';
import { telling } from '../../../layers/roster/src/lambda/import-notices.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
});

const ref = { organization: 'acme', importId: '01KE0000000000000000000001' };
const job: Import = {
  importId: ref.importId,
  fileName: 'members.csv',
  mode: 'full',
  onRowErrors: 'reject_file',
  approve: 'auto',
  status: 'complete',
  step: 'done',
  uploadedBy: 'ann',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  counts: { ...noCounts, rows: 3, added: 2, rejected: 1 },
  version: 1,
};
const membership = {
  account: 'A1',
  organization: 'acme',
  level: 'administrator' as const,
  login: 'ann',
  state: 'enabled' as 'enabled' | 'disabled',
  tokensValidFromSeconds: 0,
  version: 1,
};
const account = {
  account: 'A1',
  email: 'ann@example.org',
  tokensValidFromSeconds: 0,
  createdAt: job.createdAt,
};

function world(changes: {
  job?: Partial<Import>;
  state?: 'disabled';
  email?: null;
  send?: () => Promise<string>;
}) {
  const orders: MailOrder[] = [];
  const { email: _, ...withoutEmail } = account;
  const deps = {
    imports: { get: async () => ({ ...job, ...changes.job }) },
    accounts: {
      findByLogin: async (login: string, organization?: string) =>
        login === 'ann' && organization === 'acme'
          ? { account: 'A1', memberships: [{ ...membership, state: changes.state ?? membership.state }] }
          : undefined,
      standing: async () => ({
        account: changes.email === null ? withoutEmail : account,
        membership: undefined,
      }),
    },
    mailQueue: {
      send: changes.send ?? (async (_: string, order: MailOrder) => `mail-${orders.push(order)}`),
    },
  };
  return { orders, deps: deps as unknown as Parameters<typeof telling>[0] };
}

async function toldOf(changes: Parameters<typeof world>[0]): Promise<string[]> {
  const { orders, deps } = world(changes);
  expect(await telling(deps, ref, async () => 'done')).toBe('done');
  return orders.map(({ mail }) => mail.kind);
}

describe('who uploaded an import is told', () => {
  it('that it is finished, with its counts and where to look', async () => {
    const { orders, deps } = world({});
    await telling(deps, ref, async () => undefined);
    expect(orders).toEqual([
      {
        mail: {
          kind: 'importFinished',
          fileName: 'members.csv',
          link: `/#/imports/${ref.importId}`,
          counts: { rows: 3, added: 2, updated: 0, reactivated: 0, disabled: 0, rejected: 1, conflicts: 0 },
        },
        to: 'ann@example.org',
        owner: { kind: 'import', id: ref.importId },
        key: `import/${ref.importId}/importFinished`,
      },
    ]);
  });

  it.each<[string, Partial<Import>, string[]]>([
    ['failed', { status: 'error', step: 'comparing' }, ['importFailed']],
    ['waits for what its columns mean', { status: 'in_progress', step: 'mapping' }, ['importUnmapped']],
    [
      'is read again by its columns',
      { status: 'in_progress', step: 'mapping', mappingChoice: { by: 'ann', at: '', sha256: '' } },
      [],
    ],
    ['waits for approval', { status: 'in_progress', step: 'review' }, ['importWaiting']],
    ['undid another one', { kind: 'undo' }, ['undoFinished']],
    ['would undo another one', { kind: 'undo', status: 'in_progress', step: 'review' }, ['undoWaiting']],
    ['could not be undone', { kind: 'undo', status: 'error', step: 'comparing' }, ['undoFailed']],
    ['goes on', { status: 'in_progress', step: 'applying' }, []],
    ['was cancelled or superseded', { status: 'incomplete', step: 'review' }, []],
    ['is of somebody who is gone', { uploadedBy: 'bob' }, []],
  ])('of one that %s: as it should be', async (_, change, kinds) => {
    expect(await toldOf({ job: change })).toEqual(kinds);
  });

  it('only while let in, and with an address', async () => {
    expect(await toldOf({ state: 'disabled' })).toEqual([]);
    expect(await toldOf({ email: null })).toEqual([]);
  });

  it('also where the step threw, whose error stays what it was', async () => {
    const { orders, deps } = world({ job: { status: 'error' } });
    const failing = telling(deps, ref, async () => Promise.reject(new Error('superseded')));
    await expect(failing).rejects.toThrow('superseded');
    expect(orders.map(({ mail }) => mail.kind)).toEqual(['importFailed']);
  });

  it('or not, where the queue fails: the import is none the worse', async () => {
    const { deps } = world({ send: async () => Promise.reject(new Error('no queue')) });
    expect(await telling(deps, ref, async () => 'done')).toBe('done');
  });
});
