import type { Area } from '../../app/area.ts';

export const members: Area = {
  pages: [{ path: 'members', needs: 'members.read', load: () => import('./MembersPage.tsx') }],
  links: [{ path: 'members', needs: 'members.read', text: 'members.title' }],
};
