import type { Area } from '../../app/area.ts';

export const jobs: Area = {
  pages: [
    { path: 'jobs', needs: 'members.read', load: () => import('./JobsPage.tsx') },
    { path: 'jobs/:jobId', needs: 'members.read', load: () => import('./BulkJobPage.tsx') },
    { path: 'exports/new', needs: 'members.export', load: () => import('./ExportPage.tsx') },
  ],
  links: [{ path: 'jobs', needs: 'members.read', text: 'jobs.title' }],
};
