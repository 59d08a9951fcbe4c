import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useTranslation } from 'react-i18next';
import type { Organization } from '../../api/schema.ts';
import { Choice } from '../../parts/Choice.tsx';
import { useImportOptions } from '../../session/importOptions.ts';
import { SettingsForm } from '../../session/SettingsForm.tsx';
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
    <SettingsForm
      form={form}
      nameOf={(field) => names[field]}
      isSavable={form.hasChanges && isWhole(draft)}
      onSave={() => form.save({ feed: policyOf(draft) })}
    >
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
    </SettingsForm>
  );
}

interface PartProps {
  draft: FeedDraft;
  set: (change: Partial<FeedDraft>) => void;
}

function Treatment({ draft, set }: PartProps) {
  const { t } = useTranslation();
  const options = useImportOptions();
  const asByHand = { value: '' as const, label: t('feed.asByHand') };
  return (
    <SpaceBetween size="m">
      <Choice
        label={t('organization.settings.approve')}
        description={t('feed.approveText')}
        options={options.approvals}
        value={draft.approve}
        onChange={(approve) => set({ approve })}
      />
      <Choice
        label={t('feed.mode')}
        options={[asByHand, ...options.modes]}
        value={draft.mode}
        onChange={(mode) => set({ mode })}
      />
      <Choice
        label={t('organization.settings.onRowErrors')}
        options={[asByHand, ...options.rowErrors]}
        value={draft.onRowErrors}
        onChange={(onRowErrors) => set({ onRowErrors })}
      />
    </SpaceBetween>
  );
}
