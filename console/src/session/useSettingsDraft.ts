import { isProblemOf } from '../api/problem.ts';
import type { Organization, OrganizationPatch } from '../api/schema.ts';
import { changedFields, useDraft } from '../parts/useDraft.ts';
import type { useSettings } from './settings.ts';

export type SaveSettings = ReturnType<typeof useSettings>['save'];

/** A form of some of an organization's settings: its draft, and how it is saved. */
export function useSettingsDraft<D extends object>(
  organization: Organization,
  save: SaveSettings,
  draftOf: (organization: Organization) => D,
) {
  const form = useDraft(organization, draftOf);

  async function keep(changes: OrganizationPatch): Promise<void> {
    const before = draftOf(form.base);
    const isUntouched = (now: Organization) => changedFields(before, draftOf(now)).length === 0;
    try {
      form.begin(await save(changes, form.base, isUntouched));
    } catch (error) {
      // The form says what somebody else changed, and asks.
      if (!isProblemOf(error, 'precondition_failed')) throw error;
    }
  }
  return { ...form, save: keep };
}
