import { ServiceError } from '../states/aws-json.ts';

/** What is to go wrong with the next calls, for tests of those who call. */
export class Faults {
  #throttle = 0;
  #reject = 0;
  #cut = 0;

  /** How many calls are refused as too many, how many after them for what they say, how many then answered by hanging up. */
  set({ throttle = 0, reject = 0, cut = 0 }: { throttle?: number; reject?: number; cut?: number }): void {
    this.#throttle = throttle;
    this.#reject = reject;
    this.#cut = cut;
  }

  /** Uses one refusal up. @throws ServiceError `Throttling`, as above the account's rate, or `MessageRejected` */
  refuse(): void {
    if (this.#throttle > 0) {
      this.#throttle -= 1;
      throw new ServiceError('Throttling', 'Maximum sending rate exceeded.');
    }
    if (this.#reject === 0) return;
    this.#reject -= 1;
    throw new ServiceError('MessageRejected', 'Email address is not verified.');
  }

  /** Whether to hang up on a call that was carried out; uses one up. */
  cut(): boolean {
    if (this.#cut === 0) return false;
    this.#cut -= 1;
    return true;
  }
}
