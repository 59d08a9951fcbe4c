import * as z from 'zod';
import { type ColumnRole, type ColumnType, columnRoles, columnTypes, dateFormats } from './column-kinds.ts';
import { MusterError } from './errors.ts';
import { foldLabel } from './fold-label.ts';
import { isReservedName } from './own-columns.ts';
import { isPasswordName } from './passwords.ts';

export { foldLabel } from './fold-label.ts';

/** How many columns a roster has at most. */
export const columnsMax = 200;
const name = z.string().trim().min(1).max(100);

/** One column of a roster schema. `maxLength` is in UTF-16 code units. */
export const Column = z.strictObject({
  name,
  type: z.enum(columnTypes),
  role: z.enum(columnRoles).optional(),
  required: z.boolean().optional(),
  unique: z.boolean().optional(),
  pattern: z.string().max(500).optional(),
  maxLength: z.int().min(1).max(10_000).optional(),
  values: z.array(z.string().trim().min(1).max(200)).min(1).max(500).optional(),
  aliases: z.array(name).max(20).optional(),
  dateFormat: z.enum(dateFormats).optional(),
  /** Whether an import adds the departments that the column names and that are not there. Only with the role department. */
  createDepartments: z.boolean().optional(),
  /** Whether an import makes the identifier of a row that has none, of the name. Only with the role externalId. */
  madeFromName: z.boolean().optional(),
  /** Whether a value that is given by hand is protected: imports leave it alone. */
  protectEdits: z.boolean().optional(),
});
export type Column = z.infer<typeof Column>;

/** The columns of an organization's roster. `version` counts up with each change. */
export const RosterSchema = z.strictObject({
  version: z.int().min(1),
  columns: z.array(Column).min(1).max(columnsMax),
});
export type RosterSchema = z.infer<typeof RosterSchema>;

export const columnValueLengthMax = 1_000;
export const externalIdLengthMax = 200;

/**
 * Refuses a schema that contradicts itself, naming each column and the cure.
 * @throws MusterError `invalid_schema` with one place per fault.
 */
export function checkSchema(columns: readonly Column[]): void {
  const places = [...duplicateNames(columns), ...roleFaults(columns), ...columns.flatMap(columnFaults)];
  if (places.length > 0) {
    throw new MusterError('invalid_schema', 'The roster schema has faults.', { places });
  }
}

function duplicateNames(columns: readonly Column[]) {
  const seen = new Map<string, string>();
  const places: { path: string; message: string }[] = [];
  for (const column of columns) {
    for (const label of [column.name, ...(column.aliases ?? [])]) {
      const key = foldLabel(label);
      const owner = seen.get(key);
      if (owner !== undefined && owner !== column.name) {
        places.push({
          path: column.name,
          message: `“${label}” also names column “${owner}”. Give each its own name.`,
        });
      } else if (owner === column.name && label === column.name) {
        places.push({ path: column.name, message: `Two columns are named “${label}”. Rename one.` });
      }
      seen.set(key, column.name);
    }
  }
  return places;
}

function roleFaults(columns: readonly Column[]) {
  const places: { path: string; message: string }[] = [];
  for (const role of columnRoles) {
    const holders = columns.filter((column) => column.role === role);
    if (holders.length > 1) {
      const names = holders.map((column) => column.name).join(', ');
      places.push({ path: names, message: `Only one column can have the role ${role}.` });
    }
  }
  if (!columns.some((column) => column.role === 'externalId')) {
    places.push({
      path: 'columns',
      message: 'One column needs the role externalId: it tells members apart.',
    });
  }
  return places;
}

const typeOfRole: Partial<Record<ColumnRole, readonly ColumnType[]>> = {
  externalId: ['text', 'integer', 'email'],
  email: ['email'],
  phone: ['phone'],
  state: ['boolean', 'enum'],
  activeFrom: ['date'],
  activeUntil: ['date'],
};

function columnFaults(column: Column) {
  const places: { path: string; message: string }[] = [];
  const fault = (message: string) => places.push({ path: column.name, message });
  const reserved = [column.name, ...(column.aliases ?? [])].find(isReservedName);
  if (reserved !== undefined) {
    fault(`“${reserved}” begins as Muster's own columns do (“Muster:”). Give it another name.`);
  }
  const types = column.role ? typeOfRole[column.role] : undefined;
  if (types && !types.includes(column.type)) {
    fault(`A column with the role ${column.role} has the type ${types.join(' or ')}.`);
  }
  if (column.type === 'enum' && !column.values) fault('A column of type enum lists its values.');
  if (column.type !== 'enum' && column.values) fault('Only a column of type enum has values.');
  if (column.type !== 'date' && column.dateFormat) fault('Only a column of type date has a dateFormat.');
  if ([column.name, ...(column.aliases ?? [])].some(isPasswordName)) {
    fault('A roster keeps no passwords: members choose their own when they join. Leave the column out.');
  }
  if (column.role !== 'department' && column.createDepartments !== undefined) {
    fault('Only a column with the role department says whether departments are created.');
  }
  if (column.madeFromName !== undefined && (column.role !== 'externalId' || column.type !== 'text')) {
    fault('Only a column of type text with the role externalId says whether it is made from the name.');
  }
  if (column.protectEdits === true && !isProtectable(column)) {
    fault(
      `A column with the role ${column.role} cannot be protected: it says who a row is about, or its state.`,
    );
  }
  if (column.pattern !== undefined) {
    const why = patternFault(column.pattern);
    if (why) fault(why);
  }
  return places;
}

/** Whether a member's value of a column can be protected against imports. */
export function isProtectable({ role }: Pick<Column, 'role'>): boolean {
  return role !== 'externalId' && role !== 'state';
}

function patternFault(pattern: string): string | undefined {
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    return `The pattern is not a regular expression: ${(error as Error).message}`;
  }
  // A repeated group that itself repeats can take exponential time on a hostile value.
  return /\([^()]*[+*}][^()]*\)\s*[+*{]/.test(pattern)
    ? 'The pattern repeats a group that itself repeats; write it without nested repetition.'
    : undefined;
}

/** The schema of a new organization, until its admins give their own. The names follow the S0 sample. */
export const defaultColumns: readonly Column[] = [
  {
    name: 'MemberID',
    type: 'text',
    role: 'externalId',
    required: true,
    aliases: ['ID', 'Identifiant', 'Member Number'],
  },
  { name: 'IsActive', type: 'boolean', role: 'state', aliases: ['Etat', 'State', 'Active'] },
  { name: 'FirstName', type: 'text', role: 'firstName', required: true, aliases: ['Prénom', 'Given Name'] },
  {
    name: 'LastName',
    type: 'text',
    role: 'lastName',
    required: true,
    aliases: ['Nom', 'Surname', 'Family Name'],
  },
  { name: 'Email', type: 'email', role: 'email', aliases: ['Adresse e-mail', 'E-mail Address', 'Mail'] },
  { name: 'Phone', type: 'phone', role: 'phone', aliases: ['Téléphone', 'Phone Number', 'Mobile'] },
  {
    name: 'Department',
    type: 'text',
    role: 'department',
    aliases: ['Service', 'Unit'],
    createDepartments: true,
  },
  { name: 'Birthday', type: 'date', aliases: ['Date of Birth', 'Birth Date', 'Date de naissance'] },
];

/** The column with a role, if the schema has one. */
export function columnWithRole(columns: readonly Column[], role: ColumnRole): Column | undefined {
  return columns.find((column) => column.role === role);
}
