import type { Organization } from '../api/schema.ts';
import { Conflict } from '../parts/Conflict.tsx';
import type { Draft } from '../parts/useDraft.ts';

interface SettingsConflictProps<D extends object> {
  form: Draft<Organization, D>;
  nameOf: (field: keyof D) => string;
}

/** What somebody else changed in a form of settings while it was filled in, if anything. */
export function SettingsConflict<D extends object>({ form, nameOf }: SettingsConflictProps<D>) {
  if (form.theirs.length === 0) return null;
  const parts = form.theirs.map((field) => ({ name: nameOf(field), isMine: form.isMine(field) }));
  return <Conflict parts={parts} onKeep={form.keep} onDiscard={form.discard} />;
}
