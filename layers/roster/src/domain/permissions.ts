/** The levels a membership can have, from most to least. */
export const levels = [
  'owner',
  'securityAdministrator',
  'administrator',
  'coordinator',
  'auditor',
  'member',
] as const;
export type Level = (typeof levels)[number];

/** The levels of which an organization can require a second factor. */
export const levelsWithSecondFactor: readonly Level[] = ['owner', 'securityAdministrator', 'administrator'];

/** What a caller may be allowed to do in one organization. */
export const permissions = [
  'audit.read',
  'organization.read',
  'organization.write',
  'organization.rename',
  'schema.read',
  'schema.write',
  'imports.read',
  'imports.write',
  'members.read',
  'members.write',
  'members.credentials',
  'departments.read',
  'departments.write',
] as const;
export type Permission = (typeof permissions)[number];

const everything = [...permissions];
const reading: Permission[] = [
  'audit.read',
  'organization.read',
  'schema.read',
  'imports.read',
  'members.read',
  'departments.read',
];
/** The organization's name, the root of its departments, is its owner's to change (S3.2). */
const everythingButRename = everything.filter((permission) => permission !== 'organization.rename');

/**
 * The one table that decides who may do what, for the API and the console alike (design section 6).
 * A coordinator's view is bounded to departments, so what shows the whole roster is not for that level.
 */
export const permissionsOf: Record<Level, readonly Permission[]> = {
  owner: everything,
  securityAdministrator: everythingButRename,
  administrator: everythingButRename,
  coordinator: ['organization.read', 'schema.read', 'departments.read'],
  auditor: reading,
  member: ['organization.read'],
};

/** Whether a level carries a permission. */
export function mayDo(level: Level, permission: Permission): boolean {
  return permissionsOf[level].includes(permission);
}
