import { MusterError } from '../domain/errors.ts';
import { type Backoff, withBackoff } from './backoff.ts';
import { TransactionFailed } from './table.ts';

const race: Backoff = { attemptsMax: 12, firstMs: 20, delayMsMax: 500 };

/**
 * Runs a change that reads, decides, and writes on condition that what it read still holds. If another change came
 * first it is run again, from the reading on: of two at once, one comes after the other.
 * @throws MusterError `throttled` if others kept coming first
 */
export async function inTurn<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await withBackoff(race, (error) => error instanceof TransactionFailed, change);
  } catch (error) {
    if (!(error instanceof TransactionFailed)) throw error;
    throw new MusterError('throttled', 'Too many changes at once. Try again in a moment.', { cause: error });
  }
}
