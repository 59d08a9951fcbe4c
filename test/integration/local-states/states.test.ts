import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, expect, test, vi } from 'vitest';
import { FunctionError, type Invoke } from '../../../infra/local/invoke.ts';
import { type States, type StatesOptions, startStates } from '../../../infra/local/states/server.ts';
import {
  accountId,
  Duration,
  functionArn,
  mapThenFinish,
  region,
  sfn,
  synthesize,
  twoTasks,
} from './definitions.ts';
import { ManualClock } from './manual-clock.ts';

const stateMachineArn = `arn:aws:states:${region}:${accountId}:stateMachine:import`;
const open = new Set<States>();
const never = new Promise<never>(() => {});

afterEach(async () => {
  await Promise.all([...open].map((states) => states.close()));
  open.clear();
});

async function start(invoke: Invoke, definition: unknown, more: Partial<StatesOptions> = {}) {
  const states = await startStates({ file: ':memory:', region, accountId, invoke, ...more });
  open.add(states);
  states.putStateMachine({ arn: stateMachineArn, name: 'import', definition });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SFNClient({ endpoint: states.url, region, credentials });
  const begin = async (input: unknown, name = 'one') =>
    (await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) })))
      .executionArn as string;
  const describe = (executionArn: string) => client.send(new DescribeExecutionCommand({ executionArn }));
  const ended = (executionArn: string) =>
    vi.waitFor(
      async () => {
        const execution = await describe(executionArn);
        expect(execution.status).not.toBe('RUNNING');
        return execution;
      },
      { timeout: 10_000, interval: 20 },
    );
  const run = async (input: unknown) => ended(await begin(input));
  return { states, client, begin, describe, ended, run };
}

const temporary = () => join(mkdtempSync(join(tmpdir(), 'states-')), 'states.sqlite');

test('a pipeline of every kind of state gives what the States Language says', async () => {
  const definition = synthesize((make) => {
    const validate = make.invoke('Validate', 'validate', {
      payload: sfn.TaskInput.fromObject({
        shard: sfn.JsonPath.objectAt('$.shard'),
        importId: sfn.JsonPath.stringAt('$.importId'),
        index: sfn.JsonPath.numberAt('$$.Map.Item.Index'),
        name: sfn.JsonPath.stringAt('$$.Execution.Name'),
        startedAt: sfn.JsonPath.stringAt('$$.Execution.StartTime'),
        whole: sfn.JsonPath.stringAt('$$.Execution.Input.importId'),
        retry: sfn.JsonPath.numberAt('$$.State.RetryCount'),
        state: sfn.JsonPath.stringAt('$$.State.Name'),
      }),
      resultSelector: { 'rows.$': '$.Payload.rows' },
      resultPath: '$.validated',
    });
    const shards = new sfn.Map(make.stack, 'Shards', {
      itemsPath: '$.unzipped.shards',
      itemSelector: {
        'shard.$': '$$.Map.Item.Value',
        'importId.$': '$.importId',
      },
      resultPath: '$.shards',
    }).itemProcessor(validate);
    const finish = make.invoke('Finish', 'finish', { payloadResponseOnly: true, resultPath: '$.finished' });
    return make
      .invoke('Unzip', 'unzip', { payloadResponseOnly: true, resultPath: '$.unzipped' })
      .next(shards)
      .next(
        new sfn.Pass(make.stack, 'Mark', {
          result: sfn.Result.fromObject({ ok: true }),
          resultPath: '$.mark',
        }),
      )
      .next(
        new sfn.Choice(make.stack, 'Approved?')
          .when(
            sfn.Condition.and(
              sfn.Condition.booleanEquals('$.mark.ok', true),
              sfn.Condition.stringEquals('$.approve', 'auto'),
            ),
            finish.next(new sfn.Succeed(make.stack, 'Done')),
          )
          .otherwise(new sfn.Succeed(make.stack, 'Review')),
      );
  });
  const calls: Record<string, unknown[]> = {};
  const { run } = await start(async (arn, payload) => {
    calls[arn] = [...(calls[arn] ?? []), payload];
    if (arn === functionArn('unzip')) return { shards: [0, 7] };
    if (arn === functionArn('validate'))
      return { rows: 10 + (payload as { shard: number }).shard, dropped: 1 };
    return undefined;
  }, definition);

  const execution = await run({ importId: 'i1', approve: 'auto' });
  expect(execution.cause).toBeUndefined();
  expect(execution.status).toBe('SUCCEEDED');
  expect(JSON.parse(execution.output ?? '')).toEqual({
    importId: 'i1',
    approve: 'auto',
    unzipped: { shards: [0, 7] },
    shards: [
      { shard: 0, importId: 'i1', validated: { rows: 10 } },
      { shard: 7, importId: 'i1', validated: { rows: 17 } },
    ],
    mark: { ok: true },
    finished: null,
  });
  const common = {
    importId: 'i1',
    name: 'one',
    whole: 'i1',
    retry: 0,
    state: 'Validate',
    startedAt: execution.startDate?.toISOString(),
  };
  expect(calls[functionArn('validate')]).toEqual([
    { ...common, shard: 0, index: 0 },
    { ...common, shard: 7, index: 1 },
  ]);
  expect(calls[functionArn('unzip')]).toEqual([{ importId: 'i1', approve: 'auto' }]);
});

