import type { MemberFilter } from '../../api/schema.ts';

type Status = Extract<NonNullable<MemberFilter['status']>, readonly unknown[]>[number];
export const statuses: readonly Status[] = ['not_joined', 'enabled', 'disabled'];

/** Names of the list of members' address that are handed on as they are. */
const lists = ['department', 'role'] as const;
const texts = [
  'group',
  'lastSignIn',
  'lastSignInFrom',
  'lastSignInTo',
  'activated',
  'activatedFrom',
  'activatedTo',
] as const;

/** Who is exported, as the address says it: by the names that the list of members has in its own. */
export function filterOf(search: URLSearchParams): MemberFilter {
  const q = search.get('q')?.trim().slice(0, 200);
  const status = statuses.filter((one) => search.getAll('status').includes(one));
  const others = [
    ...lists.map((name) => [name, search.getAll(name)] as const),
    ...texts.map((name) => [name, search.get(name) ?? ''] as const),
  ].filter(([, value]) => value.length > 0);
  return {
    ...Object.fromEntries(others.map(([name, value]) => [name, asMoment(name, value)])),
    ...(q && { q }),
    ...(status.length > 0 && { status }),
  };
}

/** Whether the address says more than this page shows. */
export function hasOthers({ q: _, status: __, ...others }: MemberFilter): boolean {
  return Object.keys(others).length > 0;
}

/** A day is one of this person's time zone. */
function asMoment(name: string, value: string | string[]): string | string[] {
  const isDay =
    (name.endsWith('From') || name.endsWith('To')) && typeof value === 'string' && value.length === 10;
  return isDay ? new Date(`${value}T00:00:00`).toISOString() : value;
}
