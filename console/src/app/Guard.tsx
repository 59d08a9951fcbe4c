import { type ReactNode, Suspense } from 'react';
import { ErrorBoundary } from 'react-error-boundary';
import { useLocation } from 'react-router';
import { Loading } from '../parts/states.tsx';
import { Crash } from './messages.tsx';

/** Stands in for a page that is on its way, or that broke, until another one is opened. */
export function Guard({ children }: { children: ReactNode }) {
  return (
    <ErrorBoundary FallbackComponent={Crash} resetKeys={[useLocation()]}>
      <Suspense fallback={<Loading />}>{children}</Suspense>
    </ErrorBoundary>
  );
}
