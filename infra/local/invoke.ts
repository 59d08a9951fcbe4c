/**
 * Calls a hosted function and resolves with what its handler returned (a JSON value).
 *
 * The first argument is a function's ARN (with or without a qualifier) or its name. Rejects with
 * {@link FunctionError} when the handler threw, and with any other error when it could not be run.
 */
export type Invoke = (functionArnOrName: string, payload: unknown) => Promise<unknown>;

/**
 * The failure of a function's handler, as Lambda reports it with `X-Amz-Function-Error`.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
 */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];

  constructor(errorType: string, errorMessage: string, trace?: readonly string[]) {
    super(`${errorType}: ${errorMessage}`);
    this.errorType = errorType;
    this.errorMessage = errorMessage;
    if (trace) this.trace = trace;
  }
}
