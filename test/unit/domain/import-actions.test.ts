import { type Import, noCounts } from 'roster/domain/import';
import { importActions, importNeed, isPurged } from 'roster/domain/import-actions';
import { permissionsOf } from 'roster/domain/permissions';
import { describe, expect, it } from 'vitest';

const now = new Date('2026-02-01T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000).toISOString();
const job = (more: Partial<Import>): Import => ({
  importId: '01JZZZZZZZZZZZZZZZZZZZZZZZ',
  fileName: 'roster.csv',
  mode: 'full',
  onRowErrors: 'accept_valid',
  approve: 'auto',
  status: 'in_progress',
  step: 'review',
  uploadedBy: 'owner',
  createdAt: daysAgo(0),
  updatedAt: daysAgo(0),
  uploadedAt: daysAgo(0),
  counts: noCounts,
  version: 1,
  ...more,
});
const admin = permissionsOf.administrator;
const held = { reason: 'mass_change', message: '', disabling: 9, members: 10 } as const;
const waits = {
  ...held,
  secondApproval: { required: true, by: 'ann', account: 'ANN', at: daysAgo(0) },
} as const;
const changed = { ...noCounts, rows: 3, updated: 1 };
const lost = { createdAt: daysAgo(1), uploadedAt: undefined } as unknown as Partial<Import>;

describe('what can be done with an import', () => {
  it.each<[string, Partial<Import>, string, string | undefined]>([
    [
      'awaits its file',
      { step: 'awaiting_upload', uploadedAt: undefined as never },
      'resume cancel',
      'upload',
    ],
    ['waits for its turn', { step: 'awaiting_upload' }, 'resume cancel file', undefined],
    ['never got its file', { ...lost, step: 'awaiting_upload' }, '', undefined],
    ['is checked', { step: 'validating' }, 'resume cancel file', undefined],
    ['waits for its columns', { step: 'mapping' }, 'resume map cancel file', 'mapping'],
    [
      'is read again by its columns',
      { step: 'mapping', mappingChoice: { by: 'owner', at: daysAgo(0), sha256: '' } },
      'resume cancel file',
      undefined,
    ],
    ['is in review', {}, 'resume approve replan cancel file', 'review'],
    ['is held', { hold: held }, 'resume approve replan cancel file', 'review'],
    [
      'was approved by one of two',
      { hold: waits },
      'resume approve withdraw replan cancel file',
      'secondApproval',
    ],
    [
      'is the undo of another one',
      { kind: 'undo', uploadedAt: undefined as never },
      'resume approve cancel',
      'review',
    ],
    ['is applied', { step: 'applying' }, 'resume file', undefined],
    ['is complete', { status: 'complete', step: 'done' }, 'report file', undefined],
    [
      'can be undone',
      { status: 'complete', step: 'done', undoUntil: daysAgo(-1), counts: changed },
      'undo report file',
      undefined,
    ],
    [
      'was undone',
      { status: 'complete', step: 'done', undoUntil: daysAgo(-1), counts: changed, undoneBy: 'x' },
      'report file',
      undefined,
    ],
    [
      'is too old to be undone',
      { status: 'complete', step: 'done', undoUntil: daysAgo(1), counts: changed },
      'report file',
      undefined,
    ],
    [
      'is older than its file',
      { status: 'complete', step: 'done', uploadedAt: daysAgo(31) },
      'report',
      undefined,
    ],
    [
      'changed nobody',
      { status: 'complete', step: 'done', undoUntil: daysAgo(-1) },
      'report file',
      undefined,
    ],
    ['gave way', { status: 'incomplete' }, 'file', undefined],
    [
      'was refused',
      { status: 'error', error: { code: 'rows_rejected', message: '' } },
      'report file',
      undefined,
    ],
    ['could not be read', { status: 'error', error: { code: 'bad_zip', message: '' } }, 'file', undefined],
    [
      'broke off',
      { status: 'error', step: 'applying', error: { code: 'apply_interrupted', message: '' } },
      'resume file',
      'resume',
    ],
    [
      'broke off and can be undone',
      {
        status: 'error',
        step: 'applying',
        error: { code: 'apply_interrupted', message: '' },
        undoUntil: daysAgo(-1),
      },
      'resume undo file',
      'resume',
    ],
    [
      'is an undo that waits for its turn',
      { kind: 'undo', step: 'awaiting_upload', uploadedAt: undefined as never },
      'resume cancel',
      undefined,
    ],
    [
      'is an undo that broke off',
      { kind: 'undo', status: 'error', step: 'applying', error: { code: 'apply_interrupted', message: '' } },
      'resume',
      'resume',
    ],
    [
      'is an undo that is done',
      { kind: 'undo', status: 'complete', step: 'done', uploadedAt: undefined as never },
      'report',
      undefined,
    ],
  ])('that %s', (_, more, actions, need) => {
    expect(importActions(job(more), admin, now).join(' ')).toBe(actions);
    expect(importNeed(job(more), now)).toBe(need);
  });

  it('is looking and downloading for whoever reads only, and nothing for a member', () => {
    expect(importActions(job({}), permissionsOf.auditor, now)).toEqual(['file']);
    expect(importActions(job({ status: 'complete', step: 'done' }), permissionsOf.auditor, now)).toEqual([
      'report',
      'file',
    ]);
    expect(importActions(job({}), permissionsOf.member, now)).toEqual([]);
    expect(importActions(job({}), permissionsOf.coordinator, now)).toEqual([]);
  });
});

it('its file is kept for 30 days, to the millisecond', () => {
  const uploadedAt = '2026-01-01T08:00:00.000Z';
  const purged = (at: string) => isPurged({ uploadedAt }, new Date(at));
  expect(purged('2026-01-31T07:59:59.999Z')).toBe(false);
  expect(purged('2026-01-31T08:00:00.000Z')).toBe(true);
  expect(purged('2026-01-31T08:00:00.001Z')).toBe(true);
  expect(isPurged({}, new Date('2030-01-01T00:00:00Z')), 'one that never came').toBe(false);
});
