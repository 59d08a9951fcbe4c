import { describe, expect, it } from 'vitest';
import { type MemberAct, mayAct, mayGrant } from '../../../layers/roster/src/domain/member-authority.ts';
import type { Level } from '../../../layers/roster/src/domain/permissions.ts';
import { readUsername } from '../../../layers/roster/src/domain/username.ts';

const target = (level: Level, account = 'other', state: 'enabled' | 'disabled' = 'enabled') => ({
  account,
  level,
  state,
});
const refusal = (act: MemberAct, actor: Level, on: Parameters<typeof mayAct>[2], owners = 2) => {
  try {
    mayAct(act, { account: 'me', level: actor }, on, owners);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('who may act on whom', () => {
  it.each(['disable', 'remove', 'demote', 'resetCredentials'] as const)('nobody may %s oneself', (act) => {
    expect(refusal(act, 'owner', target('owner', 'me'))).toBe('own_account');
    expect(refusal(act, 'administrator', target('administrator', 'me'))).toBe('own_account');
  });

  it.each(['update', 'enable', 'username'] as const)('anybody may %s oneself', (act) => {
    expect(refusal(act, 'administrator', target('administrator', 'me'))).toBeUndefined();
  });

  it.each(['disable', 'remove', 'demote'] as const)('nobody may %s the last owner', (act) => {
    expect(refusal(act, 'owner', target('owner'), 1)).toBe('last_owner');
    expect(refusal(act, 'owner', target('owner'), 2)).toBeUndefined();
    expect(refusal(act, 'owner', target('owner', 'other', 'disabled'), 1)).toBeUndefined();
  });

  it('keeps those of a higher level from those of a lower', () => {
    expect(refusal('resetCredentials', 'administrator', target('owner'))).toBe('forbidden');
    expect(refusal('disable', 'administrator', target('securityAdministrator'))).toBe('forbidden');
    expect(refusal('disable', 'administrator', target('administrator'))).toBeUndefined();
    expect(refusal('update', 'administrator', target('owner'))).toBeUndefined();
    expect(refusal('disable', 'administrator', undefined, 0)).toBeUndefined();
  });

  it('gives no level above the own one', () => {
    expect(() => mayGrant({ level: 'administrator' }, 'owner')).toThrow(/level/);
    expect(() => mayGrant({ level: 'owner' }, 'owner')).not.toThrow();
    expect(() => mayGrant({ level: 'administrator' }, 'member')).not.toThrow();
  });
});

describe('a username', () => {
  it.each([
    ['  Ann.Able ', 'Ann.Able'],
    ['e\u0301lan', 'élan'],
    ['a@b.example', 'a@b.example'],
    ['田中', '田中'],
  ])('%j is kept as %j', (given, kept) => {
    expect(readUsername(given)).toBe(kept);
  });

  it.each(['', '   ', 'a b', 'a\u200bb', 'a\u0000', '\ud800', 'x'.repeat(101), '\ufdfa'.repeat(20)])(
    '%j is refused',
    (given) => {
      expect(() => readUsername(given)).toThrow(expect.objectContaining({ code: 'invalid_member' }));
    },
  );
});
