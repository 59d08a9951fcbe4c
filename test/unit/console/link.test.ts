import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inGroups, organizationOf, tokenOf } from '../../../console/public/pages/link.js';
import { Params } from '../../../layers/roster/src/domain/api.ts';
import { newLinkToken } from '../../../layers/roster/src/lambda/link-token.ts';

describe('the token of a link', () => {
  it('is what stands behind the #', () => {
    for (let times = 0; times < 100; times += 1) {
      const { token } = newLinkToken();
      expect(tokenOf(`#${token}`)).toBe(token);
    }
  });

  it.each(['', '#', '#a b', '#a/b', '#<script>', `#${'a'.repeat(201)}`, '#é', '#a\n'])(
    'is not in %j',
    (hash) => {
      expect(tokenOf(hash)).toBeUndefined();
    },
  );
});

describe('the organization of a registration', () => {
  it('is in the path or behind the #', () => {
    expect(organizationOf('/register/chess-club', '')).toBe('chess-club');
    expect(organizationOf('/register', '#chess-club')).toBe('chess-club');
    expect(organizationOf('/register/', '')).toBeUndefined();
    expect(organizationOf('/register/Chess%20Club', '#')).toBeUndefined();
  });

  it('is one exactly where the API takes it as one', () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'z', '0', '9', '-', 'A', '_', '.', 'é'),
      maxLength: 70,
    });
    fc.assert(
      fc.property(letters, (id) => {
        const isOne = Params.org.safeParse({ org: id }).success;
        expect(organizationOf(`/register/${id}`, '')).toBe(isOne ? id : undefined);
      }),
    );
  });
});

it('groups a secret by four', () => {
  expect(inGroups('ABCDEFGHIJ')).toBe('ABCD EFGH IJ');
  expect(inGroups('')).toBe('');
});