test('a retry waits its interval, counts in $$.State.RetryCount, and gives up after its attempts', async () => {
  const definition = synthesize((make) => {
    const task = make.invoke('Apply', 'apply', {
      payload: sfn.TaskInput.fromObject({ retry: sfn.JsonPath.numberAt('$$.State.RetryCount') }),
    });
    return task.addRetry({
      errors: ['VersionConflict'],
      interval: Duration.seconds(5),
      backoffRate: 3,
      maxAttempts: 2,
    });
  });
  const clock = new ManualClock('2026-01-01T00:00:00Z');
  const retries: unknown[] = [];
  const invoke: Invoke = async (_arn, payload) => {
    retries.push((payload as { retry: number }).retry);
    throw new FunctionError('VersionConflict', 'changed since', ['at apply']);
  };
  const { begin, ended } = await start(invoke, definition, { clock });
  const arn = await begin({});
  for (const waitMs of [5000, 15_000]) {
    await vi.waitFor(() => expect(clock.waitsMs).toEqual([waitMs]));
    clock.advance(waitMs - 1);
    expect(clock.waitsMs).toEqual([1]);
    clock.advance(1);
  }
  const execution = await ended(arn);
  expect(retries).toEqual([0, 1, 2]);
  expect([execution.status, execution.error]).toEqual(['FAILED', 'VersionConflict']);
  expect(JSON.parse(execution.cause ?? '')).toEqual({
    errorType: 'VersionConflict',
    errorMessage: 'changed since',
    trace: ['at apply'],
  });
});

test('another error is not retried, and Catch keeps the input beside the error; Fail ends with its error', async () => {
  const definition = synthesize((make) => {
    const fail = new sfn.Fail(make.stack, 'Refused', { error: 'ImportRefused', cause: 'See the import' });
    const report = make.invoke('Report', 'report', { payloadResponseOnly: true });
    return make
      .invoke('Validate', 'validate')
      .addRetry({ errors: ['Throttled'], interval: Duration.seconds(1) })
      .addCatch(report.next(fail), { errors: ['BadFile'], resultPath: '$.failure' });
  });
  const reported: unknown[] = [];
  const { run } = await start(async (arn, payload) => {
    if (arn === functionArn('validate')) throw new FunctionError('BadFile', 'no rows');
    reported.push(payload);
  }, definition);
  const execution = await run({ importId: 'i1' });
  expect([execution.status, execution.error, execution.cause]).toEqual([
    'FAILED',
    'ImportRefused',
    'See the import',
  ]);
  const Cause = '{"errorType":"BadFile","errorMessage":"no rows"}';
  expect(reported).toEqual([{ importId: 'i1', failure: { Error: 'BadFile', Cause } }]);
});

