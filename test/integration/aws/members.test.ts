import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AccountRecords, accountRecords } from '../../../layers/roster/src/aws/accounts.ts';
import { type AuditTrail, auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import {
  type MemberRecords,
  type MemberWrite,
  memberRecords,
} from '../../../layers/roster/src/aws/members.ts';
import { type Roster, roster } from '../../../layers/roster/src/aws/roster.ts';
import { rosterMembers } from '../../../layers/roster/src/aws/roster-members.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import type { Member } from '../../../layers/roster/src/domain/member.ts';
import type { Membership } from '../../../layers/roster/src/domain/organization.ts';
import { actionsOf, chunkActionsMax, type PlannedChange } from '../../../layers/roster/src/domain/ports.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

const organization = { organization: 'acme', timeZone: 'UTC' };
const actor = { account: 'ADMIN', login: 'admin' };
const at = '2026-01-01T00:00:00.000Z';
const now = new Date('2026-01-02T00:00:00.000Z');

let dynamo: TestDynamo;
let table: Table;
let trail: AuditTrail;
let members: MemberRecords;
let accounts: AccountRecords;
let read: Roster;

beforeAll(async () => {
  dynamo = await startDynamo();
});
beforeEach(async () => {
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  trail = auditTrail(table, () => now);
  members = memberRecords(table, trail);
  accounts = accountRecords(table);
  read = roster(table);
});
afterAll(() => dynamo.stop());

function memberOf(externalId: string, more: Partial<Member> = {}): Member {
  return {
    externalId,
    state: 'not_joined',
    values: { ID: externalId },
    valuesHash: 'x',
    name: externalId,
    departments: [],
    roles: [],
    version: 1,
    createdAt: at,
    updatedAt: at,
    ...more,
  };
}

function membershipOf(account: string, more: Partial<Membership> = {}): Membership {
  return {
    account,
    organization: 'acme',
    level: 'member',
    login: account.toLowerCase(),
    state: 'enabled',
    externalId: account,
    tokensValidFromSeconds: 0,
    version: 1,
    ...more,
  };
}

const event = (subject: string) => ({ action: 'member.update' as const, actor, subject });
const commit = (write: Omit<MemberWrite, 'organization'>, subject = 'subject') =>
  members.commit({ organization, ...write }, event(subject));

/** Stores an enabled member with an account of the same name. */
async function person(id: string, more: Partial<Membership> = {}) {
  const member = memberOf(id, { state: 'enabled', account: id });
  const membership = membershipOf(id, more);
  const newAccount = { account: id, tokensValidFromSeconds: 0, createdAt: at };
  const stored = await commit({ member: { after: member }, membership: { after: membership }, newAccount });
  return { member, membership: stored as Membership };
}

const entries = async () => {
  let count = 0;
  for await (const _ of trail.all('acme')) count++;
  return count;
};

describe('a change of a member', () => {
  it('is written whole: member, count, membership, logins, account, owners and the entry', async () => {
    await person('ANN', { level: 'owner', logins: { email: 'ann@b.example', phone: '+123' } });
    expect(await read.get('acme', 'ANN')).toMatchObject({ state: 'enabled', account: 'ANN' });
    expect(await read.summary('acme')).toMatchObject({ total: 1, enabled: 1 });
    for (const login of ['Ann', 'ANN@b.example', '+1 23', '+123']) {
      expect((await accounts.findByLogin(login, 'acme'))?.account, login).toBe('ANN');
    }
    expect((await accounts.findByLogin('+1 23'))?.memberships).toHaveLength(1);
    expect(await members.enabledOwners('acme')).toBe(1);
    expect(await entries()).toBe(1);
  });

  it('leaves nothing of itself behind when refused', async () => {
    await person('ANN');
    const again = memberOf('BOB', { state: 'enabled', account: 'BOB' });
    const write = {
      member: { after: again },
      membership: { after: membershipOf('BOB', { login: 'ann' }) },
      newAccount: { account: 'BOB', tokensValidFromSeconds: 0, createdAt: at },
    };
    await expect(commit(write)).rejects.toMatchObject({ code: 'login_taken' });
    await expect(read.get('acme', 'BOB')).rejects.toMatchObject({ code: 'not_found' });
    expect(await accounts.standing('BOB', 'acme')).toEqual({ account: undefined, membership: undefined });
    expect((await read.summary('acme')).total).toBe(1);
    expect(await entries()).toBe(1);
    await expect(commit({ member: { after: memberOf('ANN') } })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('ANN'),
    });
  });

  it('drops an email or phone that somebody has, and keeps the rest', async () => {
    await person('ANN', { logins: { email: 'us@b.example' } });
    const { membership } = await person('BOB', { logins: { email: 'us@b.example', phone: '123' } });
    expect(membership.logins).toEqual({ phone: '123' });
    expect((await accounts.findByLogin('us@b.example', 'acme'))?.account).toBe('ANN');
    expect((await accounts.standing('BOB', 'acme')).membership?.logins).toEqual({ phone: '123' });
  });

  it('is refused where the member or its membership changed since', async () => {
    const { member, membership } = await person('ANN');
    const next = { ...member, name: 'Other', version: 2 };
    await commit({ member: { before: member, after: next } });
    const changed = { code: 'precondition_failed' };
    await expect(commit({ member: { before: member, after: next } })).rejects.toMatchObject(changed);
    await expect(commit({ member: { before: member } })).rejects.toMatchObject(changed);
    const stale = { before: { ...membership, version: 7 }, after: { ...membership, version: 8 } };
    await expect(commit({ member: {}, membership: stale })).rejects.toMatchObject(changed);
  });

  it('keeps the time of a sign-in that came in between', async () => {
    const { membership } = await person('ANN');
    await accounts.recordSignIn([membership], '2026-01-01T08:00:00.000Z');
    const after = { ...membership, login: 'anna', version: 2 };
    await commit({ member: {}, membership: { before: membership, after } });
    const signedIn = (await accounts.findByLogin('anna', 'acme'))?.memberships[0] as Membership;
    expect(signedIn).toMatchObject({ activatedAt: '2026-01-01T08:00:00.000Z', login: 'anna', version: 2 });
    await accounts.recordSignIn([signedIn], '2026-01-03T08:00:00.000Z');
    expect((await accounts.standing('ANN', 'acme')).membership).toMatchObject({
      activatedAt: '2026-01-01T08:00:00.000Z',
      lastSignInAt: '2026-01-03T08:00:00.000Z',
    });
    expect(await accounts.findByLogin('ann', 'acme')).toBeUndefined();
  });

  it('removes membership and logins, and leaves the account', async () => {
    const { member, membership } = await person('ANN', { logins: { phone: '123' } });
    await commit({ member: { before: member }, membership: { before: membership } });
    expect(await accounts.standing('ANN', 'acme')).toMatchObject({
      account: { account: 'ANN' },
      membership: undefined,
    });
    expect(await accounts.findByLogin('123', 'acme')).toBeUndefined();
    expect((await read.summary('acme')).total).toBe(0);
    await expect(accounts.recordSignIn([membership], at)).rejects.toThrow(/condition/);
  });
});

