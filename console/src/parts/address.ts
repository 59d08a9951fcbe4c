import { useCallback } from 'react';
import { type NavigateOptions, useLocation, useSearchParams } from 'react-router';

type Change = (before: URLSearchParams) => URLSearchParams;

/**
 * What the address says is looked at, and a way to change it. A change builds on the address as it is now: what was typed
 * a moment ago may be in it and not yet on the screen. On a page that is being left nothing is changed any more.
 */
export function useAddress(): [URLSearchParams, (change: Change, options?: NavigateOptions) => void] {
  const [search, setSearch] = useSearchParams();
  const { pathname } = useLocation();
  const change = useCallback(
    (next: Change, options?: NavigateOptions) => {
      if (window.location.pathname !== pathname) return;
      setSearch(next(new URLSearchParams(window.location.search)), options);
    },
    [setSearch, pathname],
  );
  return [search, change];
}

/** The address with one thing changed; nothing and the usual are left out. */
export function withValue(search: URLSearchParams, name: string, value: string | undefined): URLSearchParams {
  const next = new URLSearchParams(search);
  if (value === undefined || value === '') next.delete(name);
  else next.set(name, value);
  return next;
}
