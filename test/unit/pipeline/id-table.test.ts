import fc from 'fast-check';
import { CheckedWriter } from 'roster/pipeline/checked-rows';
import { type HashBytes, IdTable } from 'roster/pipeline/id-table';
import { describe, expect, it } from 'vitest';

const good = { active: undefined, valuesHash: '0123456789abcdef', values: [], canonical: [] };

/** The line of the earlier row with the same identifier, for each row from line 1. */
function earlierLines(ids: readonly string[], hash?: HashBytes): (number | undefined)[] {
  const writer = new CheckedWriter([], 0, new IdTable(hash));
  return ids.map((externalId, at) => writer.good({ ...good, line: at + 1, externalId }));
}

function expectedLines(ids: readonly string[]): (number | undefined)[] {
  const lines = ids.map((id) => ids.indexOf(id) + 1);
  return lines.map((line, at) => (line === at + 1 ? undefined : line));
}

describe('identifiers that stand in a file', () => {
  it.each<[string, HashBytes | undefined]>([
    ['a random hash', undefined],
    ['a hash of two values', (_, start, end) => (end - start) % 2],
    ['a hash that always leads to the last slot', () => 0xffffffff],
  ])('are found by their bytes, with %s', (_, hash) => {
    const id = fc.constantFrom(
      'a',
      'aa',
      'aaa',
      'ab',
      'b',
      '1',
      '11',
      'é',
      'e\u0301',
      '東京',
      '東',
      '😀',
      'x y',
    );
    fc.assert(
      fc.property(fc.array(id, { maxLength: 30 }), (ids) => {
        expect(earlierLines(ids, hash)).toEqual(expectedLines(ids));
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('are found after the table has grown, colliding or not', () => {
    const ids = Array.from({ length: 5_000 }, (_, at) => `M${at}`);
    const again = [...ids, ...ids];
    const lines = [...ids.map(() => undefined), ...ids.map((_, at) => at + 1)];
    expect(earlierLines(again)).toEqual(lines);
    // The last three bits only: long runs of taken slots, that wrap around the end of the table.
    const colliding: HashBytes = (bytes, _, end) =>
      ((bytes[end - 1] as number) & 7) * 0x20000000 + 0x1fffffff;
    expect(earlierLines(again, colliding)).toEqual(lines);
  });

  it('leave the rows of others alone: a rejected row is no earlier one', () => {
    const writer = new CheckedWriter([], 0);
    writer.rejected(7, 'A1');
    expect(writer.good({ ...good, line: 8, externalId: 'A1' })).toBeUndefined();
    expect(writer.good({ ...good, line: 4_294_967_295, externalId: 'A2' })).toBeUndefined();
    expect(writer.good({ ...good, line: 10, externalId: 'A1' })).toBe(8);
    expect(writer.good({ ...good, line: 11, externalId: 'A2' })).toBe(4_294_967_295);
    expect(writer.take().toString().split('\n')).toEqual([
      '7\tA1\t!',
      '8\tA1\t-\t0123456789abcdef\t[]',
      '4294967295\tA2\t-\t0123456789abcdef\t[]',
      '10\tA1\t!',
      '11\tA2\t!',
      '',
    ]);
  });
});
