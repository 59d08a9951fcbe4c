/** Keeps the user pool in step with the memberships, which hold the truth about who may enter (design section 4). */
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import type { Deps } from './deps.ts';

type FollowDeps = Pick<Deps, 'accounts' | 'userPool' | 'accountDeletion'>;

/** What the queue of accounts carries; what to do is read from the table when its turn comes. */
export const AccountChanged = z.object({ account: z.string().min(1) });

/** How often to look again at memberships that change while their account is being followed. */
const looksMax = 5;

/**
 * Lets the account's user sign in, or not: not when the account has no enabled membership in any organization; its
 * refresh tokens are then revoked too. One that a drop of all data left without any membership is deleted. Looks again after each change, so that of several messages about one account
 * it is the newest state that stays, in whatever order they are handled. An account without a user is left alone.
 * @returns whether anything had to be changed
 */
export async function followMemberships(
  { accounts, userPool, accountDeletion }: FollowDeps,
  account: string,
  turn: () => Promise<void> = async () => undefined,
): Promise<boolean> {
  for (let looks = 1; looks <= looksMax; looks++) {
    const [memberships, isEnabled] = await Promise.all([
      accounts.memberships(account),
      userPool.isEnabled(account),
    ]);
    if (memberships.length === 0 && (await accountDeletion.claim(account))) {
      if (isEnabled !== undefined) {
        await turn();
        await userPool.remove(account);
      }
      await accountDeletion.finish(account);
      return true;
    }
    const mayEnter = memberships.some(({ state }) => state === 'enabled');
    if (isEnabled === undefined || isEnabled === mayEnter) return looks > 1;
    await turn();
    if (mayEnter) await userPool.enable(account);
    else {
      // Signed out first: where the second call fails, the next try still finds the user enabled.
      await userPool.signOut(account);
      await turn();
      await userPool.disable(account);
    }
  }
  throw new Error('The memberships of an account keep changing; it is followed by its next message.');
}

/** Makes a wait that lets calls through one by one, this far apart. */
export function pacer(intervalMs: number): () => Promise<void> {
  let nextAt = 0;
  return async () => {
    const now = performance.now();
    const at = Math.max(now, nextAt);
    nextAt = at + intervalMs;
    if (at > now) await wait(at - now);
  };
}
