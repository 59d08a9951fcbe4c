import fc from 'fast-check';
import { departmentCountActions } from 'roster/aws/group-counts';
import { expect, it } from 'vitest';

it('the counts that writes add up are those of a recount, item by item, whatever is written together', () => {
  const change = fc.record({
    member: fc.integer({ min: 0, max: 30 }),
    groups: fc.subarray(['root', 'A', 'B', 'C', 'role']),
  });
  const transaction = fc.uniqueArray(change, { selector: ({ member }) => member, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(transaction, { maxLength: 20 }), (transactions) => {
      const members = new Map<number, string[]>();
      const counts = new Map<string, Record<string, number>>();
      for (const changes of transactions) {
        const actions = departmentCountActions(
          'acme',
          changes.map(({ member, groups }) => ({
            externalId: `M${member}`,
            before: members.get(member) ?? [],
            after: groups,
          })),
        );
        expect(
          new Set(actions.map((action) => JSON.stringify('update' in action && action.update.key))).size,
        ).toBe(actions.length);
        for (const action of actions) {
          if (!('update' in action)) throw new Error('A count is changed by adding to it.');
          const item = counts.get(action.update.key.sk) ?? {};
          counts.set(action.update.key.sk, item);
          for (const [id, by] of Object.entries(action.update.add ?? {})) item[id] = (item[id] ?? 0) + by;
        }
        for (const { member, groups } of changes) members.set(member, groups);
      }
      const said: Record<string, number> = {};
      for (const item of counts.values()) {
        for (const [id, count] of Object.entries(item)) {
          expect(count).toBeGreaterThanOrEqual(0);
          if (count !== 0) said[id] = (said[id] ?? 0) + count;
        }
      }
      const recounted: Record<string, number> = {};
      for (const id of [...members.values()].flat()) recounted[id] = (recounted[id] ?? 0) + 1;
      expect(said).toEqual(recounted);
    }),
    { seed: 11, numRuns: 300 },
  );
});
