import anyAscii from 'any-ascii';

/** A text as people are ordered and searched by it: accents and case put aside, É = e, Ł = l; ASCII, one blank at most. */
export function foldText(text: string): string {
  return anyAscii(text).toLowerCase().replace(/\s+/g, ' ').trim();
}
