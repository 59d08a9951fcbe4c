import type { Area } from '../../app/area.ts';

export const feed: Area = {
  pages: [{ path: 'feed', needs: 'imports.write', load: () => import('./FeedPage.tsx') }],
  links: [{ path: 'feed', needs: 'imports.write', text: 'feed.title' }],
};
