import type { Objects } from '../domain/ports.ts';

const pageBytes = 128 * 1024;

/** Whole lines of an object from a byte offset on, and where the next line begins; `end` when there is none. */
export interface LinePage {
  lines: string[];
  next: number;
  end: boolean;
}

/**
 * Reads at most `linesMax` lines from a byte offset, a range of the object at a time, so that a page costs the
 * same however long the file is; a range is of `bytesMax`. Reads on where a line is longer than a range.
 */
export async function readLinePage(
  work: Objects,
  key: string,
  offset: number,
  linesMax: number,
  bytesMax = pageBytes,
): Promise<LinePage> {
  for (let bytes = bytesMax; ; bytes *= 4) {
    const range = await work.readRange(key, offset, offset + bytes);
    const isLast = range.length < bytes;
    const page = takeLines(range, offset, linesMax, isLast);
    if (page.lines.length > 0 || isLast) return page;
  }
}

function takeLines(range: Buffer, offset: number, linesMax: number, isLast: boolean): LinePage {
  const lines: string[] = [];
  let start = 0;
  while (lines.length < linesMax) {
    const end = range.indexOf(10, start);
    if (end < 0) break;
    lines.push(range.toString('utf8', start, end));
    start = end + 1;
  }
  return { lines, next: offset + start, end: isLast && start >= range.length };
}