test('a task that takes longer than its timeout is States.Timeout, which States.TaskFailed does not retry', async () => {
  const definition = synthesize((make) =>
    make
      .invoke('Slow', 'slow', { taskTimeout: sfn.Timeout.duration(Duration.seconds(90)) })
      .addRetry({ errors: ['States.TaskFailed'] })
      .addCatch(new sfn.Pass(make.stack, 'Late'), { errors: ['States.Timeout'], resultPath: '$.late' }),
  );
  const clock = new ManualClock('2026-01-01T00:00:00Z');
  const { begin, ended } = await start(() => never, definition, { clock });
  const arn = await begin({});
  await vi.waitFor(() => expect(clock.waitsMs).toEqual([90_000]));
  clock.advance(90_000);
  const execution = await ended(arn);
  expect(execution.status).toBe('SUCCEEDED');
  expect(JSON.parse(execution.output ?? '').late.Error).toBe('States.Timeout');
});

test('a state machine has a timeout, too', async () => {
  const definition = synthesize((make) => make.invoke('Slow', 'slow'), { timeout: Duration.hours(2) });
  const clock = new ManualClock('2026-01-01T00:00:00Z');
  const { begin, ended } = await start(() => never, definition, { clock });
  const arn = await begin({});
  clock.advance(7_200_000);
  const execution = await ended(arn);
  expect(execution.status).toBe('TIMED_OUT');
  expect(execution.stopDate?.toISOString()).toBe('2026-01-01T02:00:00.000Z');
});

test('a Map runs as many iterations at a time as it may, and no more than the machine allows', async () => {
  const peakOf = async (maxConcurrency: number | undefined, mapConcurrencyMax?: number) => {
    let running = 0;
    let peak = 0;
    const definition = synthesize((make) =>
      new sfn.Map(make.stack, 'Map', {
        itemsPath: '$.items',
        ...(maxConcurrency ? { maxConcurrency } : {}),
      }).itemProcessor(make.invoke('Work', 'work', { payloadResponseOnly: true })),
    );
    const invoke: Invoke = async (_arn, item) => {
      peak = Math.max(peak, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      return item;
    };
    const { run } = await start(invoke, definition, mapConcurrencyMax ? { mapConcurrencyMax } : {});
    const items = [0, false, 'b', 3, 4, 5, 6, 7, 8];
    expect(JSON.parse((await run({ items })).output ?? '')).toEqual(items);
    return peak;
  };
  expect(await peakOf(2)).toBe(2);
  expect(await peakOf(undefined)).toBe(4);
  expect(await peakOf(40, 6)).toBe(6);
});

test('a failed iteration fails the Map, which a Retry of the Map runs again as a whole', async () => {
  const definition = synthesize((make) => {
    const map = new sfn.Map(make.stack, 'Map', { itemsPath: '$.items', maxConcurrency: 1 });
    map.itemProcessor(make.invoke('Work', 'work', { payloadResponseOnly: true }));
    return map.addRetry({ errors: ['Crashed'], interval: Duration.seconds(0), maxAttempts: 1 });
  });
  const seen: unknown[] = [];
  const { run } = await start(async (_arn, item) => {
    seen.push(item);
    if (item === 2 && seen.length < 4) throw new FunctionError('Crashed', 'once');
    return item;
  }, definition);
  expect(JSON.parse((await run({ items: [1, 2, 3] })).output ?? '')).toEqual([1, 2, 3]);
  expect(seen).toEqual([1, 2, 1, 2, 3]);
});

test('the same name starts one execution: equal input while it runs, and never again after', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let invoked = 0;
  const invoke: Invoke = async () => {
    invoked++;
    await promise;
  };
  const { client, begin, ended } = await start(invoke, twoTasks());
  const arn = await begin({ a: 1, b: 2 });
  expect(await begin({ b: 2, a: 1 })).toBe(arn);
  await expect(begin({ a: 2 })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  expect(invoked).toBe(1);
  resolve();
  await ended(arn);
  await expect(begin({ a: 1, b: 2 })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });

  const elsewhere = new StartExecutionCommand({ stateMachineArn: `${stateMachineArn}x` });
  await expect(client.send(elsewhere)).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
  await expect(begin({}, 'a name')).rejects.toMatchObject({ name: 'InvalidName' });
  const badInput = new StartExecutionCommand({ stateMachineArn, input: '{' });
  await expect(client.send(badInput)).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
});

