import { useCallback } from 'react';
import { useNavigate } from 'react-router';

interface FollowEvent {
  preventDefault(): void;
  detail: { href?: string | undefined; external?: boolean | undefined };
}

/** For `onFollow` of Cloudscape's links: goes to the page without loading everything anew. */
export function useFollow(): (event: FollowEvent) => void {
  const navigate = useNavigate();
  return useCallback(
    (event) => {
      const { href, external } = event.detail;
      if (href === undefined || external || !href.startsWith('/') || isElsewhere(href)) return;
      event.preventDefault();
      void navigate(href);
    },
    [navigate],
  );
}

/** The members' pages and the API are not the console's. */
function isElsewhere(href: string): boolean {
  return !(href === '/' || href.startsWith('/orgs/') || href.startsWith('/sign-in'));
}
