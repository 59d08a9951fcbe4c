import type { Hold } from 'roster/domain/import';
import {
  type ApprovalRequest,
  decideApproval,
  needsSecond,
  requireApprovable,
} from 'roster/domain/import-approval';
import { describe, expect, it } from 'vitest';

const code = (name: string) => expect.objectContaining({ code: name });
const hold: Hold = { reason: 'mass_change', message: 'Many.', disabling: 60, members: 100 };
const waiting = { status: 'in_progress', step: 'review' } as const;
const ann = { login: 'ann', account: 'ANN', at: '2026-02-01T10:00:00.000Z' };
const bob = { login: 'bob', account: 'BOB', at: '2026-02-01T11:00:00.000Z' };
const firstOf = (request: ApprovalRequest = {}) => decideApproval(request, ann, { needsTwo: true }).approval;

describe('a plan', () => {
  it.each([
    ['in review', waiting, {}, undefined],
    ['in review, named by its version', { ...waiting, planVersion: 3 }, { planVersion: 3 }, undefined],
    ['being applied', { status: 'in_progress', step: 'applying' }, {}, 'import_not_in_review'],
    ['superseded', { status: 'incomplete', step: 'review' }, {}, 'import_not_in_review'],
    ['made anew since it was looked at', { ...waiting, planVersion: 3 }, { planVersion: 2 }, 'plan_changed'],
    ['made anew, and approved without a version', { ...waiting, planVersion: 2 }, {}, 'plan_changed'],
    ['held', { ...waiting, hold }, {}, 'hold_not_confirmed'],
    ['held and confirmed', { ...waiting, hold }, { confirmHold: true }, undefined],
  ] as const)('that is %s', (_, job, request, refused) => {
    const approving = () => requireApprovable(job, request);
    if (refused === undefined) expect(approving()).toBeUndefined();
    else expect(approving).toThrow(code(refused));
  });

  it('takes two where it is held and either its making or the settings say so (B4)', () => {
    const asked = { ...hold, secondApproval: { required: true as const } };
    const bounds = { disabledShareMax: 0.1, disabledMembersMax: 50 };
    expect(needsSecond({ hold }, bounds)).toBe(false);
    expect(needsSecond({ hold }, { ...bounds, secondAdministrator: true })).toBe(true);
    expect(needsSecond({ hold: asked }, { ...bounds, secondAdministrator: false })).toBe(true);
    expect(needsSecond({}, { ...bounds, secondAdministrator: true })).toBe(false);
  });
});

describe('an approval', () => {
  it('is enough where one is', () => {
    const { outcome, approval } = decideApproval({ kinds: ['add'] }, ann, { needsTwo: false });
    expect(outcome).toBe('approved');
    expect(approval).toEqual({ by: 'ann', account: 'ANN', at: ann.at, kinds: ['add'], exclude: [] });
  });

  it('waits for another account where two have to, and is not both of them', () => {
    expect(decideApproval({}, ann, { needsTwo: true }).outcome).toBe('waits');
    const again = decideApproval({ exclude: [] }, ann, { needsTwo: true, first: firstOf() });
    expect(again.outcome).toBe('repeated');
    const renamed = { ...ann, login: 'ann@new.example' };
    expect(decideApproval({}, renamed, { needsTwo: true, first: firstOf() }).outcome).toBe('repeated');
    expect(() => decideApproval({ kinds: ['add'] }, ann, { needsTwo: true, first: firstOf() })).toThrow(
      code('own_approval'),
    );
  });

  it('applies what both approved', () => {
    const first = firstOf({ kinds: ['add', 'disable'], exclude: ['A', 'B'] });
    const { outcome, approval } = decideApproval({ kinds: ['disable', 'update'], exclude: ['B', 'C'] }, bob, {
      needsTwo: true,
      first,
    });
    expect(outcome).toBe('approved');
    expect(approval).toEqual({
      by: 'ann',
      account: 'ANN',
      at: ann.at,
      kinds: ['disable'],
      exclude: ['A', 'B', 'C'],
      second: { by: 'bob', account: 'BOB', at: bob.at },
    });
    expect(() => decideApproval({ kinds: ['update'] }, bob, { needsTwo: true, first })).toThrow(
      code('nothing_approved'),
    );
  });
});
