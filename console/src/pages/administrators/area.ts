import type { Area } from '../../app/area.ts';

export const administrators: Area = {
  pages: [{ path: 'administrators', needs: 'audit.read', load: () => import('./AdministratorsPage.tsx') }],
  links: [{ path: 'administrators', needs: 'audit.read', text: 'administrators.title' }],
};
