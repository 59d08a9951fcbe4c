import {
  advancedDrop,
  cancelledDrop,
  confirmedDrop,
  type Drop,
  dropAsOf,
  dropStages,
  failedDrop,
  isDropOpen,
  needsConfirmation,
  newDrop,
  nextStage,
  resumedDrop,
  settledPolicy,
} from 'roster/domain/drop';
import { describe, expect, it } from 'vitest';

const start = Date.parse('2026-05-01T12:00:00.000Z');
const dayMs = 86_400_000;
const at = (ms: number) => new Date(start + ms);
const ada = { account: 'A1', login: 'ada@club.example' };
const bob = { account: 'A2', login: 'bob@club.example' };
const asked = (needsOne: boolean): Drop =>
  newDrop({ dropId: 'D1', askedBy: ada, needsConfirmation: needsOne, erasedDigest: '0' }, at(0));
const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
};

describe('a second administrator', () => {
  it('is required where the policy says so, and for a day after it was switched off, to the millisecond', () => {
    expect(needsConfirmation(undefined, at(0))).toBe(false);
    const on = settledPolicy(undefined, { secondAdministrator: true }, at(0));
    expect(needsConfirmation(on, at(400 * dayMs))).toBe(true);
    const off = settledPolicy(on, { secondAdministrator: false }, at(0));
    expect(needsConfirmation(off, at(dayMs - 1))).toBe(true);
    expect(needsConfirmation(off, at(dayMs))).toBe(false);
    // Said again it begins no new day, nor does what was never on.
    expect(settledPolicy(off, { secondAdministrator: false }, at(5))).toEqual(off);
    expect(settledPolicy(undefined, { secondAdministrator: false }, at(5))).toEqual({
      secondAdministrator: false,
    });
  });

  it('confirms within a day, and nobody the own request', () => {
    const waiting = asked(true);
    expect(waiting).toMatchObject({ state: 'awaiting_confirmation', confirmUntil: at(dayMs).toISOString() });
    expect(codeOf(() => confirmedDrop(waiting, ada, at(1)))).toBe('own_request');
    expect(confirmedDrop(waiting, bob, at(dayMs - 1))).toMatchObject({ state: 'running', confirmedBy: bob });
    expect(codeOf(() => confirmedDrop(waiting, bob, at(dayMs)))).toBe('drop_not_awaiting');
    expect([dropAsOf(waiting, at(dayMs - 1)).state, dropAsOf(waiting, at(dayMs)).state]).toEqual([
      'awaiting_confirmation',
      'expired',
    ]);
  });

  it('calls it off before it begins, not afterwards', () => {
    expect(cancelledDrop(asked(true), at(1))).toMatchObject({ state: 'cancelled', version: 2 });
    expect(codeOf(() => cancelledDrop(asked(false), at(1)))).toBe('drop_not_awaiting');
  });
});

describe('a drop', () => {
  it('goes through every stage once and is then complete', () => {
    let drop = asked(false);
    const seen = [];
    while (drop.state === 'running') {
      seen.push(drop.stage);
      drop = advancedDrop(drop, { counts: { files: 2 }, position: { at: 7 }, toFollow: ['A9'] }, at(1));
      expect(drop).toMatchObject({ position: { at: 7 }, toFollow: ['A9'] });
      drop = nextStage(drop, at(2));
      expect(drop).toMatchObject({ position: { at: 0 }, toFollow: [] });
    }
    expect(seen).toEqual([...dropStages]);
    expect(drop).toMatchObject({ state: 'complete', endedAt: at(2).toISOString(), version: 13 });
    expect(drop.counts.files).toBe(2 * dropStages.length);
  });

  it('goes on where it stopped, and is in the way of another one until then', () => {
    const stopped = failedDrop(
      advancedDrop(asked(false), { position: { at: 3 } }, at(1)),
      { code: 'internal', message: 'No.' },
      at(2),
    );
    expect([
      isDropOpen(stopped),
      isDropOpen(asked(true)),
      isDropOpen(cancelledDrop(asked(true), at(1))),
    ]).toEqual([true, true, false]);
    const resumed = resumedDrop(stopped, at(3));
    expect(resumed).toMatchObject({ state: 'running', position: { at: 3 }, version: stopped.version + 1 });
    expect(resumed).not.toHaveProperty('error');
  });
});
