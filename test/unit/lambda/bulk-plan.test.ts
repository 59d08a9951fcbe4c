import { describe, expect, it } from 'vitest';
import { newBulkJob } from '../../../layers/roster/src/domain/bulk-job.ts';
import type { Member } from '../../../layers/roster/src/domain/member.ts';
import type { Membership } from '../../../layers/roster/src/domain/organization.ts';
import type { Level } from '../../../layers/roster/src/domain/permissions.ts';
import { planMembers } from '../../../layers/roster/src/lambda/bulk-plan.ts';
import { storedOrganization } from '../../support/organization.ts';

const at = '2026-01-01T00:00:00.000Z';
const organization = storedOrganization('acme');
const acting = { account: 'BOSS', login: 'boss' };

function person(id: string, level: Level, state: Member['state'] = 'enabled') {
  const member: Member = {
    externalId: id,
    state,
    values: {},
    valuesHash: 'x',
    name: id,
    departments: [],
    roles: [],
    account: id,
    version: 4,
    createdAt: at,
    updatedAt: at,
  };
  const membership: Membership = {
    account: id,
    organization: 'acme',
    level,
    login: id,
    state: state === 'disabled' ? 'disabled' : 'enabled',
    tokensValidFromSeconds: 0,
    version: 2,
  };
  return { member, membership };
}

function plan(
  action: 'disable' | 'enable' | 'remove' | 'clearUsername',
  found: ReturnType<typeof person>[],
  enabledOwners: number,
  more: { level?: Level; usernameColumn?: string } = {},
) {
  const members = found.map(({ member }) => ({ id: member.externalId }));
  const asked = { jobId: 'J', action, selection: { ids: 1 }, acting, holdConfirmed: true };
  const job = newBulkJob(asked, [members], at);
  const bounds = { level: 'owner' as const, within: undefined, openImports: [] };
  const context = {
    ...{ organization, job, ...bounds, enabledOwners, at, fromSeconds: 7, newId: () => 'I' },
    ...more,
  };
  return planMembers(members, found, context);
}
const outcomes = (planned: ReturnType<typeof plan>) =>
  planned.map(({ result }) => result.code ?? result.outcome);

describe('the plan for several members', () => {
  it.each(['disable', 'remove', 'clearUsername'] as const)(
    'leaves the last of several owners when they %s',
    (action) => {
      const owners = [person('A', 'owner'), person('B', 'owner'), person('C', 'owner', 'disabled')];
      expect(outcomes(plan(action, owners, 2))).toEqual(['done', 'last_owner', 'done']);
    },
  );

  it('never acts on whoever asked for it', () => {
    const found = [person('BOSS', 'owner'), person('A', 'member')];
    expect(outcomes(plan('disable', found, 5))).toEqual(['own_account', 'done']);
  });

  it('refuses tokens of before, and changes nothing for those who are so already', () => {
    const joined = person('A', 'member');
    const off = person('B', 'member', 'disabled');
    off.member.disabledBy = 'admin';
    const [first, second] = plan('disable', [joined, off], 1);
    expect(first?.change?.write.membership?.after).toMatchObject({
      state: 'disabled',
      tokensValidFromSeconds: 7,
      version: 3,
    });
    expect(first?.result.left).toEqual({ version: 5, from: { state: 'enabled' } });
    expect(second).toEqual({ result: { id: 'B', outcome: 'unchanged' }, account: 'B' });
  });

  it('takes the account and all that came with it, and leaves what is on the roster (S4.9)', () => {
    const joined = person('A', 'coordinator');
    Object.assign(joined.member, {
      username: 'ana',
      activatedAt: at,
      lastSignInAt: at,
      invitation: { state: 'accepted' },
      values: { ID: 'A', Login: 'roster-ana' },
      departments: ['D'],
    });
    Object.assign(joined.membership, { scope: ['D'], logins: { email: 'a@example.org' } });
    const [first] = plan('clearUsername', [joined], 1);
    expect(first?.change?.write.member.after).toEqual({
      externalId: 'A',
      state: 'not_joined',
      values: { ID: 'A', Login: 'roster-ana' },
      valuesHash: 'x',
      name: 'A',
      departments: ['D'],
      roles: [],
      version: 5,
      createdAt: at,
      updatedAt: at,
    });
    expect(first?.change?.write.membership).toEqual({ before: joined.membership });
    expect(first?.account).toBe('A');
    expect(first?.change?.event).toMatchObject({
      action: 'member.clearUsername',
      subject: 'A',
      before: { state: 'enabled', username: 'ana', level: 'coordinator', scope: ['D'] },
      after: { state: 'not_joined', username: null },
    });
    const [named] = plan('clearUsername', [joined], 1, { usernameColumn: 'Login' });
    expect(named?.change?.write.member.after?.username).toBe('roster-ana');
  });

  it('spares whoever asked and those of a higher level, and finds nothing to clear of those without an account', () => {
    const bare = { ...person('N', 'member', 'disabled'), membership: undefined };
    const { account: _, ...member } = bare.member;
    const off = person('D', 'member', 'disabled');
    off.member.disabledBy = 'file';
    const found = [person('BOSS', 'securityAdministrator'), person('O', 'owner'), { ...bare, member }, off];
    const level = 'securityAdministrator' as const;
    const planned = plan('clearUsername', found as ReturnType<typeof person>[], 2, { level });
    expect(outcomes(planned)).toEqual(['own_account', 'forbidden', 'unchanged', 'done']);
    expect(planned[3]?.change?.write.member.after).toMatchObject({ state: 'disabled', disabledBy: 'file' });
    expect(planned[3]?.change?.write.member.after).not.toHaveProperty('account');
  });
});
