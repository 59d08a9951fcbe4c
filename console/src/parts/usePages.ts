import { useState } from 'react';

/** Pages by cursor: those seen are kept, so that one can go back. Another list begins at its first page. */
export function usePages(list: string) {
  const [state, setState] = useState<{ list: string; cursors: readonly string[]; index: number }>({
    list,
    cursors: [],
    index: 0,
  });
  const { cursors, index } = state.list === list ? state : { cursors: [], index: 0 };
  const cursor = index === 0 ? undefined : cursors[index - 1];
  return {
    index,
    /** How many pages were seen. */
    known: cursors.length + 1,
    at: cursor === undefined ? {} : { cursor },
    go(target: number, next: string | undefined) {
      const seen = target > cursors.length && next !== undefined ? [...cursors, next] : cursors;
      setState({ list, cursors: seen, index: Math.min(target, seen.length) });
    },
  };
}
