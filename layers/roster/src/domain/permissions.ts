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
  'organization.features',
  'organization.drop',
  'organization.confirmDrop',
  'schema.read',
  'schema.write',
  'imports.read',
  'imports.write',
  'members.read',
  'members.export',
  'members.write',
  'members.credentials',
  'members.levels',
  'accounts.clear',
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
/** The name, the root of the departments, is the owner's (S3.2), and so are features (S2.6) and dropping all data (S0.23). */
const forOwners: readonly Permission[] = [
  'organization.rename',
  'organization.features',
  'organization.drop',
];
const notForOwners = everything.filter((permission) => !forOwners.includes(permission));

/** Levels are given, and all accounts taken, by those who answer for security; administrators keep the roster. */
const forSecurity: readonly Permission[] = ['members.levels', 'accounts.clear', 'organization.confirmDrop'];
const keepingTheRoster = notForOwners.filter((permission) => !forSecurity.includes(permission));
/** What a coordinator has for the members of its departments only (B17, S2.1, S2.2). */
const boundedToDepartments: readonly Permission[] = [
  'members.read',
  'members.export',
  'members.write',
  'members.credentials',
];

/**
 * The one table that decides who may do what, for the API and the console alike (design section 6).
 * A coordinator's view is bounded to departments, so what shows the whole roster is not for that level.
 */
export const permissionsOf: Record<Level, readonly Permission[]> = {
  owner: everything,
  securityAdministrator: notForOwners,
  administrator: keepingTheRoster,
  coordinator: ['organization.read', 'schema.read', 'departments.read', ...boundedToDepartments],
  auditor: reading,
  member: ['organization.read'],
};

/** Whether a level carries a permission. */
export function mayDo(level: Level, permission: Permission): boolean {
  return permissionsOf[level].includes(permission);
}

/** Whether a level sees the members of its departments only, and not the roster. */
export function isBounded(level: Level): boolean {
  return level === 'coordinator';
}

/**
 * Whether a level may make a call. One that is bounded to departments may make a call about members only where the
 * call looks at the scope (`scoped`): a new call is closed to it until it does.
 */
export function mayCall(
  level: Level,
  { access, scoped }: { access: Permission; scoped?: true | undefined },
): boolean {
  const isForAll = !isBounded(level) || !boundedToDepartments.includes(access);
  return mayDo(level, access) && (isForAll || scoped === true);
}
