import { importBusyErrorName, importSupersededErrorName, retryableErrorNames } from 'roster/domain/errors';
import { describe, expect, it } from 'vitest';
import { asText, synthesize } from './synthesized.ts';

interface State {
  Type: string;
  Resource?: string;
  Next?: string;
  Default?: string;
  Choices?: { Variable: string; StringEquals: string; Next: string }[];
  Retry?: {
    ErrorEquals: string[];
    IntervalSeconds: number;
    MaxAttempts: number;
    BackoffRate: number;
    JitterStrategy?: string;
  }[];
  Catch?: { ErrorEquals: string[]; Next: string; ResultPath: string }[];
  ItemProcessor?: { States: Record<string, State> };
  [field: string]: unknown;
}

const { ofType, resources } = synthesize();
const [[, machine]] = ofType('AWS::StepFunctions::StateMachine') as [[string, (typeof resources)[string]]];
const parts: (string | { 'Fn::GetAtt': [string, string] })[] =
  machine.Properties.DefinitionString['Fn::Join'][1];
const text = parts.map((part) => (typeof part === 'string' ? part : part['Fn::GetAtt'][0])).join('');
const definition: { StartAt: string; States: Record<string, State>; TimeoutSeconds: number } =
  JSON.parse(text);
const states = definition.States;
const inner = Object.values(states).flatMap(({ ItemProcessor }) =>
  Object.entries(ItemProcessor?.States ?? {}),
);
const tasks = [...Object.entries(states), ...inner].filter(([, { Type }]) => Type === 'Task');
/** Where the work is: what has to be caught. */
const steps = Object.entries(states).filter(
  ([name, { Type }]) => ['Task', 'Map'].includes(Type) && !['RecordFailure', 'Directory'].includes(name),
);

