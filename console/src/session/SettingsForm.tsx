import Button from '@cloudscape-design/components/button';
import Form from '@cloudscape-design/components/form';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Organization } from '../api/schema.ts';
import { Conflict } from '../parts/Conflict.tsx';
import { useAction } from '../parts/useAction.ts';
import type { Draft } from '../parts/useDraft.ts';

interface SettingsFormProps<D extends object> {
  form: Draft<Organization, D>;
  nameOf: (field: keyof D) => string;
  /** Whether what stands in the form can be saved, as far as nobody else changed it. */
  isSavable: boolean;
  isReadOnly?: boolean;
  onSave: () => Promise<void>;
  children: ReactNode;
}

/** A form of settings, which says what somebody else changed while it was filled in; saved once that is decided. */
export function SettingsForm<D extends object>(props: SettingsFormProps<D>) {
  const { form, nameOf, isSavable, isReadOnly = false, onSave, children } = props;
  const { t } = useTranslation();
  const { isBusy, run } = useAction();
  const parts = form.theirs.map((field) => ({ name: nameOf(field), isMine: form.isMine(field) }));
  const save = (
    <Button variant="primary" loading={isBusy} disabled={!isSavable || parts.length > 0}>
      {t('members.save')}
    </Button>
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(onSave);
      }}
    >
      <Form actions={!isReadOnly && save}>
        <SpaceBetween size="m">
          {children}
          {parts.length > 0 && <Conflict parts={parts} onKeep={form.keep} onDiscard={form.discard} />}
        </SpaceBetween>
      </Form>
    </form>
  );
}
