import { type ComponentType, lazy } from 'react';
import { matchPath, Route, Routes, useLocation } from 'react-router';
import type { Permission } from 'roster/domain/permissions';
import { areas } from '../pages/areas.ts';
import { useOrganization } from '../session/me.ts';
import { FirstOrganization, FirstPage } from './FirstPage.tsx';
import { Guard } from './Guard.tsx';
import { NotAllowed, NotFound } from './messages.tsx';
import { SignedIn } from './SignedIn.tsx';

const SignInPage = lazy(() => import('../pages/sign-in/SignInPage.tsx'));
const Shell = lazy(() => import('./Shell.tsx'));
const pages = areas.flatMap((area) => area.pages).map((page) => ({ ...page, Page: lazy(page.load) }));

/**
 * The console's paths: `/sign-in`, and the pages of an organization below `/orgs/<org>`. CloudFront answers them all with
 * `index.html` (`infra/constructs/console-pages.ts`).
 */
export function Pages() {
  fetchPage(useLocation().pathname);
  return (
    <Guard>
      <Routes>
        <Route path="/sign-in/*" element={<SignInPage />} />
        <Route element={<SignedIn />}>
          <Route index element={<FirstOrganization />} />
          <Route path="/orgs/:org" element={<Shell />}>
            <Route index element={<FirstPage />} />
            {pages.map(({ path, needs, Page }) => (
              <Route key={path} path={path} element={<Permitted Page={Page} needs={needs} />} />
            ))}
            <Route path="*" element={<NotFound />} />
          </Route>
        </Route>
        <Route path="*" element={<NotFound />} />
      </Routes>
    </Guard>
  );
}

/** Asks for a page as soon as its address is known, not only once the frame around it shows. */
function fetchPage(pathname: string): void {
  const page = pages.find(({ path }) => matchPath(`/orgs/:org/${path}`, pathname));
  // Whoever shows it asks again, and says what went wrong.
  page?.load().catch(() => undefined);
}

/** A page for those with the permission. */
function Permitted({ Page, needs }: { Page: ComponentType; needs: Permission }) {
  return useOrganization().may(needs) ? <Page /> : <NotAllowed />;
}
