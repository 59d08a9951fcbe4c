/** What of the roster is looked at, as the address of the page says it. */
import type { PropertyFilterProps } from '@cloudscape-design/components/property-filter';
import type { MemberFilter, paths } from '../../api/schema.ts';

type Query = NonNullable<paths['/api/v1/orgs/{org}/members']['get']['parameters']['query']>;
export type MemberSort = NonNullable<Query['sort']>;
type MemberState = 'not_joined' | 'enabled' | 'disabled';

export const memberStates: readonly MemberState[] = ['not_joined', 'enabled', 'disabled'];
const sorts: readonly MemberSort[] = ['name', '-name', 'state', '-state', 'lastSignIn', '-lastSignIn'];
/** Times that a filter may bound; days, of this person's time zone. */
const times = ['lastSignIn', 'activated'] as const;
const day = /^\d{4}-\d\d-\d\d$/;

export interface MembersView {
  /** As the API takes it; empty is the whole roster. */
  filter: MemberFilter;
  sort: MemberSort;
  /** The tokens of the property filter, which say a part of the filter. */
  tokens: readonly PropertyFilterProps.Token[];
}

/** Reads the address; what it does not understand is left out. */
export function viewOf(search: URLSearchParams): MembersView {
  const text = (name: string) => search.get(name)?.trim() || undefined;
  const q = text('q');
  const department = text('department');
  const status = memberStates.filter((state) => search.getAll('status').includes(state));
  const role = search.getAll('role');
  const group = text('group');
  const filter: MemberFilter = {
    ...(q && { q: q.slice(0, 200) }),
    ...(department && { department }),
    ...(status.length > 0 && { status }),
    ...(role.length > 0 && { role }),
    ...(group && { group: group.slice(0, 1_000) }),
    ...Object.assign({}, ...times.map((time) => timeFilter(time, search))),
  };
  const sort = sorts.find((one) => one === search.get('sort')) ?? 'name';
  return { filter, sort, tokens: tokensOf(search) };
}

function timeFilter(time: (typeof times)[number], search: URLSearchParams): MemberFilter {
  const bound = (name: string) => {
    const given = search.get(name) ?? '';
    const midnight = new Date(day.test(given) ? `${given}T00:00:00` : Number.NaN);
    return Number.isNaN(midnight.getTime()) ? {} : { [name]: midnight.toISOString() };
  };
  const never = search.get(time) === 'never' ? { [time]: 'never' } : {};
  return { ...never, ...bound(`${time}From`), ...bound(`${time}To`) };
}

function tokensOf(search: URLSearchParams): PropertyFilterProps.Token[] {
  const lists = ['status', 'role'].flatMap((propertyKey) => {
    const value = search.getAll(propertyKey);
    return value.length > 0 ? [{ propertyKey, operator: '=' as const, value }] : [];
  });
  const single = (name: string, propertyKey: string, operator: PropertyFilterProps.ComparisonOperator) => {
    const value = search.get(name);
    return value ? [{ propertyKey, operator, value }] : [];
  };
  return [
    ...lists,
    ...single('group', 'group', '='),
    ...times.flatMap((time) => [
      ...single(time, time, '='),
      ...single(`${time}From`, time, '>='),
      ...single(`${time}To`, time, '<'),
    ]),
  ];
}

/** The address with these tokens instead of those that it has. */
export function withTokens(
  search: URLSearchParams,
  tokens: readonly PropertyFilterProps.Token[],
): URLSearchParams {
  const next = new URLSearchParams(search);
  const names = ['status', 'role', 'group', ...times.flatMap((time) => [time, `${time}From`, `${time}To`])];
  for (const name of names) next.delete(name);
  for (const { propertyKey = '', operator, value } of tokens) {
    if (propertyKey === 'status' || propertyKey === 'role') {
      for (const one of [value].flat())
        if (!next.getAll(propertyKey).includes(one)) next.append(propertyKey, one);
    } else if (value) {
      next.set(`${propertyKey}${operator === '>=' ? 'From' : operator === '<' ? 'To' : ''}`, String(value));
    }
  }
  return next;
}

/** Whether a filter leaves anybody out. */
export function narrows(filter: MemberFilter): boolean {
  return Object.keys(filter).length > 0;
}
