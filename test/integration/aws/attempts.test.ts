import { createHash } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Attempts, attemptsInTable } from '../../../layers/roster/src/aws/attempts.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let table: Table;
let tableName: string;
let attempts: Attempts;
let now: number;
let subjects = 0;
let person: { subject: string; failuresMax: number; endsWithSuccess: boolean };
let network: typeof person;

beforeAll(async () => {
  dynamo = await startDynamo();
  tableName = await dynamo.createTable();
  table = createTable({ tableName, client: dynamo.client });
  attempts = attemptsInTable(table, () => new Date(now));
});
afterAll(() => dynamo?.stop());
beforeEach(() => {
  now = Date.parse('2026-01-01T00:00:00Z');
  person = { subject: `person ${++subjects}`, failuresMax: 3, endsWithSuccess: true };
  network = { subject: `network ${subjects}`, failuresMax: 6, endsWithSuccess: false };
});

const fail = async (times: number, counters = [person]) => {
  for (let time = 0; time < times; time++) await attempts.begin(counters);
};
const refused = (retryAfterSeconds: number) => ({ code: 'too_many_requests', retryAfterSeconds });

it('lets as many through as may fail, and again when the window of the first one ends', async () => {
  await fail(1);
  now += 600_000;
  await fail(2);
  await expect(attempts.begin([person])).rejects.toMatchObject(refused(300));
  now += 299_999;
  await expect(attempts.begin([person])).rejects.toMatchObject(refused(1));
  now += 1;
  await fail(3);
  await expect(attempts.begin([person])).rejects.toMatchObject(refused(900));
});

it('lets no more through when all come at once', async () => {
  const all = await Promise.allSettled(Array.from({ length: 30 }, () => attempts.begin([person])));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  for (const one of all) if (one.status === 'rejected') expect(one.reason).toMatchObject(refused(900));
});

it('forgets a person’s failures with a success, and not a network’s', async () => {
  await fail(2, [person, network]);
  await (await attempts.begin([person, network])).succeeded();
  await fail(3, [person, network]);
  await expect(attempts.begin([person, network])).rejects.toMatchObject(refused(900));
  const other = { ...person, subject: `${person.subject}, another` };
  await fail(1, [other, network]);
  await expect(attempts.begin([other, network])).rejects.toMatchObject(refused(900));
});

it('does not count on other counters what one refuses, nor what is taken back', async () => {
  await fail(3);
  for (let time = 0; time < 10; time++) {
    await expect(attempts.begin([person, network])).rejects.toMatchObject(refused(900));
  }
  await (await attempts.begin([network])).takenBack();
  await fail(6, [network]);
  await expect(attempts.begin([network])).rejects.toMatchObject(refused(900));
});

it('takes nothing back from a window that began meanwhile', async () => {
  const slow = await attempts.begin([person]);
  now += 900_000;
  await fail(3);
  await slow.takenBack();
  await slow.succeeded();
  await expect(attempts.begin([person])).rejects.toMatchObject(refused(900));
});

it('keeps no login and no address, and lets the table drop the count when it is over', async () => {
  const subject = 'login ["acme","ana@example.org"] from 203.0.113.9';
  await attempts.begin([{ ...person, subject }]);
  const { Items } = await dynamo.client.send(new ScanCommand({ TableName: tableName }));
  const texts = (Items ?? []).map((item) => JSON.stringify(item));
  expect(texts.filter((text) => /ana|203/.test(text))).toEqual([]);
  const hash = createHash('sha256').update(subject).digest('base64url');
  // 15 minutes after the start of 2026, by the Unix epoch.
  expect(await table.get(keys.attempts(hash))).toMatchObject({ failures: 1, expiresAt: 1_767_226_500 });
});
