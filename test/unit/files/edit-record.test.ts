import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editRecord } from '../../../layers/roster/src/files/edit-record.ts';
import { splitFields } from '../../../layers/roster/src/files/fields.ts';

const delimiter = fc.constantFrom(',', ';', '\t', '|');
const field = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('', '"', '""', ',', ';', '\t', '|', 'a"b', ' x ', 'two\nlines', 'é'),
);

it('changes the fields that are named and no others, for any reader of CSV', () => {
  const law = (fields: string[], texts: Record<number, string>, between: string) => {
    const quoted = fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(between);
    const edits = new Map(Object.entries(texts).map(([position, text]) => [Number(position), text]));
    const record = { line: 7, quoted: true, bytes: Buffer.from(quoted) };
    const edited = editRecord(record, between, () => edits);
    const expected = fields.map((text, position) => edits.get(position) ?? text);
    expect(edited.line).toBe(7);
    expect(splitFields(edited.bytes, between, edited.quoted)).toEqual(expected);
    const options = { delimiter: between, record_delimiter: ['\0'], relax_column_count: true };
    if (expected.some((text) => text !== '')) expect(parse(edited.bytes, options)).toEqual([expected]);
  };
  const printable = (text: string) => !/[\0\r]/.test(text);
  const texts = fc.dictionary(fc.constantFrom('0', '1', '5'), field.filter(printable)) as fc.Arbitrary<
    Record<number, string>
  >;
  const fields = fc.array(field.filter(printable), { minLength: 1, maxLength: 6 });
  fc.assert(fc.property(fields, texts, delimiter, law), { numRuns: 500 });
});

it('tells what the record has', () => {
  const record = { line: 2, quoted: false, bytes: Buffer.from('1;geheim;3') };
  const blank = (fields: readonly string[]) =>
    new Map(fields.map((text, at) => [at, text === '1' ? text : '']));
  expect(editRecord(record, ';', blank)).toEqual({ line: 2, quoted: false, bytes: Buffer.from('1;;') });
});
