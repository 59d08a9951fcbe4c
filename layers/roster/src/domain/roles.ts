/** The roles that an organization gives its members (S3.6, S3.7): a list of names, each once. */
import { MusterError } from './errors.ts';
import { foldGroupName } from './group-name.ts';

/** How many roles an organization has at most: they are one stored item. */
export const rolesMax = 200;

/** A role. `id` is a ULID; `version` counts up with its own changes. */
export interface Role {
  id: string;
  name: string;
  version: number;
}

/** The role of an id. @throws MusterError `not_found` */
export function roleOf(roles: readonly Role[], id: string): Role {
  const role = roles.find((one) => one.id === id);
  if (role === undefined) throw new MusterError('not_found', 'There is no such role.');
  return role;
}

/** The roles with one more. @throws MusterError `too_many_roles`, `role_name_taken` */
export function addRole(roles: readonly Role[], { id, name }: { id: string; name: string }): Role[] {
  if (roles.length >= rolesMax) {
    throw new MusterError('too_many_roles', `An organization has ${rolesMax} roles at most.`);
  }
  checkName(roles, id, name);
  return [...roles, { id, name, version: 1 }];
}

/** The roles with one renamed. @throws MusterError `not_found`, `role_name_taken` */
export function renameRole(roles: readonly Role[], id: string, name: string): Role[] {
  const role = roleOf(roles, id);
  checkName(roles, id, name);
  const renamed = { ...role, name, version: role.version + 1 };
  return roles.map((one) => (one.id === id ? renamed : one));
}

/** The roles without one that no member has. @throws MusterError `not_found`, `role_in_use` */
export function deleteRole(roles: readonly Role[], id: string, members: number): Role[] {
  const role = roleOf(roles, id);
  if (members > 0) throw new MusterError('role_in_use', `${members} members have this role.`);
  return roles.filter((one) => one !== role);
}

function checkName(roles: readonly Role[], id: string, name: string): void {
  const folded = foldGroupName(name);
  if (roles.some((one) => one.id !== id && foldGroupName(one.name) === folded)) {
    throw new MusterError('role_name_taken', 'There is a role with this name already.');
  }
}
