import { useEffect } from 'react';
import { Navigate, Outlet, useLocation } from 'react-router';
import { useSession } from '../session/useSession.ts';
import { AskAgain } from './AskAgain.tsx';
import { queries } from './queries.ts';

/** Lets nobody through who is not signed in; who signs in then comes back to the page that was asked for. */
export function SignedIn() {
  const state = useSession();
  const { pathname, search } = useLocation();
  const isIn = state === 'in';
  // Nothing of one account is left for the next one.
  useEffect(() => {
    if (!isIn) queries.clear();
  }, [isIn]);
  if (isIn) {
    return (
      <>
        <Outlet />
        <AskAgain />
      </>
    );
  }
  const asked = pathname === '/' ? '' : `to=${encodeURIComponent(pathname + search)}`;
  const ended = state === 'ended' ? 'ended' : '';
  // Whoever signs out wants to leave, and comes back to the first page.
  const query =
    state === 'out' && document.referrer === '' ? asked : [asked, ended].filter(Boolean).join('&');
  return <Navigate to={`/sign-in${query && `?${query}`}`} replace />;
}
