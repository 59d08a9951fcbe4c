import fc from 'fast-check';
import type { Column } from 'roster/domain/schema';
import { compileRow, isValid, type ValidRow } from 'roster/domain/validate';
import { splitText } from 'roster/files/fields';
import { ByteWriter } from 'roster/pipeline/byte-writer';
import { CheckedWriter } from 'roster/pipeline/checked-rows';
import { PlainRow } from 'roster/pipeline/plain-row';
import { compileValuesHash, loadHasher } from 'roster/pipeline/values-hash';
import type { Manifest } from 'roster/pipeline/work-files';
import { describe, expect, it } from 'vitest';

const columns: Column[] = [
  { name: 'Key', type: 'text', role: 'externalId' },
  { name: 'Active', type: 'boolean', role: 'state' },
  { name: 'Name', type: 'text', required: true, maxLength: 12 },
  { name: 'Mail', type: 'email', unique: true },
  { name: 'Tel', type: 'phone' },
  { name: 'Born', type: 'date' },
  { name: 'Since', type: 'date', dateFormat: 'DD/MM/YYYY' },
  { name: 'Count', type: 'integer' },
  { name: 'Fee', type: 'decimal' },
  { name: 'Grade', type: 'enum', values: ['Gold', 'Silver "S"'] },
  { name: 'Code', type: 'text', pattern: '[A-Z]{2}\\d*' },
];
const positions = [1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const names = columns.map(({ name }) => name);

const hasher = await loadHasher();
const hashOf = compileValuesHash(names, hasher);

/** For each field of the file, values that are good, and ones at the edges of the checks. */
const samples = [
  ['', 'True', 'oui', 'FALSE', '1', 'perhaps'],
  ['A1', '007', ' x ', 'é', 'e\u0301', '東京', 'a"b', 'a\\b', 'a,b', 'a\u0007', '', '\u00a0y', 'a\u007f'],
  [
    'Ann',
    'Voilà',
    'à',
    '12345678901',
    '123456789012',
    '1234567890123',
    'ééééééééééééé',
    '',
    '\u00a0',
    ' Z\u00a0',
  ],
  [
    '',
    'a@b.org',
    'A@B.org',
    'a@b',
    'a.b+c@x-y.org',
    'a@.org',
    'a@b..org',
    '@b.org',
    'a@b.org.',
    'é@b.org',
    'a b@c.org',
  ],
  ['', '+12025550143', '202-555', '12', '123', '+12', `${'1'.repeat(25)}`, '+', '1+2', '(202) 5550143 ext 7'],
  [
    '',
    '2024-02-29',
    '2023-02-29',
    '2023-04-31',
    '2023-01-31',
    '2023-13-01',
    '2023-00-10',
    '2023-1-01',
    '20230101',
  ],
  ['', '31/12/2020', '1/2/2020', '2020-02-30', '2020-02-28', '31/2/2020'],
  ['', '0', '00', '12', '+12', '-0', '1.0', '9'.repeat(30), '9'.repeat(31), '١'],
  ['', '1', '1.50', '1,50', '-0,0', '1.', '.5', '90.00'],
  ['', 'gold', 'Gold', 'silver "s"', 'Bronze'],
  ['', 'AB12', 'ZZ', 'ab', 'AB\n', 'AB 1'],
];
const anything = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 14 }),
  fc.string({ unit: 'binary', maxLength: 14 }),
);
const row = fc.tuple(
  ...samples.map((values) =>
    fc.oneof(
      { arbitrary: fc.constantFrom(...values.slice(0, 3)), weight: 40 },
      { arbitrary: fc.constantFrom(...values), weight: 3 },
      { arbitrary: anything, weight: 1 },
    ),
  ),
);
const delimiters = fc.constantFrom(',', ';', '\t', '|');
const tails = fc.oneof(
  { arbitrary: fc.constant<string[]>([]), weight: 20 },
  fc.array(fc.constantFrom('', ' ', 'x'), { maxLength: 2 }),
);

/** A record as it may stand in a file; NUL and lone surrogates cannot be in one. */
function record(fields: readonly string[], delimiter: string, quoteAll: boolean): string {
  return fields
    .map((field) => field.replaceAll('\u0000', '').toWellFormed())
    .map((field) => {
      const needsQuotes = quoteAll || field.includes(delimiter) || /["\r\n]/.test(field);
      return needsQuotes ? `"${field.replaceAll('"', '""')}"` : field;
    })
    .join(delimiter);
}

/** Columns whose values are ASCII mostly, seldom or in another canonical form. */
const uniqueAt = [2, 3, 4, 8, 10];

/** What stands in the checked file of a row, written without making strings of it. */
function checkedAsBytes(row: PlainRow): string {
  const writer = new CheckedWriter(uniqueAt, 0);
  expect(writer.plain(1_048_576, row)).toBeUndefined();
  return writer.take().toString();
}

function checkedAsText({ externalId, active, values, canonical }: ValidRow): string {
  const writer = new CheckedWriter(uniqueAt, 0);
  writer.good({ line: 1_048_576, externalId, active, valuesHash: hashOf(canonical), values, canonical });
  return writer.take().toString();
}

describe('a row checked as bytes', () => {
  it('has what the general check gives, and is left to it otherwise', () => {
    let taken = 0;
    fc.assert(
      fc.property(row, tails, delimiters, fc.boolean(), (fields, tail, delimiter, quoteAll) => {
        const text = record([...fields, ...tail], delimiter, quoteAll);
        const manifest = { columns, positions, fieldCount: samples.length, delimiter } as Manifest;
        const plain = new PlainRow(manifest, hasher);
        // Other bytes stand before and behind it, as in a segment.
        const segment = Buffer.from(`"x${text}"y`);
        const isTaken = plain.take(segment, 2, segment.length - 2);
        const general = compileRow(
          columns,
          positions,
          samples.length,
        )(splitText(text, delimiter, text.includes('"')));
        if (!isTaken) {
          expect(isValid(general) && tail.length === 0).toBe(false);
          return;
        }
        taken += 1;
        const writer = new ByteWriter(0);
        plain.writeValues(writer);
        expect({
          externalId: plain.externalId,
          active: plain.active,
          values: JSON.parse(writer.take().toString()),
          canonical: columns.map((_, at) => plain.canonicalAt(at)),
        }).toEqual(general);
        if (isValid(general)) expect(checkedAsBytes(plain)).toBe(checkedAsText(general));
      }),
      { seed: 7, numRuns: 6_000 },
    );
    expect(taken).toBeGreaterThan(500);
  });
});
