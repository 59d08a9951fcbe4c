import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Framer, type LineEnd } from '../../../layers/roster/src/files/framing.ts';
import { describeShared } from '../../support/shared.ts';
import { type Event, everyCut, framedEvents, referenceEvents } from './reference.ts';

const bounded = { seed: 20_260_101, interruptAfterTimeLimit: 6_000, markInterruptAsFailure: false };
const lineEnds: LineEnd[] = ['lf', 'cr'];

function eventsOf(text: string, lineEnd: LineEnd = 'lf', recordBytesMax?: number) {
  return framedEvents([Buffer.from(text)], ',', lineEnd, recordBytesMax);
}

describe('framing', () => {
  it('gives each record with the physical line where it starts', () => {
    expect(eventsOf('a,b\r\n\n"two\nlines",c\n,,\n  \nlast')).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 3, fields: ['two\nlines', 'c'] },
      { line: 7, fields: ['last'] },
    ]);
  });

  it('keeps a last empty field, a doubled quotation mark and spaces', () => {
    expect(eventsOf('a,\n"say ""hi""", b \n')).toEqual([
      { line: 1, fields: ['a', ''] },
      { line: 2, fields: ['say "hi"', ' b '] },
    ]);
  });

  it('ends lines at CR alone in files that do', () => {
    expect(eventsOf('a,b\rc,"d\re"\rf', 'cr')).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 2, fields: ['c', 'd\re'] },
      { line: 4, fields: ['f'] },
    ]);
  });

  it.each([
    ['1,a "b" c,2\n', 'stray_quote', 2],
    ['1,2,"a"b\n', 'text_after_quote', 3],
    ['1,"a" ,2\n', 'text_after_quote', 2],
    ['"never closed,2\n', 'quote_not_closed', 1],
    [`${'x'.repeat(51)}\n`, 'record_too_long', 1],
  ])('reports %j as %s in field %i and reads on at the next line', (text, code, column) => {
    const framer = new Framer({ delimiter: ',', lineEnd: 'lf', recordBytesMax: 50 });
    const batch = framer.push(Buffer.from(`h,i\n${text}ok,1\n`), true);
    const found = Array.from(batch, ({ line, malformed }) => ({ line, malformed }));
    expect(found).toEqual([
      { line: 1, malformed: undefined },
      { line: 2, malformed: { code, column } },
      { line: 3, malformed: undefined },
    ]);
  });

  it('reads on at the second physical line of a broken record', () => {
    expect(eventsOf('a,"1\nb,2\nc,"3"x\n')).toEqual([
      { line: 1, malformed: 'text_after_quote' },
      { line: 2, fields: ['b', '2'] },
      { line: 3, malformed: 'text_after_quote' },
    ]);
  });

  it('gives up after a thousand malformed rows', () => {
    const framer = new Framer({ delimiter: ',', lineEnd: 'lf', recordBytesMax: 1000 });
    expect(framer.push(Buffer.from('a"b\n'.repeat(1000))).length).toBe(1000);
    expect(() => framer.push(Buffer.from('a"b\n'))).toThrow(
      expect.objectContaining({
        code: 'too_many_malformed_rows',
        message: expect.stringContaining('line 1001'),
      }),
    );
  });

  it('finds one field as splitting does', () => {
    const framer = new Framer({ delimiter: ';', lineEnd: 'lf', recordBytesMax: 1000 });
    const batch = framer.push(Buffer.from('a;é;c\n"x;1";y\n'), true);
    const fields = Array.from(batch, (record) => [0, 1, 2, 3].map((position) => record.field(position)));
    expect(fields).toEqual([
      ['a', 'é', 'c', ''],
      ['x;1', 'y', '', ''],
    ]);
  });
});

