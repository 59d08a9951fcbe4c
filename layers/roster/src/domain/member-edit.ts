/** Makes members by hand and changes them. Pure: the same input gives the same member or the same faults. */
import { type ErrorPlace, MusterError } from './errors.ts';
import { activeState, type Member } from './member.ts';
import { compileDerivedFields, type DerivedFields } from './roster-row.ts';
import { type Column, columnWithRole } from './schema.ts';
import { activeReader, canonicalOf, cleanValue, compileColumn } from './validate.ts';

/** What an admin gives: values by column (`null` or blank empties it), and whole lists of departments and roles. */
export interface MemberInput {
  values?: Record<string, string | null> | undefined;
  departments?: readonly string[] | undefined;
  roles?: readonly string[] | undefined;
}

/** Who changes a member and when, ISO 8601 in UTC. */
export interface EditStamp {
  by: string;
  at: string;
}

/** Makes and changes the members of one roster schema. */
export interface MemberEditor {
  /**
   * A new member without an account, `not_joined` unless its state column says inactive.
   * @throws MusterError `invalid_member` with a place for every fault, by column name.
   */
  make(input: MemberInput, stamp: EditStamp): Member;
  /**
   * The member with these values instead, the next version; the very same object where nothing differs. The state
   * and the external id stay. Only the values given are checked: others may be older than the schema.
   * @throws MusterError `invalid_member`
   */
  edit(member: Member, input: MemberInput, stamp: EditStamp): Member;
}

/** How the hash of canonical values is made; the pipeline's own, so that an import finds nothing to update. */
export type CompileHash = (names: readonly string[]) => (canonical: readonly string[]) => string;

/** The longest department or role name, in UTF-16 code units, and how many a member has. */
export const listedNameLengthMax = 200;
export const listedNamesMax = 50;
/** The most bytes of values that a member holds; DynamoDB's limit is 400 KB an item. */
export const valuesBytesMax = 300 * 1024;

/** Compiles the checks of a roster schema for editing by hand; they are those of an import. */
export function compileMemberEditor(columns: readonly Column[], compileHash: CompileHash): MemberEditor {
  const names = columns.map((column) => column.name);
  const checks = new Map(columns.map((column) => [column.name, compileColumn(column)]));
  const idColumn = columnWithRole(columns, 'externalId') as Column;
  const stateColumn = columnWithRole(columns, 'state');
  const isActive = stateColumn && activeReader(stateColumn);
  const canonical = canonicalOf(columns);
  const hash = compileHash(names);
  const derive = compileDerivedFields(columns);
  const hasDepartments = columnWithRole(columns, 'department') !== undefined;

  /** The values given, clean, with a fault for each that the schema does not take. */
  const read = (given: Record<string, string | null>, faults: ErrorPlace[]): Map<string, string> => {
    const values = new Map<string, string>();
    for (const [name, raw] of Object.entries(given)) {
      const check = checks.get(name);
      const value = cleanValue(raw ?? '');
      const checked = check?.(value);
      const fault = check === undefined ? `The roster has no column “${name}”.` : textFault(name, value);
      if (fault !== undefined) faults.push({ path: name, message: fault });
      else if (typeof checked === 'object') faults.push({ path: name, message: checked.message });
      values.set(name, value);
    }
    return values;
  };

  const saysActive = (values: Record<string, string>): boolean | undefined => {
    const value = stateColumn && values[stateColumn.name];
    if (!value) return undefined;
    return isActive?.(canonical(values)[columns.indexOf(stateColumn as Column)] as string);
  };

  const derived = (externalId: string, values: Record<string, string>) => ({
    valuesHash: hash(canonical(values)),
    fields: derive(externalId, values),
  });

  return {
    make(input, { by, at }) {
      const faults: ErrorPlace[] = [];
      const blanks = Object.fromEntries(names.map((name) => [name, '']));
      const values = withoutBlanks(read({ ...blanks, ...input.values }, faults));
      const lists = readLists(input, faults);
      refuse(faults, values);
      const externalId = values[idColumn.name] as string;
      const { valuesHash, fields } = derived(externalId, values);
      const isDisabled = saysActive(values) === false;
      return {
        externalId,
        state: isDisabled ? 'disabled' : 'not_joined',
        ...(isDisabled && { disabledBy: 'admin' as const }),
        values,
        valuesHash,
        ...fields,
        roles: [],
        ...lists,
        version: 1,
        createdAt: at,
        updatedAt: at,
        createdBy: by,
      };
    },

    edit(member, input, { at }) {
      const faults: ErrorPlace[] = [];
      const given = read(input.values ?? {}, faults);
      const lists = readLists(input, faults);
      const values = withoutBlanks(new Map([...Object.entries(member.values), ...given]));
      const id = given.get(idColumn.name);
      if (id !== undefined && id !== member.externalId) {
        faults.push({ path: idColumn.name, message: 'The identifier of a member cannot be changed.' });
      }
      const active = stateColumn && given.has(stateColumn.name) ? saysActive(values) : undefined;
      if (stateColumn && active !== undefined && active !== (member.state !== 'disabled')) {
        const message = `“${stateColumn.name}” contradicts the member's state. Disable or enable the member.`;
        faults.push({ path: stateColumn.name, message });
      }
      refuse(faults, values);
      const { valuesHash, fields } = derived(member.externalId, values);
      const { departments, ...rest } = fields;
      const moves = hasDepartments && departments.join() !== derive('', member.values).departments.join();
      const next: Member = {
        ...withoutDerived(member),
        ...rest,
        // A username that signs in is the account's, whatever the roster says.
        ...(member.account !== undefined && member.username !== undefined && { username: member.username }),
        values,
        valuesHash,
        ...(moves && { departments }),
        ...lists,
      };
      return isSame(member, next) ? member : { ...next, version: member.version + 1, updatedAt: at };
    },
  };
}

