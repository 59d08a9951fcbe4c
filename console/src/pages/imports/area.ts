import type { Area } from '../../app/area.ts';

export const imports: Area = {
  pages: [
    { path: 'imports', needs: 'imports.read', load: () => import('./HistoryPage.tsx') },
    { path: 'imports/new', needs: 'imports.write', load: () => import('./NewImportPage.tsx') },
    { path: 'imports/:importId', needs: 'imports.read', load: () => import('./ImportPage.tsx') },
  ],
  links: [{ path: 'imports', needs: 'imports.read', text: 'imports.title' }],
};