describe('the last owner', () => {
  const disabled = ({ member, membership }: Awaited<ReturnType<typeof person>>) => ({
    member: { before: member, after: { ...member, state: 'disabled' as const, version: 2 } },
    membership: { before: membership, after: { ...membership, state: 'disabled' as const, version: 2 } },
  });

  it('stays, however many go at once', async () => {
    const owners = await Promise.all(['A', 'B', 'C'].map((id) => person(id, { level: 'owner' })));
    const outcomes = await Promise.allSettled(owners.map((owner) => commit(disabled(owner))));
    const codes = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'done'));
    expect(codes.sort()).toEqual(['done', 'done', 'last_owner']);
    expect(await members.enabledOwners('acme')).toBe(1);
    expect((await read.summary('acme')).enabled).toBe(1);
  });

  it('can be removed or demoted by no write either', async () => {
    const { member, membership } = await person('A', { level: 'owner' });
    const last = { code: 'last_owner' };
    const gone = { member: { before: member }, membership: { before: membership } };
    await expect(commit(gone)).rejects.toMatchObject(last);
    const demoted = { ...membership, level: 'member' as const, version: 2 };
    await expect(
      commit({ member: {}, membership: { before: membership, after: demoted } }),
    ).rejects.toMatchObject(last);
  });
});

