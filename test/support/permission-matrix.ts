/**
 * Who may do what, written down by hand from the issue and the acceptance lines, apart from the product's own table:
 * S2.1, S2.2 and B17 (coordinators, within their departments), S3.2 (the owner renames), S4.1 (levels), S4.9 with
 * issue 4 (clearing usernames), S2.6 and S0.23 with issue 5 (features, dropping all data), design section 6.
 */
import type { Level, Permission } from 'roster/domain/permissions';

/** `yes`, `no`, or `within`: for members in the caller's own departments only. */
export type May = 'yes' | 'no' | 'within';

const columns: readonly Level[] = [
  'owner',
  'securityAdministrator',
  'administrator',
  'coordinator',
  'auditor',
  'member',
];

// In the order of the columns: y is yes, w is within, - is no.
const rows: Record<Permission, string> = {
  'audit.read': 'y y y - y -',
  'organization.read': 'y y y y y y',
  'organization.write': 'y y y - - -',
  'organization.rename': 'y - - - - -',
  'organization.features': 'y - - - - -',
  'organization.drop': 'y - - - - -',
  'organization.confirmDrop': 'y y - - - -',
  'schema.read': 'y y y y y -',
  'schema.write': 'y y y - - -',
  'imports.read': 'y y y - y -',
  'imports.write': 'y y y - - -',
  'members.read': 'y y y w y -',
  // An auditor reads, and takes nothing away.
  'members.export': 'y y y w - -',
  'members.write': 'y y y w - -',
  'members.credentials': 'y y y w - -',
  'members.levels': 'y y - - - -',
  'accounts.clear': 'y y - - - -',
  'departments.read': 'y y y y y -',
  'departments.write': 'y y y - - -',
};

const words: Record<string, May> = { y: 'yes', w: 'within', '-': 'no' };

/** What the matrix says of a level and a permission. */
export function may(level: Level, permission: Permission): May {
  const cell = rows[permission]?.split(' ')[columns.indexOf(level)];
  const word = words[cell ?? ''];
  if (word === undefined) throw new Error(`The matrix has no row for ${permission}.`);
  return word;
}
