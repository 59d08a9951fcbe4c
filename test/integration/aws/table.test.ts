import {
  DynamoDBClient,
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  attributeIs,
  ConditionFailed,
  createTable,
  isAbsent,
  type Table,
  TransactionFailed,
  versionIs,
} from '../../../layers/roster/src/aws/table.ts';
import { isMusterError } from '../../../layers/roster/src/domain/errors.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

const key = (id: string, sk = 'X') => ({ pk: `test#${id}`, sk });

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('Nothing was thrown.'),
    (error: unknown) => error,
  );
}

describe('the table, on an emulator', () => {
  let dynamo: TestDynamo;
  let table: Table;
  const capacity: number[] = [];

  beforeAll(async () => {
    dynamo = await startDynamo();
    table = createTable({
      tableName: await dynamo.createTable(),
      client: dynamo.client,
      onCapacity: (units) => capacity.push(units),
    });
  });
  afterAll(() => dynamo.stop());

  it('reads back what was put, without undefined attributes', async () => {
    await table.put({ ...key('put'), name: 'Élise', nothing: undefined, list: [1, { a: true }] });
    expect(await table.get(key('put'), { consistent: true })).toEqual({
      ...key('put'),
      name: 'Élise',
      list: [1, { a: true }],
    });
    expect(await table.get(key('never'))).toBeUndefined();
  });

  it('sets, adds to and removes attributes whose names are reserved words', async () => {
    await table.put({ ...key('update'), name: 'a', count: 1, state: 'old', version: 1 });
    const update = {
      key: key('update'),
      set: { name: 'b', skipped: undefined, version: 2 },
      add: { count: 4, size: 2 },
      remove: ['state'],
      condition: versionIs(1),
    };
    const expected = { ...key('update'), name: 'b', count: 5, size: 2, version: 2 };
    expect(await table.update(update)).toEqual(expected);

    const error = await thrownBy(table.update(update));
    expect(error).toBeInstanceOf(ConditionFailed);
    expect((error as ConditionFailed).item).toEqual(expected);
    expect(await table.get(key('update'), { consistent: true })).toEqual(expected);
  });

  it('keeps the stored item out of what a log would make of the error', async () => {
    await table.put({ ...key('secret'), name: 'Personal Data' });
    const error = await thrownBy(table.put({ ...key('secret'), name: 'other' }, isAbsent));
    expect(JSON.stringify(error)).not.toContain('Personal');
    expect((error as Error).message).not.toContain('Personal');
  });

  it('tells which conditions of a transaction did not hold, and writes nothing of it', async () => {
    await table.put({ ...key('there'), version: 3 });
    const error = await thrownBy(
      table.transact([
        { put: { ...key('new') }, condition: isAbsent },
        { put: { ...key('there') }, condition: isAbsent },
        { check: key('absent'), condition: attributeIs('version', 1) },
      ]),
    );
    expect(error).toBeInstanceOf(TransactionFailed);
    const failed = error as TransactionFailed;
    expect(failed.reasons.map(({ code }) => code)).toEqual([
      'None',
      'ConditionalCheckFailed',
      'ConditionalCheckFailed',
    ]);
    expect(failed.reasons[1]?.item).toEqual({ ...key('there'), version: 3 });
    expect(failed.reasons[2]?.item).toBeUndefined();
    expect([0, 1, 2, 3].map((index) => failed.failedAt(index))).toEqual([false, true, true, false]);
    expect(await table.get(key('new'), { consistent: true })).toBeUndefined();
  });

  it('does the four kinds of action in one transaction', async () => {
    await table.put({ ...key('t1'), n: 1 });
    await table.put({ ...key('t2') });
    await table.transact([
      { update: { key: key('t1'), add: { n: 1 } } },
      { delete: key('t2') },
      { put: { ...key('t3') } },
      { check: key('update'), condition: versionIs(2) },
    ]);
    const read = await table.batchGet([key('t1'), key('t2'), key('t3')], { consistent: true });
    expect(read).toEqual([{ ...key('t1'), n: 2 }, undefined, { ...key('t3') }]);
  });

  it('does a transaction once for one token', async () => {
    await table.put({ ...key('token'), n: 0 });
    const token = '00000000-0000-4000-8000-000000000001';
    for (let run = 0; run < 2; run++) {
      await table.transact([{ update: { key: key('token'), add: { n: 1 } } }], { token });
    }
    expect((await table.get(key('token'), { consistent: true }))?.n).toBe(1);
  });

  it('reads 230 keys in their order, with gaps, repeats and a projection', async () => {
    const numbers = Array.from({ length: 230 }, (_, index) => index);
    for (const start of [0, 100, 200]) {
      const some = numbers.slice(start, start + 100).filter((n) => n % 7 !== 0);
      await table.transact(some.map((n) => ({ put: { ...key(`b${n}`), n, more: 'x' } })));
    }
    const wanted = [...numbers].reverse().concat(5);
    const items = await table.batchGet(
      wanted.map((n) => key(`b${n}`)),
      { consistent: true, projection: ['n'] },
    );
    expect(items.map((item) => item?.n)).toEqual(wanted.map((n) => (n % 7 === 0 ? undefined : n)));
    expect(items.some((item) => item && 'more' in item)).toBe(false);
  });

  it('goes through all pages of a query', async () => {
    await table.transact(
      Array.from({ length: 25 }, (_, n) => ({ put: { ...key('many', String(n).padStart(3, '0')) } })),
    );
    const seen: unknown[] = [];
    const query = {
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': 'test#many' },
      Limit: 4,
    };
    for await (const item of table.queryAll(query)) seen.push(item.sk);
    expect(seen).toHaveLength(25);
    expect(seen).toEqual([...seen].sort());
    const last = await table.query({ ...query, Limit: 100 });
    expect(last.lastKey).toBeUndefined();
  });

  it('tells the capacity that requests took', async () => {
    capacity.length = 0;
    await table.get(key('put'), { consistent: true });
    await table.transact([{ put: { ...key('capacity') } }]);
    // Developer Guide: 1 unit for a strongly consistent read up to 4 KB, 2 for a transactional write up to 1 KB.
    expect(capacity).toEqual([1, 2]);
  });
});

