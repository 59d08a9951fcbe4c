import type { Area } from '../../app/area.ts';

export const members: Area = {
  pages: [
    { path: 'members', needs: 'members.read', load: () => import('./MembersPage.tsx') },
    { path: 'members/add', needs: 'members.write', load: () => import('./AddMemberPage.tsx') },
  ],
  links: [{ path: 'members', needs: 'members.read', text: 'members.title' }],
};
