import { describe, expect, it } from 'vitest';
import { type Level, levels, mayDo, type Permission } from '../../../layers/roster/src/domain/permissions.ts';
import { type Route, routes } from '../../../layers/roster/src/domain/routes.ts';

describe('permissions', () => {
  // Design, section 6: an auditor reads; a coordinator sees a subtree of departments only, so not the whole roster.
  const cases: [Level, Permission, boolean][] = [
    ['owner', 'organization.write', true],
    ['securityAdministrator', 'schema.write', true],
    ['administrator', 'imports.write', true],
    ['coordinator', 'members.read', false],
    ['coordinator', 'imports.write', false],
    ['auditor', 'members.read', true],
    ['auditor', 'imports.read', true],
    ['auditor', 'imports.write', false],
    ['auditor', 'schema.write', false],
    ['auditor', 'organization.write', false],
    ['member', 'members.read', false],
    ['owner', 'audit.read', true],
    ['securityAdministrator', 'audit.read', true],
    ['administrator', 'audit.read', true],
    ['auditor', 'audit.read', true],
    ['coordinator', 'audit.read', false],
    ['member', 'audit.read', false],
    ['member', 'imports.read', false],
  ];
  it.each(cases)('%s, %s: %s', (level, permission, may) => {
    expect(mayDo(level, permission)).toBe(may);
  });

  it('let nobody but administrators change anything', () => {
    const changing = Object.values<Route>(routes).filter(
      ({ access, method }) => method !== 'GET' && access !== 'public' && access !== 'account',
    );
    expect(changing.length).toBeGreaterThanOrEqual(5);
    for (const { access } of changing) {
      const who = levels.filter((level) => mayDo(level, access as Permission));
      expect(who).toEqual(['owner', 'securityAdministrator', 'administrator']);
    }
  });

  it('guard every route of an organization, and only those', () => {
    for (const { path, access } of Object.values<Route>(routes)) {
      expect(path.includes('{org}'), path).toBe(access !== 'public' && access !== 'account');
    }
  });
});
