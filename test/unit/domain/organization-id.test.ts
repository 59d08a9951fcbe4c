import { expect, it } from 'vitest';
import { organizationIdFrom } from '../../../layers/roster/src/domain/organization-id.ts';

it.each([
  ['Acme', 1, 'acme'],
  ['  Société Générale & Fils  ', 1, 'societe-generale-fils'],
  ['Acme', 2, 'acme-2'],
  ['株式会社', 1, 'organization'],
  ['株式会社', 3, 'organization-3'],
  ['-- 42 --', 1, '42'],
  ['x'.repeat(80), 1, 'x'.repeat(63)],
  ['x'.repeat(80), 12, `${'x'.repeat(60)}-12`],
])('%s, attempt %i: %s', (name, attempt, id) => {
  expect(organizationIdFrom(name, attempt)).toBe(id);
});