test('executions are listed, described, stopped, and have a history', async () => {
  const { client, begin, ended } = await start(async (arn) => {
    return arn === functionArn('first') ? { rows: 3 } : never;
  }, twoTasks());
  const arn = await begin({ importId: 'i1' });
  const history = () =>
    client.send(new GetExecutionHistoryCommand({ executionArn: arn })).then(({ events = [] }) => events);
  await vi.waitFor(async () => expect((await history()).at(-1)?.type).toBe('TaskScheduled'));
  await vi.waitFor(async () => expect(await history()).toHaveLength(6));
  await client.send(
    new StopExecutionCommand({ executionArn: arn, error: 'Cancelled', cause: 'by the owner' }),
  );
  const execution = await ended(arn);
  expect([execution.status, execution.error, execution.cause]).toEqual([
    'ABORTED',
    'Cancelled',
    'by the owner',
  ]);
  expect((await history()).map(({ type }) => type)).toEqual([
    'ExecutionStarted',
    'TaskStateEntered',
    'TaskScheduled',
    'TaskSucceeded',
    'TaskStateEntered',
    'TaskScheduled',
    'ExecutionAborted',
  ]);
  expect((await history())[3]?.taskSucceededEventDetails?.output).toBe('{"rows":3}');

  await begin({}, 'two');
  const list = (statusFilter?: 'RUNNING' | 'ABORTED') =>
    client
      .send(new ListExecutionsCommand({ stateMachineArn, ...(statusFilter ? { statusFilter } : {}) }))
      .then(({ executions = [] }) => executions.map(({ name }) => name));
  expect(await list()).toEqual(['two', 'one']);
  expect(await list('ABORTED')).toEqual(['one']);
  const paged = await client.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1 }));
  expect([paged.executions?.length, paged.nextToken]).toEqual([1, '1']);

  const { stateMachines } = await client.send(new ListStateMachinesCommand({}));
  expect(stateMachines?.map(({ name, type }) => [name, type])).toEqual([['import', 'STANDARD']]);
  const { definition } = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
  expect(JSON.parse(definition ?? '')).toEqual(twoTasks());
});

test('a wait never blocks closing, and goes on with what was left of it after a restart', async () => {
  const definition = synthesize((make) =>
    new sfn.Wait(make.stack, 'Hold', { time: sfn.WaitTime.duration(Duration.days(30)) }).next(
      make.invoke('Finish', 'finish', { payloadResponseOnly: true }),
    ),
  );
  const file = temporary();
  const clock = new ManualClock('2026-01-01T00:00:00Z');
  const first = await start(async () => 'done', definition, { file, clock });
  const arn = await first.begin({});
  await vi.waitFor(() => expect(clock.waitsMs).toEqual([30 * 86_400_000]));
  clock.advance(29 * 86_400_000);
  await first.states.close();
  open.delete(first.states);
  expect(clock.waitsMs).toEqual([]);

  const second = await start(async () => 'done', definition, { file, clock });
  expect((await second.describe(arn)).status).toBe('RUNNING');
  await vi.waitFor(() => expect(clock.waitsMs).toEqual([86_400_000]));
  clock.advance(86_400_000);
  expect((await second.ended(arn)).output).toBe('"done"');
});

