import { expect, it } from 'vitest';
import type { BulkJob } from '../../../layers/roster/src/domain/bulk-job.ts';
import type { Level } from '../../../layers/roster/src/domain/permissions.ts';
import { requireMayResume } from '../../../layers/roster/src/lambda/bulk-jobs.ts';
import { clearUsernames } from '../../../layers/roster/src/lambda/clear-usernames.ts';

const now = new Date('2026-01-01T00:10:00Z');
const nowSeconds = now.getTime() / 1000;

/** Asks as somebody who signed in so many seconds ago; what came of it, and the jobs that were started. */
async function asked(
  email: string,
  own: { email?: string; login?: string; rosterEmail?: string } = { email: 'Ana@Example.org' },
  agoSeconds = 60,
) {
  const started: { job: BulkJob; event: unknown }[] = [];
  const queued: unknown[] = [];
  const { login = 'ana', rosterEmail } = own;
  const deps = {
    clock: () => now,
    newId: () => 'J1',
    accounts: {
      standing: async (account: string, organization?: string) => ({
        account: { account, ...(own.email && { email: own.email }) },
        membership: { organization, login, ...(rosterEmail && { logins: { email: rosterEmail } }) },
      }),
    },
    bulkJobs: {
      create: async (_: string, job: BulkJob, __: unknown, event: unknown) =>
        void started.push({ job, event }),
    },
    bulkQueue: { send: async (ref: unknown) => void queued.push(ref) },
  };
  const caller = {
    account: 'A1',
    organization: 'acme',
    level: 'owner' as const,
    login,
    origin: { address: '192.0.2.1' },
    signedInAtSeconds: nowSeconds - agoSeconds,
  };
  const ended = await clearUsernames(deps as never, caller, email).then(
    () => 'started',
    (error) => error.code,
  );
  expect(queued).toHaveLength(started.length);
  return { ended, started };
}

it.each([
  ['as it is', 'Ana@Example.org', {}],
  ['in any case of letters', ' ana@EXAMPLE.org ', {}],
  ['that is the login', 'boss@club.example', { email: undefined, login: 'boss@club.example' }],
  ['that one signs in with', 'on@roster.example', { email: undefined, rosterEmail: 'on@roster.example' }],
])('starts with the own email %s', async (_, typed, own) => {
  const { ended, started } = await asked(typed, { email: 'Ana@Example.org', ...own } as object);
  expect(ended).toBe('started');
  expect(started[0]?.job).toMatchObject({
    action: 'clearUsername',
    state: 'collecting',
    selection: { filter: { status: ['enabled', 'disabled'] } },
    acting: { account: 'A1', address: '192.0.2.1' },
  });
  expect(started[0]?.event).toMatchObject({
    action: 'job.start',
    subject: 'J1',
    details: { action: 'clearUsername' },
  });
});

it.each([
  ['of somebody else', 'bob@example.org', { email: 'ana@example.org' }],
  ['that is a username', 'ana', { email: 'ana@example.org', login: 'ana' }],
  ['where the account has none', 'ana@example.org', {}],
])('does not start with an email %s', async (_, typed, own) => {
  expect(await asked(typed, own)).toEqual({ ended: 'email_mismatch', started: [] });
});

it('takes a sign-in of 10 minutes at most', async () => {
  const own = { email: 'ana@example.org' };
  expect((await asked('ana@example.org', own, 600)).ended).toBe('started');
  expect(await asked('ana@example.org', own, 601)).toEqual({ ended: 'recent_sign_in_required', started: [] });
});

it('goes on in the name of those only who could have started it', () => {
  const may = (action: BulkJob['action'], level: Level) => {
    try {
      requireMayResume({ action } as BulkJob, { level });
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'forbidden' });
      return false;
    }
  };
  const levels: Level[] = ['owner', 'securityAdministrator', 'administrator', 'coordinator', 'auditor'];
  expect(levels.filter((level) => may('clearUsername', level))).toEqual(['owner', 'securityAdministrator']);
  expect(levels.filter((level) => may('remove', level))).toEqual(levels.slice(0, 4));
});
