import fc from 'fast-check';
import { asBefore, neutralized } from 'roster/domain/neutral-text';
import { describe, expect, it } from 'vitest';

const odd = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^'{0,4}[=+\-@\t\r\n＝＋－＠a1 ]?.{0,5}$/),
);

describe('texts in a CSV file', () => {
  it('come back as they were, whatever they were', () => {
    fc.assert(
      fc.property(odd, (text) => {
        expect(asBefore(neutralized(text))).toBe(text);
      }),
      { seed: 1, numRuns: 5_000 },
    );
  });

  it('begin with no sign that runs as a formula', () => {
    fc.assert(
      fc.property(odd, (text) => {
        expect(neutralized(text)).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
      }),
      { seed: 2, numRuns: 5_000 },
    );
  });

  it.each([
    ['=1+1', "'=1+1"],
    ["'=1+1", "''=1+1"],
    ['+33 1 23', "'+33 1 23"],
    ['-5', "'-5"],
    ['@home', "'@home"],
    ["O'Neil", "O'Neil"],
    ["'t Hart", "'t Hart"],
    ["''", "''"],
    ['007', '007'],
    ['', ''],
  ])('%s is written as %s', (text, written) => {
    expect(neutralized(text)).toBe(written);
    expect(asBefore(written)).toBe(text);
  });
});
