import type { Area } from '../../app/area.ts';

export const mappings: Area = {
  pages: [{ path: 'mappings', needs: 'imports.read', load: () => import('./MappingsPage.tsx') }],
  links: [{ path: 'mappings', needs: 'imports.read', text: 'mappings.title' }],
};