describe('an import’s chunk', () => {
  const ref = { organization: 'acme', importId: '01JZZZZZZZZZZZZZZZZZZZZZZZ' };
  const schema = {
    version: 1,
    columns: [{ name: 'ID', type: 'text' as const, role: 'externalId' as const }],
  };
  const context = {
    schema,
    timeZone: 'UTC',
    now,
    approvedBy: 'admin',
    approverAccounts: ['BOSS'],
    departments: new Map(),
  };
  const disable = (id: string, account?: string): PlannedChange => ({
    kind: 'disable',
    externalId: id,
    version: 1,
    from: account ? 'enabled' : 'not_joined',
    state: 'disabled',
    ...(account && { account }),
    before: {},
  });
  const apply = (changes: PlannedChange[], chunk = 0) =>
    rosterMembers(table).applyChunk(ref, { part: 0, chunk, changes }, context);
  const conflicts = async (chunk = 0) =>
    (await table.get(keys.chunk('acme', ref.importId, 0, chunk)))?.conflicts;
  const stateOf = async (id: string) => [
    (await read.get('acme', id)).state,
    (await accounts.standing(id, 'acme')).membership?.state,
  ];

  it('moves the memberships of its members along, and back', async () => {
    await person('ANN');
    await person('BOB', { state: 'disabled' });
    await apply([disable('ANN', 'ANN'), disable('BOB', 'BOB')]);
    expect(await stateOf('ANN')).toEqual(['disabled', 'disabled']);
    expect(await stateOf('BOB')).toEqual(['disabled', 'disabled']);
    // 2026-01-02T00:00:01Z: tokens of the second of the disable are refused too.
    expect((await accounts.standing('ANN', 'acme')).membership).toMatchObject({
      tokensValidFromSeconds: 1767312001,
      version: 2,
    });
    const back: PlannedChange = {
      ...disable('ANN', 'ANN'),
      kind: 'reactivate',
      version: 2,
      from: 'disabled',
      state: 'enabled',
    };
    await apply([back], 1);
    expect(await stateOf('ANN')).toEqual(['enabled', 'enabled']);
    expect(await conflicts()).toEqual([]);
  });

  it('leaves out its approver and the last owner, and says so', async () => {
    // The account tells the approver, not the login, which somebody may have changed since.
    await person('BOSS', { login: 'renamed', level: 'owner' });
    await person('X', { level: 'owner' });
    await apply([disable('BOSS', 'BOSS'), disable('X', 'X')]);
    expect(await stateOf('BOSS')).toEqual(['enabled', 'enabled']);
    expect(await stateOf('X')).toEqual(['disabled', 'disabled']);
    expect(await conflicts()).toEqual(['BOSS']);
    expect(await members.enabledOwners('acme')).toBe(1);
  });

  it('disables whoever has the login of the approver, but is somebody else', async () => {
    await person('BOSS', { login: 'renamed' });
    await person('NEW', { login: 'admin' });
    await apply([disable('NEW', 'NEW')]);
    expect(await stateOf('NEW')).toEqual(['disabled', 'disabled']);
  });

  it('disables owners only down to the last one', async () => {
    await Promise.all(['A', 'B', 'C'].map((id) => person(id, { level: 'owner' })));
    await person('D');
    await apply([disable('A', 'A'), disable('B', 'B'), disable('C', 'C'), disable('D', 'D')]);
    expect(await conflicts()).toEqual(['C']);
    expect(await members.enabledOwners('acme')).toBe(1);
    expect(await read.summary('acme')).toMatchObject({ enabled: 1, disabled: 3 });
  });

  it('fits into a transaction where every member has an account', async () => {
    const room = Math.floor((chunkActionsMax - 1) / 2);
    expect(actionsOf(room, room)).toBeLessThanOrEqual(chunkActionsMax);
    expect(actionsOf(room + 1, room + 1)).toBeGreaterThan(chunkActionsMax);
    const ids = Array.from({ length: room }, (_, index) => `P${index}`);
    for (const id of ids) await person(id, { level: id === 'P0' ? 'owner' : 'member' });
    await person('STAYS', { level: 'owner' });
    await apply(ids.map((id) => disable(id, id)));
    expect(await read.summary('acme')).toMatchObject({ enabled: 1, disabled: room });
    expect(await conflicts()).toEqual([]);
  });

  it('keeps the username of an account and departments given by hand', async () => {
    const { member } = await person('ANN');
    for (const id of ['North', 'South']) await table.put({ ...keys.department('acme', id), id });
    const edited = { ...member, username: 'Ann.A', departments: ['North', 'South'], version: 2 };
    await commit({ member: { before: member, after: edited } });
    const update: PlannedChange = {
      kind: 'update',
      externalId: 'ANN',
      version: 2,
      state: 'enabled',
      account: 'ANN',
      values: { ID: 'ANN', Note: 'n' },
      valuesHash: 'y',
      before: { Note: null },
    };
    await apply([update]);
    expect(await read.get('acme', 'ANN')).toMatchObject({
      username: 'Ann.A',
      departments: ['North', 'South'],
      values: { Note: 'n' },
      version: 3,
    });
  });
});