describe('framing against csv-parse', () => {
  const token = fc.constantFrom(
    'a',
    'bc',
    ',',
    ',',
    '"',
    '"',
    '""',
    '"q"',
    '\n',
    '\r\n',
    '\r',
    ' ',
    'é',
    '€',
    ';',
  );
  const noise = fc.array(token, { maxLength: 24 }).map((tokens) => tokens.join(''));
  const value = fc.constantFrom(
    '',
    'a',
    '1,2',
    'say "x"',
    'two\nlines',
    'two\r\nlines',
    ' pad ',
    'ü',
    '"',
    ',',
  );
  const written = (end: string) =>
    fc
      .array(fc.array(value, { minLength: 1, maxLength: 4 }), { maxLength: 6 })
      .map((rows) => rows.map((row) => row.map(quotedIfNeeded).join(',') + end).join(''));
  const text = fc.oneof(
    noise,
    written('\n'),
    written('\r\n'),
    written('\r'),
    fc.tuple(written('\n'), noise).map((parts) => parts.join('')),
  );

  it.each(lineEnds)(
    'gives the same fields, lines and faults at every chunk boundary (%s)',
    (lineEnd) => {
      fc.assert(
        fc.property(text, fc.constantFrom(',', ';'), (drawn, delimiter) => {
          const bytes = Buffer.from(drawn);
          const expected = referenceEvents(bytes, delimiter, lineEnd);
          for (const chunks of everyCut(bytes)) {
            expect(framedEvents(chunks, delimiter, lineEnd)).toEqual(expected);
          }
        }),
        { ...bounded, numRuns: 1500 },
      );
    },
    20_000,
  );

  it.each(lineEnds)(
    'bounds records alike wherever the chunks end (%s)',
    (lineEnd) => {
      fc.assert(
        fc.property(text, fc.integer({ min: 1, max: 8 }), (drawn, recordBytesMax) => {
          const bytes = Buffer.from(drawn);
          const whole = framedEvents([bytes], ',', lineEnd, recordBytesMax);
          const reference = referenceEvents(bytes, ',', lineEnd, recordBytesMax);
          // A record may be both too long and broken; the reference does not say which comes first.
          expect(whole.map(anyFault)).toEqual(reference.map(anyFault));
          for (const chunks of everyCut(bytes)) {
            expect(framedEvents(chunks, ',', lineEnd, recordBytesMax)).toEqual(whole);
          }
        }),
        { ...bounded, numRuns: 600 },
      );
    },
    20_000,
  );

  it('refuses a plain line exactly if it has more bytes than allowed', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'é', 'x'), minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), (lines, end) => {
        const bytes = Buffer.from(lines.map((each) => each + end).join(''));
        const expected = lines.map((each, index) =>
          Buffer.byteLength(each) > 6
            ? { line: index + 1, malformed: 'record_too_long' }
            : { line: index + 1, fields: [each] },
        );
        for (const chunks of everyCut(bytes)) expect(framedEvents(chunks, ',', 'lf', 6)).toEqual(expected);
      }),
      { ...bounded, numRuns: 200 },
    );
  });

  function anyFault(event: Event): Event {
    return 'malformed' in event ? { line: event.line, malformed: 'any' } : event;
  }

  function quotedIfNeeded(field: string): string {
    return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  }
});

describeShared('framing of csv-test-data', ['data', 'csv-test-data', 'csv'], (folder) => {
  it.each(readdirSync(folder))('reads %s as csv-parse does', (name) => {
    const bytes = readFileSync(join(folder, name));
    expect(framedEvents([bytes], ',', 'lf')).toEqual(referenceEvents(bytes, ',', 'lf'));
  });

  it.each([
    ['bad-missing-quote.csv', 2, 'quote_not_closed'],
    ['bad-quotes-with-unescaped-quote.csv', 2, 'text_after_quote'],
    ['bad-unescaped-quote.csv', 2, 'stray_quote'],
  ])('reports %s', (name, line, malformed) => {
    const events = framedEvents([readFileSync(join(folder, name))], ',', 'lf');
    expect(events.at(-1)).toEqual({ line, malformed });
  });
});
