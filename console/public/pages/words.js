/** The words of a page in the language of who reads it. Pure: no document, no storage. */
import { catalogue } from './catalogue.js';

/**
 * The language to begin with: that of the address (`?lang=fr`), else the first of the browser's that there is, else
 * English.
 * @param {string} search as `location.search`
 * @param {readonly string[]} preferred as `navigator.languages`
 * @returns {'en' | 'fr'}
 */
export function languageOf(search, preferred) {
  const asked = [new URLSearchParams(search).get('lang') ?? '', ...preferred];
  const known = asked.map((tag) => tag.toLowerCase().split('-')[0]);
  return known.find((tag) => tag === 'en' || tag === 'fr') ?? 'en';
}

/**
 * The text of a key, filled in. A value is a text, or `{at}` with a time in ISO 8601, which is told as people of the
 * language do, in their time zone.
 * @param {'en' | 'fr'} language
 * @param {string} key
 * @param {Record<string, string | { at: string }>} [values]
 * @throws {Error} for a key that is not in the catalogue
 */
export function words(language, key, values = {}) {
  const text = catalogue[language][key];
  if (text === undefined) throw new Error(`The catalogue has no ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => told(language, values[name] ?? ''));
}

function told(language, value) {
  if (typeof value === 'string') return value;
  return new Date(value.at).toLocaleString(language, { dateStyle: 'long', timeStyle: 'short' });
}

/**
 * The key of what to say about the API's error of this code; undefined where the catalogue has no words for it.
 * @param {string | undefined} code
 */
export function faultKey(code) {
  const key = `fault.${code}`;
  return Object.hasOwn(catalogue.en, key) ? key : undefined;
}
