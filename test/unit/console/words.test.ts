import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../../console/public/pages/catalogue.js';
import { faultKey, languageOf, words } from '../../../console/public/pages/words.js';
import { errorStatus } from '../../../layers/roster/src/domain/errors.ts';
import { levels } from '../../../layers/roster/src/domain/permissions.ts';

const pages = fileURLToPath(new URL('../../../console/public/pages/', import.meta.url));
const sources = readdirSync(pages)
  .filter((name) => name.endsWith('.js') && name !== 'catalogue.js')
  .map((name) => readFileSync(pages + name, 'utf8'))
  .join('\n');
/** What stands in quotes and looks like a key. */
const quoted = new Set([...sources.matchAll(/'([a-z]+(?:\.[a-z_]+)+)'/g)].map(([, key]) => key!));
const texts = (language: 'en' | 'fr') => Object.entries<string>(catalogue[language]);
const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

describe('the catalogue', () => {
  it('has the same keys in both languages, in the same order, and no empty text', () => {
    expect(Object.keys(catalogue.fr)).toEqual(Object.keys(catalogue.en));
    for (const [key, text] of [...texts('en'), ...texts('fr')]) expect(text.trim(), key).not.toBe('');
  });

  it('fills in the same in both languages', () => {
    const english = catalogue.en as Record<string, string>;
    for (const [key, text] of texts('fr')) {
      expect(placeholders(text), key).toEqual(placeholders(english[key]!));
    }
  });

  it('is translated', () => {
    const english = catalogue.en as Record<string, string>;
    // Words that are the same in both.
    const alike = ['field.code'];
    const same = texts('fr').filter(([key, text]) => english[key] === text);
    expect(same.map(([key]) => key)).toEqual(alike);
  });

  it('does not let French punctuation begin a line', () => {
    for (const [key, text] of texts('fr')) expect(text, key).not.toMatch(/ [?!:;]/);
  });

  it('has every text that a page names, and none that no page needs', () => {
    const known = texts('en').map(([key]) => key);
    expect([...quoted].filter((key) => !known.includes(key))).toEqual([]);
    const byName = [
      ...levels.map((level) => `level.${level}`),
      ...Object.keys(errorStatus).map((code) => `fault.${code}`),
      'fault.session',
    ];
    expect(known.filter((key) => !quoted.has(key) && !byName.includes(key))).toEqual([]);
    for (const level of levels) expect(known).toContain(`level.${level}`);
  });

  it('finds keys in the sources', () => {
    expect(quoted).toContain('join.now');
    expect(quoted.size).toBeGreaterThan(100);
  });
});

describe('the language', () => {
  it.each([
    ['?lang=fr', ['en-US'], 'fr'],
    ['', ['fr-CA', 'en'], 'fr'],
    ['', ['de', 'fr'], 'fr'],
    ['', ['de'], 'en'],
    ['?lang=xx', ['FR'], 'fr'],
    ['', [], 'en'],
  ] as const)('of %s for %j is %s', (search, preferred, language) => {
    expect(languageOf(search, preferred)).toBe(language);
  });
});

describe('words', () => {
  it('fills in texts and times', () => {
    expect(words('fr', 'join.heading', { name: '<b>Club</b>' })).toBe('Rejoindre <b>Club</b>');
    expect(words('fr', 'join.until', { until: { at: '2026-11-24T12:00:00Z' } })).toMatch(/24 novembre 2026/);
    expect(words('en', 'join.until', { until: { at: '2026-11-24T12:00:00Z' } })).toMatch(/November 24, 2026/);
  });

  it('takes what stands in a value as it is', () => {
    expect(words('en', 'join.heading', { name: '{name} $& $1' })).toBe('Join {name} $& $1');
  });

  it('refuses a key that is not there', () => {
    expect(() => words('en', 'join.nothing')).toThrow(/join\.nothing/);
  });

  it('knows which errors have words', () => {
    expect(faultKey('login_taken')).toBe('fault.login_taken');
    expect([faultKey('teapot'), faultKey(undefined), faultKey('toString')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
