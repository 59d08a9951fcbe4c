/** Makes members by hand and changes them. Pure: the same input gives the same member or the same faults. */
import { departmentFaultMessage, departmentPlacer } from './department-resolver.ts';
import { type DepartmentTree, standingFor } from './departments.ts';
import { type ErrorCode, type ErrorPlace, MusterError } from './errors.ts';
import { activeState, type Member } from './member.ts';
import { compileDerivedFields, type DerivedFields } from './roster-row.ts';
import { type Column, columnWithRole, isProtectable } from './schema.ts';
import { activeReader, canonicalOf, cleanValue, compileColumn } from './validate.ts';

/**
 * What an admin gives: values by column (`null` or blank empties it), and whole lists of the ids of departments and
 * roles. Departments that are listed win over what the department column says.
 */
export interface MemberInput {
  values?: Record<string, string | null> | undefined;
  departments?: readonly string[] | undefined;
  roles?: readonly string[] | undefined;
  /** The columns whose values imports leave alone, all of them; where absent those stay that are. */
  protectedColumns?: readonly string[] | undefined;
}

/** Who changes a member and when, ISO 8601 in UTC. */
export interface EditStamp {
  by: string;
  at: string;
}

/** The departments and roles of the organization, which an input names. */
export interface MemberGroups {
  tree: DepartmentTree;
  /** The ids of the roles. */
  roles: ReadonlySet<string>;
}

/** Makes and changes the members of one roster schema. */
export interface MemberEditor {
  /**
   * A new member without an account, `not_joined` unless its state column says inactive.
   * @throws MusterError with a place for every fault, by column name or the list's: `unknown_department` or
   * `unknown_role` where nothing else is wrong, else `invalid_member`.
   */
  make(input: MemberInput, stamp: EditStamp, groups: MemberGroups): Member;
  /**
   * The member with these values instead, the next version; the very same object where nothing differs. The state
   * and the external id stay. Only the values given are checked: others may be older than the schema. Departments
   * that others took over are written as those, if anything else is written.
   * @throws MusterError as `make`
   */
  edit(member: Member, input: MemberInput, stamp: EditStamp, groups: MemberGroups): Member;
}

/** How the hash of canonical values is made; the pipeline's own, so that an import finds nothing to update. */
export type CompileHash = (names: readonly string[]) => (canonical: readonly string[]) => string;

