import * as fc from 'fast-check';
import {
  beginsWithinOneEdit,
  forgivesTypo,
  holdsSearch,
  readSearch,
  searchWords,
} from 'roster/domain/search-words';
import { describe, expect, it } from 'vitest';

const elodie = {
  externalId: 'M-0042',
  name: "Élodie O'Brien-Łukasz",
  username: 'eob',
  email: 'elodie.obrien@choir.example',
  phone: '+33612345678',
};

function finds(q: string, member: Parameters<typeof searchWords>[0] = elodie): boolean {
  const search = readSearch(q);
  return search !== undefined && holdsSearch(search, searchWords(member));
}

describe('a member is found by', () => {
  it.each([
    [
      'the beginning of any word of the name',
      ['elo', 'brien', 'luk', 'Łuk', 'ÉLODIE', "o'br", 'O’Brien', 'lukasz elodie'],
    ],
    ['the username', ['eob']],
    ['the email, whole or from any piece on', ['elodie.ob', 'obrien@choir.ex', 'choir', 'example']],
    ['the external id', ['m-0042', 'M-00', '0042']],
    [
      'the phone, however it is written',
      ['+33612', '+33 6 12 34', '33612', '0612', '06 12 34', '612345678', '(06) 12-34', '+33 (0)6 12'],
    ],
    [
      'a word with one typing error',
      ['elodei', 'elxdie', 'eldie', 'elodiee', 'xelodie', 'luaksz', 'elodir obr'],
    ],
  ])('%s', (_, asked) => {
    for (const q of asked) expect(finds(q), q).toBe(true);
  });

  it.each([
    ['what is inside of a word', ['odie', 'rien', '12345678']],
    ['two typing errors', ['elxdei', 'elodixx', 'leodei']],
    ['an error in a word of four letters or in digits', ['elxd', 'eoc', '061234x', '33612345679']],
    ['one of two words', ['elodie smith']],
    ['nothing that is a letter or digit', ['@', '—', '- -', ' ']],
  ])('and not by %s', (_, asked) => {
    for (const q of asked) expect(finds(q), q).toBe(false);
  });
});

/** How many edits of one letter, swaps of neighbours among them, lead from one text to another. */
function edits(one: string, other: string): number {
  const rows = Array.from({ length: one.length + 1 }, (_, i) =>
    Array.from({ length: other.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  const at = (i: number, j: number) => rows[i]?.[j] as number;
  for (let i = 1; i <= one.length; i++) {
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      let least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same);
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (isSwap) least = Math.min(least, at(i - 2, j - 2) + 1);
      (rows[i] as number[])[j] = least;
    }
  }
  return at(one.length, other.length);
}

const few = (max: number) => fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: max });

it('a word begins within one edit exactly where one of its beginnings is at most one edit away', () => {
  fc.assert(
    fc.property(few(9), few(8), (word, asked) => {
      const beginnings = Array.from({ length: word.length + 1 }, (_, length) => word.slice(0, length));
      expect(beginsWithinOneEdit(word, asked)).toBe(beginnings.some((one) => edits(one, asked) <= 1));
    }),
    { numRuns: 3_000 },
  );
});

it('forgives from five letters on', () => {
  expect(['smith', 'smit', '12345', 'ab1c2', 'a1b2c3de'].map(forgivesTypo)).toEqual([
    true,
    false,
    false,
    false,
    true,
  ]);
});

it('keeps the words of a member few and short, whatever its values', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (name) => {
      const words = searchWords({ externalId: 'x', name });
      expect(words.length).toBeLessThanOrEqual(64);
      // Printable ASCII: parted by zero bytes where they are stored.
      for (const word of words) expect(word).toMatch(/^[\x20-\x7e]{1,254}$/);
    }),
  );
});
