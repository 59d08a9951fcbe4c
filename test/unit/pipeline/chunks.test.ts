import fc from 'fast-check';
import { groupCountSlotOf } from 'roster/domain/group-counting';
import { actionsOf, movesMembership, type PlannedChange } from 'roster/domain/ports';
import type { Column } from 'roster/domain/schema';
import { chunked } from 'roster/pipeline/chunks';
import { expect, it } from 'vitest';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId' },
  { name: 'Note', type: 'text' },
  { name: 'Unit', type: 'text', role: 'department' },
];
const add = (id: number, note = ''): PlannedChange => ({
  kind: 'add',
  externalId: `M${id}`,
  version: 0,
  state: 'not_joined',
  values: { ID: `M${id}`, Note: note, Unit: 'U' },
  valuesHash: 'x',
  before: {},
});
const edit = (id: number, isMoved: boolean): PlannedChange => ({
  ...add(id),
  kind: 'update',
  before: isMoved ? { Unit: null } : { Note: null },
});
const disable = (id: number): PlannedChange => ({
  kind: 'disable',
  externalId: `M${id}`,
  version: 1,
  from: 'enabled',
  state: 'disabled',
  account: `A${id}`,
  before: {},
});

async function cut(
  changes: readonly PlannedChange[],
  batch = 50,
  roster = columns,
): Promise<PlannedChange[][]> {
  async function* batches() {
    for (let at = 0; at < changes.length; at += batch) yield changes.slice(at, at + batch);
  }
  const chunks: [number, PlannedChange[]][] = [];
  for await (const chunk of chunked(batches(), roster)) chunks.push(chunk);
  expect(chunks.map(([number]) => number)).toEqual(chunks.map((_, index) => index));
  return chunks.map(([, chunk]) => chunk);
}
const slotsOf = (chunk: readonly PlannedChange[]) =>
  new Set(
    chunk
      .filter(({ kind, before }) => kind === 'add' || 'Unit' in before)
      .map(({ externalId }) => groupCountSlotOf(externalId)),
  ).size;
/** What a chunk's transaction holds: a checkpoint, a count of members, the changes with their memberships, and counts. */
const transactionOf = (chunk: readonly PlannedChange[]) =>
  2 + actionsOf(chunk.length, chunk.filter(movesMembership).length) + slotsOf(chunk);

it('changes are each in one chunk, the same one every time, and every transaction has 100 actions at most', async () => {
  const change = fc.tuple(
    fc.constantFrom('add', 'move', 'edit', 'disable'),
    fc.integer({ min: 0, max: 1e6 }),
  );
  const changes = fc
    .uniqueArray(change, { selector: ([, id]) => id, minLength: 100, maxLength: 900, size: 'max' })
    .map((some) =>
      some.map(([what, id]) =>
        what === 'add' ? add(id) : what === 'disable' ? disable(id) : edit(id, what === 'move'),
      ),
    );
  await fc.assert(
    fc.asyncProperty(changes, fc.integer({ min: 1, max: 200 }), async (given, batch) => {
      const chunks = await cut(given);
      expect(new Set(chunks.flat())).toEqual(new Set(given));
      expect(chunks.flat()).toHaveLength(given.length);
      for (const chunk of chunks) expect(transactionOf(chunk)).toBeLessThanOrEqual(100);
      expect(await cut(given, batch)).toEqual(chunks);
    }),
    { seed: 3, numRuns: 40 },
  );
});

it('most chunks of a large part count departments in one item', async () => {
  const chunks = await cut(Array.from({ length: 20_000 }, (_, id) => add(id)));
  const single = chunks.filter((chunk) => slotsOf(chunk) === 1);
  // Only what is left at the end fills no chunk.
  expect(single.filter(({ length }) => length !== 96).length).toBeLessThanOrEqual(1);
  expect(single.length / chunks.length).toBeGreaterThan(0.9);
  expect(chunks.length).toBeLessThan(20_000 / 96 + 5);
});

it('few changes share a chunk', async () => {
  const chunks = await cut(Array.from({ length: 80 }, (_, id) => add(id)));
  expect(chunks).toHaveLength(1);
});

it('large members take smaller chunks: 4 MB hold them and the items of counts', async () => {
  const bytes = 5_000 * 3;
  const chunks = await cut(Array.from({ length: 2_000 }, (_, id) => add(id, '語'.repeat(5_000))));
  for (const chunk of chunks) {
    expect(chunk.length * 2 * bytes + slotsOf(chunk) * 128 * 1024).toBeLessThan(4 * 1024 * 1024);
  }
  expect(chunks.length).toBeLessThan(2_000 / 50);
});

it('leave room to look at periods: at each member once, at one with an account twice', async () => {
  const timed: Column[] = [...columns.slice(0, 2), { name: 'Until', type: 'date', role: 'activeUntil' }];
  const moved = (id: number, account?: string): PlannedChange => ({
    ...add(id),
    kind: 'update',
    before: { Until: null },
    ...(account && { account }),
  });
  const sizes = async (account?: string) => {
    const changes = Array.from({ length: 200 }, (_, id) => moved(id, account));
    return (await cut(changes, 50, timed)).map(({ length }) => length);
  };
  // Of 100 actions a checkpoint, a count of members and what tells the directory are taken.
  expect(await sizes()).toEqual([48, 48, 48, 48, 8]);
  expect(await sizes('A')).toEqual([32, 32, 32, 32, 32, 32, 8]);
});
