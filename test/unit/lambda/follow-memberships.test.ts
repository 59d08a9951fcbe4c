import { describe, expect, it } from 'vitest';
import type { Membership } from '../../../layers/roster/src/domain/organization.ts';
import { followMemberships, pacer } from '../../../layers/roster/src/lambda/follow-memberships.ts';
import { reconcileAccounts } from '../../../layers/roster/src/lambda/reconcile-accounts.ts';

const membership = (state: Membership['state'], organization = 'acme'): Membership => ({
  account: 'A1',
  organization,
  level: 'member',
  login: 'ann',
  state,
  tokensValidFromSeconds: 0,
  version: 1,
});

/** A user pool and memberships in memory; `onCall` may change them in the middle. */
function world(enabled: boolean | undefined, ...memberships: Membership[]) {
  const world = {
    ...{ enabled, memberships, calls: [] as string[], onCall: (_call: string) => {} },
    /** Whether a drop of all data left the account without a membership. */
    isLeft: false,
  };
  const act = (name: string, change: () => void) => async () => {
    world.onCall(name);
    world.calls.push(name);
    change();
  };
  const deps = {
    accounts: { memberships: async () => world.memberships },
    userPool: {
      isEnabled: async () => world.enabled,
      enable: act('enable', () => {
        world.enabled = true;
      }),
      disable: act('disable', () => {
        world.enabled = false;
      }),
      signOut: act('signOut', () => {}),
      remove: act('remove', () => {
        world.enabled = undefined;
      }),
    },
    accountDeletion: {
      claim: async () => world.isLeft,
      finish: act('finish', () => {}),
    },
  } as unknown as Parameters<typeof followMemberships>[0];
  return Object.assign(world, { deps });
}

describe('the follower', () => {
  it('signs out and disables whom no organization lets in any more', async () => {
    const one = world(true, membership('disabled'), membership('disabled', 'club'));
    expect(await followMemberships(one.deps, 'A1')).toBe(true);
    expect(one.calls).toEqual(['signOut', 'disable']);
    const none = world(true);
    await followMemberships(none.deps, 'A1');
    expect(none.enabled).toBe(false);
  });

  it('leaves alone whom another organization lets in, and who is unknown', async () => {
    for (const same of [
      world(true, membership('disabled'), membership('enabled', 'club')),
      world(false, membership('disabled')),
      world(undefined, membership('enabled')),
    ]) {
      expect(await followMemberships(same.deps, 'A1')).toBe(false);
      expect(same.calls).toEqual([]);
    }
  });

  it('deletes whom a drop of all data left without any organization, again if it was killed half-way', async () => {
    const left = Object.assign(world(true), { isLeft: true });
    expect(await followMemberships(left.deps, 'A1')).toBe(true);
    expect(left.calls).toEqual(['remove', 'finish']);
    await followMemberships(left.deps, 'A1');
    expect(left.calls).toEqual(['remove', 'finish', 'finish']);
    const elsewhere = Object.assign(world(true, membership('enabled', 'club')), { isLeft: true });
    expect(await followMemberships(elsewhere.deps, 'A1')).toBe(false);
  });

  it('enables again', async () => {
    const back = world(false, membership('enabled'));
    await followMemberships(back.deps, 'A1');
    expect(back.calls).toEqual(['enable']);
  });

  it('ends with what is stored, though it changes while it works', async () => {
    const raced = world(true, membership('disabled'));
    raced.onCall = (call) => {
      if (call === 'disable') raced.memberships = [membership('enabled')];
    };
    await followMemberships(raced.deps, 'A1');
    expect(raced.calls).toEqual(['signOut', 'disable', 'enable']);
    expect(raced.enabled).toBe(true);
  });

  it('takes turns', async () => {
    const turn = pacer(50);
    const startedAt = performance.now();
    for (let turns = 0; turns < 3; turns++) await turn();
    // The first passes at once, the other two 50 ms apart.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(95);
  });
});

describe('the reconciler', () => {
  const page = (at: number) => ({
    users: Array.from({ length: 3 }, (_, user) => ({ account: `U${at}-${user}`, enabled: true })),
    ...(at < 24 && { next: String(at + 1) }),
  });

  it('queues those that differ, remembers where it was and starts again at the end', async () => {
    const queued: string[] = [];
    let stored: Record<string, unknown> | undefined;
    const deps = {
      table: {
        get: async () => stored,
        put: async (item: Record<string, unknown>) => {
          stored = item;
        },
      },
      // Only the second user of each page may enter no more.
      accounts: {
        memberships: async (account: string) => [membership(account.endsWith('-1') ? 'disabled' : 'enabled')],
      },
      userPool: { page: async (next = '0') => page(Number(next)) },
      accountQueue: { changed: async (accounts: Iterable<string>) => void queued.push(...accounts) },
      clock: () => new Date('2026-01-01T00:00:00.000Z'),
    } as unknown as Parameters<typeof reconcileAccounts>[0];
    // 25 pages, of which a run compares 20.
    expect(await reconcileAccounts(deps)).toEqual({ compared: 60, drifted: 20, isWhole: false });
    expect(stored).toMatchObject({ next: '20' });
    expect(await reconcileAccounts(deps)).toEqual({ compared: 15, drifted: 5, isWhole: true });
    expect(queued).toEqual(Array.from({ length: 25 }, (_, at) => `U${at}-1`));
    expect((await reconcileAccounts(deps)).compared).toBe(60);
  });
});
