import { useCallback } from 'react';
import { type NavigateOptions, useSearchParams } from 'react-router';

type Change = (before: URLSearchParams) => URLSearchParams;

/**
 * What the address says is looked at, and a way to change it. A change builds on the address as it is now: what was typed
 * a moment ago may be in it and not yet on the screen.
 */
export function useAddress(): [URLSearchParams, (change: Change, options?: NavigateOptions) => void] {
  const [search, setSearch] = useSearchParams();
  const change = useCallback(
    (next: Change, options?: NavigateOptions) =>
      setSearch(next(new URLSearchParams(window.location.search)), options),
    [setSearch],
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