/** How many departments a member is in at most, and how many roles it has; each added one is checked in its transaction. */
export const memberGroupsMax = 50;
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
  const departmentColumn = columnWithRole(columns, 'department');

  /** The values given, clean, with a fault for each that the schema does not take. */
  const read = (given: Record<string, string | null>, faults: Fault[]): Map<string, string> => {
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

  /** What is protected: the list, if one is given, else what was, with what is changed by hand in columns that say so. */
  const protecting = (
    { protectedColumns }: MemberInput,
    before: readonly string[],
    changed: readonly string[],
    faults: Fault[],
  ) => {
    const wrong = (protectedColumns ?? []).filter((name) => {
      const column = columns.find((one) => one.name === name);
      return column === undefined || !isProtectable(column);
    });
    for (const name of wrong) {
      const message = `The roster has no column “${name}” whose values can be protected.`;
      faults.push({ path: 'protectedColumns', message });
    }
    const byHand = columns.filter(
      ({ name, protectEdits }) => protectEdits === true && changed.includes(name),
    );
    const all = new Set(protectedColumns ?? [...before, ...byHand.map(({ name }) => name)]);
    return all.size === 0 ? {} : { protectedColumns: [...all].sort() };
  };

  const departmentText = (values: Record<string, string>) => values[departmentColumn?.name ?? ''] ?? '';

  /** The departments that the column says. */
  const placed = (values: Record<string, string>, tree: DepartmentTree, faults: Fault[]): string[] => {
    const text = departmentText(values);
    if (departmentColumn === undefined || text === '') return [];
    const path = departmentColumn.name;
    const placement = departmentPlacer(tree, {})(text);
    if ('id' in placement) return [placement.id];
    const fault = 'fault' in placement ? placement.fault : 'unknown_department';
    const code = fault === 'unknown_department' ? fault : undefined;
    faults.push({ path, message: departmentFaultMessage(path, fault), ...(code && { code }) });
    return [];
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
    make(input, { by, at }, groups) {
      const faults: Fault[] = [];
      const blanks = Object.fromEntries(names.map((name) => [name, '']));
      const values = withoutBlanks(read({ ...blanks, ...input.values }, faults));
      const { departments = placed(values, groups.tree, faults), roles = [] } = readLists(
        input,
        groups,
        faults,
      );
      const kept = protecting(input, [], Object.keys(values), faults);
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
        departments,
        roles,
        ...kept,
        version: 1,
        createdAt: at,
        updatedAt: at,
        createdBy: by,
      };
    },

    edit(member, input, { at }, groups) {
      const faults: Fault[] = [];
      const given = read(input.values ?? {}, faults);
      const standing = { ...member, departments: standingOf(groups.tree, member.departments) };
      const lists = readLists(input, groups, faults);
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
      const moves =
        lists.departments === undefined && departmentText(values) !== departmentText(member.values);
      const departments = moves ? placed(values, groups.tree, faults) : standing.departments;
      const changed = [...given.keys()].filter(
        (name) => (values[name] ?? '') !== (member.values[name] ?? ''),
      );
      const { protectedColumns = [], ...rest } = withoutDerived(member);
      const kept = protecting(input, protectedColumns, changed, faults);
      refuse(faults, values);
      const { valuesHash, fields } = derived(member.externalId, values);
      const next: Member = {
        ...rest,
        ...fields,
        ...kept,
        // A username that signs in is the account's, whatever the roster says.
        ...(member.account !== undefined && member.username !== undefined && { username: member.username }),
        values,
        valuesHash,
        departments,
        ...lists,
      };
      return isSame(standing, next) ? member : { ...next, version: member.version + 1, updatedAt: at };
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

/** A fault, and the code that tells it alone, if it has one. */
interface Fault extends ErrorPlace {
  code?: ErrorCode;
}

function readLists({ departments, roles }: MemberInput, groups: MemberGroups, faults: Fault[]) {
  return {
    ...(departments && { departments: readDepartments(departments, groups.tree, faults) }),
    ...(roles && { roles: readRoles(roles, groups.roles, faults) }),
  };
}

function readDepartments(given: readonly string[], tree: DepartmentTree, faults: Fault[]): string[] {
  const ids = standingOf(tree, given);
  if (given.some((id) => standingFor(tree, id) === undefined)) {
    const message = 'There is no such department.';
    faults.push({ path: 'departments', message, code: 'unknown_department' });
  }
  return bounded('departments', ids, faults);
}

function readRoles(given: readonly string[], known: ReadonlySet<string>, faults: Fault[]): string[] {
  if (given.some((id) => !known.has(id))) {
    faults.push({ path: 'roles', message: 'There is no such role.', code: 'unknown_role' });
  }
  return bounded('roles', [...new Set(given)], faults);
}

function bounded(path: string, ids: string[], faults: Fault[]): string[] {
  if (ids.length > memberGroupsMax) {
    faults.push({ path, message: `There are more than ${memberGroupsMax} ${path}.` });
  }
  return ids;
}

/** The departments that stand today for those that a member names, each once; what is gone is left out. */
export function standingOf(tree: DepartmentTree, ids: readonly string[]): string[] {
  return [...new Set(ids.flatMap((id) => standingFor(tree, id) ?? []))];
}

function refuse(faults: Fault[], values: Record<string, string>): void {
  if (new TextEncoder().encode(JSON.stringify(values)).length > valuesBytesMax) {
    faults.push({ path: 'values', message: `The values are longer than ${valuesBytesMax} bytes together.` });
  }
  if (faults.length === 0) return;
  const places = faults.map(({ path, message }) => ({ path, message }));
  const [code = 'invalid_member', ...others] = new Set(faults.map((fault) => fault.code));
  throw new MusterError(others.length === 0 ? code : 'invalid_member', 'The member has faults.', { places });
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

/** What a member has by its account alone. `invitation` too: it was spent, and a new one begins at none. */
const ownedByAccount = ['account', 'username', 'invitation', 'activatedAt', 'lastSignInAt'];

/**
 * The member without its account here: not joined, unless it is disabled, which it stays; the same object if it has
 * none.
 * @param username what the roster says, which counts again
 */
export function withoutAccount(member: Member, username: string | undefined, at: string): Member {
  if (member.account === undefined) return member;
  const kept = Object.fromEntries(Object.entries(member).filter(([name]) => !ownedByAccount.includes(name)));
  return {
    ...(kept as Omit<Member, 'account' | 'username'>),
    ...(username && { username }),
    state: member.state === 'disabled' ? 'disabled' : 'not_joined',
    version: member.version + 1,
    updatedAt: at,
  };
}

/**
 * The member with an account under this username: enabled, unless it is disabled, which it stays. Its invitation is
 * over.
 */
export function withAccount(member: Member, account: string, username: string, at: string): Member {
  const state = member.state === 'disabled' ? 'disabled' : 'enabled';
  const { invitation: _, ...rest } = member;
  return { ...rest, account, username, state, version: member.version + 1, updatedAt: at };
}
