import { expect, it } from 'vitest';
import type { Membership } from '../../../layers/roster/src/domain/organization.ts';
import { checkResetLink, newResetLink } from '../../../layers/roster/src/domain/reset-link.ts';

const membership: Membership = {
  account: 'A1',
  organization: 'acme',
  level: 'member',
  login: 'ana',
  state: 'enabled',
  externalId: '7',
  tokensValidFromSeconds: 5,
  version: 3,
};
const madeAt = new Date('2026-03-28T12:00:00.500Z');
const link = newResetLink(membership, madeAt);
const at = (text: string) => new Date(text);
const check = (standing: Partial<Parameters<typeof checkResetLink>[1]> = {}, now = madeAt) =>
  checkResetLink(link, { isNewest: true, memberships: [membership], ...standing }, now);
const invalid = expect.objectContaining({ code: 'link_invalid', status: 410 });

it('is good for 24 hours to the millisecond, over a change of clocks too', () => {
  expect(link.validUntil).toBe('2026-03-29T12:00:00.500Z');
  expect(check({}, at('2026-03-29T12:00:00.499Z'))).toBe(membership);
  for (const late of ['2026-03-29T12:00:00.500Z', '2026-03-29T12:00:00.501Z', '2036-01-01T00:00:00Z']) {
    expect(() => check({}, at(late))).toThrow(expect.objectContaining({ code: 'link_expired', status: 410 }));
  }
});

it('outlives changes that have nothing to do with it', () => {
  const later = { ...membership, version: 9, login: 'anna', lastSignInAt: '2026-03-28T13:00:00.000Z' };
  expect(check({ memberships: [later] })).toBe(later);
});

it.each([
  ['a newer one was made', { isNewest: false }],
  ['the member was removed', { memberships: [] }],
  ['the member is disabled', { memberships: [{ ...membership, state: 'disabled' as const }] }],
  ['it was disabled, and enabled again', { memberships: [{ ...membership, tokensValidFromSeconds: 6 }] }],
  ['the member got another level', { memberships: [{ ...membership, level: 'owner' as const }] }],
  [
    'the account joined another organization',
    { memberships: [membership, { ...membership, organization: 'b' }] },
  ],
  ['the account is in another organization only', { memberships: [{ ...membership, organization: 'b' }] }],
])('is void when %s', (_, standing) => {
  expect(() => check(standing)).toThrow(invalid);
});

it('serves an account of several organizations where the person itself asked for it', () => {
  const own = newResetLink(membership, madeAt, 'person');
  const standing = { isNewest: true, memberships: [{ ...membership, organization: 'b' }, membership] };
  expect(checkResetLink(own, standing, madeAt)).toBe(membership);
  const disabled = { ...membership, state: 'disabled' as const };
  const elsewhere = { isNewest: true, memberships: [{ ...membership, organization: 'b' }, disabled] };
  expect(() => checkResetLink(own, elsewhere, madeAt)).toThrow(invalid);
});

it('is called void rather than expired where it is both, as is one that nobody made', () => {
  expect(() => check({ isNewest: false }, at('2036-01-01T00:00:00Z'))).toThrow(invalid);
  const standing = { isNewest: false, memberships: [membership] };
  expect(() => checkResetLink(undefined, standing, madeAt)).toThrow(invalid);
});
