import { outcomeOfRow } from 'roster/domain/diff';
import { holdFor, partCountFor, partOfShard, shardsOfPart } from 'roster/domain/import';
import { shardCount, shardOf } from 'roster/domain/member';
import { describe, expect, it } from 'vitest';

const enabled = { state: 'enabled' } as const;
const waiting = { state: 'not_joined' } as const;
const absent = { state: 'disabled', disabledBy: 'absence' } as const;
const byHand = { state: 'disabled', disabledBy: 'admin' } as const;

describe('what a row does', () => {
  it.each([
    // mode, the row's state column, the member, values differ, outcome
    ['full', undefined, undefined, true, 'add'],
    ['upsert', true, undefined, true, 'add'],
    ['add_only', undefined, undefined, true, 'add'],
    ['update_only', undefined, undefined, true, 'skipped'],
    ['full', undefined, enabled, true, 'update'],
    ['full', undefined, waiting, false, 'unchanged'],
    ['add_only', undefined, enabled, true, 'skipped'],
    ['add_only', undefined, enabled, false, 'unchanged'],
    ['full', false, enabled, false, 'disable'],
    ['full', false, absent, false, 'unchanged'],
    ['full', false, absent, true, 'update'],
    ['full', true, absent, false, 'reactivate'],
    ['full', undefined, absent, false, 'reactivate'],
    ['full', undefined, byHand, false, 'unchanged'],
    ['full', undefined, byHand, true, 'update'],
    ['full', true, byHand, false, 'reactivate'],
    ['add_only', true, absent, false, 'skipped'],
    ['update_only', true, absent, false, 'reactivate'],
  ] as const)(
    '%s, row says active=%s, member %o, differs %s: %s',
    (mode, active, known, differs, outcome) => {
      expect(outcomeOfRow(mode, { active }, known, differs)).toBe(outcome);
    },
  );
});

describe('the mass-change hold (B3)', () => {
  const policy = { disabledShareMax: 0.1, disabledMembersMax: 50 };
  it.each([
    [0, 0, false],
    [0, 1000, false],
    [10, 100, false],
    [11, 100, true],
    [50, 1000, false],
    [51, 1000, true],
    [1, 5, true],
    [3, 0, true],
  ])('disabling %i of %i enrolled is held: %s', (disabling, enrolled, held) => {
    expect(holdFor(policy, disabling, enrolled) !== undefined).toBe(held);
  });

  it('says how many of how many', () => {
    expect(holdFor(policy, 66, 539)?.message).toContain('66 of 539 enrolled members (12.2 %)');
  });
});

describe('parts', () => {
  const mebibyte = 1024 * 1024;

  it('are one for a small import and 64 for the largest', () => {
    expect(partCountFor(100_000, 500)).toBe(1);
    expect(partCountFor(4 * mebibyte + 1, 0)).toBe(2);
    expect(partCountFor(1024 * mebibyte, 0)).toBe(64);
    expect(partCountFor(100, 1_000_000)).toBe(64);
  });

  it('cover every shard exactly once', () => {
    for (const count of [1, 2, 4, 8, 16, 32, 64]) {
      const shards = Array.from({ length: count }, (_, part) => shardsOfPart(part, count));
      expect(shards.flat()).toEqual(Array.from({ length: shardCount }, (_, shard) => shard));
      for (const [part, of] of shards.entries())
        expect(of.every((shard) => partOfShard(shard, count) === part)).toBe(true);
    }
  });

  it('spread identifiers that count upwards evenly', () => {
    const rows = new Array<number>(shardCount).fill(0);
    for (let id = 0; id < 64_000; id++) rows[shardOf(`M${id}`)]! += 1;
    expect(Math.min(...rows)).toBeGreaterThan(800);
    expect(Math.max(...rows)).toBeLessThan(1200);
  });
});
