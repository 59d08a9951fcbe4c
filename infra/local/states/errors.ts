import { ExecutionError } from 'aws-local-stepfunctions';
import { FunctionError } from '../invoke.ts';

/** Errors that neither `States.ALL` nor `States.TaskFailed` match; they end the execution. */
const terminal = new Set(['States.Runtime', 'States.DataLimitExceeded']);

/**
 * The failure of a state by its name in Retry and Catch; the message is its cause.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export class StateError extends Error {
  /** Read by the interpreter when it looks for a Catch. */
  readonly isCatchable: boolean;

  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
    this.isCatchable = !terminal.has(name);
  }
}

/**
 * Names any failure as Step Functions would: a handler's error by its type, with Lambda's JSON as the cause.
 * A function that could not be run is `Lambda.Unknown`.
 */
export function toStateError(error: unknown): StateError {
  if (error instanceof StateError) return error;
  if (error instanceof ExecutionError) return toStateError(error.cause);
  if (error instanceof FunctionError) {
    const { errorType, errorMessage, trace } = error;
    return new StateError(errorType, JSON.stringify({ errorType, errorMessage, trace }));
  }
  if (error instanceof Error) return new StateError(error.name, error.message);
  return new StateError('States.Runtime', String(error));
}
