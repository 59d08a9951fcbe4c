import { describe, expect, it } from 'vitest';
import {
  type Level,
  levels,
  mayCall,
  mayDo,
  type Permission,
  permissions,
} from '../../../layers/roster/src/domain/permissions.ts';
import { type Route, routes } from '../../../layers/roster/src/domain/routes.ts';
import { may } from '../../support/permission-matrix.ts';

describe('permissions', () => {
  const cells = levels.flatMap((level) => permissions.map((permission) => [level, permission] as const));

  it.each(cells)('%s, %s: as the matrix says', (level, permission) => {
    expect(mayDo(level, permission)).toBe(may(level, permission) !== 'no');
    expect(mayCall(level, { access: permission, scoped: true })).toBe(may(level, permission) !== 'no');
    // A call that does not look at the scope is for those only who are not bounded by it.
    expect(mayCall(level, { access: permission })).toBe(may(level, permission) === 'yes');
  });

  it('let nobody but administrators change anything beyond their own departments', () => {
    const changing = Object.values<Route>(routes).filter(
      ({ access, method }) => method !== 'GET' && access !== 'public' && access !== 'account',
    );
    expect(changing.length).toBeGreaterThanOrEqual(5);
    const allowed = (level: Level, access: Permission) => may(level, access) === 'yes';
    for (const { access } of changing) {
      const who = levels.filter((level) => allowed(level, access as Permission));
      expect(['owner', 'securityAdministrator', 'administrator']).toEqual(expect.arrayContaining(who));
    }
  });

  it('guard every route of an organization, and only those', () => {
    for (const { path, access } of Object.values<Route>(routes)) {
      expect(path.includes('{org}'), path).toBe(access !== 'public' && access !== 'account');
    }
  });
});
