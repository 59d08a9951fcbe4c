import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { accountRecords } from '../../../layers/roster/src/aws/accounts.ts';
import { auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { dueMembers } from '../../../layers/roster/src/aws/due-members.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { type MemberRecords, memberRecords } from '../../../layers/roster/src/aws/members.ts';
import { newOrganizationActions, organizationRecords } from '../../../layers/roster/src/aws/organizations.ts';
import { roster } from '../../../layers/roster/src/aws/roster.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import type { Member } from '../../../layers/roster/src/domain/member.ts';
import type { Membership } from '../../../layers/roster/src/domain/organization.ts';
import type { Level } from '../../../layers/roster/src/domain/permissions.ts';
import { defaultColumns } from '../../../layers/roster/src/domain/schema.ts';
import { enforcePeriods } from '../../../layers/roster/src/lambda/active-periods.ts';
import { all } from '../../support/cloud.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { storedOrganization } from '../../support/organization.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
});

const paris = storedOrganization('acme', { timeZone: 'Europe/Paris' });
/** When the last day of May ends in Paris, which has summer time. */
const june = '2026-05-31T22:00:00.000Z';

let dynamo: TestDynamo;
let table: Table;
let now: Date;
let members: MemberRecords;
let told: string[];

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  now = new Date('2026-05-10T12:00:00.000Z');
  told = [];
  members = memberRecords(
    table,
    auditTrail(table, () => now),
  );
  await table.transact(newOrganizationActions(paris, defaultColumns));
});

const enforce = () =>
  enforcePeriods({
    clock: () => now,
    organizations: organizationRecords(
      table,
      auditTrail(table, () => now),
    ),
    accounts: accountRecords(table),
    roster: roster(table),
    members,
    accountQueue: { changed: async (accounts) => void told.push(...accounts) },
    dueMembers: dueMembers(table, 'period'),
  });

/** Stores an enabled member whose account has its name. */
async function person(id: string, more: Partial<Member>, level: Level = 'member') {
  const at = now.toISOString();
  const member: Member = {
    externalId: id,
    state: 'enabled',
    account: id,
    values: {},
    valuesHash: '',
    name: id,
    departments: [],
    roles: [],
    version: 1,
    createdAt: at,
    updatedAt: at,
    ...more,
  };
  const membership: Membership = {
    account: id,
    organization: 'acme',
    level,
    login: id.toLowerCase(),
    state: 'enabled',
    externalId: id,
    tokensValidFromSeconds: 0,
    version: 1,
  };
  const newAccount = { account: id, tokensValidFromSeconds: 0, createdAt: at };
  const write = {
    organization: paris,
    member: { after: member },
    membership: { after: membership },
    newAccount,
  };
  await members.commit(write, { action: 'member.add', actor: { account: 'A', login: 'a' }, subject: id });
  return member;
}

const stateOf = async (id: string) => {
  const { state, disabledBy } = await roster(table).get('acme', id);
  const { membership } = await accountRecords(table).standing(id, 'acme');
  return [state, disabledBy, membership?.state];
};
const waiting = async () =>
  (await all(dueMembers(table, 'period').due(new Date('2100-01-01')))).map(({ at }) => at);

it('ends access with the last day, to the millisecond, and tells who and why', async () => {
  await person('ANN', { activeUntil: '2026-05-31' });
  now = new Date(Date.parse(june) - 1);
  expect(await enforce()).toEqual({ looked: 0, moved: 0, isWhole: true });
  now = new Date(june);
  expect(await enforce()).toEqual({ looked: 1, moved: 1, isWhole: true });
  expect(await stateOf('ANN')).toEqual(['disabled', 'period', 'disabled']);
  expect(told).toEqual(['ANN']);
  const entries = await all(auditTrail(table, () => now).all('acme'));
  expect(entries.at(-1)).toMatchObject({
    action: 'member.disable',
    subject: 'ANN',
    actor: { account: 'period', login: 'period' },
    after: { state: 'disabled', disabledBy: 'period' },
  });
  expect(await enforce()).toMatchObject({ looked: 0 });
});

it('keeps out before the first day and lets in on it', async () => {
  await person('BOB', { activeFrom: '2026-06-01' });
  await enforce();
  expect(await stateOf('BOB')).toEqual(['disabled', 'period', 'disabled']);
  expect(await waiting()).toEqual([june]);
  now = new Date(june);
  await enforce();
  expect(await stateOf('BOB')).toEqual(['enabled', undefined, 'enabled']);
  expect(await waiting()).toEqual([]);
});

it('looks again later when the last day was moved, and not at one who is gone', async () => {
  const member = await person('ANN', { activeUntil: '2026-05-31' });
  const later = { ...member, activeUntil: '2026-06-30', version: 2, updatedAt: now.toISOString() };
  const event = { action: 'member.update' as const, actor: { account: 'A', login: 'a' }, subject: 'ANN' };
  await members.commit({ organization: paris, member: { before: member, after: later } }, event);
  now = new Date(june);
  expect(await enforce()).toEqual({ looked: 1, moved: 0, isWhole: true });
  expect(await stateOf('ANN')).toEqual(['enabled', undefined, 'enabled']);
  expect(await waiting()).toEqual(['2026-06-30T22:00:00.000Z']);

  const gone = { organization: paris, member: { before: later } };
  await members.commit(gone, { ...event, action: 'member.remove' });
  now = new Date('2026-06-30T22:00:00.000Z');
  expect(await enforce()).toEqual({ looked: 1, moved: 0, isWhole: true });
  expect(await waiting()).toEqual([]);
});

it('never takes the last owner away, and looks again a day later', async () => {
  await table.update({ key: keys.owners('acme'), set: { enabled: 0 } });
  await person('EVE', { activeUntil: '2026-05-31' }, 'owner');
  now = new Date(june);
  expect(await enforce()).toEqual({ looked: 1, moved: 0, isWhole: true });
  expect(await stateOf('EVE')).toEqual(['enabled', undefined, 'enabled']);
  expect(await waiting()).toEqual(['2026-06-01T22:00:00.000Z']);
});

it('is not held up by a member that cannot be read', async () => {
  await person('ANN', { activeUntil: '2026-05-31' });
  await person('BOB', { activeUntil: '2026-05-31' });
  await table.update({ key: keys.member('acme', 'ANN'), set: { state: 'lost' } });
  now = new Date(june);
  await expect(enforce()).rejects.toMatchObject({ errors: [{ code: 'corrupt_item' }] });
  expect(await stateOf('BOB')).toEqual(['disabled', 'period', 'disabled']);
  expect(await waiting()).toEqual([june]);
});
