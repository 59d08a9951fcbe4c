import { describe, expect, it } from 'vitest';
import {
  addRole,
  deleteRole,
  type Role,
  renameRole,
  rolesMax,
} from '../../../layers/roster/src/domain/roles.ts';

const roles: Role[] = [
  { id: 'a', name: 'Teacher', version: 1 },
  { id: 'b', name: 'Pupil', version: 3 },
];
const refused = (code: string) => expect.objectContaining({ code });

describe('roles', () => {
  it('are added under a name of their own', () => {
    expect(addRole(roles, { id: 'c', name: 'Parent' })).toEqual([
      ...roles,
      { id: 'c', name: 'Parent', version: 1 },
    ]);
    expect(() => addRole(roles, { id: 'c', name: ' TEACHER' })).toThrow(refused('role_name_taken'));
  });

  it('are renamed, also by case only', () => {
    expect(renameRole(roles, 'b', 'PUPIL')[1]).toEqual({ id: 'b', name: 'PUPIL', version: 4 });
    expect(() => renameRole(roles, 'b', 'teacher')).toThrow(refused('role_name_taken'));
    expect(() => renameRole(roles, 'x', 'X')).toThrow(refused('not_found'));
  });

  it('are deleted when nobody has them', () => {
    expect(deleteRole(roles, 'a', 0)).toEqual([roles[1]]);
    expect(() => deleteRole(roles, 'a', 1)).toThrow(refused('role_in_use'));
    expect(() => deleteRole(roles, 'x', 0)).toThrow(refused('not_found'));
  });

  it('are 200 at most', () => {
    const many = Array.from({ length: 200 }, (_, at) => ({ id: `${at}`, name: `Role ${at}`, version: 1 }));
    expect(rolesMax).toBe(200);
    expect(addRole(many.slice(1), { id: 'n', name: 'New' })).toHaveLength(200);
    expect(() => addRole(many, { id: 'n', name: 'New' })).toThrow(refused('too_many_roles'));
  });
});
