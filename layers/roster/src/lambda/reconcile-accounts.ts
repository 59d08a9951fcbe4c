import * as z from 'zod';
import { keys } from '../aws/keys.ts';
import { parseItem } from '../aws/parse-item.ts';
import type { Deps } from './deps.ts';
import { logger } from './observability.ts';

type ReconcileDeps = Pick<Deps, 'table' | 'accounts' | 'userPool' | 'accountQueue' | 'clock'>;

/** How many pages of 60 users one run compares, and how many accounts of a page at once. */
export const pagesPerRun = 20;
const accountsAtOnce = 10;

const Progress = z.object({ next: z.string().optional() });

/** What a run did. `isWhole` tells that it came to the end of the user pool; the next one starts again. */
export interface Reconciled {
  compared: number;
  drifted: number;
  isWhole: boolean;
}

/**
 * Compares the next users of the pool with the memberships and queues the accounts that differ, for the follower to
 * repair at its pace. Run after run it goes through the whole pool: what is compared, and so what is repaired, is
 * bounded at any size. A user without an account, left by a creation that failed half way, counts as one that may
 * not enter.
 */
export async function reconcileAccounts(deps: ReconcileDeps): Promise<Reconciled> {
  const key = keys.accountsCompared();
  const stored = await deps.table.get(key, { consistent: true });
  let next = stored && parseItem(Progress, stored, 'progress').next;
  const total: Reconciled = { compared: 0, drifted: 0, isWhole: false };
  for (let pages = 0; pages < pagesPerRun && !total.isWhole; pages++) {
    const page = await deps.userPool.page(next);
    const drifted = await driftedOf(deps, page.users);
    await deps.accountQueue.changed(drifted);
    next = page.next;
    total.compared += page.users.length;
    total.drifted += drifted.length;
    total.isWhole = next === undefined;
    // Only now: a run that dies compares its page again.
    await deps.table.put({ ...key, next, at: deps.clock().toISOString() });
  }
  logger.info('Compared accounts with the user pool', { ...total });
  return total;
}

async function driftedOf(
  { accounts }: ReconcileDeps,
  users: readonly { account: string; enabled: boolean }[],
): Promise<string[]> {
  const drifted: string[] = [];
  for (let start = 0; start < users.length; start += accountsAtOnce) {
    const compared = users.slice(start, start + accountsAtOnce).map(async ({ account, enabled }) => {
      const memberships = await accounts.memberships(account);
      if (memberships.some(({ state }) => state === 'enabled') !== enabled) drifted.push(account);
    });
    await Promise.all(compared);
  }
  return drifted;
}
