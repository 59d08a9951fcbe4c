import { type Import, noCounts } from 'roster/domain/import';
import { isEdit, undoRefusal, undoWindow } from 'roster/domain/import-undo';
import type { Member } from 'roster/domain/member';
import { describe, expect, it } from 'vitest';

const now = new Date('2026-03-01T12:00:00Z');
const approvedAt = (at: string) => ({ by: 'ann', at, kinds: [], excludedCount: 0 });

describe('until when an import can be undone', () => {
  it.each<[string, Partial<Import>, string | undefined]>([
    [
      'is 30 days after the upload, when its files are gone, however late the approval came',
      { createdAt: '2026-02-01T00:00:00.000Z', approval: approvedAt('2026-02-20T00:00:00.000Z') },
      '2026-03-03T00:00:00.000Z',
    ],
    ['is never, of one that nobody approved', { createdAt: '2026-02-01T00:00:00.000Z' }, undefined],
    [
      'is never, of an undo',
      {
        kind: 'undo',
        createdAt: '2026-02-01T00:00:00.000Z',
        approval: approvedAt('2026-02-20T00:00:00.000Z'),
      },
      undefined,
    ],
  ])('%s', (_, job, until) => {
    expect(undoWindow({ createdAt: '', ...job }).undoUntil).toBe(until);
  });
});

describe('an import', () => {
  const done = {
    status: 'complete',
    step: 'done',
    counts: { ...noCounts, rows: 2, added: 1 },
    undoUntil: '2026-03-02T00:00:00.000Z',
  } as const;

  it('that changed members can be undone in time', () => {
    expect(undoRefusal(done, now)).toBeUndefined();
    const error = { code: 'apply_interrupted', message: '' };
    expect(undoRefusal({ ...done, status: 'error', step: 'applying', error }, now)).toBeUndefined();
  });

  it.each<[string, Partial<Import>, RegExp]>([
    ['too late', { undoUntil: '2026-03-01T12:00:00.000Z' }, /30 days/],
    ['twice', { undoneBy: '01J' }, /already/],
    ['that is an undo', { kind: 'undo' }, /Upload the file/],
    ['that changed nobody', { counts: { ...noCounts, rows: 2, unchanged: 2 } }, /nobody/],
    ['that is in review', { status: 'in_progress', step: 'review' }, /in_progress at review/],
    [
      'that could not be read',
      { status: 'error', step: 'unzipping', error: { code: 'bad_zip', message: '' } },
      /error at unzipping/,
    ],
  ])('cannot be undone %s', (_, change, reason) => {
    expect(undoRefusal({ ...done, ...change }, now)).toMatch(reason);
  });
});

describe('a change of a member', () => {
  const before: Member = {
    externalId: 'A1',
    state: 'enabled',
    values: { Name: 'Ann' },
    valuesHash: 'h',
    name: 'Ann',
    departments: [],
    roles: [],
    account: 'ACCOUNT',
    version: 3,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    importId: '01J',
  };
  const moved = { version: 4, updatedAt: '2026-02-01T00:00:00.000Z' };
  const round = { id: 'i', method: 'link', state: 'sent', rounds: 1, invitedBy: 'ann' } as const;

  it.each<[string, Partial<Member>]>([
    ['an invitation', { invitation: { ...round, sentAt: '', validUntil: '' } }],
    ['a sign-in', { lastSignInAt: '2026-02-01T00:00:00.000Z', activatedAt: '2026-02-01T00:00:00.000Z' }],
    ['the end of its active period', { state: 'disabled', disabledBy: 'period' }],
  ])('by %s is no edit', (_, change) => {
    expect(isEdit(before, { ...before, ...moved, ...change })).toBe(false);
  });

  it.each<[string, Partial<Member>]>([
    ['values', { values: { Name: 'Bo' } }],
    ['departments', { departments: ['d'] }],
    ['roles', { roles: ['r'] }],
    ['the username', { username: 'bo' }],
    ['an admin who disables', { state: 'disabled', disabledBy: 'admin' }],
    ['the loss of its account', { account: undefined as never, state: 'not_joined' }],
    ['values along with a period', { state: 'disabled', disabledBy: 'period', values: { Name: 'Bo' } }],
  ])('of %s is one', (_, change) => {
    expect(isEdit(before, { ...before, ...moved, ...change })).toBe(true);
  });

  it('back from its period is no edit, by an admin from another reason it is', () => {
    const back = { ...before, ...moved };
    expect(isEdit({ ...before, state: 'disabled', disabledBy: 'period' }, back)).toBe(false);
    expect(isEdit({ ...before, state: 'disabled', disabledBy: 'absence' }, back)).toBe(true);
  });
});
