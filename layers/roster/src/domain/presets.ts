/** Roster files of well-known systems, recognized by their header whatever the columns of the roster are called. */
import { type Column, type ColumnRole, columnWithRole, foldLabel } from './schema.ts';

export const presetIds = ['account', 'members'] as const;
export type PresetId = (typeof presetIds)[number];

/** A known header: by role the labels that it has for it; all of `needed` make it this one. */
interface Preset {
  id: PresetId;
  labels: Partial<Record<ColumnRole, readonly string[]>>;
  needed: readonly ColumnRole[];
}

const presets: readonly Preset[] = [
  {
    // S2.8, in French and in English.
    id: 'account',
    labels: {
      externalId: ['Identifiant', 'Identifier', 'Login'],
      lastName: ['Nom', 'Name', 'Last name', 'Surname'],
      firstName: ['Prénom', 'First name'],
      email: ['Adresse e-mail', 'E-mail', 'Adresse mail', 'E-mail address'],
      state: ['Etat', 'Statut', 'State', 'Status'],
    },
    needed: ['externalId', 'lastName', 'firstName', 'state'],
  },
  {
    // S3.6, S3.8: the steps of adding a member.
    id: 'members',
    labels: {
      externalId: ['Identifier', 'Member ID', 'Identifiant'],
      fullName: ['Name', 'Nom', 'Full name', 'Nom complet'],
      department: ['Departments', 'Department', 'Départements', 'Département'],
      group: ['Roles', 'Role', 'Rôles', 'Rôle'],
      email: ['Email', 'Organization email', 'E-mail', 'Adresse e-mail'],
      username: ['Username', 'User name', 'Nom d’utilisateur'],
    },
    needed: ['fullName', 'department'],
  },
];

/** The preset that a header is of, with the header of each role; undefined for none. */
export function presetOf(
  names: readonly string[],
): { id: PresetId; headers: Map<ColumnRole, string> } | undefined {
  const byLabel = new Map(names.map((name) => [foldLabel(name), name]));
  for (const { id, labels, needed } of presets) {
    const headers = new Map<ColumnRole, string>();
    for (const [role, known] of Object.entries(labels) as [ColumnRole, readonly string[]][]) {
      const label = known.map(foldLabel).find((one) => byLabel.has(one));
      if (label !== undefined) headers.set(role, byLabel.get(label) as string);
    }
    if (needed.every((role) => headers.has(role))) return { id, headers };
  }
  return undefined;
}

/** The columns that the headers of a preset mean, by header: those of the same role. */
export function presetColumns(names: readonly string[], columns: readonly Column[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [role, header] of presetOf(names)?.headers ?? []) {
    const column = columnWithRole(columns, role);
    if (column !== undefined) found.set(header, column.name);
  }
  return found;
}
