/**
 * The law of lists: whatever the members, the filter and the order, the pages of a list are what a plain filter and
 * sort over the same members give. Matching is written once more here, by hand and slowly.
 */
import * as fc from 'fast-check';
import { foldText as folded } from 'roster/domain/fold-text';
import { type Member, memberStates } from 'roster/domain/member';
import { type MemberFilter, type MemberSort, memberSorts } from 'roster/domain/member-filter';
import { expect, it } from 'vitest';
import { type MemoryRoster, memoryRoster } from '../../support/memory-roster.ts';

const at = '2026-01-01T00:00:00.000Z';
const days = ['2026-01-01T00:00:00.000Z', '2026-01-02T12:00:00.000Z', '2026-01-03T00:00:00.000Z'];
const groups = ['North', 'Öst', 'ost', ''];

const names = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'Élodie',
        'elodie',
        'Łukasz',
        'Smith',
        'Smyth',
        "O'Brien",
        'Jean-Luc',
        'ß',
        '王',
        'Ann',
        'Anna',
      ),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((words) => words.join(' '));

const someOf = <T>(all: readonly T[]) => fc.subarray([...all]);
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });

const members: fc.Arbitrary<Member> = fc
  .record({
    externalId: fc.oneof(
      fc.integer({ min: 0, max: 40 }).map(String),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
    ),
    name: names,
    state: fc.constantFrom(...memberStates),
    username: maybe(fc.constantFrom('smith', 'ann.a', 'J.Luc')),
    email: maybe(fc.constantFrom('ann@smith.example', 'elodie@choir.example')),
    phone: maybe(fc.constantFrom('+33612345678', '+493012345', '+35312345')),
    departments: someOf(['d1', 'd2', 'd3']),
    roles: someOf(['r1', 'r2']),
    group: fc.constantFrom(...groups),
    activatedAt: maybe(fc.constantFrom(...days)),
    lastSignInAt: maybe(fc.constantFrom(...days)),
  })
  .map(({ group, ...rest }) =>
    JSON.parse(
      JSON.stringify({
        ...rest,
        values: group === '' ? {} : { Group: group },
        valuesHash: 'x',
        version: 1,
        createdAt: at,
        updatedAt: at,
      }),
    ),
  );

const times: fc.Arbitrary<MemberFilter['activated']> = fc.oneof(
  fc.constant({ never: true as const }),
  fc
    .record({ from: maybe(fc.constantFrom(...days)), to: maybe(fc.constantFrom(...days)) })
    .map((bound) => JSON.parse(JSON.stringify(bound))),
);

const searches = fc.oneof(
  fc.constantFrom(
    'a',
    'an',
    'elodie',
    'elodei',
    'eldoie',
    'olduie',
    'elxdie smith',
    'lukasz',
    'LUKAS',
    'smiht',
    'jean-luc',
    'jeanluc',
    'o’brien',
    '0612',
    '+33 6 12',
    '1',
    '12',
    'choir',
    'ann@sm',
    'exmaple',
    '@',
    'smith ann',
    '王',
    'ss',
  ),
  fc.string({ unit: 'grapheme', maxLength: 7 }),
);

const filters: fc.Arbitrary<MemberFilter> = fc
  .record({
    q: maybe(searches),
    states: maybe(someOf(memberStates)),
    departments: maybe(someOf(['d1', 'd2', 'd9'])),
    roles: maybe(someOf(['r1', 'r9'])),
    group: maybe(fc.constantFrom('north', 'OST', 'none')),
    lastSignIn: maybe(times),
    activated: maybe(times),
  })
  // Most filters of all seven at once let nobody through.
  .chain((all) =>
    someOf(Object.keys(all)).map((kept) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => kept.includes(name))),
    ),
  );

interface Case {
  stored: Member[];
  /** What became of some of them since the snapshot: another member with the id, or none; and new ones. */
  changed: (Member | string)[];
  filter: MemberFilter;
  sort: MemberSort;
  within: string[] | undefined;
  limit: number;
  partCount: number;
}

