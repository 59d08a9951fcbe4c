import { createHash } from 'node:crypto';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { FunctionError, type Invoke } from '../invoke.ts';
import { type Clock, pause, unlessAborted } from './clock.ts';
import { StateError, toStateError } from './errors.ts';
import type { Journal, Visit } from './journal.ts';
import type { Program, State, Step } from './program.ts';
import { nextRetry } from './retry.ts';

type Json = Parameters<StateMachine['run']>[0];

/** What every step of an execution works with. */
export interface Host {
  readonly executionArn: string;
  readonly journal: Journal;
  readonly invoke: Invoke;
  readonly clock: Clock;
  /** Iterations of one Map at a time, whatever its MaxConcurrency allows. */
  readonly mapConcurrencyMax: number;
}

/** Where a program runs: its place in the execution, what `$$` holds there, and when to stop. */
interface Scope {
  readonly path: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/** A visit of a step: its state's name and its key in the journal. */
interface Entered extends Scope {
  readonly name: string;
  readonly visit: Visit;
}

/** A state's input and result are at most 256 KiB of UTF-8, as the service limits them. */
const dataBytesMax = 256 * 1024;

/**
 * Runs a program to its end and resolves with its output.
 *
 * Steps whose outcome the journal holds are not run again. Rejects with a {@link StateError}, or with the
 * signal's reason once it aborts; nothing is written to the journal after that.
 */
export async function runProgram(
  program: Program,
  input: unknown,
  scope: Scope,
  host: Host,
): Promise<unknown> {
  scope.signal.throwIfAborted();
  const visits = new Map<string, number>();
  const callback = (name: string, step: Step) => (stepInput: Json) => {
    const count = (visits.get(name) ?? 0) + 1;
    visits.set(name, count);
    return runStep(
      name,
      step,
      stepInput,
      { ...scope, path: `${scope.path}/${name}#${count}` },
      host,
    ) as Promise<Json>;
  };
  const handlers = Object.fromEntries([...program.steps].map(([name, step]) => [name, callback(name, step)]));
  const machine = new StateMachine(program.definition, { validationOptions: { noValidate: true } });
  const run = machine.run(input as Json, {
    context: scope.context,
    overrides: { taskResourceLocalHandlers: handlers },
  });
  scope.signal.addEventListener('abort', run.abort, { once: true });
  try {
    return await run.result;
  } catch (error) {
    scope.signal.throwIfAborted();
    throw toStateError(error);
  } finally {
    scope.signal.removeEventListener('abort', run.abort);
  }
}

async function runStep(name: string, step: Step, input: unknown, scope: Scope, host: Host): Promise<unknown> {
  scope.signal.throwIfAborted();
  const { journal, executionArn, clock } = host;
  const visit = journal.enter(executionArn, scope.path, clock.now());
  const entered: Entered = { ...scope, name, visit };
  const kind = step.state.Type;
  if (visit.isNew)
    record(host, `${kind}StateEntered`, { stateEnteredEventDetails: { name, input: toText(input) } });
  if (visit.failure) throw new StateError(...(JSON.parse(visit.failure) as [string, string]));
  while (true) {
    try {
      return limited(await attempt(step, input, entered, host));
    } catch (caught) {
      scope.signal.throwIfAborted();
      const error = toStateError(caught);
      const retry = nextRetry(step.state.Retry ?? [], error, visit.attempts);
      if (!retry) {
        // The same failure must come again after a restart, or the execution would go another way than before.
        if (kind === 'Task')
          journal.failed(executionArn, scope.path, JSON.stringify([error.name, error.message]));
        throw error;
      }
      // Filled one by one: a hole would become null in the journal.
      for (let i = visit.attempts.length; i <= retry.index; i++) visit.attempts.push(0);
      visit.attempts[retry.index] = (visit.attempts[retry.index] ?? 0) + 1;
      journal.retried(executionArn, scope.path, visit.attempts);
      await pause(retry.delayMs, scope.signal, clock);
    }
  }
}

function attempt(step: Step, input: unknown, entered: Entered, host: Host): Promise<unknown> {
  if (step.state.Type === 'Task') return runTask(step.state, input, entered, host);
  if (step.state.Type === 'Map') return runMap(step, input, entered, host);
  if (step.state.Type === 'Parallel') return runParallel(step, input, entered, host);
  if (step.state.Type === 'Wait') return runWait(step.state, input, entered, host);
  return Promise.resolve(step.state.Result);
}

async function runTask(state: State, input: unknown, entered: Entered, host: Host): Promise<unknown> {
  const { journal, executionArn, clock } = host;
  const context = contextOf(entered);
  const request = state.Parameters === undefined ? input : await resolve(state.Parameters, input, context);
  const hash = createHash('sha256')
    .update(toText([state.Resource, request]))
    .digest('hex');
  if (entered.visit.output !== null && entered.visit.inputHash === hash)
    return JSON.parse(entered.visit.output);

  entered.signal.throwIfAborted();
  const where = { resourceType: 'lambda', resource: state.Resource };
  record(host, 'TaskScheduled', { taskScheduledEventDetails: { ...where, parameters: toText(request) } });
  const timeoutSeconds = await number(state.TimeoutSeconds, state.TimeoutSecondsPath, input, context);
  entered.signal.throwIfAborted();
  try {
    const call = callFunction(state.Resource ?? '', request, host.invoke);
    const result = limited(await withTimeout(call, timeoutSeconds, entered.signal, clock));
    entered.signal.throwIfAborted();
    journal.succeeded(executionArn, entered.path, hash, toText(result));
    record(host, 'TaskSucceeded', { taskSucceededEventDetails: { ...where, output: toText(result) } });
    return result;
  } catch (caught) {
    entered.signal.throwIfAborted();
    const error = toStateError(caught);
    const details = { ...where, error: error.name, cause: error.message };
    if (error.name === 'States.Timeout') record(host, 'TaskTimedOut', { taskTimedOutEventDetails: details });
    else record(host, 'TaskFailed', { taskFailedEventDetails: details });
    throw error;
  }
}

/** Calls by `arn:aws:states:::lambda:invoke` (FunctionName, Payload) or by the function's own ARN. */
async function callFunction(resource: string, request: unknown, invoke: Invoke): Promise<unknown> {
  const isIntegration = resource.endsWith(':states:::lambda:invoke');
  const { FunctionName, Payload } = isIntegration
    ? (request as { FunctionName: string; Payload?: unknown })
    : { FunctionName: resource, Payload: request };
  try {
    // What a function takes and returns is JSON text on AWS: undefined, dates and classes do not pass.
    const result: unknown = JSON.parse(toText(await invoke(FunctionName, Payload ?? {})));
    return isIntegration ? { ExecutedVersion: '$LATEST', Payload: result, StatusCode: 200 } : result;
  } catch (error) {
    if (error instanceof FunctionError) throw toStateError(error);
    throw new StateError('Lambda.Unknown', error instanceof Error ? error.message : String(error));
  }
}

async function withTimeout<T>(
  call: Promise<T>,
  seconds: number | undefined,
  signal: AbortSignal,
  clock: Clock,
): Promise<T> {
  const timeout = new AbortController();
  const expire = () => timeout.abort(new StateError('States.Timeout', `No answer within ${seconds} seconds`));
  const cancel = seconds === undefined ? () => {} : clock.after(seconds * 1000, expire);
  try {
    return await unlessAborted(call, AbortSignal.any([signal, timeout.signal]));
  } finally {
    cancel();
  }
}

async function runMap(step: Step, input: unknown, entered: Entered, host: Host): Promise<unknown> {
  const { state } = step;
  const body = step.bodies[0];
  const context = contextOf(entered);
  const items = state.ItemsPath ? await resolvePath(state.ItemsPath, input, context) : input;
  if (!body || !Array.isArray(items))
    throw new StateError('States.Runtime', `${entered.name}: no array to map`);
  const wanted = (await number(state.MaxConcurrency, state.MaxConcurrencyPath, input, context)) || Infinity;
  if (entered.visit.isNew)
    record(host, 'MapStateStarted', { mapStateStartedEventDetails: { length: items.length } });

  return together(
    items,
    Math.min(wanted, host.mapConcurrencyMax),
    entered.signal,
    async (value, index, signal) => {
      const inside = { ...entered.context, Map: { Item: { Index: index, Value: value } } };
      const selector = state.ItemSelector ?? state.Parameters;
      const item = selector === undefined ? value : await resolve(selector, input, { ...context, ...inside });
      const details = { name: entered.name, index };
      record(host, 'MapIterationStarted', { mapIterationStartedEventDetails: details });
      const scope = { path: `${attemptPath(entered)}[${index}]`, context: inside, signal };
      const output = await runProgram(body, item, scope, host);
      signal.throwIfAborted();
      record(host, 'MapIterationSucceeded', { mapIterationSucceededEventDetails: details });
      return output;
    },
  );
}

async function runParallel(step: Step, input: unknown, entered: Entered, host: Host): Promise<unknown> {
  const { Parameters } = step.state;
  const request = Parameters === undefined ? input : await resolve(Parameters, input, contextOf(entered));
  return together(step.bodies, step.bodies.length, entered.signal, (body, index, signal) => {
    const scope = { path: `${attemptPath(entered)}[${index}]`, context: entered.context, signal };
    return runProgram(body, request, scope, host);
  });
}

/** Waits from when the state was entered, so that a restart does not begin anew. */
async function runWait(state: State, input: unknown, entered: Entered, { clock }: Host): Promise<unknown> {
  const context = contextOf(entered);
  const seconds = await number(state.Seconds, state.SecondsPath, input, context);
  const timestamp = state.TimestampPath
    ? await resolvePath(state.TimestampPath, input, context)
    : state.Timestamp;
  const until =
    seconds === undefined ? Date.parse(String(timestamp)) : entered.visit.enteredAt + seconds * 1000;
  if (Number.isNaN(until)) throw new StateError('States.Runtime', `${entered.name}: no time to wait for`);
  if (until > clock.now()) await pause(until - clock.now(), entered.signal, clock);
  return input;
}

/** Does `work` for every item, at most `concurrency` at a time; the first failure stops the others. */
async function together<T>(
  items: readonly T[],
  concurrency: number,
  signal: AbortSignal,
  work: (item: T, index: number, signal: AbortSignal) => Promise<unknown>,
): Promise<unknown[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const results: unknown[] = new Array(items.length).fill(null);
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item, index, either);
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
    return results;
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}

