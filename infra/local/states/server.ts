import { createHash, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Invoke } from '../invoke.ts';
import { type Input, listenAwsJson, optionalText, ServiceError, text } from './aws-json.ts';
import { type Clock, systemClock } from './clock.ts';
import { toStateError } from './errors.ts';
import { runProgram } from './interpreter.ts';
import { type Ending, type Execution, openJournal, type Status } from './journal.ts';
import { compile, type Machine, type Program } from './program.ts';

/** How to start a local Step Functions. */
export interface StatesOptions {
  /** SQLite file that keeps executions and their journal; `:memory:` keeps nothing. */
  readonly file: string;
  /** 0 or nothing takes a free one. */
  readonly port?: number;
  readonly region: string;
  readonly accountId: string;
  readonly invoke: Invoke;
  readonly clock?: Clock;
  /** Iterations of one Map at a time, at most; 4 by default. */
  readonly mapConcurrencyMax?: number;
}

/** A state machine with its definition in the Amazon States Language (JSONPath). */
export interface StateMachineDescription {
  readonly arn: string;
  readonly name: string;
  readonly definition: unknown;
}

/** A started execution; `startDate` in seconds since the epoch. */
export interface Started {
  readonly executionArn: string;
  readonly startDate: number;
}

interface Registered extends StateMachineDescription {
  readonly program: Program;
  readonly hash: string;
  readonly timeoutSeconds: number | undefined;
  readonly createdAt: number;
}

/** Why an execution was stopped, carried by its abort signal. */
class Stopped extends Error {
  readonly ending: Ending;
  constructor(ending: Ending) {
    super(ending.cause ?? ending.status);
    this.ending = ending;
  }
}

const inputBytesMax = 256 * 1024;
const forbiddenInName = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/;

/**
 * Starts a local Step Functions for Standard workflows, for the SDK's client (AWS JSON 1.0).
 *
 * Executions that were running when the process ended go on as soon as their machine is put again: tasks that
 * had their outcome are not invoked again. If the definition is another by then, they fail with `States.Runtime`.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
 */
