import { setTimeout as wait } from 'node:timers/promises';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import {
  errorName,
  importBusyErrorName,
  importSupersededErrorName,
  retryableErrorNames,
} from 'roster/domain/errors';
import { expect, it } from 'vitest';
import { FunctionError } from '../../infra/local/invoke.ts';
import type { Clock } from '../../infra/local/states/clock.ts';
import { startStates } from '../../infra/local/states/server.ts';
import { synthesize } from './synthesized.ts';

/** The very machine that AWS gets, on the interpreter of the local cloud, with functions that answer by script. */
const { ofType } = synthesize();
const [machine] = ofType('AWS::StepFunctions::StateMachine').map(([, resource]) => resource);
const account = { region: 'eu-west-1', accountId: '111122223333' };
const functionArn = (name: string) => `arn:aws:lambda:eu-west-1:111122223333:function:${name}`;
const stateMachineArn = 'arn:aws:states:eu-west-1:111122223333:stateMachine:import';

function definition(): unknown {
  const parts: (string | { 'Fn::GetAtt': [string] })[] = machine?.Properties.DefinitionString['Fn::Join'][1];
  return JSON.parse(
    parts.map((part) => (typeof part === 'string' ? part : functionArn(part['Fn::GetAtt'][0]))).join(''),
  );
}

type Step =
  | 'unzip'
  | 'validate'
  | 'diff'
  | 'plan'
  | 'departments'
  | 'apply'
  | 'directory'
  | 'finish'
  | 'fail';
const answers: Record<Step, unknown> = {
  unzip: { next: 'validate', parts: [0, 1] },
  validate: null,
  diff: null,
  plan: { next: 'apply', parts: [1] },
  departments: null,
  apply: null,
  directory: null,
  finish: null,
  fail: null,
};

const hourMs = 3_600_000;

/** Runs an import whose steps throw these errors first, one a call, and then answer. */
async function run(
  errors: Partial<Record<Step, string[]>>,
  options: { from?: string; unzipped?: unknown; more?: object } = {},
) {
  const calls: Step[] = [];
  const waitsMs: number[] = [];
  // Waits are over at once; the end of the whole execution never comes.
  const clock: Clock = {
    now: () => Date.now(),
    after(delayMs, task) {
      if (delayMs > hourMs) return () => {};
      waitsMs.push(delayMs);
      const immediate = setImmediate(task);
      return () => clearImmediate(immediate);
    },
  };
  const left = structuredClone(errors);
  const invoke = async (arn: string) => {
    const name = Object.keys(answers).find((step) => arn.toLowerCase().includes(`imports${step}`)) as Step;
    calls.push(name);
    const error = left[name]?.shift();
    if (error !== undefined) throw new FunctionError(error, 'by the script');
    return name === 'unzip' ? (options.unzipped ?? answers.unzip) : answers[name];
  };
  const states = await startStates({ file: ':memory:', ...account, invoke, clock });
  const client = new SFNClient({
    endpoint: states.url,
    region: account.region,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  try {
    states.putStateMachine({ arn: stateMachineArn, name: 'import', definition: definition() });
    const input = { organization: 'acme', importId: 'one', from: options.from ?? 'upload', ...options.more };
    const { executionArn } = await states.startExecution({ stateMachineArn, name: 'one', input });
    const deadline = Date.now() + 10_000;
    for (;;) {
      const { status, error } = await client.send(new DescribeExecutionCommand({ executionArn }));
      if (status !== 'RUNNING') return { status, error, calls, waitsMs };
      if (Date.now() > deadline) throw new Error('The execution did not end.');
      await wait(5);
    }
  } finally {
    client.destroy();
    await states.close();
  }
}

const whole: Step[] = [
  'unzip',
  'validate',
  'validate',
  'diff',
  'diff',
  'plan',
  'departments',
  'apply',
  'directory',
  'finish',
];

it('goes through all steps, each part once', async () => {
  expect(await run({})).toMatchObject({ status: 'SUCCEEDED', calls: whole, waitsMs: [] });
});

it('waits at mapping where an admin has to say what the headers mean, and goes on from there', async () => {
  const waiting = await run({}, { unzipped: { next: 'mapping', parts: [] } });
  expect(waiting).toMatchObject({ status: 'SUCCEEDED', calls: ['unzip'] });
  expect(await run({}, { from: 'mapping' })).toMatchObject({ status: 'SUCCEEDED', calls: whole });
});

it('compares again from review with the parts that it is given, and waits there', async () => {
  const replanned = await run({}, { from: 'replan', more: { unzipped: { parts: [0, 1, 2] } } });
  expect(replanned).toMatchObject({ status: 'SUCCEEDED' });
  expect(replanned.calls.slice(0, 4)).toEqual(['diff', 'diff', 'diff', 'plan']);
});

it('survives whatever goes away: a broken connection, a timeout, a killed sandbox, throttling', async () => {
  const ended = await run({
    unzip: ['TimeoutError', 'Sandbox.Timedout', 'Runtime.ExitError'],
    diff: ['Lambda.Unknown'],
    plan: [...retryableErrorNames, 'Lambda.TooManyRequestsException'],
    finish: ['Error', errorName('conflict')],
  });
  expect(ended.status).toBe('SUCCEEDED');
  const times = (step: Step) => ended.calls.filter((call) => call === step).length;
  expect([times('unzip'), times('diff'), times('plan'), times('finish')]).toEqual([4, 3, 3, 3]);
  expect(ended.calls).not.toContain('fail');
});

it('fails by what stays, after three more tries, and records it once', async () => {
  const ended = await run({ plan: Array(9).fill('TypeError') });
  expect(ended).toMatchObject({ status: 'FAILED', error: 'TypeError' });
  expect(ended.calls.slice(5)).toEqual(['plan', 'plan', 'plan', 'plan', 'fail']);
  // 2, 6 and 18 seconds at most, by chance down to none.
  expect(ended.waitsMs).toHaveLength(3);
  for (const [index, most] of [2_000, 6_000, 18_000].entries())
    expect(ended.waitsMs[index]).toBeLessThanOrEqual(most);
});

it.each(['unzip', 'validate', 'apply', 'finish'] as const)(
  'ends quietly and at once when %s finds the import ended',
  async (step) => {
    const ended = await run({ [step]: Array(9).fill(importSupersededErrorName) });
    expect(ended).toMatchObject({ status: 'SUCCEEDED', waitsMs: [] });
    expect(ended.calls).not.toContain('fail');
    expect(ended.calls.at(-1)).toBe(step);
  },
);

it('waits for its turn every 15 seconds, longer than it tries anything else', async () => {
  const ended = await run({ unzip: Array(10).fill(importBusyErrorName) });
  expect(ended).toMatchObject({ status: 'SUCCEEDED', waitsMs: Array(10).fill(15_000) });
});