/**
 * Why a text cannot be kept as it is, if so: a NUL separates hashed values, and half a surrogate pair has no UTF-8
 * form (Unicode Standard, 3.9), so the table would give back something else.
 */
export function textFault(name: string, value: string): string | undefined {
  if (value.includes('\u0000')) return `“${name}” holds a NUL character.`;
  if (!value.isWellFormed()) return `“${name}” holds half of a surrogate pair, which is no character.`;
  return undefined;
}

function withoutBlanks(values: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...values].filter(([, value]) => value !== ''));
}

function readLists({ departments, roles }: MemberInput, faults: ErrorPlace[]) {
  return {
    ...(departments && { departments: readList('departments', departments, faults) }),
    ...(roles && { roles: readList('roles', roles, faults) }),
  };
}

function readList(path: string, given: readonly string[], faults: ErrorPlace[]): string[] {
  const names = [...new Set(given.map(cleanValue))];
  const fault = (message: string) => faults.push({ path, message });
  if (names.length > listedNamesMax) fault(`There are more than ${listedNamesMax} ${path}.`);
  if (names.includes('')) fault('A name is blank.');
  if (names.some((name) => name.length > listedNameLengthMax)) {
    fault(`A name is longer than ${listedNameLengthMax} characters.`);
  }
  const refused = names.map((name) => textFault(path, name)).find((message) => message !== undefined);
  if (refused !== undefined) fault(refused);
  return names;
}

function refuse(faults: ErrorPlace[], values: Record<string, string>): void {
  if (new TextEncoder().encode(JSON.stringify(values)).length > valuesBytesMax) {
    faults.push({ path: 'values', message: `The values are longer than ${valuesBytesMax} bytes together.` });
  }
  if (faults.length > 0) {
    throw new MusterError('invalid_member', 'The member has faults.', { places: faults });
  }
}

type OptionalDerived = 'username' | 'email' | 'phone' | 'activeFrom' | 'activeUntil';

/** A member without the fields that follow from its values and may be absent. */
function withoutDerived(
  member: Member,
): Omit<Member, OptionalDerived> & Partial<Pick<DerivedFields, OptionalDerived>> {
  const { username: _, email: __, phone: ___, activeFrom: ____, activeUntil: _____, ...rest } = member;
  return rest;
}

function isSame(one: Member, other: Member): boolean {
  const sorted = ({ values, ...fields }: Member) => JSON.stringify([entries(values), entries(fields)]);
  return sorted(one) === sorted(other);
}

function entries(record: object): [string, unknown][] {
  return Object.entries(record)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The member as an admin, or its active period, disabled it, which no file undoes by silence; the same object if it
 * is so already.
 */
export function disableMember(member: Member, at: string, by: 'admin' | 'period' = 'admin'): Member {
  if (member.state === 'disabled' && member.disabledBy === by) return member;
  return {
    ...member,
    state: 'disabled',
    disabledBy: by,
    version: member.version + 1,
    updatedAt: at,
  };
}

/** The member as it may enter again; the same object unless it is disabled. By hand, nothing else leaves `disabled`. */
export function enableMember(member: Member, at: string): Member {
  if (member.state !== 'disabled') return member;
  const { disabledBy: _, ...rest } = member;
  return { ...rest, state: activeState(member), version: member.version + 1, updatedAt: at };
}

/** The member with an account under this username: enabled, unless it is disabled, which it stays. */
export function withAccount(member: Member, account: string, username: string, at: string): Member {
  const state = member.state === 'disabled' ? 'disabled' : 'enabled';
  return { ...member, account, username, state, version: member.version + 1, updatedAt: at };
}