const unique = (list: Member[]) => [...new Map(list.map((one) => [one.externalId, one])).values()];
const cases: fc.Arbitrary<Case> = fc.record({
  stored: fc.array(members, { maxLength: 40 }).map(unique),
  changed: fc.array(
    fc.oneof(
      members,
      members.map(({ externalId }) => externalId),
    ),
    { maxLength: 10 },
  ),
  filter: filters,
  sort: fc.constantFrom(...memberSorts),
  within: maybe(someOf(['d1', 'd2'])),
  limit: fc.integer({ min: 1, max: 12 }),
  partCount: fc.constantFrom(1, 2, 4),
});

it('the pages of a list are what a plain filter over the members gives, each once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ stored, changed, filter, sort, within, limit, partCount }) => {
      const memory = await memoryRoster(stored, { partCount, groupColumn: 'Group' });
      for (const one of changed) memory.change(one);
      const query = { filter, sort, limit, ...(within && { within: new Set(within) }) };
      const now = [...memory.members.values()];
      const expected = now.filter((one) => isWanted(one, filter, within)).sort(inOrder(sort));
      const { items, ids } = await pages(memory, query);
      expect(items).toEqual(expected.map(({ externalId }) => externalId));
      expect(ids).toEqual(items);
    }),
    { numRuns: 400 },
  );
}, 120_000);

it('looks through many rows a block at a time, both ways, from any place', async () => {
  // Names in the order of numbers; every tenth has the word.
  const all = Array.from({ length: 5_000 }, (_, n) => ({
    externalId: `m${n}`,
    name: `${String(n).padStart(4, '0')} ${n % 10 === 0 ? 'Elodie' : 'Ann'}`,
    state: n % 1_000 === 7 ? ('disabled' as const) : ('enabled' as const),
    values: {},
    valuesHash: 'x',
    departments: [],
    roles: [],
    version: 1,
    createdAt: at,
    updatedAt: at,
  }));
  const { roster } = await memoryRoster(all, { partCount: 2, groupColumn: 'Group' });
  const list = async (query: Pick<Parameters<typeof roster.list>[1], 'filter' | 'sort'>) => {
    const ids: string[] = [];
    for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
      const page = await roster.ids('club', { ...query, limit: 333, cursor });
      ids.push(...page.ids);
      cursor = page.nextCursor;
    }
    return ids;
  };
  const tens = Array.from({ length: 500 }, (_, n) => `m${n * 10}`);
  for (const q of ['elodie', 'eldoie', 'elod']) {
    expect(await list({ filter: { q }, sort: 'name' })).toEqual(tens);
    expect(await list({ filter: { q }, sort: '-name' })).toEqual(tens.toReversed());
  }
  const disabled = ['m7', 'm1007', 'm2007', 'm3007', 'm4007'];
  expect(await list({ filter: { states: ['disabled'] }, sort: '-lastSignIn' })).toEqual(
    disabled.toReversed(),
  );
  expect((await list({ filter: {}, sort: '-state' })).slice(0, 6)).toEqual([
    ...disabled.toReversed(),
    'm4999',
  ]);
});

async function pages({ roster }: MemoryRoster, query: Parameters<MemoryRoster['roster']['list']>[1]) {
  const items: string[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await roster.list('club', { ...query, cursor });
    // Full, but the last one: nobody changed while the pages were turned.
    if (page.nextCursor !== undefined) expect(page.items).toHaveLength(query.limit);
    expect(page.behind).toBeUndefined();
    items.push(...page.items.map(({ externalId }) => externalId));
    expect(items.length).toBeLessThan(100);
    cursor = page.nextCursor;
  }
  const ids: string[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await roster.ids('club', { ...query, cursor });
    ids.push(...page.ids);
    expect(ids.length).toBeLessThan(100);
    cursor = page.nextCursor;
  }
  return { items, ids };
}

