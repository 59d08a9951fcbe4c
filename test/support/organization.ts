import type { Organization } from 'roster/domain/organization';
import { defaultReminders } from 'roster/domain/reminders';

/** An organization as it is stored, for tests that need one and do not look at its settings. */
export function storedOrganization(organization: string, settings: Partial<Organization> = {}): Organization {
  return {
    organization,
    name: 'Acme',
    hold: { disabledShareMax: 0.1, disabledMembersMax: 50 },
    importDefaults: { mode: 'full', onRowErrors: 'reject_file', approve: 'review' },
    timeZone: 'UTC',
    reminders: defaultReminders,
    language: 'en',
    schemaVersion: 1,
    version: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    ...settings,
  };
}
