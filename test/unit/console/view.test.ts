import fc from 'fast-check';
import { MembersQuery } from 'roster/domain/api';
import { describe, expect, it } from 'vitest';
import { narrows, viewOf, withTokens } from '../../../console/src/pages/members/view.ts';
import { withValue } from '../../../console/src/parts/address.ts';

const viewAt = (address: string) => viewOf(new URLSearchParams(address));

describe('what of the roster is looked at', () => {
  it('is all of it, by name, where the address says nothing', () => {
    const { filter, sort, tokens } = viewAt('');
    expect([filter, sort, tokens, narrows(filter)]).toEqual([{}, 'name', [], false]);
  });

  it('is what the address says, as the API takes it', () => {
    const { filter, sort, tokens } = viewAt(
      'q=%20ada&status=enabled&status=disabled&activated=never&sort=-state',
    );
    expect(filter).toEqual({ q: 'ada', status: ['enabled', 'disabled'], activated: 'never' });
    expect(sort).toBe('-state');
    expect(tokens).toEqual([
      { propertyKey: 'status', operator: '=', value: ['enabled', 'disabled'] },
      { propertyKey: 'activated', operator: '=', value: 'never' },
    ]);
    expect(narrows(filter)).toBe(true);
  });

  it('begins days at midnight of this person’s time zone', () => {
    const { filter } = viewAt('lastSignInFrom=2026-11-28');
    expect(filter).toEqual({ lastSignInFrom: new Date(2026, 10, 28).toISOString() });
  });

  it('leaves out what it does not understand', () => {
    expect(viewAt('status=gone&sort=shoe&lastSignInFrom=soon&lastSignIn=today').filter).toEqual({});
  });

  it('is always something that the API takes', () => {
    const names = ['q', 'status', 'group', 'lastSignIn', 'lastSignInFrom', 'activatedTo', 'sort'];
    const value = fc.oneof(
      fc.string({ maxLength: 250 }),
      fc.constantFrom('enabled', 'never', '2026-02-28', '2026-13-01', '-name'),
    );
    const pairs = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 8 });
    fc.assert(
      fc.property(pairs, (given) => {
        const { filter, sort } = viewOf(new URLSearchParams(given.map(([name, text]) => [name, text])));
        expect(MembersQuery.safeParse({ ...filter, sort }).error).toBeUndefined();
      }),
    );
  });
});

describe('the address', () => {
  it('says the tokens, and keeps the rest', () => {
    const before = new URLSearchParams('q=ada&department=root&status=enabled&lastSignInTo=2026-01-01');
    const after = withTokens(before, [
      { propertyKey: 'status', operator: '=', value: ['disabled', 'disabled'] },
      { propertyKey: 'lastSignIn', operator: '>=', value: '2026-01-02' },
    ]);
    expect(String(after)).toBe('q=ada&department=root&status=disabled&lastSignInFrom=2026-01-02');
    expect(String(withTokens(after, viewOf(after).tokens))).toBe(String(after));
  });

  it('has no values that say nothing', () => {
    const search = new URLSearchParams('q=ada');
    expect(String(withValue(search, 'q', ''))).toBe('');
    expect(String(withValue(search, 'member', 'a b'))).toBe('q=ada&member=a+b');
  });
});
