import { lazy, Suspense, useSyncExternalStore } from 'react';
import { useMatch } from 'react-router';
import { useMe } from '../session/me.ts';
import { recentSignIn } from '../session/recentSignIn.ts';

const SignInAgain = lazy(() => import('../pages/sign-in/SignInAgain.tsx'));

/** Whatever a page asks for: where the API wants a fresh sign-in first, this gets it. */
export function AskAgain() {
  const isAsked = useSyncExternalStore(recentSignIn.subscribe, recentSignIn.isAsked);
  return isAsked && <Suspense>{<Asking />}</Suspense>;
}

function Asking() {
  const { memberships } = useMe();
  const org = useMatch('/orgs/:org/*')?.params.org;
  // All memberships are of this one account: any of its logins will do.
  const { organization, login } = memberships.find((one) => one.organization === org) ?? memberships[0]!;
  return <SignInAgain who={{ organization, login }} />;
}
