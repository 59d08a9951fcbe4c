import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BulkInput } from '../../../layers/roster/src/domain/api.ts';
import {
  advanced,
  type BulkJob,
  bulkHold,
  bulkOutcomes,
  cancelled,
  chunkMembersMax,
  collected,
  isJobOpen,
  narrows,
  newBulkJob,
  resumed,
  stopped,
  undone,
} from '../../../layers/roster/src/domain/bulk-job.ts';

const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-01T00:01:00.000Z';
const acting = { account: 'CHIEF', login: 'chief' };
const jobOf = (more: Partial<BulkJob> = {}): BulkJob => ({
  ...newBulkJob(
    { jobId: 'J', action: 'disable', selection: { all: true }, acting, holdConfirmed: true },
    [],
    at,
  ),
  ...more,
});
const ended = (state: BulkJob['state'], more: Partial<BulkJob> = {}) =>
  jobOf({ state, isCollected: true, chunks: 1, ...more });
const codeOf = (work: () => unknown) => {
  try {
    work();
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('what a job is about', () => {
  it.each([
    [{}, false],
    [{ q: '' }, false],
    [{ status: [] }, false],
    [{ below: false }, false],
    [{ q: undefined, role: [] }, false],
    [{ q: 'a' }, true],
    [{ status: ['enabled' as const] }, true],
    [{ activated: 'never' as const }, true],
  ])('a filter %j leaves somebody out: %s', (filter, expected) => {
    expect(narrows(filter)).toBe(expected);
  });

  it('is said in one way, or it is refused', () => {
    const ways = { ids: ['a'], filter: { q: 'a' }, all: true } as const;
    for (const said of [
      [],
      ['ids'],
      ['filter'],
      ['all'],
      ['ids', 'all'],
      ['ids', 'filter'],
      ['filter', 'all'],
    ]) {
      const body = { action: 'enable', ...Object.fromEntries(said.map((way) => [way, ways[way as 'ids']])) };
      expect(BulkInput.safeParse(body).success, said.join()).toBe(said.length === 1);
    }
  });
});

describe('the hold', () => {
  const policy = { disabledShareMax: 0.1, disabledMembersMax: 50 };
  it.each([
    [0, 10, false],
    // One alone is never held, like the call for one.
    [1, 2, false],
    [2, 10, true],
    [10, 100, false],
    [11, 100, true],
    [50, 10_000, false],
    [51, 10_000, true],
  ])('of %i among %i members: %s', (count, members, isHeld) => {
    const message = bulkHold(policy, 'disable', count, members);
    expect(message !== undefined).toBe(isHeld);
    if (isHeld) expect(message).toContain(`${count} of ${members} members`);
  });

  it('is not for invitations, which keep nobody out', () => {
    expect(bulkHold(policy, 'invite', 10_000, 10_000)).toBeUndefined();
  });
});

describe('a job', () => {
  it('goes through all of its members once, whatever the chunks and steps are, and is complete at the last', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: chunkMembersMax }), { maxLength: 8 });
    const step = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(
        sizes,
        step,
        fc.infiniteStream(fc.constantFrom(...bulkOutcomes)),
        (chunks, most, outcomes) => {
          let job = jobOf();
          for (const [index, members] of [...chunks, 0].entries()) {
            expect(job.state).toBe('collecting');
            job = collected(job, { members, cursor: index < chunks.length ? `${index}` : undefined }, at);
          }
          const filled = chunks.filter((members) => members > 0);
          const visited: [number, number][] = [];
          let version = job.version;
          while (isJobOpen(job)) {
            const { chunk, offset } = job.position;
            const chunkMembers = filled[chunk] as number;
            const size = Math.min(most, chunkMembers - offset);
            const results = Array.from({ length: size }, (_, index) => {
              visited.push([chunk, offset + index]);
              return { id: 'x', outcome: outcomes.next().value };
            });
            job = advanced(job, { results, chunkMembers, toFollow: [] }, at);
            expect(job.version).toBe(++version);
          }
          expect(visited).toEqual(
            filled.flatMap((size, chunk) => Array.from({ length: size }, (_, i) => [chunk, i])),
          );
          const { matched, done, unchanged, failed, kept } = job.counts;
          expect([job.state, matched]).toEqual(['complete', visited.length]);
          expect(done + unchanged + failed + kept).toBe(matched);
        },
      ),
    );
  });

  it('on members that are named has its chunks from the beginning', () => {
    const chunks = [[{ id: 'a' }, { id: 'b' }], [{ id: 'c' }]];
    const asked = { jobId: 'J', action: 'enable' as const, acting, holdConfirmed: false };
    expect(newBulkJob({ ...asked, selection: { ids: 3 } }, chunks, at)).toMatchObject({
      state: 'running',
      isCollected: true,
      chunks: 2,
      counts: { matched: 3 },
      createdBy: 'chief',
    });
  });

  it('that was cancelled goes on where it was, in the name of whoever resumes it', () => {
    const running = collected(jobOf(), { members: 40 }, at);
    const step = { results: [{ id: 'a', outcome: 'done' as const }], chunkMembers: 40, toFollow: ['A'] };
    const stoppedJob = cancelled(advanced(running, step, at), later);
    expect(stoppedJob).toMatchObject({ state: 'incomplete', endedAt: later });
    expect(codeOf(() => cancelled(stoppedJob, later))).toBe('job_not_open');
    const deputy = { account: 'DEPUTY', login: 'deputy' };
    const again = resumed(stoppedJob, deputy, false, later);
    expect(again).toMatchObject({
      state: 'running',
      position: { chunk: 0, offset: 1 },
      acting: deputy,
      createdBy: 'chief',
      toFollow: ['A'],
    });
    expect(again).not.toHaveProperty('endedAt');
    expect(resumed(again, acting, false, later), 'only woken up').toBe(again);
    expect(resumed(cancelled(jobOf(), at), acting, false, later).state).toBe('collecting');
  });

  it('that waits for a confirmation is not resumed without', () => {
    const held = stopped(
      ended('running'),
      'incomplete',
      { code: 'hold_not_confirmed', message: 'Many.' },
      at,
    );
    const unconfirmed = { ...held, holdConfirmed: false };
    expect(codeOf(() => resumed(unconfirmed, acting, false, at))).toBe('hold_not_confirmed');
    const confirmed = resumed(unconfirmed, acting, true, at);
    expect(confirmed).toMatchObject({ state: 'running', holdConfirmed: true });
    expect(confirmed).not.toHaveProperty('error');
  });

  it('is undone once, after it ended, if it changed states', () => {
    const changed = { counts: { matched: 1, done: 1, unchanged: 0, failed: 0, kept: 0 } };
    expect(undone(ended('complete', changed), 'U', later)).toMatchObject({ undoneBy: 'U', version: 2 });
    expect(undone(ended('incomplete', changed), 'U', later).undoneBy).toBe('U');
    const refused = [
      ended('running', changed),
      ended('complete'),
      ended('complete', { ...changed, action: 'remove' }),
      ended('complete', { ...changed, action: 'clearUsername' }),
      ended('complete', { ...changed, undoneBy: 'V' }),
    ];
    for (const job of refused) expect(codeOf(() => undone(job, 'U', later))).toBe('job_not_undoable');
    const half = ended('incomplete', { ...changed, undoneBy: 'V' });
    expect(codeOf(() => resumed(half, acting, false, later))).toBe('job_not_resumable');
  });
});
