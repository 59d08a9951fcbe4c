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
  action: 'disable' | 'enable' | 'remove',
  found: ReturnType<typeof person>[],
  enabledOwners: number,
) {
  const members = found.map(({ member }) => ({ id: member.externalId }));
  const asked = { jobId: 'J', action, selection: { ids: 1 }, acting, holdConfirmed: true };
  const job = newBulkJob(asked, [members], at);
  const bounds = { level: 'owner' as const, within: undefined, openImports: [] };
  const context = { organization, job, ...bounds, enabledOwners, at, fromSeconds: 7, newId: () => 'I' };
  return planMembers(members, found, context);
}
const outcomes = (planned: ReturnType<typeof plan>) =>
  planned.map(({ result }) => result.code ?? result.outcome);

describe('the plan for several members', () => {
  it.each(['disable', 'remove'] as const)('leaves the last of several owners when they %s', (action) => {
    const owners = [person('A', 'owner'), person('B', 'owner'), person('C', 'owner', 'disabled')];
    expect(outcomes(plan(action, owners, 2))).toEqual(['done', 'last_owner', 'done']);
  });

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
});
