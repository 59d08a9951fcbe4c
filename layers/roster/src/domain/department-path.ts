/**
 * Paths of departments as people write them in a roster file: the names from below the root, joined by a slash with
 * white space on both sides, `Europe / Sales / Inside`. A slash without white space is a part of a name (`R/D`).
 *
 * Where a name would be misread, a backslash takes the meaning from the slash, backslash or white space after it;
 * before anything else a backslash stands for itself.
 */

interface Sign {
  text: string;
  isEscaped: boolean;
}

/** Writes names as a path. {@link namesOfPath} reads every path back as exactly these names. */
export function pathOfNames(names: readonly string[]): string {
  return names.map(escaped).join(' / ');
}

/** Reads a path. A blank text has no names; a name between two separators may turn out empty. */
export function namesOfPath(path: string): string[] {
  const signs = signsOf(path);
  const names: Sign[][] = [[]];
  for (const [index, sign] of signs.entries()) {
    const isSeparator = isBare(sign, '/') && isBlank(signs[index - 1]) && isBlank(signs[index + 1]);
    if (isSeparator) names.push([]);
    else names.at(-1)?.push(sign);
  }
  if (names.length === 1 && signs.every(isBlank)) return [];
  return names.map(trimmed);
}

function escaped(name: string): string {
  return name
    .replaceAll('\\', '\\\\')
    .replace(/(?<=^|\s)\/(?=\s|$)/g, '\\/')
    .replace(/^\s+|\s+$/g, (blanks) => blanks.replace(/\s/g, '\\$&'));
}

function signsOf(path: string): Sign[] {
  const found = path.matchAll(/\\([\\/\s])|./gs);
  return Array.from(found, ([text, taken]) => ({ text: taken ?? text, isEscaped: taken !== undefined }));
}

function isBare(sign: Sign, text: string): boolean {
  return !sign.isEscaped && sign.text === text;
}

function isBlank(sign: Sign | undefined): boolean {
  return sign !== undefined && !sign.isEscaped && /\s/.test(sign.text);
}

function trimmed(signs: readonly Sign[]): string {
  const first = signs.findIndex((sign) => !isBlank(sign));
  if (first < 0) return '';
  const last = signs.findLastIndex((sign) => !isBlank(sign));
  return signs
    .slice(first, last + 1)
    .map(({ text }) => text)
    .join('');
}
