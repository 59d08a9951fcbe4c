import { type ComponentType, Suspense } from 'react';
import { createBrowserRouter, Outlet } from 'react-router';
import type { Permission } from 'roster/domain/permissions';
import { areas } from '../pages/areas.ts';
import { Loading } from '../parts/states.tsx';
import { useOrganization } from '../session/me.ts';
import { FirstOrganization, FirstPage } from './FirstPage.tsx';
import { Crash, NoAccess, NotFound } from './messages.tsx';
import { SignedIn } from './SignedIn.tsx';

/** A page for those with the permission. */
function guarded(Page: ComponentType, needs: Permission): ComponentType {
  return function Guarded() {
    return useOrganization().may(needs) ? <Page /> : <NoAccess />;
  };
}

const pages = areas
  .flatMap((area) => area.pages)
  .map(({ path, needs, load }) => ({
    path,
    lazy: async () => ({ Component: guarded((await load()).default, needs) }),
  }));

/**
 * The console's paths: `/sign-in`, and the pages of an organization below `/orgs/<org>`. CloudFront answers them all with
 * `index.html` (`infra/constructs/console-pages.ts`).
 */
export const router = createBrowserRouter([
  {
    errorElement: <Crash />,
    hydrateFallbackElement: <Loading />,
    element: (
      <Suspense fallback={<Loading />}>
        <Outlet />
      </Suspense>
    ),
    children: [
      {
        path: '/sign-in/*',
        lazy: async () => ({ Component: (await import('../pages/sign-in/SignInPage.tsx')).default }),
      },
      {
        element: <SignedIn />,
        children: [
          { index: true, element: <FirstOrganization /> },
          {
            path: '/orgs/:org',
            lazy: async () => ({ Component: (await import('./Shell.tsx')).default }),
            children: [
              {
                errorElement: <Crash />,
                children: [
                  { index: true, element: <FirstPage /> },
                  ...pages,
                  { path: '*', element: <NotFound /> },
                ],
              },
            ],
          },
        ],
      },
      { path: '*', element: <NotFound /> },
    ],
  },
]);