// What follows is the plain filter. What a letter folds to alone is taken from the package that knows it.

function isWanted(member: Member, filter: MemberFilter, within: string[] | undefined): boolean {
  const { q, states, departments, roles, group, lastSignIn, activated } = filter;
  const during = (bound: MemberFilter['activated'], time: string | undefined) => {
    if (bound === undefined) return true;
    if ('never' in bound) return time === undefined;
    return time !== undefined && time >= (bound.from ?? '') && time < (bound.to ?? '~');
  };
  return (
    (states === undefined || states.includes(member.state)) &&
    (departments === undefined || departments.some((id) => member.departments.includes(id))) &&
    (within === undefined || within.some((id) => member.departments.includes(id))) &&
    (roles === undefined || roles.some((id) => member.roles.includes(id))) &&
    (group === undefined || folded(member.values.Group ?? '') === folded(group)) &&
    during(lastSignIn, member.lastSignInAt) &&
    during(activated, member.activatedAt) &&
    (!q || isFound(member, q))
  );
}

function isFound(member: Member, q: string): boolean {
  const asked = folded(q)
    .split(' ')
    .filter((word) => /[a-z0-9]/.test(word));
  if (asked.length === 0) return false;
  const texts = [member.name, member.externalId, member.username ?? '', member.email ?? ''];
  const words = texts
    .flatMap((text) => text.split(/\s+/).map(folded))
    .flatMap((whole) => [...whole.split(' '), ...whole.split(/[^a-z0-9]+/)]);
  if (member.phone !== undefined) {
    const codes = { '+33612345678': '33', '+493012345': '49', '+35312345': '353' };
    const digits = member.phone.slice(1);
    const national = digits.slice(codes[member.phone as keyof typeof codes].length);
    words.push(digits, national, `0${national}`);
  }
  const begins = (text: string) => words.some((word) => beginsLike(word, text));
  const isHeld = asked.every((word) => {
    const pieces = word.split(/[^a-z0-9]+/).filter((piece) => piece !== '');
    return begins(word) || pieces.every(begins);
  });
  const digits = folded(q).replace('(0)', '').replace(/\D/g, '');
  const isNumber = asked.length > 1 && /^\+?[\d\s()./-]+$/.test(folded(q));
  return isNumber ? begins(digits) || asked.every((word) => begins(word)) : isHeld;
}

function beginsLike(word: string, asked: string): boolean {
  if (word.startsWith(asked)) return true;
  if (asked.replace(/[^a-z]/g, '').length < 5) return false;
  const letters = new Set(word + asked);
  const variants = [...asked].flatMap((letter, n) => [
    asked.slice(0, n) + asked.slice(n + 1),
    asked.slice(0, n) + (asked[n + 1] ?? '') + letter + asked.slice(n + 2),
    ...[...letters].flatMap((other) => [
      asked.slice(0, n) + other + asked.slice(n + 1),
      asked.slice(0, n) + other + asked.slice(n),
    ]),
  ]);
  return variants.some((variant) => word.startsWith(variant));
}

function inOrder(sort: MemberSort) {
  const turn = sort.startsWith('-') ? -1 : 1;
  const by = (a: string | number, b: string | number) => (a < b ? -turn : a > b ? turn : 0);
  return (a: Member, b: Member): number => {
    if (sort.endsWith('state')) {
      const first = by(memberStates.indexOf(a.state), memberStates.indexOf(b.state));
      if (first !== 0) return first;
    }
    if (sort.endsWith('lastSignIn') && a.lastSignInAt !== b.lastSignInAt) {
      if (a.lastSignInAt === undefined) return 1;
      if (b.lastSignInAt === undefined) return -1;
      return by(a.lastSignInAt, b.lastSignInAt);
    }
    return by(folded(a.name).slice(0, 200), folded(b.name).slice(0, 200)) || by(a.externalId, b.externalId);
  };
}
