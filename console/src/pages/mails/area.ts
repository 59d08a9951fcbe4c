import type { Area } from '../../app/area.ts';

export const mails: Area = {
  pages: [{ path: 'mails', needs: 'organization.read', load: () => import('./MailsPage.tsx') }],
  links: [{ path: 'mails', needs: 'organization.read', text: 'mails.title' }],
};