describe('the import machine', () => {
  it('goes the way of the design', () => {
    const next = (name: string) => states[name]?.Next;
    expect(states[definition.StartAt]!.Choices).toEqual([
      { Variable: '$.from', StringEquals: 'upload', Next: 'Unzip' },
      { Variable: '$.from', StringEquals: 'mapping', Next: 'Unzip' },
      { Variable: '$.from', StringEquals: 'replan', Next: 'Diff' },
      { Variable: '$.from', StringEquals: 'undo', Next: 'Undo' },
      { Variable: '$.from', StringEquals: 'review', Next: 'Departments' },
    ]);
    expect(['Unzip', 'Validate', 'Diff', 'Plan'].map(next)).toEqual(['Unzipped', 'Diff', 'Plan', 'Planned']);
    expect(['Undo', 'Invert'].map(next)).toEqual(['Invert', 'Plan']);
    expect(states.Unzipped!.Choices).toEqual([
      { Variable: '$.unzipped.next', StringEquals: 'validate', Next: 'Validate' },
      { Variable: '$.unzipped.next', StringEquals: 'mapping', Next: 'InMapping' },
    ]);
    expect(states.InMapping!.Type).toBe('Succeed');
    expect(states.Unzip).toMatchObject({ Parameters: { 'from.$': '$.from' } });
    expect(
      states.Planned!.Choices!.map(({ StringEquals, Next }) => [StringEquals, states[Next]!.Type]),
    ).toEqual([
      ['apply', 'Pass'],
      ['review', 'Succeed'],
      ['stop', 'Succeed'],
    ]);
    const ways = ['PrepareApply', 'Departments', 'Apply', 'Directory', 'Finish'].map(next);
    expect(ways).toEqual(['Departments', 'Apply', 'Directory', 'Finish', 'Applied']);
    expect(states.Applied!.Type).toBe('Succeed');
  });

  it('takes the parts from planning or from review to the same place', () => {
    expect(states.PrepareApply).toMatchObject({ InputPath: '$.planned.parts', ResultPath: '$.parts' });
    expect(states.Apply!.ItemsPath).toBe('$.parts');
  });

  it.each([
    ['Validate', '$.unzipped.parts', 16],
    ['Diff', '$.unzipped.parts', 16],
    ['Invert', '$.undo.parts', 16],
    ['Apply', '$.parts', 8],
  ])('%s works on each part, bounded, and keeps the state small', (name, itemsPath, concurrency) => {
    expect(states[name]).toMatchObject({
      Type: 'Map',
      ItemsPath: itemsPath,
      MaxConcurrency: concurrency,
      ResultPath: null,
      ItemSelector: {
        'organization.$': '$.organization',
        'importId.$': '$.importId',
        'part.$': '$$.Map.Item.Value',
      },
    });
  });

  it.each([
    ['Unzip', '$.unzipped'],
    ['Undo', '$.undo'],
    ['Plan', '$.planned'],
    ['Departments', null],
    ['Finish', null],
  ])('%s gets the reference of the import, its result goes to %s', (name, resultPath) => {
    expect(states[name]).toMatchObject({
      ResultPath: resultPath,
      Parameters: { 'organization.$': '$.organization', 'importId.$': '$.importId' },
    });
  });

  it.each(tasks)('%s tries again what goes away by itself, with backoff and jitter', (_, { Retry }) => {
    expect(Retry![1]).toMatchObject({
      ErrorEquals: [
        'Lambda.ServiceException',
        'Lambda.AWSLambdaException',
        'Lambda.SdkClientException',
        'Lambda.TooManyRequestsException',
        ...retryableErrorNames,
      ],
      JitterStrategy: 'FULL',
    });
    expect(Retry![1]!.BackoffRate).toBeGreaterThan(1);
  });

  it.each(tasks)(
    '%s tries anything else three times more, but never an import that has ended',
    (_, state) => {
      const retriers = state.Retry!;
      expect(retriers[0]).toMatchObject({ ErrorEquals: [importSupersededErrorName], MaxAttempts: 0 });
      const last = retriers.at(-1)!;
      expect(last).toMatchObject({ ErrorEquals: ['States.ALL'], MaxAttempts: 3, JitterStrategy: 'FULL' });
      expect(last.BackoffRate).toBeGreaterThan(1);
      // The first retrier that matches decides: what comes before the last must not be all of it.
      expect(retriers.slice(0, -1).flatMap(({ ErrorEquals }) => ErrorEquals)).not.toContain('States.ALL');
    },
  );

  it('lets only what begins an import or an undo wait for another import, an hour', () => {
    const waiting = tasks.flatMap(([name, { Retry }]) =>
      Retry!
        .filter(({ ErrorEquals }) => ErrorEquals.includes(importBusyErrorName))
        .map((retry) => ({ name, retry })),
    );
    expect(waiting.map(({ name }) => name).sort()).toEqual(['Undo', 'Unzip']);
    for (const { name, retry } of waiting) {
      expect(states[name]!.Retry!.map(({ ErrorEquals }) => ErrorEquals[0])).toEqual([
        importSupersededErrorName,
        'Lambda.ServiceException',
        importBusyErrorName,
        'States.ALL',
      ]);
      expect(retry).toMatchObject({ IntervalSeconds: 15, BackoffRate: 1 });
      expect(retry.IntervalSeconds * retry.MaxAttempts).toBe(3600);
    }
  });

  it.each(steps)('%s ends quietly when superseded, and records any other failure', (_, { Catch }) => {
    expect(Catch).toEqual([
      { ErrorEquals: [importSupersededErrorName], ResultPath: '$.error', Next: 'Superseded' },
      { ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'RecordFailure' },
    ]);
    expect(states.Superseded!.Type).toBe('Succeed');
  });

  it('finishes also where the directory could not be made: what was applied stays applied', () => {
    expect(states.Directory!.Catch).toEqual([
      { ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Finish' },
    ]);
  });

  it('fails after the failure was recorded, and also when it knows no way on', () => {
    expect(states.RecordFailure).toMatchObject({ Next: 'Failed', Parameters: { 'error.$': '$.error' } });
    expect(states.Failed!.Type).toBe('Fail');
    for (const choice of [states.From!, states.Unzipped!, states.Planned!]) {
      expect(states[choice.Default!]!.Next).toBe('RecordFailure');
    }
  });

  it('names no error but those of AWS and of the domain', () => {
    const own = [...retryableErrorNames, importBusyErrorName, importSupersededErrorName];
    const names = [...Object.values(states), ...inner.map(([, state]) => state)]
      .flatMap(({ Retry = [], Catch = [] }) => [...Retry, ...Catch])
      .flatMap(({ ErrorEquals }) => ErrorEquals);
    for (const name of new Set(names))
      expect(name.startsWith('Lambda.') || name === 'States.ALL' || own.includes(name), name).toBe(true);
  });

  it('ends after six hours, traces, and logs every event without its data', () => {
    expect(definition.TimeoutSeconds).toBe(6 * 3600);
    expect(machine.Properties.StateMachineType ?? 'STANDARD').toBe('STANDARD');
    expect(machine.Properties.TracingConfiguration).toEqual({ Enabled: true });
    expect(machine.Properties.LoggingConfiguration).toMatchObject({
      Level: 'ALL',
      IncludeExecutionData: false,
    });
  });

  it('may call its functions, unqualified, and no others', () => {
    const role = resources[machine.Properties.RoleArn['Fn::GetAtt'][0]]!.Properties;
    const statements = role.Policies.flatMap(
      ({ PolicyDocument }: { PolicyDocument: { Statement: { Action: string; Resource: unknown }[] } }) =>
        PolicyDocument.Statement,
    );
    const invoke = statements.filter(({ Action }: { Action: string }) => Action === 'lambda:InvokeFunction');
    expect(invoke).toHaveLength(1);
    const called = new Set(tasks.map(([, { Resource }]) => Resource));
    const allowed = invoke[0].Resource.map((arn: { 'Fn::GetAtt': [string] }) => arn['Fn::GetAtt'][0]);
    expect(new Set(allowed)).toEqual(called);
    for (const statement of statements) {
      if (statement.Resource === '*')
        expect(asText(statement.Action)).not.toMatch(/lambda|states|dynamodb|s3/);
    }
  });
});
