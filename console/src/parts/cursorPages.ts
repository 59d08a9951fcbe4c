import { useLocation } from 'react-router';
import { useAddress, withValue } from './address.ts';

/** Which page of a list is looked at. */
export interface CursorPages {
  /** From 1. */
  number: number;
  /** Where the page begins; undefined for the first one. */
  cursor: string | undefined;
  /** How many pages are known, given the cursor of the next one. */
  known(next: string | undefined): number;
  /** Goes to a page; `next` is where the one after this begins. */
  go(number: number, next: string | undefined): void;
}

interface Trail {
  /** The cursors of the pages 2 to this one; null for those that nobody went through. */
  trail?: readonly (string | null)[];
}

/**
 * Pages of a list that only leads on from one to the next. The page is in the address, those before it in the window's
 * history, so that a reload stays and a link leads to the same page, from which the first one can be reached.
 */
export function useCursorPages(): CursorPages {
  const [search, setSearch] = useAddress();
  const state = useLocation().state as Trail | null;
  const cursor = search.get('from') ?? undefined;
  const number = cursor === undefined ? 1 : Math.max(2, Number(search.get('page')) || 2);
  const go = (to: number, next: string | undefined) => {
    const trail = state?.trail ?? [...Array<null>(Math.max(0, number - 2)).fill(null), cursor ?? null];
    const cursors = [...trail.slice(0, number - 1), next ?? null];
    const from = to === 1 ? null : cursors[to - 2];
    setSearch(
      (before) => {
        const after = onFirstPage(before);
        return from ? withValue(withValue(after, 'from', from), 'page', String(to)) : after;
      },
      { state: { trail: from ? cursors.slice(0, to - 1) : [] } satisfies Trail },
    );
  };
  return { number, cursor, known: (next) => (next === undefined ? number : number + 1), go };
}

/** Where the page after the one that shows begins; not known while another one is on its way. */
export function nextOf(list: {
  data?: { nextCursor?: string | undefined } | undefined;
  isPlaceholderData: boolean;
}): string | undefined {
  return list.isPlaceholderData ? undefined : list.data?.nextCursor;
}

/** The address without the page, for another list. */
export function onFirstPage(search: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const name of ['from', 'page']) next.delete(name);
  return next;
}
