import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorStatus } from 'roster/domain/errors';
import { describe, expect, it } from 'vitest';
import { en } from '../../../console/src/texts/en.ts';
import { fr } from '../../../console/src/texts/fr.ts';

/** Every text by its key, as `shell.themes.dark`. */
function flat(texts: object, prefix = ''): Map<string, string> {
  const entries = Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value] as const] : [...flat(value, `${prefix}${key}.`)],
  );
  return new Map(entries);
}

const english = flat(en);
const french = flat(fr);
const root = resolve(import.meta.dirname, '../../../console/src');
const sources = globSync('**/*.{ts,tsx}', { cwd: root, exclude: (path) => /^texts\/|schema\.ts$/.test(path) })
  .map((file) => readFileSync(resolve(root, file), 'utf8'))
  .join('\n');
const namesIn = (text: string) => [...text.matchAll(/{{(\w+)/g)].map(([, name]) => name).sort();
const pluralOf = /_(zero|one|two|few|many|other)$/;

describe("the console's texts", () => {
  it('are the same in both languages, and none is empty', () => {
    expect([...french.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [key, text] of [...english, ...french]) expect(text.trim(), key).not.toBe('');
  });

  it('are translated: only names are spelled alike', () => {
    const alike = [...english].filter(([key, text]) => french.get(key) === text && /\w{5}/.test(text));
    // What is the same word in both languages.
    const words = [
      'Muster',
      'Page',
      'Pages',
      'Notifications',
      'Messages',
      'Actions',
      'Type',
      'Date',
      'Code',
      'Description',
      'Imports',
      'Invitation',
      'Invitations',
    ];
    expect(alike.filter(([, text]) => !words.includes(text)).map(([key]) => key)).toEqual([]);
  });

  it.each([...english.keys()])('%s names the same things in both', (key) => {
    expect(namesIn(french.get(key) ?? '')).toEqual(namesIn(english.get(key)!));
  });

  it('word all that the API refuses', () => {
    expect(Object.keys(errorStatus).filter((code) => !(code in en.problems))).toEqual([]);
  });

  it('are all used', () => {
    // A key in full, or a template that its beginning is in.
    const templates = [...sources.matchAll(/`([a-zA-Z]+\.[\w.]*)\$\{/g)].map(([, start]) => start!);
    const unused = [...english.keys()]
      .map((key) => key.replace(pluralOf, ''))
      .filter((key) => !sources.includes(`'${key}'`) && !templates.some((start) => key.startsWith(start)));
    expect(unused).toEqual([]);
  });
});