export async function startStates(options: StatesOptions) {
  const { region, accountId, clock = systemClock } = options;
  const journal = openJournal(options.file);
  const machines = new Map<string, Registered>();
  const running = new Map<string, { stop: AbortController; done: Promise<void> }>();
  const arnOf = (machine: string, name: string) =>
    `arn:aws:states:${region}:${accountId}:execution:${machine}:${name}`;

  function end(arn: string, ending: Ending): void {
    if (!journal.end(arn, ending, clock.now())) return;
    const { status, output, error, cause } = ending;
    if (status === 'SUCCEEDED')
      journal.record(arn, 'ExecutionSucceeded', { executionSucceededEventDetails: { output } }, clock.now());
    const names = { FAILED: 'ExecutionFailed', TIMED_OUT: 'ExecutionTimedOut', ABORTED: 'ExecutionAborted' };
    if (status === 'SUCCEEDED') return;
    const type = names[status];
    const member = `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
    journal.record(
      arn,
      type,
      { [member]: { error: error ?? undefined, cause: cause ?? undefined } },
      clock.now(),
    );
  }

  async function perform(execution: Execution, machine: Registered, signal: AbortSignal): Promise<void> {
    const { arn, name, startedAt } = execution;
    const input: unknown = JSON.parse(execution.input);
    const Run = { Id: arn, Name: name, StartTime: new Date(startedAt).toISOString(), Input: input };
    const context = { Run, StateMachine: { Id: machine.arn, Name: machine.name } };
    const host = {
      executionArn: arn,
      journal,
      invoke: options.invoke,
      clock,
      mapConcurrencyMax: options.mapConcurrencyMax ?? 4,
    };
    try {
      const output = await runProgram(machine.program, input, { path: '', context, signal }, host);
      end(arn, { status: 'SUCCEEDED', output: JSON.stringify(output), error: null, cause: null });
    } catch (caught) {
      if (signal.aborted) {
        if (signal.reason instanceof Stopped) end(arn, signal.reason.ending);
        return;
      }
      const error = toStateError(caught);
      end(arn, { status: 'FAILED', output: null, error: error.name, cause: error.message });
    }
  }

  function run(execution: Execution, machine: Registered): void {
    const stop = new AbortController();
    const expire = () => {
      const cause = `The execution took more than ${machine.timeoutSeconds} seconds`;
      stop.abort(new Stopped({ status: 'TIMED_OUT', output: null, error: 'States.Timeout', cause }));
    };
    const dueAt = execution.startedAt + (machine.timeoutSeconds ?? 0) * 1000;
    const cancel = machine.timeoutSeconds ? clock.after(Math.max(0, dueAt - clock.now()), expire) : () => {};
    const done = perform(execution, machine, stop.signal).finally(() => {
      cancel();
      running.delete(execution.arn);
    });
    running.set(execution.arn, { stop, done });
  }

  function resume(machine: Registered): void {
    for (const execution of journal.running(machine.arn)) {
      if (running.has(execution.arn)) continue;
      if (execution.definitionHash === machine.hash) {
        run(execution, machine);
        continue;
      }
      const cause = 'The definition of the state machine changed while the execution was interrupted';
      end(execution.arn, { status: 'FAILED', output: null, error: 'States.Runtime', cause });
    }
  }

  /** Puts a state machine and goes on with its interrupted executions. @throws Error when it cannot be run here */
  function putStateMachine({ arn, name, definition }: StateMachineDescription): void {
    const program = compile(definition as Machine);
    const hash = createHash('sha256').update(JSON.stringify(definition)).digest('hex');
    const { TimeoutSeconds: timeoutSeconds } = definition as Machine;
    const machine = { arn, name, definition, program, hash, timeoutSeconds, createdAt: clock.now() };
    machines.set(arn, machine);
    resume(machine);
  }

  function machineOf(arn: string): Registered {
    const machine = machines.get(arn);
    if (!machine)
      throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  function executionOf(input: Input): Execution {
    const arn = text(input, 'executionArn');
    const execution = journal.find(arn);
    if (!execution) throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return execution;
  }

  /**
   * Starts an execution; `input` is any JSON value. The same name and input while it runs start nothing new.
   *
   * @throws ServiceError StateMachineDoesNotExist, InvalidName, InvalidExecutionInput, ExecutionAlreadyExists
   */
  function startExecution(request: { stateMachineArn: string; name?: string; input?: unknown }): Started {
    const machine = machineOf(request.stateMachineArn);
    const name = request.name ?? randomUUID();
    if (name.length < 1 || name.length > 80 || forbiddenInName.test(name))
      throw new ServiceError('InvalidName', `Invalid Name: '${name}'`);
    const input = JSON.stringify(request.input ?? {});
    if (Buffer.byteLength(input) > inputBytesMax)
      throw new ServiceError('InvalidExecutionInput', `The input has more than ${inputBytesMax} bytes`);
    const arn = arnOf(machine.name, name);
    const known = journal.find(arn);
    if (known) {
      const isSame =
        known.status === 'RUNNING' && isDeepStrictEqual(JSON.parse(known.input), JSON.parse(input));
      if (!isSame) throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
      return { executionArn: arn, startDate: known.startedAt / 1000 };
    }
    const startedAt = clock.now();
    journal.create({ arn, machineArn: machine.arn, name, input, startedAt, definitionHash: machine.hash });
    journal.record(arn, 'ExecutionStarted', { executionStartedEventDetails: { input } }, startedAt);
    run(journal.find(arn) as Execution, machine);
    return { executionArn: arn, startDate: startedAt / 1000 };
  }

  async function stopExecution(input: Input): Promise<unknown> {
    const { arn, status } = executionOf(input);
    const error = optionalText(input, 'error') ?? null;
    const cause = optionalText(input, 'cause') ?? null;
    const ending: Ending = { status: 'ABORTED', output: null, error, cause };
    const active = running.get(arn);
    active?.stop.abort(new Stopped(ending));
    await active?.done;
    // An execution whose machine is gone since the restart has nothing running, and can be stopped still.
    if (status === 'RUNNING') end(arn, ending);
    return { stopDate: (journal.find(arn)?.stoppedAt ?? clock.now()) / 1000 };
  }

  const endpoint = await listenAwsJson({
    prefix: 'AWSStepFunctions',
    version: '1.0',
    port: options.port,
    operations: {
      StartExecution: (input) =>
        startExecution({
          stateMachineArn: text(input, 'stateMachineArn'),
          name: optionalText(input, 'name') ?? randomUUID(),
          input: parseInput(optionalText(input, 'input') ?? '{}'),
        }),
      StopExecution: stopExecution,
      DescribeExecution: (input) => describe(executionOf(input)),
      ListExecutions: (input) => {
        const machine = machineOf(text(input, 'stateMachineArn'));
        const status = optionalText(input, 'statusFilter');
        return page(input, 'executions', (limit, offset) =>
          journal.list(machine.arn, status, limit, offset).map(summarize),
        );
      },
      GetExecutionHistory: (input) => {
        const { arn } = executionOf(input);
        return page(input, 'events', (limit, offset) =>
          journal.history(arn, input.reverseOrder === true, limit, offset).map((event) => ({
            id: event.id,
            previousEventId: event.id - 1,
            timestamp: event.at / 1000,
            type: event.type,
            ...(JSON.parse(event.details) as object),
          })),
        );
      },
      ListStateMachines: () => ({ stateMachines: [...machines.values()].map(summarizeMachine) }),
      DescribeStateMachine: (input) => {
        const machine = machineOf(text(input, 'stateMachineArn'));
        const definition = JSON.stringify(machine.definition);
        return { ...summarizeMachine(machine), status: 'ACTIVE', definition, roleArn: roleArn(accountId) };
      },
    },
  });

  return {
    url: endpoint.url,
    putStateMachine,
    startExecution: async (request: Parameters<typeof startExecution>[0]) => startExecution(request),
    /** Stops at once; executions stay RUNNING and go on at the next start. */
    async close() {
      await endpoint.close();
      const active = [...running.values()];
      for (const { stop } of active) stop.abort(new Error('Step Functions is closing'));
      await Promise.all(active.map(({ done }) => done));
      journal.close();
    },
  };
}

/** What {@link startStates} resolves with. */
export type States = Awaited<ReturnType<typeof startStates>>;

function parseInput(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new ServiceError('InvalidExecutionInput', 'The input is no JSON');
  }
}

const listMax = 1000;

function page(
  input: Input,
  member: string,
  load: (limit: number, offset: number) => object[],
): Record<string, unknown> {
  const offset = Number(optionalText(input, 'nextToken') ?? 0);
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new ServiceError('InvalidToken', 'Invalid nextToken');
  const limit = Math.min(Number(input.maxResults) || 100, listMax);
  const found = load(limit + 1, offset);
  const nextToken = found.length > limit ? String(offset + limit) : undefined;
  return { [member]: found.slice(0, limit), nextToken };
}

function summarize(execution: Execution): Record<string, unknown> & { status: Status } {
  const { arn, machineArn, name, status, startedAt, stoppedAt } = execution;
  const stopDate = stoppedAt === null ? undefined : stoppedAt / 1000;
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status,
    startDate: startedAt / 1000,
    stopDate,
  };
}

function describe(execution: Execution): object {
  const { input, output, error, cause } = execution;
  const ended = { output: output ?? undefined, error: error ?? undefined, cause: cause ?? undefined };
  return { ...summarize(execution), input, inputDetails: { included: true }, ...ended };
}

function summarizeMachine({ arn, name, createdAt }: Registered): object {
  return { stateMachineArn: arn, name, type: 'STANDARD', creationDate: createdAt / 1000 };
}

/** Nothing is checked against it, but the API says that every machine has one. */
function roleArn(accountId: string): string {
  return `arn:aws:iam::${accountId}:role/local`;
}
