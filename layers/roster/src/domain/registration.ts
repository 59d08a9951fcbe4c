/**
 * Self-registration: by which columns of the roster a person proves to be on it, and whom given values fit (S0.6).
 * Nothing that is proven here lets anybody in: it only has the invitation sent to the address on file.
 */
import { type ErrorPlace, MusterError } from './errors.ts';
import { foldText } from './fold-text.ts';
import type { Member } from './member.ts';
import { type Column, columnWithRole } from './schema.ts';
import { canonicalOf, cleanValue, compileColumn } from './validate.ts';

/** How many columns an organization asks for at most. */
export const registrationColumnsMax = 5;

/** An organization's choice: whether people may register, and the names of the columns that they prove themselves by. */
export interface Registration {
  isOpen: boolean;
  columns: string[];
}

/** What holds where an organization never chose. */
export const closedRegistration: Registration = { isOpen: false, columns: [] };

/** A member is found by one of these, never by going through the roster. */
const keyRoles = ['externalId', 'email'] as const;

/**
 * Refuses to open a registration that the roster schema does not bear; one that stays closed may name anything.
 * @throws MusterError `invalid_registration` with one place per fault
 */
export function checkRegistration({ isOpen, columns }: Registration, schema: readonly Column[]): void {
  if (!isOpen) return;
  const places: ErrorPlace[] = [];
  for (const [index, name] of columns.entries()) {
    const path = `registration.columns.${index}`;
    if (!schema.some((column) => column.name === name)) {
      places.push({ path, message: `The roster has no column “${name}”.` });
    } else if (columns.indexOf(name) < index) {
      places.push({ path, message: `“${name}” is named twice.` });
    }
  }
  if (places.length === 0 && keyColumn(chosen(columns, schema)) === undefined) {
    const message =
      'One of the columns has to be the member’s identifier or email: by it the member is found.';
    places.push({ path: 'registration.columns', message });
  }
  if (places.length === 0) return;
  throw new MusterError('invalid_registration', 'The settings of registration have faults.', { places });
}

/**
 * The columns that people are asked for, in the order chosen; undefined where nobody may register, be it because the
 * roster schema has come to lack one of them since.
 */
export function openColumns(
  { isOpen, columns }: Registration = closedRegistration,
  schema: readonly Column[],
): Column[] | undefined {
  const found = chosen(columns, schema);
  if (!isOpen || found.length !== columns.length || keyColumn(found) === undefined) return undefined;
  return found;
}

function chosen(names: readonly string[], schema: readonly Column[]): Column[] {
  return names.flatMap((name) => schema.find((column) => column.name === name) ?? []);
}

function keyColumn(columns: readonly Column[]): Column | undefined {
  return keyRoles.map((role) => columnWithRole(columns, role)).find((column) => column !== undefined);
}

/** What somebody gave, as far as it can fit anybody. */
export interface Proof {
  /** By what the member is looked up. */
  key: { externalId: string } | { email: string };
  /** Whether a member's values are the ones given, in every column. */
  fits(member: Pick<Member, 'values'>): boolean;
}

/**
 * Reads what somebody gave for the columns asked for; other values are not looked at. Values are compared in the
 * canonical form that imports compare, and texts with case and accents put aside, but identifiers as written (B10).
 * @returns undefined where a value is missing, blank or none that the column takes: that fits nobody
 */
export function readProof(
  columns: readonly Column[],
  given: Readonly<Record<string, string>>,
): Proof | undefined {
  const wanted: string[] = [];
  for (const column of columns) {
    const text = Object.hasOwn(given, column.name) ? (given[column.name] ?? '') : '';
    const checked = compileColumn({ ...column, required: true })(cleanValue(text));
    if (typeof checked !== 'string') return undefined;
    wanted.push(compared(column, checked));
  }
  const key = keyColumn(columns);
  const value = wanted[columns.indexOf(key as Column)];
  if (key === undefined || value === undefined) return undefined;
  const canonical = canonicalOf(columns);
  return {
    key: key.role === 'email' ? { email: value } : { externalId: value },
    fits: ({ values }) =>
      canonical(values).every((form, index) => {
        // A blank on the roster proves nothing, and a given one was refused above.
        return form !== '' && compared(columns[index] as Column, form) === wanted[index];
      }),
  };
}

function compared({ type, role }: Column, canonical: string): string {
  if (role === 'externalId' || (type !== 'text' && type !== 'enum')) return canonical;
  return foldText(canonical) || canonical;
}