describe('the table, where no emulator goes', () => {
  const backoff = { attemptsMax: 3, firstMs: 1, delayMsMax: 2 };
  const throttled = (error: unknown) => isMusterError(error, 'throttled');

  const mocks: { restore(): void }[] = [];
  afterEach(() => {
    for (const mock of mocks.splice(0)) mock.restore();
  });

  function mocked() {
    const client = new DynamoDBClient({ region: 'eu-west-1' });
    const mock = mockClient(DynamoDBDocumentClient);
    mocks.push(mock);
    return { mock, table: createTable({ tableName: 'T', client, backoff }) };
  }

  const cancelled = (...codes: string[]) =>
    new TransactionCanceledException({
      message: 'cancelled',
      $metadata: {},
      CancellationReasons: codes.map((Code) => ({ Code })),
    });

  it('asks again for the keys that a batch left over', async () => {
    const { mock, table } = mocked();
    const item = (id: string) => ({ ...key(id), id });
    mock
      .on(BatchGetCommand)
      .resolvesOnce({ Responses: { T: [item('a')] }, UnprocessedKeys: { T: { Keys: [key('b')] } } })
      .resolvesOnce({ Responses: { T: [item('b')] } });
    expect(await table.batchGet([key('b'), key('a')])).toEqual([item('b'), item('a')]);
    const calls = mock.commandCalls(BatchGetCommand);
    expect(calls[1]?.args[0].input.RequestItems?.T?.Keys).toEqual([key('b')]);
  });

  it('is throttled when a batch never gets through', async () => {
    const { mock, table } = mocked();
    mock.on(BatchGetCommand).resolves({ UnprocessedKeys: { T: { Keys: [key('a')] } } });
    expect(await thrownBy(table.batchGet([key('a')]))).toSatisfy(throttled);
    expect(mock.commandCalls(BatchGetCommand)).toHaveLength(3);
  });

  it('repeats a transaction that met another one, with the same token', async () => {
    const { mock, table } = mocked();
    mock.on(TransactWriteCommand).rejectsOnce(cancelled('None', 'TransactionConflict')).resolves({});
    await table.transact([{ put: key('a') }, { put: key('b') }]);
    const tokens = mock
      .commandCalls(TransactWriteCommand)
      .map(({ args }) => args[0].input.ClientRequestToken);
    expect(tokens).toHaveLength(2);
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).toMatch(/^.{36}$/);
  });

  it('gives up on conflicts after its tries, as throttled', async () => {
    const { mock, table } = mocked();
    mock.on(TransactWriteCommand).rejects(cancelled('TransactionConflict'));
    expect(await thrownBy(table.transact([{ put: key('a') }]))).toSatisfy(throttled);
    expect(mock.commandCalls(TransactWriteCommand)).toHaveLength(3);
  });

  it('does not repeat a transaction whose condition failed next to a conflict', async () => {
    const { mock, table } = mocked();
    mock.on(TransactWriteCommand).rejects(cancelled('ConditionalCheckFailed', 'TransactionConflict'));
    expect(await thrownBy(table.transact([{ put: key('a') }, { put: key('b') }]))).toBeInstanceOf(
      TransactionFailed,
    );
    expect(mock.commandCalls(TransactWriteCommand)).toHaveLength(1);
  });

  it('leaves an unknown reason and an unknown error as they are', async () => {
    const { mock, table } = mocked();
    const invalid = cancelled('ValidationError');
    mock.on(TransactWriteCommand).rejects(invalid);
    expect(await thrownBy(table.transact([{ put: key('a') }]))).toBe(invalid);
    const network = new Error('socket hang up');
    mock.on(TransactWriteCommand).rejects(network);
    expect(await thrownBy(table.transact([{ put: key('a') }]))).toBe(network);
  });

  it('calls throttling what the service calls so', async () => {
    const { mock, table } = mocked();
    const error = new ProvisionedThroughputExceededException({ message: 'slow', $metadata: {} });
    mock.onAnyCommand().rejects(error);
    const thrown = await thrownBy(table.get(key('a')));
    expect(thrown).toSatisfy(throttled);
    expect((thrown as Error).cause).toBe(error);
  });

  it('refuses 101 actions before anything is sent', async () => {
    const { mock, table } = mocked();
    const actions = Array.from({ length: 101 }, (_, n) => ({ put: key(String(n)) }));
    expect(await thrownBy(table.transact(actions))).toBeInstanceOf(RangeError);
    expect(mock.calls()).toHaveLength(0);
  });
});
