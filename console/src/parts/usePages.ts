import { useState } from 'react';
import type { CursorPages } from './cursorPages.ts';

interface Seen {
  /** What is listed; another list begins at its first page. */
  list: string;
  /** Where the pages begin that were seen, from the second on. */
  cursors: readonly string[];
  number: number;
}

/**
 * Pages of a list that is looked through on one page of the console, and not by its address: those seen are kept, so that
 * one can go back.
 */
export function usePages(list: string): CursorPages {
  const [state, setState] = useState<Seen>({ list, cursors: [], number: 1 });
  const { cursors, number } = state.list === list ? state : { cursors: [], number: 1 };
  return {
    number,
    cursor: cursors[number - 2],
    known: (next) => Math.max(cursors.length + 1, next === undefined ? number : number + 1),
    go(to, next) {
      const seen = to > cursors.length + 1 && next !== undefined ? [...cursors, next] : cursors;
      setState({ list, cursors: seen, number: Math.min(to, seen.length + 1) });
    },
  };
}
