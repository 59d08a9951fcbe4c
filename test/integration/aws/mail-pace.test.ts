import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { mailPace } from '../../../layers/roster/src/aws/mail-pace.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

const perSecond = 100;

let dynamo: TestDynamo;
let table: Table;
let aheadMs: number;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo?.stop());
beforeEach(async () => {
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  aheadMs = 0;
});

const clock = () => new Date(Date.now() + aheadMs);
const sender = () => mailPace(table, clock, perSecond);

/** When so many turns came that each of so many senders asked for at once, in milliseconds from the first asking. */
async function turns(senders: number, each: number): Promise<number[]> {
  const start = performance.now();
  const came = await Promise.all(
    Array.from({ length: senders }, sender).flatMap((one) =>
      Array.from({ length: each }, async () => {
        await one.turn();
        return performance.now() - start;
      }),
    ),
  );
  return came.sort((a, b) => a - b);
}

it.each([
  [1, 60],
  [6, 10],
])('keeps %i senders with %i mails each together to the rate, and to no less', async (senders, each) => {
  const came = await turns(senders, each);
  // Clocks tell whole milliseconds, and a timer may ring one early.
  for (const [index, at] of came.entries()) expect(at).toBeGreaterThanOrEqual(index * 10 - 2);
  expect(came.at(-1)).toBeLessThan(came.length * 10 + 2_000);
});

it('saves nothing up while nobody sends', async () => {
  await turns(1, 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const came = await turns(2, 10);
  expect(came.at(-1)).toBeGreaterThanOrEqual(188);
});

it('asks the table once for all who wait in one process', async () => {
  let writes = 0;
  const counted = {
    ...table,
    update: (update: Parameters<Table['update']>[0]) => {
      writes++;
      return table.update(update);
    },
  };
  const one = mailPace(counted, clock, perSecond);
  await one.turn();
  writes = 0;
  await Promise.all(Array.from({ length: 20 }, () => one.turn()));
  expect(writes).toBeLessThanOrEqual(2);
});

it('does not wait for turns that were given before the clock was set back', async () => {
  aheadMs = 3 * 24 * 60 * 60 * 1000;
  await turns(1, 1);
  aheadMs = 0;
  const came = await turns(1, 5);
  expect(came.at(-1)).toBeLessThan(2_000);
});

it('fails where the item cannot be read, and works again once it can', async () => {
  await table.put({ ...keys.mailPace(), nextMicros: 'soon' });
  const one = sender();
  await expect(one.turn()).rejects.toThrow();
  await table.delete(keys.mailPace());
  await one.turn();
});
