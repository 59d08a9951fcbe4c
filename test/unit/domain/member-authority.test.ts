import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MemberAct, mayAct, mayGrant } from '../../../layers/roster/src/domain/member-authority.ts';
import { type Level, levels } from '../../../layers/roster/src/domain/permissions.ts';
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

  it('lets only those give a level who give levels', () => {
    for (const level of ['administrator', 'coordinator', 'auditor'] as const) {
      expect(() => mayGrant({ level }, 'auditor'), level).toThrow(/members\.levels/);
    }
    expect(() => mayGrant({ level: 'securityAdministrator' }, 'administrator')).not.toThrow();
    expect(() => mayGrant({ level: 'securityAdministrator' }, 'owner')).toThrow(/above/);
  });

  it('keeps a coordinator from everybody who has a level, in whatever way', () => {
    for (const act of ['update', 'disable', 'enable', 'username', 'resetCredentials'] as const) {
      expect(refusal(act, 'coordinator', target('auditor')), act).toBe('forbidden');
      expect(refusal(act, 'coordinator', target('coordinator')), act).toBe('forbidden');
      expect(refusal(act, 'coordinator', target('member')), act).toBeUndefined();
      expect(refusal(act, 'coordinator', undefined), act).toBeUndefined();
    }
    expect(refusal('update', 'coordinator', target('coordinator', 'me'))).toBeUndefined();
  });
});

describe('any sequence of acts that are allowed', () => {
  interface Person {
    account: string;
    level: Level;
    state: 'enabled' | 'disabled';
  }
  const step = fc.record({
    actor: fc.nat(5),
    target: fc.nat(5),
    act: fc.constantFrom('disable' as const, 'enable' as const, 'remove' as const, 'demote' as const),
    to: fc.constantFrom(...levels),
  });
  const start = fc.array(fc.constantFrom(...levels), { minLength: 1, maxLength: 5 });
  const rank = (level: Level) => levels.length - levels.indexOf(level);
  const owners = (people: readonly Person[]) =>
    people.filter(({ level, state }) => level === 'owner' && state === 'enabled').length;

  const allowed = (people: Person[], actor: Person, target: Person, act: MemberAct, to: Level) => {
    try {
      if (act === 'demote') mayGrant(actor, to);
      mayAct(act, actor, target, owners(people));
      return true;
    } catch {
      return false;
    }
  };

  it('leaves an enabled owner, and lifts nobody above who did it', () => {
    let acts = 0;
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 40 }), (others, steps) => {
        let people: Person[] = ['owner' as const, ...others].map((level, at) => ({
          account: `${at}`,
          level,
          state: 'enabled',
        }));
        for (const { actor: by, target: on, act, to } of steps) {
          const actor = people[by % people.length] as Person;
          const target = people[on % people.length] as Person;
          if (actor.state === 'disabled' || !allowed(people, actor, target, act, to)) continue;
          acts++;
          expect(rank(target.level)).toBeLessThanOrEqual(rank(actor.level));
          const level = act === 'demote' ? to : target.level;
          expect(rank(level)).toBeLessThanOrEqual(rank(actor.level));
          if (act === 'demote' && to !== 'member') {
            expect(['owner', 'securityAdministrator']).toContain(actor.level);
          }
          const after: Person = { ...target, level, state: act === 'disable' ? 'disabled' : target.state };
          if (act === 'enable') after.state = 'enabled';
          people = people.flatMap((one) => (one !== target ? one : act === 'remove' ? [] : after));
          expect(owners(people)).toBeGreaterThan(0);
        }
      }),
    );
    expect(acts).toBeGreaterThan(100);
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
