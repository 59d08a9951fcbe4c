import { describe, expect, it } from 'vitest';
import type { Membership } from '../../../layers/roster/src/domain/organization.ts';
import { levels } from '../../../layers/roster/src/domain/permissions.ts';
import {
  isResponsible,
  type Responsibilities,
  takeOver,
  transferRequired,
} from '../../../layers/roster/src/domain/responsibilities.ts';

const membership = (account: string, more: Partial<Membership> = {}): Membership => ({
  account,
  organization: 'club',
  level: 'coordinator',
  login: account,
  state: 'enabled',
  tokensValidFromSeconds: 0,
  version: 3,
  ...more,
});
const leaver = membership('leaver', { scope: ['a', 'b'] });
const departments: Responsibilities = { departments: ['a', 'b'], imports: [] };
const imports: Responsibilities = {
  departments: [],
  imports: [{ importId: 'I', fileName: 'a.csv', step: 'review' }],
};
const refusal = (own: Responsibilities, heir: Membership | undefined) => {
  try {
    takeOver(own, leaver, heir);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('what a member is responsible for', () => {
  it('has to be taken over where there is anything', () => {
    expect(isResponsible({ departments: [], imports: [] })).toBe(false);
    expect(isResponsible(departments)).toBe(true);
    expect(isResponsible(imports)).toBe(true);
    expect(transferRequired({ ...departments, imports: imports.imports })).toMatchObject({
      code: 'transfer_required',
      places: [
        { path: 'departments', message: 'a' },
        { path: 'departments', message: 'b' },
        { path: 'imports', message: 'I' },
      ],
    });
  });

  it('goes to a level that may hold it', () => {
    const takers = (own: Responsibilities) =>
      levels.filter((level) => refusal(own, membership('heir', { level })) === undefined);
    expect(takers(departments)).toEqual(['owner', 'securityAdministrator', 'administrator', 'coordinator']);
    expect(takers(imports)).toEqual(['owner', 'securityAdministrator', 'administrator']);
    expect(takers({ ...departments, ...imports, departments: ['a'] })).toEqual(takers(imports));
  });

  it('goes to nobody who has no account, is disabled, or is the one who leaves', () => {
    expect(refusal(departments, undefined)).toBe('invalid_transfer');
    expect(refusal(departments, membership('heir', { state: 'disabled' }))).toBe('invalid_transfer');
    expect(refusal(departments, leaver)).toBe('invalid_transfer');
  });

  it('is added to what a coordinator answers for, each department once and 50 at most', () => {
    const heir = membership('heir', { scope: ['b', 'c'] });
    expect(takeOver(departments, leaver, heir)).toEqual({ ...heir, scope: ['b', 'c', 'a'], version: 4 });
    const same = membership('heir', { scope: ['a', 'b'] });
    expect(takeOver(departments, leaver, same)).toBe(same);
    const many = Array.from({ length: 49 }, (_, at) => `d${at}`);
    expect(refusal(departments, membership('heir', { scope: many }))).toBe('invalid_transfer');
    expect(refusal(departments, membership('heir', { scope: many.slice(1) }))).toBeUndefined();
  });

  it('changes nothing about higher levels, which answer for all departments', () => {
    const heir = membership('heir', { level: 'administrator' });
    expect(takeOver(departments, leaver, heir)).toBe(heir);
  });
});
