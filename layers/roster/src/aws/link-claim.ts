/** Keeps other uses of a link off while one is under way, since the user pool and the table change one by one. */
import { keys } from './keys.ts';
import { anyOf, attributeIs, type Condition, ConditionFailed, type Table } from './table.ts';

/** One use of a link under way. `id` is the caller's; others are kept off until the time given (Unix epoch). */
export interface LinkClaim {
  id: string;
  untilMs: number;
}

/** Nobody uses the link at this moment. */
export function isUnclaimed(nowMs: number): Condition {
  const names = { '#until': 'claimedUntilMs' };
  return anyOf(
    { expression: 'attribute_not_exists(#until)', names },
    { expression: '#until <= :now', names, values: { ':now': nowMs } },
  );
}

/** Lets others use the link again; nothing happens if the claim is over. */
export async function releaseClaim(table: Table, hash: string, id: string): Promise<void> {
  try {
    const remove = ['claim', 'claimedUntilMs'];
    await table.update({ key: keys.linkToken(hash), remove, condition: attributeIs('claim', id) });
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
}
