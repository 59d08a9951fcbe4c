/** Finds which column of the roster a header most likely means, where neither name nor alias tells it. */
import { foldText } from './fold-text.ts';
import type { HeaderMatch } from './header.ts';
import { labelsOf } from './header-words.ts';
import { isPasswordLabel } from './passwords.ts';
import type { Column } from './schema.ts';
import { beginsWithinOneEdit, forgivesTypo, piecesOf } from './search-words.ts';

/** Words that say nothing about which column is meant. */
const fillers = new Set(
  'a au by d de des du et is l la le les of the un une user member membre members adherent adherents employee staff personal personnel personnelle perso private pro professional professionnel professionnelle work home main principal principale'.split(
    ' ',
  ),
);

/** How like a header and a label are: 1 for the same, 0 for nothing in common; below {@link likelyMin} is chance. */
const likelyMin = 0.7;

interface Words {
  /** All of them joined. */
  whole: string;
  /** Those that say something, each once. */
  telling: Set<string>;
}

function wordsOf(label: string): Words {
  const apart = label.replace(/(\p{Ll}|\d)(?=\p{Lu})/gu, '$1 ').replace(/\be[\s-]?mail/gi, 'email');
  const words = piecesOf(foldText(apart));
  const telling = words.filter((word) => !fillers.has(word));
  return { whole: words.join(''), telling: new Set(telling.length > 0 ? telling : words) };
}

function likeness(header: Words, label: Words): number {
  if (header.whole === label.whole) return 1;
  const common = [...label.telling].filter((word) => header.telling.has(word)).length;
  if (common === label.telling.size && common === header.telling.size) return 0.95;
  if (isOneEditAway(header.whole, label.whole)) return 0.9;
  if (common === label.telling.size) return 0.45 + 0.4 * (common / header.telling.size);
  return 0;
}

function isOneEditAway(one: string, other: string): boolean {
  return (
    Math.abs(one.length - other.length) <= 1 &&
    forgivesTypo(one) &&
    (beginsWithinOneEdit(one, other) || beginsWithinOneEdit(other, one))
  );
}

const emailLike = /^\S+@\S+\.\S+$/;

/** Whether nearly all of a column's sample values are email addresses. */
function holdsEmails(samples: readonly string[] = []): boolean {
  return samples.length > 0 && samples.every((value) => emailLike.test(value));
}

/**
 * Adds to matches the likely columns of headers that have none, the likeliest first, each column once. A later header
 * of two that mean the same column loses it. `samples` are values of each header, by its name.
 */
export function likelyMatches(
  matches: readonly HeaderMatch[],
  columns: readonly Column[],
  samples: Readonly<Record<string, readonly string[]>> = {},
): HeaderMatch[] {
  const taken = new Set<string>();
  const sure = matches.map((match): HeaderMatch => {
    if (match.column === undefined || !taken.has(match.column)) {
      if (match.column !== undefined) taken.add(match.column);
      return match;
    }
    return { name: match.name };
  });
  const free = columns.filter(({ name }) => !taken.has(name));
  const labels = free.map((column) => labelsOf(column).map(wordsOf));
  const open = sure.filter(
    ({ name, column, dropped }) => column === undefined && !dropped && !isPasswordLabel(name),
  );
  const pairs = open.flatMap(({ name }) => {
    const header = wordsOf(name);
    const isEmail = holdsEmails(Object.hasOwn(samples, name) ? samples[name] : undefined);
    return free.map(({ name: column, type }, at) => {
      const byLabel = Math.max(...(labels[at] as Words[]).map((label) => likeness(header, label)));
      return { name, column, score: type === 'email' && isEmail ? Math.max(byLabel, likelyMin) : byLabel };
    });
  });
  const likely = pairs
    .filter(({ score }) => score >= likelyMin)
    .sort((one, other) => other.score - one.score);
  const found = new Map<string, string>();
  for (const { name, column } of likely) {
    if (found.has(name) || taken.has(column)) continue;
    found.set(name, column);
    taken.add(column);
  }
  return sure.map((match) => {
    const column = found.get(match.name);
    return column === undefined ? match : { name: match.name, column, by: 'likeness' };
  });
}