/** A retried Map or Parallel does all of its work again, so each try has its own place in the journal. */
function attemptPath({ path, visit }: Entered): string {
  return `${path}~${retryCount(visit)}`;
}

function retryCount(visit: Visit): number {
  return visit.attempts.reduce((sum, used) => sum + used, 0);
}

function contextOf({ name, visit, context }: Entered): Scope['context'] {
  const EnteredTime = new Date(visit.enteredAt).toISOString();
  return { ...context, State: { Name: name, EnteredTime, RetryCount: retryCount(visit) } };
}

/** Evaluates a payload template by a machine of a single Pass state. */
async function resolve(template: unknown, input: unknown, context: Scope['context']): Promise<unknown> {
  const state = { Type: 'Pass', Parameters: input ? template : withLiteral(template, input), End: true };
  const definition = { StartAt: 'Resolve', States: { Resolve: state } } as unknown as StateMachineDefinition;
  const machine = new StateMachine(definition, { validationOptions: { noValidate: true } });
  try {
    return await machine.run(input as Json, { context }).result;
  } catch (error) {
    throw toStateError(error);
  }
}

/** The interpreter finds nothing at `$` when the input is 0, false, "" or null. */
function withLiteral(template: unknown, input: unknown): unknown {
  if (typeof template !== 'object' || template === null || Array.isArray(template)) return template;
  const entries = Object.entries(template).map(([key, value]) =>
    key.endsWith('.$') && value === '$' ? [key.slice(0, -2), input] : [key, withLiteral(value, input)],
  );
  return Object.fromEntries(entries);
}

async function resolvePath(path: string, input: unknown, context: Scope['context']): Promise<unknown> {
  return ((await resolve({ 'value.$': path }, input, context)) as { value: unknown }).value;
}

async function number(
  literal: number | undefined,
  path: string | undefined,
  input: unknown,
  context: Scope['context'],
): Promise<number | undefined> {
  if (path === undefined) return literal;
  const value = await resolvePath(path, input, context);
  if (typeof value !== 'number') throw new StateError('States.Runtime', `${path} is not a number`);
  return value;
}

function limited(value: unknown): unknown {
  const bytes = Buffer.byteLength(toText(value));
  if (bytes <= dataBytesMax) return value;
  throw new StateError('States.DataLimitExceeded', `${bytes} bytes of state are more than ${dataBytesMax}`);
}

function toText(value: unknown): string {
  return JSON.stringify(value ?? null);
}

function record(host: Host, type: string, details: object): void {
  host.journal.record(host.executionArn, type, details, host.clock.now());
}
