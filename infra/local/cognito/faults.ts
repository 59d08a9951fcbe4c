import { CognitoError } from './errors.ts';

/** What is to go wrong with the next calls, for tests of those who call. */
export class Faults {
  #throttle = new Map<string, number>();

  /** How many of the next calls of each operation are refused as too many. What was set before is forgotten. */
  set({ throttle = {} }: { throttle?: Readonly<Record<string, number>> }): void {
    this.#throttle = new Map(Object.entries(throttle));
  }

  /** Uses one refusal up. @throws CognitoError `TooManyRequestsException`, as above the account's rate */
  refuse(operation: string): void {
    const left = this.#throttle.get(operation) ?? 0;
    if (left <= 0) return;
    this.#throttle.set(operation, left - 1);
    throw new CognitoError('TooManyRequestsException', 'Too many requests');
  }
}