test('after kill -9 an execution goes on where it was: finished tasks are not invoked again', async () => {
  const file = temporary();
  const calls = `${file}.calls`;
  const definition = mapThenFinish();
  const script = join(import.meta.dirname, 'interrupted.ts');
  const child = spawn(process.execPath, [script, file, calls, JSON.stringify(definition)], {
    stdio: 'inherit',
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const lines = () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n').sort() : []);
  await vi.waitFor(() => expect(lines()).toEqual(['1', '2', '3', '4']), { timeout: 20_000, interval: 20 });
  child.kill('SIGKILL');
  await exited;

  const again: unknown[] = [];
  const { ended } = await start(
    async (arn, payload) => {
      again.push(payload);
      return arn === functionArn('finish') ? payload : { again: payload };
    },
    definition,
    { file },
  );
  const execution = await ended(`arn:aws:states:${region}:${accountId}:execution:import:killed`);
  const outputs = [{ done: 1 }, { done: 2 }, { again: 3 }, { again: 4 }];
  expect(JSON.parse(execution.output ?? '')).toEqual(outputs);
  expect(again).toEqual([3, 4, outputs]);
});

test('a failure that was caught before a restart is not tried again after it', async () => {
  const definition = synthesize((make) =>
    make
      .invoke('First', 'first', { payloadResponseOnly: true })
      .addCatch(make.invoke('Repair', 'repair', { payloadResponseOnly: true }), { resultPath: '$.failure' }),
  );
  const file = temporary();
  const calls: string[] = [];
  const invoke: Invoke = async (arn) => {
    calls.push(arn);
    if (arn === functionArn('first')) throw new FunctionError('Once', 'and never again');
    return calls.length < 3 ? never : 'repaired';
  };
  const first = await start(invoke, definition, { file });
  const arn = await first.begin({});
  await vi.waitFor(() => expect(calls).toHaveLength(2));
  await first.states.close();
  open.delete(first.states);
  const { ended } = await start(invoke, definition, { file });
  expect((await ended(arn)).output).toBe('"repaired"');
  expect(calls).toEqual(['first', 'repair', 'repair'].map(functionArn));
});

test('the branches of a Parallel all get its input; when one fails the others are stopped', async () => {
  const definition = synthesize((make) =>
    new sfn.Parallel(make.stack, 'Both')
      .branch(make.invoke('Left', 'left', { payloadResponseOnly: true }))
      .branch(make.invoke('Right', 'right', { payloadResponseOnly: true }))
      .addCatch(new sfn.Pass(make.stack, 'Caught'), { errors: ['Broken'] }),
  );
  const invoke: Invoke = async (arn, payload) => {
    const { broken } = payload as { broken: boolean };
    if (!broken) return arn;
    if (arn === functionArn('left')) return never;
    throw new FunctionError('Broken', 'right');
  };
  const { begin, ended } = await start(invoke, definition);
  const good = await ended(await begin({ broken: false }, 'good'));
  expect(JSON.parse(good.output ?? '')).toEqual([functionArn('left'), functionArn('right')]);
  const broken = await ended(await begin({ broken: true }, 'broken'));
  expect(JSON.parse(broken.output ?? '')).toMatchObject({ Error: 'Broken' });
});

test('an interrupted execution whose definition changed fails with a cause', async () => {
  const file = temporary();
  const first = await start(() => never, twoTasks(), { file });
  const arn = await first.begin({});
  await first.states.close();
  open.delete(first.states);
  const { describe } = await start(async () => 'never called', mapThenFinish(), { file });
  const execution = await describe(arn);
  expect([execution.status, execution.error]).toEqual(['FAILED', 'States.Runtime']);
  expect(execution.cause).toMatch(/definition of the state machine changed/);
});

test('what cannot be run here is refused when the machine is put', async () => {
  const states = await startStates({ file: ':memory:', region, accountId, invoke: async () => null });
  open.add(states);
  const put = (task: object) => () =>
    states.putStateMachine({
      arn: stateMachineArn,
      name: 'import',
      definition: { StartAt: 'A', States: { A: { Type: 'Task', End: true, ...task } } },
    });
  expect(put({ Resource: 'arn:aws:states:::sqs:sendMessage' })).toThrow(/sqs:sendMessage is not supported/);
  expect(put({ Resource: functionArn('a'), QueryLanguage: 'JSONata' })).toThrow(/JSONata/);
  expect(put({})).toThrow(/invalid/);
});

test('state of more than 256 KiB ends the execution, as on AWS', async () => {
  const { run } = await start(async () => 'x'.repeat(262_145), twoTasks());
  expect((await run({})).error).toBe('States.DataLimitExceeded');
});
