/** Roster files of well-known systems, recognized by their header whatever the columns of the roster are called. */
import type { ColumnRole } from './column-kinds.ts';
import { type Column, columnWithRole, foldLabel } from './schema.ts';

export const presetIds = ['account', 'members'] as const;
export type PresetId = (typeof presetIds)[number];

/**
 * A known header: by role the labels that it has for it; all of `needed` make it this one. `columns` are a roster made
 * for such files, and `template` the header of an empty one.
 */
interface Preset {
  id: PresetId;
  labels: Partial<Record<ColumnRole, readonly string[]>>;
  needed: readonly ColumnRole[];
  columns: readonly Column[];
  template: readonly string[];
}

/** The presets, for organizations that start from the files that they have. */
export const presets: readonly Preset[] = [
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
    // S2.11: name, first name and state are mandatory.
    columns: [
      {
        name: 'Identifiant',
        type: 'text',
        role: 'externalId',
        madeFromName: true,
        aliases: ['Identifier', 'Login'],
      },
      { name: 'Nom', type: 'text', role: 'lastName', required: true, aliases: ['Last name', 'Surname'] },
      { name: 'Prénom', type: 'text', role: 'firstName', required: true, aliases: ['First name'] },
      {
        name: 'Adresse e-mail',
        type: 'email',
        role: 'email',
        aliases: ['E-mail', 'Adresse mail', 'E-mail address'],
      },
      {
        name: 'Etat',
        type: 'boolean',
        role: 'state',
        required: true,
        aliases: ['Statut', 'State', 'Status'],
      },
    ],
    template: ['Identifiant', 'Nom', 'Prénom', 'Adresse e-mail', 'Mot de passe', 'Etat'],
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
    columns: [
      {
        name: 'Identifier',
        type: 'text',
        role: 'externalId',
        madeFromName: true,
        aliases: ['Member ID', 'Identifiant'],
      },
      { name: 'Name', type: 'text', role: 'fullName', required: true, aliases: ['Full name', 'Nom complet'] },
      {
        name: 'Departments',
        type: 'text',
        role: 'department',
        createDepartments: true,
        aliases: ['Department', 'Départements', 'Département'],
      },
      { name: 'Roles', type: 'text', role: 'group', aliases: ['Role', 'Rôles', 'Rôle'] },
      {
        name: 'Email',
        type: 'email',
        role: 'email',
        aliases: ['Organization email', 'Adresse e-mail'],
      },
      { name: 'Username', type: 'text', role: 'username', aliases: ['User name', 'Nom d’utilisateur'] },
    ],
    template: ['Name', 'Departments', 'Roles', 'Email', 'Username'],
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

/** Whether rows without an identifier get one made of the name: where the roster says so, or the format of the file. */
export function makesIdentifiers(names: readonly string[], columns: readonly Column[]): boolean {
  const id = columnWithRole(columns, 'externalId');
  return id?.madeFromName ?? (id?.type === 'text' && presetOf(names)?.id === 'account');
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
