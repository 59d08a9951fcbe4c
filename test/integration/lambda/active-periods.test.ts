import type { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { accountRecords } from '../../../layers/roster/src/aws/accounts.ts';
import { auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { type DueKind, dueMembers } from '../../../layers/roster/src/aws/due-members.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { MailMessage, mailQueue } from '../../../layers/roster/src/aws/mail-queue.ts';
import { mailRecords } from '../../../layers/roster/src/aws/mails.ts';
import { type MemberRecords, memberRecords } from '../../../layers/roster/src/aws/members.ts';
import { newOrganizationActions, organizationRecords } from '../../../layers/roster/src/aws/organizations.ts';
import { roster } from '../../../layers/roster/src/aws/roster.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import type { Member } from '../../../layers/roster/src/domain/member.ts';
import type { Membership } from '../../../layers/roster/src/domain/organization.ts';
import type { Level } from '../../../layers/roster/src/domain/permissions.ts';
import { defaultColumns } from '../../../layers/roster/src/domain/schema.ts';
import { enforcePeriods, sweepPeriods } from '../../../layers/roster/src/lambda/active-periods.ts';
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
/** The mails that were queued. */
let mailed: MailMessage[];

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  now = new Date('2026-05-10T12:00:00.000Z');
  told = [];
  mailed = [];
  members = memberRecords(
    table,
    auditTrail(table, () => now),
  );
  await table.transact(newOrganizationActions(paris, defaultColumns));
});

const deps = () => ({
  clock: () => now,
  organizations: organizationRecords(
    table,
    auditTrail(table, () => now),
  ),
  accounts: accountRecords(table),
  roster: roster(table),
  members,
  accountQueue: { changed: async (accounts: readonly string[]) => void told.push(...accounts) },
  dueMembers: dueMembers(table, 'period'),
  dueExpiries: dueMembers(table, 'expiry'),
  mailQueue: mailQueue('queue', { mails: mailRecords(table), clock: () => now }, sendingAtOnce),
});
const enforce = () => enforcePeriods(deps());
const sweep = () => sweepPeriods(deps());

/** A queue whose mails are sent the moment they are queued. */
const sendingAtOnce = {
  send: async ({ input }: SendMessageCommand) => {
    const message = MailMessage.parse(JSON.parse(input.MessageBody ?? ''));
    mailed.push(message);
    await mailRecords(table).move(message, { state: 'sent' }, now);
  },
} as unknown as SQSClient;

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
  const newAccount = {
    ...{ account: id, tokensValidFromSeconds: 0, createdAt: at },
    ...(member.email && { email: member.email }),
  };
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
const waiting = async (kind: DueKind = 'period') =>
  (await all(dueMembers(table, kind).due(new Date('2100-01-01')))).map(({ at }) => at);

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

describe('the end of access', () => {
  /** When the day a week before the last day of May begins in Paris. */
  const weekBefore = '2026-05-23T22:00:00.000Z';
  const ending = { activeUntil: '2026-05-31', email: 'eve@example.org' };
  const event = { action: 'member.update' as const, actor: { account: 'A', login: 'a' }, subject: 'EVE' };
  const change = async (more: Partial<Member>) => {
    const before = await roster(table).get('acme', 'EVE');
    const after = { ...before, version: before.version + 1, updatedAt: now.toISOString(), ...more };
    await members.commit({ organization: paris, member: { before, after } }, event);
  };
  const sweepAt = async (at: string, shiftMs = 0) => {
    now = new Date(Date.parse(at) + shiftMs);
    return (await sweep()).notices;
  };

  it('is told a week before, to the millisecond, and once however often it is looked at', async () => {
    await person('EVE', ending, 'auditor');
    expect(await waiting('expiry')).toEqual([weekBefore]);
    expect(await sweepAt(weekBefore, -1)).toEqual({ looked: 0, told: 0, isWhole: true });
    expect(await sweepAt(weekBefore)).toEqual({ looked: 1, told: 1, isWhole: true });
    expect(mailed.map(({ mail }) => mail)).toEqual([
      { kind: 'accessExpiring', memberName: 'EVE', until: '2026-05-31', link: '/account' },
    ]);
    const [mail] = mailed;
    const record = await mailRecords(table).get({ organization: 'acme', mailId: mail?.mailId ?? '' });
    expect(record).toMatchObject({
      to: 'eve@example.org',
      owner: { kind: 'expiry', id: '2026-05-31', member: 'EVE' },
    });
    expect(await waiting('expiry')).toEqual([]);
    await change({ name: 'Eve' });
    expect(await sweepAt('2026-05-25T00:00:00.000Z')).toMatchObject({ looked: 1 });
    expect(mailed).toHaveLength(1);
    expect(await sweepAt('2026-05-26T00:00:00.000Z')).toMatchObject({ looked: 0 });
  });

  it('is told of the day it was moved to, and not of the one before', async () => {
    await person('EVE', ending, 'owner');
    await change({ activeUntil: '2026-06-30' });
    expect(await sweepAt(weekBefore)).toEqual({ looked: 1, told: 0, isWhole: true });
    expect(await waiting('expiry')).toEqual(['2026-06-22T22:00:00.000Z']);
    expect(await sweepAt('2026-06-22T22:00:00.000Z')).toMatchObject({ told: 1 });
    await change({ activeUntil: '2026-06-25' });
    expect(await sweepAt('2026-06-23T00:00:00.000Z')).toMatchObject({ told: 1 });
    const days = mailed.map(({ mail }) => 'until' in mail && mail.until);
    expect(days).toEqual(['2026-06-30', '2026-06-25']);
  });

  it('is told nobody who administers nothing, has no address, is disabled or is gone', async () => {
    await person('ANN', ending);
    await person('BOB', { activeUntil: '2026-05-31' }, 'administrator');
    await person('EVE', ending, 'coordinator');
    await change({ state: 'disabled', disabledBy: 'admin' });
    await person('GONE', ending, 'coordinator');
    const gone = await roster(table).get('acme', 'GONE');
    await members.commit({ organization: paris, member: { before: gone } }, { ...event, subject: 'GONE' });
    expect(await sweepAt(weekBefore)).toEqual({ looked: 4, told: 0, isWhole: true });
    expect(mailed).toEqual([]);
    expect(await waiting('expiry')).toEqual([]);
  });

  it('is told although a period cannot be enforced', async () => {
    await person('ANN', { activeUntil: '2026-05-20' });
    await person('EVE', ending, 'administrator');
    await table.update({ key: keys.member('acme', 'ANN'), set: { state: 'lost' } });
    await expect(sweepAt(weekBefore)).rejects.toThrow(AggregateError);
    expect(mailed).toHaveLength(1);
  });
});
