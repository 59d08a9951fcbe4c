/** What columns an export has, and what stands in them: pure, of one member at a time. */
import { MusterError } from './errors.ts';
import type { ExportChoice, ExportPreset } from './export.ts';
import { invitationStateOf } from './invitation.ts';
import type { Member } from './member.ts';
import { type Column, columnWithRole } from './schema.ts';
import { compileStateText } from './state-text.ts';

/** The columns of a file and a member's cells in them. */
export interface ExportLayout {
  header: string[];
  cells(member: Member): string[];
  /**
   * Whether the file can tell that a member is disabled. One that cannot holds the members in force only: a full
   * import would take everybody it names for one of them.
   */
  tellsState: boolean;
}

/** What is asked for, before the schema is looked at. */
export interface ColumnsAsked {
  preset: ExportPreset;
  columns?: readonly string[] | undefined;
  includeEmails?: boolean | undefined;
  includePhones?: boolean | undefined;
}

/**
 * Decides which columns of the schema are exported. Emails and phones are left out unless they are asked for (S0.20):
 * those of these types, but for the identifier, without which nobody can be told apart. Choosing `account`, whose format
 * has an address, asks for emails unless it says otherwise.
 * @throws MusterError `invalid_request` for a column that is not there, twice there, or of addresses not asked for
 */
export function chooseColumns(
  schema: readonly Column[],
  { preset, columns, includeEmails = preset === 'account', includePhones = false }: ColumnsAsked,
): Pick<ExportChoice, 'columns' | 'includeEmails' | 'includePhones'> {
  if (preset !== 'roster' && columns !== undefined) {
    throw refused('body.columns', `The preset ${preset} has columns of its own. Leave them out.`);
  }
  const isHidden = (column: Column) =>
    column.role !== 'externalId' &&
    ((column.type === 'email' && !includeEmails) || (column.type === 'phone' && !includePhones));
  const given = (names: readonly string[]) =>
    names.map((name, index) => {
      const path = `body.columns.${index}`;
      const column = schema.find((one) => one.name === name);
      if (column === undefined) throw refused(path, `The roster has no column “${name}”.`);
      if (names.indexOf(name) < index) throw refused(path, `The column “${name}” is named twice.`);
      if (!isHidden(column)) return name;
      const option = column.type === 'email' ? 'includeEmails' : 'includePhones';
      throw refused(path, `“${name}” holds personal addresses or numbers: ask for ${option} too.`);
    });
  const all = () => schema.filter((column) => !isHidden(column)).map(({ name }) => name);
  const chosen = preset === 'roster' ? (columns === undefined ? all() : given(columns)) : [];
  return { columns: chosen, includeEmails, includePhones };
}

function refused(path: string, message: string): MusterError {
  return new MusterError('invalid_request', 'These columns cannot be exported.', {
    places: [{ path, message }],
  });
}

/** What stands in the password's column: an import takes it for "unchanged" (S2.9). */
export const keptPassword = 'Mot de passe crypté';

/** What a layout is made from beside the choice. `pathsOf` names departments, `now` tells which invitations expired. */
export interface LayoutContext {
  schema: readonly Column[];
  pathsOf: (departments: readonly string[]) => string[];
  now: Date;
}

/** Compiles the layout of an export. */
export function layoutOf(choice: ExportChoice, context: LayoutContext): ExportLayout {
  if (choice.preset === 'account') return accountLayout(choice, context);
  if (choice.preset === 'current') return currentLayout(choice, context);
  const columns = choice.columns.flatMap((name) => context.schema.find((one) => one.name === name) ?? []);
  const readers = columns.map(cellOf);
  return {
    header: columns.map(({ name }) => name),
    cells: (member) => readers.map((read) => read(member)),
    tellsState: columns.some(({ role }) => role === 'state'),
  };
}

type CellReader = (member: Member) => string;

function cellOf(column: Column): CellReader {
  const stored: CellReader = ({ values }) => values[column.name] ?? '';
  if (column.role !== 'state') return stored;
  const tell = compileStateText(column);
  return (member) => tell(stored(member), member.state !== 'disabled');
}

/** The account list of S2.8. Whoever has no first and last name of its own has its whole name as the last one. */
function accountLayout({ includeEmails }: ExportChoice, { schema }: LayoutContext): ExportLayout {
  const nameOf = (role: 'firstName' | 'lastName') => columnWithRole(schema, role)?.name;
  const [first, last] = [nameOf('firstName'), nameOf('lastName')];
  const textIn = ({ values }: Member, name: string | undefined) => (name && values[name]) || '';
  const columns: [string, CellReader][] = [
    ['Identifiant', ({ externalId }) => externalId],
    ['Nom', (member) => (last === undefined ? member.name : textIn(member, last))],
    ['Prénom', (member) => textIn(member, first)],
    ...(includeEmails ? [['Adresse e-mail', emailOf(schema)] satisfies [string, CellReader]] : []),
    ['Mot de passe', () => keptPassword],
    ['Etat', ({ state }) => (state === 'disabled' ? 'Désactivé' : 'Activé')],
  ];
  return laidOut(columns);
}

/** The address as it stands on the roster, which is what an import compares. */
function emailOf(schema: readonly Column[]): CellReader {
  const column = columnWithRole(schema, 'email')?.name;
  return ({ values }) => (column && values[column]) || '';
}

const stateWords = { not_joined: 'Not joined', enabled: 'Enabled', disabled: 'Disabled' } as const;

/** Who is on the roster and who has an account (S4.10). Times are ISO 8601 in UTC. */
function currentLayout(
  { includeEmails, includePhones }: ExportChoice,
  { schema, pathsOf, now }: LayoutContext,
): ExportLayout {
  const identifier = columnWithRole(schema, 'externalId')?.name ?? 'Identifier';
  const columns: [string, CellReader][] = [
    [identifier, ({ externalId }) => externalId],
    ['Name', ({ name }) => name],
    ['Username', ({ account, username }) => (account === undefined ? '' : (username ?? ''))],
    ['State', ({ state }) => stateWords[state]],
    ['Invitation', (member) => invitationOf(member, now)],
    ['Last Login', ({ lastSignInAt }) => lastSignInAt ?? ''],
    ['Activated', ({ activatedAt }) => activatedAt ?? ''],
    ['Departments', ({ departments }) => pathsOf(departments).join('; ')],
  ];
  if (includeEmails) columns.push(['Email', ({ email }) => email ?? '']);
  if (includePhones) columns.push(['Phone', ({ phone }) => phone ?? '']);
  return laidOut(columns);
}

function invitationOf(member: Member, now: Date): string {
  if (member.state !== 'not_joined') return '';
  return invitationStateOf(member, now);
}

function laidOut(columns: readonly (readonly [string, CellReader])[]): ExportLayout {
  return {
    header: columns.map(([name]) => name),
    cells: (member) => columns.map(([, read]) => read(member)),
    tellsState: true,
  };
}
