import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import type { Retrier } from './retry.ts';

/** A state of the States Language (JSONPath), as far as this folder reads it. */
export interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Parameters?: unknown;
  readonly TimeoutSeconds?: number;
  readonly TimeoutSecondsPath?: string;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly { readonly ResultPath?: string | null }[];
  readonly ResultPath?: string | null;
  readonly Result?: unknown;
  readonly ItemsPath?: string;
  readonly ItemSelector?: unknown;
  readonly ItemProcessor?: Machine;
  readonly Iterator?: Machine;
  readonly MaxConcurrency?: number;
  readonly MaxConcurrencyPath?: string;
  readonly Branches?: readonly Machine[];
  readonly Seconds?: number;
  readonly SecondsPath?: string;
  readonly Timestamp?: string;
  readonly TimestampPath?: string;
  readonly [field: string]: unknown;
}

/** A definition: a whole state machine, the body of a Map, or a branch of a Parallel. */
export interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  readonly TimeoutSeconds?: number;
  readonly QueryLanguage?: string;
}

/** A state that this folder performs itself, with the programs inside of it (Map: one, Parallel: branches). */
export interface Step {
  readonly state: State;
  readonly bodies: readonly Program[];
}

/** A definition made ready: what the interpreter runs, and the steps that it calls back for, by state name. */
export interface Program {
  readonly definition: StateMachineDefinition;
  readonly steps: ReadonlyMap<string, Step>;
}

/** What the interpreter still does around a step: input and output processing, Catch, transitions. */
const kept = ['Comment', 'InputPath', 'ResultSelector', 'ResultPath', 'OutputPath', 'Catch', 'Next', 'End'];
const unsupported = [
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'ToleratedFailurePercentage',
  'ToleratedFailureCount',
];
const lambdaResource = /^arn:aws[\w-]*:(states:::lambda:invoke|lambda:[\w-]+:\d+:function:.+)$/;

/** A timer's upper bound: the interpreter's own 60 seconds must never cut a step short. */
const timeoutSecondsMax = 2_147_483;

/**
 * Makes a definition ready to run.
 *
 * Task, Map, Parallel and Wait become callbacks, because `aws-local-stepfunctions` has no `$$.State`, hides
 * `$$.Map` inside an iteration, ends every task after 60 seconds, and cannot resume. The rest is its work.
 *
 * @throws Error when the definition is invalid, or uses what this machine cannot run
 */
export function compile(machine: Machine): Program {
  if (JSON.stringify(machine).includes('"QueryLanguage":"JSONata"'))
    throw new Error('JSONata is not supported: use JSONPath');
  // The validator adds defaults to what it is given.
  const copy = structuredClone(machine) as unknown as StateMachineDefinition;
  new StateMachine(copy, { validationOptions: { checkArn: false } });
  return compileBody(machine);
}

function compileBody(machine: Machine): Program {
  const steps = new Map<string, Step>();
  const states: Record<string, unknown> = {};
  for (const [name, original] of Object.entries(machine.States)) {
    const state = repairPaths(original) as State;
    if (!isStep(state)) {
      states[name] = state;
      continue;
    }
    refuseUnsupported(name, state);
    const inner = state.ItemProcessor ?? state.Iterator;
    steps.set(name, { state, bodies: (inner ? [inner] : (state.Branches ?? [])).map(compileBody) });
    const fields = Object.entries(state).filter(([field]) => kept.includes(field));
    states[name] = {
      ...Object.fromEntries(fields),
      Type: 'Task',
      Resource: 'step',
      TimeoutSeconds: timeoutSecondsMax,
    };
  }
  const definition = { StartAt: machine.StartAt, States: states } as unknown as StateMachineDefinition;
  return { definition, steps };
}

/** A Pass with a falsy Result is one too: the interpreter would pass its input on instead. */
function isStep(state: State): boolean {
  return ['Task', 'Map', 'Parallel', 'Wait'].includes(state.Type) || ('Result' in state && !state.Result);
}

function refuseUnsupported(name: string, state: State): void {
  const field = unsupported.find((candidate) => candidate in state);
  if (field) throw new Error(`State ${name}: ${field} is not supported`);
  if (state.Type === 'Task' && !lambdaResource.test(state.Resource ?? ''))
    throw new Error(
      `State ${name}: the resource ${state.Resource} is not supported: only Lambda functions are`,
    );
}

/**
 * The interpreter overwrites `$$.Execution` in every nested run, so it is read from `$$.Run` instead;
 * and it takes a ResultPath `$` for a field of that name.
 */
function repairPaths(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return repairPath(value, key);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => repairPaths(item, key));
  const entries = Object.entries(value).filter(([name, inner]) => !(name === 'ResultPath' && inner === '$'));
  return Object.fromEntries(entries.map(([name, inner]) => [name, repairPaths(inner, name)]));
}

function repairPath(path: string, key: string): string {
  if (key === 'ResultPath' && path.startsWith('$[')) return path.slice(1);
  const isPath = key.endsWith('.$') || key.endsWith('Path') || key === 'Variable';
  return isPath ? path.replace(/\$\$\.Execution\b/g, () => '$$.Run') : path;
}
