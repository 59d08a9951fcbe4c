/** The words that a member is searched by, and what it takes to begin one of them. Pure, and ASCII throughout. */
import { foldText } from './fold-text.ts';
import type { Member } from './member.ts';

/** What of a member is searched. */
export type SearchedMember = Pick<Member, 'externalId' | 'name' | 'username' | 'email' | 'phone'>;

/** How many words a member is found by, and how long one is: bounds for what no name is, so that lines stay short. */
export const searchWordsMax = 64;
const wordLengthMax = 254;
/** From how many letters on a word may have a typing error. */
export const typoLettersMin = 5;

/**
 * The words of a member: of name, username, email and external id, each as it stands and in its pieces between
 * punctuation; of a phone the digits, with the country's code, without, and with the zero dialled within a country.
 * A word that another one begins with is left out, for nothing begins it that does not begin the other.
 */
export function searchWords({ externalId, name, username, email, phone }: SearchedMember): string[] {
  const texts = [name, externalId, username ?? '', email ?? ''].flatMap((text) => text.split(/\s+/));
  const words = texts.flatMap((text) => {
    const whole = foldText(text);
    return [...whole.split(' '), ...piecesOf(whole)];
  });
  if (phone !== undefined) words.push(...phoneWords(phone));
  return withoutBeginnings(words);
}

/** The letters and digits between anything else. */
export function piecesOf(folded: string): string[] {
  return folded.split(/[^a-z0-9]+/).filter((piece) => piece !== '');
}

function withoutBeginnings(words: readonly string[]): string[] {
  // Control characters part words where they are stored.
  const clean = words.map((word) => word.replace(/[\x00-\x1f]/g, '').slice(0, wordLengthMax));
  const sorted = [...new Set(clean)].filter((word) => word !== '').sort();
  return sorted.filter((word, index) => !sorted[index + 1]?.startsWith(word)).slice(0, searchWordsMax);
}

/**
 * The country calling codes of one and two digits; all others have three.
 *
 * Source: ITU-T, List of Recommendation E.164 assigned country codes
 */
const shortCallingCodes = /^(?:1|7|2[07]|3[0-4690]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

function phoneWords(phone: string): string[] {
  const digits = digitsOf(phone);
  if (digits === '') return [];
  if (!phone.trim().startsWith('+')) return [digits];
  const national = digits.slice(shortCallingCodes.exec(digits)?.[0].length ?? 3);
  return [digits, national, `0${national}`];
}

function digitsOf(text: string): string {
  return foldText(text).replace('(0)', '').replace(/\D/g, '');
}

/** A text asked for, one of whose `ways` has to hold; of a way, each word has to begin a word of the member. */
interface Clause {
  ways: string[][];
}

/** What was asked for: each clause has to hold. None holds for everybody. */
export interface SearchQuery {
  clauses: readonly Clause[];
}

/** A number as people write it: digits in groups. */
const phoneLike = /^\+?[\d\s()./-]*\d[\d\s()./-]*$/;
/** How many words are looked for; those beyond are taken for said. */
const clausesMax = 20;

/**
 * Reads what somebody typed. Words are parted by white space; one with punctuation in it begins a word as it stands,
 * or each of its pieces does. What is written like a phone number may begin one. Undefined where nothing is left to
 * look for, which nobody is found by.
 */
export function readSearch(text: string): SearchQuery | undefined {
  const folded = foldText(text);
  const clauses = [...new Set(folded.split(' '))].filter((word) => word !== '').map(clauseOf);
  const words = clauses.filter(({ ways }) => ways.length > 0).slice(0, clausesMax);
  if (words.length === 0) return undefined;
  const digits = phoneLike.test(folded) ? digitsOf(folded) : '';
  if (words.length === 1 || digits === '') return { clauses: words };
  return { clauses: [{ ways: [[digits], words.flatMap(({ ways }) => ways[0] ?? [])] }] };
}

function clauseOf(word: string): Clause {
  const pieces = piecesOf(word);
  if (pieces.length === 0) return { ways: [] };
  return { ways: pieces.length === 1 && pieces[0] === word ? [[word]] : [[word], pieces] };
}

/** Whether a word asked for forgives a typing error: from {@link typoLettersMin} letters on; digits are no letters. */
export function forgivesTypo(asked: string): boolean {
  return asked.replace(/[^a-z]/g, '').length >= typoLettersMin;
}

/** Whether the words of a member hold what was asked for. */
export function holdsSearch({ clauses }: SearchQuery, words: readonly string[]): boolean {
  return clauses.every(({ ways }) =>
    ways.some((way) => way.every((asked) => words.some((word) => beginsWord(word, asked)))),
  );
}

function beginsWord(word: string, asked: string): boolean {
  return word.startsWith(asked) || (forgivesTypo(asked) && beginsWithinOneEdit(word, asked));
}

/**
 * Whether some beginning of the word is at most one edit from what was asked for: a letter too many, one missing,
 * another one, or two neighbours swapped (Damerau-Levenshtein). The edit can always be made where the two first
 * differ, or not at all.
 */
export function beginsWithinOneEdit(word: string, asked: string): boolean {
  let at = 0;
  while (at < asked.length && word.charCodeAt(at) === asked.charCodeAt(at)) at++;
  if (at === asked.length) return true;
  const rest = (from: number, wordFrom: number) => word.startsWith(asked.slice(from), wordFrom);
  if (rest(at + 1, at)) return true;
  if (at >= word.length) return false;
  if (rest(at + 1, at + 1) || rest(at, at + 1)) return true;
  return asked[at] === word[at + 1] && asked[at + 1] === word[at] && rest(at + 2, at + 2);
}
