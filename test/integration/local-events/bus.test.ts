import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { type Bus, type BusOptions, createBus, type Target } from '../../../infra/local/events/bus.ts';
import { startEvents } from '../../../infra/local/events/server.ts';
import { ManualClock } from '../local-states/manual-clock.ts';

const region = 'eu-west-1';
const accountId = '111122223333';
const arn = (service: string, name: string) => `arn:aws:${service}:${region}:${accountId}:${name}`;
const lambda = arn('lambda', 'function:on-upload');
const queue = arn('sqs', 'work');
const dead = arn('sqs', 'dead');
const machine = arn('states', 'stateMachine:import');
const open = new Set<{ close(): Promise<void> }>();

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all([...open].map((each) => each.close()));
  open.clear();
});

const uploaded = {
  version: '0',
  id: '6f87d04b-9f3b-4f4c-9f5e-0a2a1b3c4d5e',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  account: accountId,
  time: '2026-01-01T00:00:00Z',
  region,
  resources: ['arn:aws:s3:::uploads'],
  detail: { bucket: { name: 'uploads' }, object: { key: 'a "b".csv', size: 5 } },
};

function start(more: Partial<BusOptions> = {}) {
  const invoke = vi.fn(async (_arn: string, _payload: unknown): Promise<unknown> => undefined);
  const sendMessage = vi.fn(async (_arn: string, _body: string, _group?: string) => {});
  const startExecution = vi.fn(
    async (_request: { stateMachineArn: string; name: string; input: unknown }) => ({}),
  );
  const bus = createBus({ invoke, sendMessage, startExecution, region, accountId, ...more });
  open.add(bus);
  return { bus, invoke, sendMessage, startExecution };
}

function putRule(bus: Bus, targets: readonly Target[], more: object = {}) {
  bus.putRule({
    name: 'uploads',
    arn: arn('events', 'rule/uploads'),
    eventPattern: { source: ['aws.s3'], detail: { bucket: { name: ['uploads'] } } },
    targets,
    ...more,
  });
}

test('an event reaches every target of the rules that it matches, in the form that each wants', async () => {
  const { bus, invoke, sendMessage, startExecution } = start();
  putRule(bus, [
    { arn: lambda },
    { arn: queue, inputPath: '$.detail.object.key' },
    { arn: queue, input: '{"constant":1}', messageGroupId: 'o1' },
    {
      arn: machine,
      inputTransformer: {
        inputPathsMap: { key: '$.detail.object.key', size: '$.detail.object.size', first: '$.resources[0]' },
        inputTemplate:
          '{"key": <key>, "text": "<key> of <first>", "size": <size>, "rule": <aws.events.rule-name>}',
      },
    },
  ]);
  putRule(bus, [{ arn: lambda }], { arn: arn('events', 'rule/other'), eventPattern: { source: ['other'] } });
  putRule(bus, [{ arn: lambda }], { arn: arn('events', 'rule/off'), state: 'DISABLED' });
  await bus.put(uploaded);
  await vi.waitFor(() => expect(startExecution).toHaveBeenCalledOnce());
  expect(invoke.mock.calls).toEqual([[lambda, uploaded]]);
  expect(sendMessage.mock.calls).toEqual([
    [queue, 'a "b".csv', undefined],
    [queue, '{"constant":1}', 'o1'],
  ]);
  const request = startExecution.mock.calls[0]?.[0];
  expect(request?.stateMachineArn).toBe(machine);
  expect(request?.name.startsWith(`${uploaded.id}_`)).toBe(true);
  expect(request?.input).toEqual({
    key: 'a "b".csv',
    text: 'a "b".csv of arn:aws:s3:::uploads',
    size: 5,
    rule: 'uploads',
  });
});

test('a failed delivery is tried again with growing pauses, and five tries later goes to the dead-letter queue', async () => {
  const report = vi.spyOn(console, 'error').mockReturnValue();
  const clock = new ManualClock('2026-01-01T00:00:00Z');
  const invoke = vi.fn().mockRejectedValue(new Error('down'));
  const { bus, sendMessage } = start({ clock, invoke });
  putRule(bus, [{ arn: lambda, deadLetterArn: dead }]);
  await bus.put(uploaded);
  for (const waitMs of [200, 400, 800, 1600]) {
    await vi.waitFor(() => expect(clock.waitsMs).toEqual([waitMs]));
    expect(sendMessage).not.toHaveBeenCalled();
    clock.advance(waitMs);
  }
  await vi.waitFor(() => expect(sendMessage.mock.calls).toEqual([[dead, JSON.stringify(uploaded)]]));
  expect(invoke).toHaveBeenCalledTimes(5);
  expect(report).toHaveBeenCalledOnce();
});

