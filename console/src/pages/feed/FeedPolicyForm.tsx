import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useTranslation } from 'react-i18next';
import type { Organization } from '../../api/schema.ts';
import { useAction } from '../../parts/useAction.ts';
import { SettingsConflict } from '../../session/SettingsConflict.tsx';
import { type SaveSettings, useSettingsDraft } from '../../session/useSettingsDraft.ts';
import { Expectation } from './Expectation.tsx';
import { draftOf, type FeedDraft, isWhole, policyOf } from './feedDraft.ts';
import { Recipients } from './Recipients.tsx';

interface FeedPolicyFormProps {
  organization: Organization;
  save: SaveSettings;
}

/** What is done with a file that is delivered, whom it is told, and by when one is expected. */
export function FeedPolicyForm({ organization, save }: FeedPolicyFormProps) {
  const { t } = useTranslation();
  const { isBusy, run } = useAction();
  const form = useSettingsDraft(organization, save, draftOf);
  const { draft, set } = form;
  const names: Record<keyof FeedDraft, string> = {
    isOn: t('feed.isOn'),
    approve: t('organization.settings.approve'),
    mode: t('feed.mode'),
    onRowErrors: t('organization.settings.onRowErrors'),
    recipients: t('feed.recipients'),
    isExpected: t('feed.expected'),
    days: t('feed.days'),
    by: t('feed.by'),
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(() => form.save({ feed: policyOf(draft) }));
      }}
    >
      <Form
        actions={
          <Button
            variant="primary"
            loading={isBusy}
            disabled={!form.hasChanges || form.theirs.length > 0 || !isWhole(draft)}
          >
            {t('members.save')}
          </Button>
        }
      >
        <SpaceBetween size="m">
          <Container header={<Header variant="h2">{t('feed.policy')}</Header>}>
            <SpaceBetween size="m">
              <Toggle
                checked={draft.isOn}
                description={t('feed.isOnText')}
                onChange={({ detail }) => set({ isOn: detail.checked })}
              >
                {t('feed.isOn')}
              </Toggle>
              <Treatment draft={draft} set={set} />
              <Recipients chosen={draft.recipients} onChange={(recipients) => set({ recipients })} />
              <Expectation draft={draft} set={set} timeZone={organization.timeZone} />
            </SpaceBetween>
          </Container>
          <SettingsConflict form={form} nameOf={(field) => names[field]} />
        </SpaceBetween>
      </Form>
    </form>
  );
}

const approvals = ['auto', 'review'] as const;
const modes = ['', 'full', 'upsert', 'add_only', 'update_only'] as const;
const rowErrors = ['', 'reject_file', 'accept_valid'] as const;

interface PartProps {
  draft: FeedDraft;
  set: (change: Partial<FeedDraft>) => void;
}

function Treatment({ draft, set }: PartProps) {
  const { t } = useTranslation();
  const choice = <T extends 'approve' | 'mode' | 'onRowErrors'>(
    field: T,
    label: string,
    values: readonly FeedDraft[T][],
    labelOf: (value: FeedDraft[T]) => string,
  ) => {
    const options = values.map((value) => ({ value, label: labelOf(value) }));
    return (
      <FormField label={label} {...(field === 'approve' && { description: t('feed.approveText') })}>
        <Select
          options={options}
          selectedOption={options.find(({ value }) => value === draft[field]) ?? null}
          onChange={({ detail }) => set({ [field]: detail.selectedOption.value } as Partial<FeedDraft>)}
        />
      </FormField>
    );
  };
  return (
    <SpaceBetween size="m">
      {choice('approve', t('organization.settings.approve'), approvals, (value) =>
        t(`organization.settings.approvals.${value}`),
      )}
      {choice('mode', t('feed.mode'), modes, (value) =>
        value === '' ? t('feed.asByHand') : t(`organization.settings.modes.${value}`),
      )}
      {choice('onRowErrors', t('organization.settings.onRowErrors'), rowErrors, (value) =>
        value === '' ? t('feed.asByHand') : t(`organization.settings.rowErrors.${value}`),
      )}
    </SpaceBetween>
  );
}
