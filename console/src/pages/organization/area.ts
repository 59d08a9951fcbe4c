import type { Area } from '../../app/area.ts';

export const organization: Area = {
  pages: [
    { path: 'roles', needs: 'departments.read', load: () => import('./RolesPage.tsx') },
    { path: 'schema', needs: 'schema.read', load: () => import('./SchemaPage.tsx') },
    { path: 'settings', needs: 'organization.write', load: () => import('./SettingsPage.tsx') },
    { path: 'audit', needs: 'audit.read', load: () => import('./AuditPage.tsx') },
    { path: 'advanced', needs: 'accounts.clear', load: () => import('./AdvancedPage.tsx') },
  ],
  links: [
    { path: 'roles', needs: 'departments.read', text: 'organization.roles.title' },
    { path: 'schema', needs: 'schema.read', text: 'organization.schema.title' },
    { path: 'settings', needs: 'organization.write', text: 'organization.settings.title' },
    { path: 'audit', needs: 'audit.read', text: 'organization.audit.title' },
    { path: 'advanced', needs: 'accounts.clear', text: 'organization.advanced.title' },
  ],
};
