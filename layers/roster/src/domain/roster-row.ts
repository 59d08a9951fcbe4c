import type { Member } from './member.ts';
import type { PlannedChange } from './ports.ts';
import { type Column, columnWithRole } from './schema.ts';
import { canonicalOf } from './validate.ts';

/** What a member carries beside its roster values, made from the columns with roles. */
export type DerivedFields = Pick<
  Member,
  'name' | 'username' | 'email' | 'phone' | 'activeFrom' | 'activeUntil'
>;

/** Compiles how a member's name and login details follow from its values. */
export function compileDerivedFields(
  columns: readonly Column[],
): (externalId: string, values: Record<string, string>) => DerivedFields {
  const nameOf = (role: Parameters<typeof columnWithRole>[1]) => columnWithRole(columns, role)?.name;
  const names = {
    full: nameOf('fullName'),
    first: nameOf('firstName'),
    last: nameOf('lastName'),
    username: nameOf('username'),
  };
  const inCanonicalForm = ['email', 'phone', 'activeFrom', 'activeUntil'] as const;
  const compared = columns.filter(({ role }) => inCanonicalForm.some((one) => one === role));
  const canonical = canonicalOf(compared);
  const places = inCanonicalForm.map(
    (role) => [role, compared.findIndex((one) => one.role === role)] as const,
  );

  return (externalId, values) => {
    const read = (name: string | undefined) => (name === undefined ? '' : (values[name] ?? ''));
    const parts = [read(names.first), read(names.last)].filter((part) => part !== '');
    const username = read(names.username);
    const forms = canonical(values);
    const filled = places.filter(([role, at]) => isForm(role, forms[at] ?? ''));
    return {
      name: parts.join(' ') || read(names.full) || externalId,
      ...(username !== '' && { username }),
      ...Object.fromEntries(filled.map(([role, at]) => [role, forms[at] as string])),
    };
  };
}

/** A value from before the column was a date, or was written otherwise, bounds nothing. */
function isForm(role: 'email' | 'phone' | 'activeFrom' | 'activeUntil', form: string): boolean {
  return role === 'email' || role === 'phone' ? form !== '' : /^\d{4}-\d\d-\d\d$/.test(form);
}

/**
 * Compiles what a planned change says of its member's departments: the text of the department column, blank for none,
 * or undefined where the departments stay as they are. Departments given by hand stay until the text changes. What an
 * undo restores is no text (see `RestoredMember` in ports.ts).
 */
export function compilePlacing(
  columns: readonly Column[],
): (change: Pick<PlannedChange, 'kind' | 'values' | 'before' | 'restore'>) => string | undefined {
  const name = columnWithRole(columns, 'department')?.name;
  return ({ kind, values, before, restore }) => {
    if (kind === 'remove') return '';
    if (restore !== undefined) return undefined;
    if (kind === 'add') return (name !== undefined && values?.[name]) || '';
    if (name === undefined || values === undefined || !Object.hasOwn(before, name)) return undefined;
    return values[name] ?? '';
  };
}

/** Values by column name, blanks left out, from values in the order of `names`. */
export function valuesByName(names: readonly string[], row: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const value = row[index];
    if (value !== undefined && value !== '') values[name] = value;
  }
  return values;
}
