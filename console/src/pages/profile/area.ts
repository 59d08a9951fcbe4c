import type { Area } from '../../app/area.ts';

/** Everybody's own; the menu of the account leads there. */
export const profile: Area = {
  pages: [{ path: 'profile', needs: 'organization.read', load: () => import('./ProfilePage.tsx') }],
  links: [],
};
