import type { Area } from '../../app/area.ts';

export const mails: Area = {
  pages: [{ path: 'mails', needs: 'members.read', load: () => import('./MailsPage.tsx') }],
  links: [{ path: 'mails', needs: 'members.read', text: 'mails.title' }],
};
