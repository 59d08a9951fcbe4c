import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type AuditTrail,
  actionsLeft,
  auditTrail,
  commitActionsMax,
} from '../../../layers/roster/src/aws/audit.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import {
  type Action,
  createTable,
  isAbsent,
  type Table,
  TransactionFailed,
  versionIs,
} from '../../../layers/roster/src/aws/table.ts';
import { type AuditEntry, type AuditEvent, verifyChain } from '../../../layers/roster/src/domain/audit.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const actor = { account: 'A1', login: 'ada', address: '192.0.2.7' };
const event = (subject: string, action: AuditEvent['action'] = 'member.update'): AuditEvent => ({
  action,
  actor,
  subject,
});
const key = (id: string) => ({ pk: `test#${id}`, sk: 'X' });
const putting = (id: string): Action => ({ put: { ...key(id), version: 1 }, condition: isAbsent });

let dynamo: TestDynamo;
let table: Table;
let units = 0;
let requests = 0;
let nowMs = Date.parse('2026-03-01T00:00:00.000Z');
let trail: AuditTrail;
let organizations = 0;
const newOrganization = () => `org-${++organizations}`;

beforeAll(async () => {
  dynamo = await startDynamo();
  const onCapacity = (consumed: number) => {
    units += consumed;
    requests += 1;
  };
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client, onCapacity });
  trail = auditTrail(table, () => new Date(nowMs));
});
afterAll(() => dynamo.stop());

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function listed(organization: string, query: Partial<Parameters<AuditTrail['list']>[1]>) {
  const items: AuditEntry[] = [];
  let cursor: string | undefined;
  do {
    const page = await trail.list(organization, { limit: 3, ...query, cursor });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return items;
}

const subjects = (entries: AuditEntry[]) => entries.map(({ subject }) => subject);

test('50 commits at once leave an unbroken chain of 50, each with its change', async () => {
  const organization = newOrganization();
  const startedAt = performance.now();
  const ids = Array.from({ length: 50 }, (_, index) => `parallel-${index}`);
  const entries = await Promise.all(ids.map((id) => trail.commit(organization, event(id), [putting(id)])));
  console.info(`50 commits at once: ${Math.round(performance.now() - startedAt)} ms`);

  const chain = await collected(trail.all(organization));
  expect(await verifyChain(chain, sha256, { head: await trail.head(organization) })).toMatchObject({
    unbroken: true,
    entries: 50,
  });
  expect(entries.toSorted((one, other) => one.sequence - other.sequence)).toEqual(chain);
  expect(new Set(subjects(chain))).toEqual(new Set(ids));
  const stored = await table.batchGet(ids.map(key));
  expect(stored.filter((item) => item?.version === 1)).toHaveLength(50);
});

test('several entries in one transaction are chained one after the other, beside others that commit', async () => {
  const organization = newOrganization();
  const groups = [0, 1, 2, 3].map((group) => Array.from({ length: 20 }, (_, at) => `g${group}-${at}`));
  await Promise.all([
    ...groups.map((ids) => {
      const events = ids.map((id) => event(id, 'member.disable'));
      return trail.commitAll(organization, events, ids.map(putting));
    }),
    ...['x', 'y', 'z'].map((id) => trail.commit(organization, event(id), [])),
  ]);
  const chain = await collected(trail.all(organization));
  expect(await verifyChain(chain, sha256, { head: await trail.head(organization) })).toMatchObject({
    unbroken: true,
    entries: 83,
  });
  const inOrder = subjects(chain).join();
  for (const ids of groups) expect(inOrder).toContain(ids.join());
  expect(subjects(await listed(organization, { subject: 'g2-7' }))).toEqual(['g2-7']);
  expect(await listed(organization, { action: 'member.disable' })).toHaveLength(80);
});

test('several entries and their changes are all there or none', async () => {
  const organization = newOrganization();
  await table.put({ ...key('taken'), version: 1 });
  const actions = [putting('free'), putting('taken')];
  const failed = await trail
    .commitAll(
      organization,
      ['free', 'taken'].map((id) => event(id)),
      actions,
    )
    .catch((error: unknown) => error);
  expect(failed).toMatchObject({ name: 'TransactionFailed' });
  expect((failed as TransactionFailed).failedAt(1)).toBe(true);
  expect(await trail.head(organization)).toBeUndefined();
  expect(await table.get(key('free'))).toBeUndefined();
  const most = actionsLeft(24);
  const filled = Array.from({ length: most + 1 }, (_, at) => putting(`fill-${at}`));
  const events = Array.from({ length: 24 }, (_, at) => event(`fill-${at}`));
  await expect(trail.commitAll(organization, events, filled)).rejects.toBeInstanceOf(RangeError);
  expect(await trail.commitAll(organization, events, filled.slice(1))).toHaveLength(24);
});

test("a failed condition of the caller's leaves no entry, and names his actions only", async () => {
  const organization = newOrganization();
  await trail.commit(organization, event('a'), [putting('once')]);
  const before = await trail.head(organization);
  const failed = await trail
    .commit(organization, event('b'), [
      putting('never'),
      { update: { key: key('once'), set: { version: 8 }, condition: versionIs(7) } },
    ])
    .catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(TransactionFailed);
  if (!(failed instanceof TransactionFailed)) return;
  expect(failed.reasons.map(({ code }) => code)).toEqual(['None', 'ConditionalCheckFailed']);
  expect(failed.reasons[1]?.item).toMatchObject({ version: 1 });
  expect(await trail.head(organization)).toEqual(before);
  expect(await collected(trail.all(organization))).toHaveLength(1);
  expect(await trail.list(organization, { limit: 10, subject: 'b' })).toEqual({ items: [] });
  expect(await table.get(key('never'))).toBeUndefined();
});

test('a refused entry keeps the change back: they are one transaction', async () => {
  const organization = newOrganization();
  // Somebody put an item where the first entry goes.
  const position = keys.auditPosition(new Date(nowMs).toISOString(), 1);
  await table.put({ ...keys.auditEntry(organization, position), entry: '{}', hash: '' });
  const committed = trail.commit(organization, event('a'), [putting('kept-back')]);
  await expect(committed).rejects.toMatchObject({ code: 'corrupt_item' });
  expect(await table.get(key('kept-back'))).toBeUndefined();
  expect(await trail.head(organization)).toBeUndefined();
});

test('a race that is lost again and again ends as throttled, without the change', async () => {
  const organization = newOrganization();
  const busy: Table = {
    ...table,
    async transact(actions, options) {
      await trail.commit(organization, event('winner'), []);
      return table.transact(actions, options);
    },
  };
  const slow = auditTrail(busy, () => new Date(nowMs), { attemptsMax: 3, firstMs: 1, delayMsMax: 1 });
  const committed = slow.commit(organization, event('loser'), [putting('lost')]);
  await expect(committed).rejects.toMatchObject({ code: 'throttled' });
  expect(subjects(await collected(trail.all(organization)))).toEqual(['winner', 'winner', 'winner']);
  expect(await table.get(key('lost'))).toBeUndefined();
});

test('several events are entries one after the other, with the actions or not at all', async () => {
  const organization = newOrganization();
  await trail.commit(organization, event('before'), []);
  const entries = await trail.commitAll(organization, [event('one'), event('two')], [putting('both')]);
  expect(entries).toMatchObject([{ subject: 'one' }, { subject: 'two', sequence: 3 }]);
  const refused = { put: { ...key('both') }, condition: isAbsent };
  const again = trail.commitAll(organization, [event('three'), event('four')], [refused]);
  await expect(again).rejects.toBeInstanceOf(TransactionFailed);
  expect(subjects(await collected(trail.all(organization)))).toEqual(['before', 'one', 'two']);
  expect(await verifyChain(trail.all(organization), sha256)).toMatchObject({ unbroken: true, entries: 3 });
  expect((await trail.list(organization, { limit: 9, subject: 'two' })).items).toHaveLength(1);
});

test('96 actions are taken, 97 are not', async () => {
  const organization = newOrganization();
  const actions = (count: number) => Array.from({ length: count }, (_, index) => putting(`many-${index}`));
  expect(commitActionsMax).toBe(96);
  await expect(trail.commit(organization, event('m'), actions(97))).rejects.toThrow(RangeError);
  expect((await trail.commit(organization, event('m'), actions(96))).sequence).toBe(1);
});

test('lists are newest first, by subject, action and time, in pages that meet exactly', async () => {
  const organization = newOrganization();
  for (let index = 0; index < 12; index++) {
    nowMs = Date.parse('2026-03-31T23:59:50.000Z') + index * 1_000;
    const action = index % 3 === 0 ? 'member.disable' : 'member.update';
    await trail.commit(organization, event(index % 2 === 0 ? 'even' : 'odd', action), []);
  }
  const sequences = async (query: Partial<Parameters<AuditTrail['list']>[1]>) =>
    (await listed(organization, query)).map(({ sequence }) => sequence);
  const newest = [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
  expect(await sequences({})).toEqual(newest);
  expect(await sequences({ ascending: true })).toEqual(newest.toReversed());
  expect(await sequences({ subject: 'even' })).toEqual([11, 9, 7, 5, 3, 1]);
  expect(await sequences({ action: 'member.disable' })).toEqual([10, 7, 4, 1]);
  expect(await sequences({ subject: 'odd', action: 'member.disable', limit: 1 })).toEqual([10, 4]);
  // `from` is included, `to` is not: the eleventh entry is of 00:00:00.
  expect(await sequences({ from: '2026-04-01T00:00:00.000Z' })).toEqual([12, 11]);
  expect(await sequences({ to: '2026-04-01T00:00:00.000Z', action: 'member.disable' })).toEqual([
    10, 7, 4, 1,
  ]);
  expect(await sequences({ from: '2026-03-31T23:59:52.000Z', to: '2026-03-31T23:59:54.000Z' })).toEqual([
    4, 3,
  ]);
  expect(await sequences({ from: '2026-04-02T00:00:00.000Z', to: '2026-04-01T00:00:00.000Z' })).toEqual([]);
  expect(await sequences({ subject: 'nobody' })).toEqual([]);

  const { nextCursor } = await trail.list(organization, { limit: 3 });
  const elsewhere = trail.list(newOrganization(), { limit: 3, cursor: nextCursor });
  await expect(elsewhere).rejects.toMatchObject({ code: 'invalid_cursor' });
});

test('a filtered page costs one query and one batch of reads', async () => {
  const organization = newOrganization();
  for (let index = 0; index < 6; index++) await trail.commit(organization, event('one'), []);
  requests = 0;
  expect(
    (await trail.list(organization, { limit: 5, subject: 'one', action: 'member.update' })).items,
  ).toHaveLength(5);
  expect(requests).toBe(2);
});

test('a page of long entries is cut, and goes on where it was cut', async () => {
  const organization = newOrganization();
  const after = { text: 'x'.repeat(80_000) };
  for (let index = 0; index < 40; index++) await trail.commit(organization, { ...event('long'), after }, []);
  const page = await trail.list(organization, { limit: 100, subject: 'long' });
  // A Lambda function's answer takes 6 MB.
  expect(JSON.stringify(page).length).toBeLessThan(3_000_000);
  expect(page.items.length).toBeLessThan(40);
  const newest = Array.from({ length: 40 }, (_, index) => 40 - index);
  for (const query of [{ subject: 'long' }, {}]) {
    const items = await listed(organization, { ...query, limit: 100 });
    expect(items.map(({ sequence }) => sequence)).toEqual(newest);
  }
});

test('texts come back as they were, whatever they hold', async () => {
  const organization = newOrganization();
  const after = { name: 'Ł\u0000\u2028\ud800 "\\', blank: '', large: 1e300, list: [null, {}] };
  await trail.commit(organization, { ...event('naughty'), after, details: {} }, []);
  const [entry] = (await trail.list(organization, { limit: 1 })).items;
  expect(entry).toMatchObject({ after, details: {}, actor });
  expect(await verifyChain(trail.all(organization), sha256)).toMatchObject({ unbroken: true });
});

test('the commits that one organization takes a second', async () => {
  const organization = newOrganization();
  units = 0;
  const startedAt = performance.now();
  for (let index = 0; index < 100; index++) await trail.commit(organization, event(`s${index}`), []);
  const alone = (performance.now() - startedAt) / 1_000;
  console.info(`one writer: ${Math.round(100 / alone)} commits/s, ${units / 100} units a commit`);
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let index = 0; index < 20; index++)
      await trail.commit(organization, event(`${writer}-${index}`), []);
  });
  const racingAt = performance.now();
  await Promise.all(writers);
  console.info(`8 writers: ${Math.round((160 * 1_000) / (performance.now() - racingAt))} commits/s`);
  expect(await verifyChain(trail.all(organization), sha256)).toMatchObject({ entries: 260 });
  expect(100 / alone).toBeGreaterThan(10);
});
