import { ServiceError } from '../states/aws-json.ts';

/** What is to go wrong with the next calls, for tests of those who call. */
export class Faults {
  #throttle = 0;
  #cut = 0;

  /** How many calls are refused as too many, and how many after them are answered by hanging up. */
  set({ throttle = 0, cut = 0 }: { throttle?: number; cut?: number }): void {
    this.#throttle = throttle;
    this.#cut = cut;
  }

  /** Uses one refusal up. @throws ServiceError `Throttling`, as SES does above the account's rate */
  throttle(): void {
    if (this.#throttle === 0) return;
    this.#throttle -= 1;
    throw new ServiceError('Throttling', 'Maximum sending rate exceeded.');
  }

  /** Whether to hang up on a call that was carried out; uses one up. */
  cut(): boolean {
    if (this.#cut === 0) return false;
    this.#cut -= 1;
    return true;
  }
}
