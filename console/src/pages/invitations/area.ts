import type { Area } from '../../app/area.ts';

export const invitations: Area = {
  pages: [
    { path: 'invitations', needs: 'members.credentials', load: () => import('./InvitationsPage.tsx') },
    { path: 'invitations/reminders', needs: 'members.read', load: () => import('./RemindersPage.tsx') },
  ],
  links: [{ path: 'invitations', needs: 'members.credentials', text: 'invitations.title' }],
};
