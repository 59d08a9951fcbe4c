import anyAscii from 'any-ascii';

/** All of ASCII stays as it is. */
const ascii = /^[\x00-\x7f]*$/;

/** A text as people are ordered and searched by it: accents and case put aside, É = e, Ł = l; ASCII, one blank at most. */
export function foldText(text: string): string {
  const plain = ascii.test(text) ? text : anyAscii(text);
  return plain.toLowerCase().replace(/\s+/g, ' ').trim();
}