test('a retry policy of no retries is kept to; an execution that exists already is delivered', async () => {
  vi.spyOn(console, 'error').mockReturnValue();
  const exists = Object.assign(new Error('exists'), { name: 'ExecutionAlreadyExists' });
  const invoke = vi.fn().mockRejectedValue(new Error('down'));
  const startExecution = vi.fn().mockRejectedValue(exists);
  const { bus, sendMessage } = start({ invoke, startExecution });
  const retryPolicy = { maximumRetryAttempts: 0 };
  putRule(bus, [
    { arn: machine, deadLetterArn: dead },
    { arn: lambda, deadLetterArn: dead, retryPolicy },
  ]);
  await bus.put(uploaded);
  await vi.waitFor(() => expect(sendMessage).toHaveBeenCalledOnce());
  expect(invoke).toHaveBeenCalledOnce();
  expect(startExecution).toHaveBeenCalledOnce();
});

test('what was accepted is delivered after a restart, and only what was not delivered before', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'events-')), 'events.sqlite');
  const first = start({ file, sendMessage: () => new Promise(() => {}) });
  const targets = [{ arn: lambda }, { arn: queue }];
  putRule(first.bus, targets);
  await first.bus.put(uploaded);
  await vi.waitFor(() => expect(first.invoke).toHaveBeenCalledOnce());
  // Everything that follows from the answer has happened when the event loop has turned once.
  await new Promise(setImmediate);
  await first.bus.close();
  open.delete(first.bus);

  const second = start({ file });
  putRule(second.bus, targets);
  await vi.waitFor(() =>
    expect(second.sendMessage.mock.calls).toEqual([[queue, JSON.stringify(uploaded), undefined]]),
  );
  expect(second.invoke).not.toHaveBeenCalled();
});

test('a schedule delivers a Scheduled Event, and EventBridge Scheduler its input', async () => {
  const clock = new ManualClock('2026-01-01T00:00:00Z');
  const { bus, invoke } = start({ clock });
  const ruleArn = arn('events', 'rule/nightly');
  bus.putRule({
    name: 'nightly',
    arn: ruleArn,
    scheduleExpression: 'rate(1 hour)',
    targets: [{ arn: lambda }],
  });
  bus.putRule({
    name: 'weekly',
    arn: arn('scheduler', 'schedule/default/weekly'),
    scheduleExpression: 'cron(30 1 ? * FRI *)',
    timezone: 'Europe/Berlin',
    targets: [{ arn: lambda, input: '{"sweep":true}' }],
  });
  clock.advance(3_600_000);
  await vi.waitFor(() => expect(invoke).toHaveBeenCalledOnce());
  expect(invoke.mock.calls[0]?.[1]).toEqual({
    version: '0',
    id: expect.stringMatching(/^[\da-f-]{36}$/),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: accountId,
    time: '2026-01-01T01:00:00Z',
    region,
    resources: [ruleArn],
    detail: {},
  });
  // Friday 01:30 in Berlin is 00:30 in UTC.
  clock.advance(23.5 * 3_600_000);
  await vi.waitFor(() => expect(invoke.mock.calls.at(-1)?.[1]).toEqual({ sweep: true }));
});

test('PutEvents is served as the SDK calls it: entries that are wrong fail alone', async () => {
  const { bus, invoke } = start();
  putRule(bus, [{ arn: lambda }], { eventPattern: { source: ['muster'] } });
  const endpoint = await startEvents({ bus, region, accountId });
  open.add(endpoint);
  const call = async (target: string, body: object) => {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
    const response = await fetch(endpoint.url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Record<string, never> };
  };
  const good = { Source: 'muster', DetailType: 'ImportDone', Detail: '{"importId":"i1"}', Time: 1767225600 };
  const Entries = [good, { ...good, Detail: '[1]' }, { ...good, Source: 'aws.s3' }, { Source: 'muster' }];
  const answer = await call('AWSEvents.PutEvents', { Entries });
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    FailedEntryCount: 3,
    Entries: [
      { EventId: expect.any(String) },
      { ErrorCode: 'MalformedDetail', ErrorMessage: expect.any(String) },
      { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: expect.any(String) },
      { ErrorCode: 'InvalidArgument', ErrorMessage: expect.any(String) },
    ],
  });
  await vi.waitFor(() => expect(invoke).toHaveBeenCalledOnce());
  expect(invoke.mock.calls[0]?.[1]).toMatchObject({
    account: accountId,
    source: 'muster',
    'detail-type': 'ImportDone',
    time: '2026-01-01T00:00:00Z',
    detail: { importId: 'i1' },
  });
  expect((await call('AWSEvents.PutEvents', { Entries: [] })).body.__type).toBe('ValidationException');
  expect((await call('AWSEvents.PutRule', {})).body.__type).toBe('UnknownOperationException');
});
