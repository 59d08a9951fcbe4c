import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Multiselect from '@cloudscape-design/components/multiselect';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useTranslation } from 'react-i18next';
import { relaxMs } from 'roster/domain/drop';
import type { Organization } from '../../api/schema.ts';
import { Choice } from '../../parts/Choice.tsx';
import { Page } from '../../parts/Page.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useImportOptions } from '../../session/importOptions.ts';
import { useOrganization } from '../../session/me.ts';
import { SettingsForm } from '../../session/SettingsForm.tsx';
import { useSettings } from '../../session/settings.ts';
import { type SaveSettings, useSettingsDraft } from '../../session/useSettingsDraft.ts';
import { languageNames, languages } from '../../texts/language.ts';
import { useSchema } from '../members/data.ts';
import { changesOf, type Draft, draftOf, textOf } from './settingsDraft.ts';

/** What an organization says of itself, of its imports and its mails. */
export default function SettingsPage() {
  const { t } = useTranslation();
  const { settings, save } = useSettings();
  if (settings.isPending) return <Loading />;
  if (settings.isError) return <Failure error={settings.error} retry={settings.refetch} />;
  return (
    <Page title={t('organization.settings.title')}>
      <All organization={settings.data} save={save} />
    </Page>
  );
}

interface AllProps {
  organization: Organization;
  save: SaveSettings;
}

interface PartProps {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
}

function All({ organization, save }: AllProps) {
  const { t } = useTranslation();
  const form = useSettingsDraft(organization, save, draftOf);
  const { draft, set } = form;
  return (
    <SettingsForm
      form={form}
      nameOf={(field) => t(`organization.settings.${textOf[field]}`)}
      isSavable={form.hasChanges}
      onSave={() => form.save(changesOf(form.base, draft))}
    >
      <SpaceBetween size="l">
        <General draft={draft} set={set} />
        <Imports draft={draft} set={set} />
        <Joining draft={draft} set={set} />
        <Mail draft={draft} set={set} />
      </SpaceBetween>
    </SettingsForm>
  );
}

function General({ draft, set }: PartProps) {
  const { t } = useTranslation();
  const { may } = useOrganization();
  return (
    <Container header={<Header variant="h2">{t('organization.settings.general')}</Header>}>
      <SpaceBetween size="m">
        <FormField
          label={t('organization.settings.name')}
          constraintText={t('organization.settings.nameText')}
        >
          <Input
            value={draft.name}
            readOnly={!may('organization.rename')}
            onChange={({ detail }) => set({ name: detail.value })}
          />
        </FormField>
        <Choice
          label={t('organization.settings.language')}
          options={languages.map((value) => ({ value, label: languageNames[value] }))}
          value={draft.language}
          onChange={(language) => set({ language })}
        />
        <FormField
          label={t('organization.settings.timeZone')}
          constraintText={t('organization.settings.timeZoneText')}
        >
          <Input value={draft.timeZone} onChange={({ detail }) => set({ timeZone: detail.value })} />
        </FormField>
        <Toggle
          checked={draft.requireSecondFactor}
          description={t('organization.settings.secondFactorText')}
          onChange={({ detail }) => set({ requireSecondFactor: detail.checked })}
        >
          {t('organization.settings.secondFactor')}
        </Toggle>
        <DropConfirmed draft={draft} set={set} />
      </SpaceBetween>
    </Container>
  );
}

/** Switched off, it holds for a day more, which is said as long as it does. */
function DropConfirmed({ draft, set }: PartProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { may } = useOrganization();
  const { relaxedAt } = useSettings().settings.data?.dropAll ?? {};
  const until = relaxedAt === undefined ? 0 : Date.parse(relaxedAt) + relaxMs;
  return (
    <Toggle
      checked={draft.dropConfirmed}
      disabled={!may('organization.drop')}
      description={
        until > Date.now()
          ? t('organization.settings.dropRelaxed', { until: formats.time(new Date(until).toISOString()) })
          : t('organization.settings.dropConfirmedText')
      }
      onChange={({ detail }) => set({ dropConfirmed: detail.checked })}
    >
      {t('organization.settings.dropConfirmed')}
    </Toggle>
  );
}

function Imports({ draft, set }: PartProps) {
  const { t } = useTranslation();
  const { level } = useOrganization();
  const options = useImportOptions();
  return (
    <Container header={<Header variant="h2">{t('organization.settings.imports')}</Header>}>
      <SpaceBetween size="m">
        <Choice
          label={t('organization.settings.mode')}
          options={options.modes}
          value={draft.mode}
          onChange={(mode) => set({ mode })}
        />
        <Choice
          label={t('organization.settings.onRowErrors')}
          options={options.rowErrors}
          value={draft.onRowErrors}
          onChange={(onRowErrors) => set({ onRowErrors })}
        />
        <Choice
          label={t('organization.settings.approve')}
          options={options.approvals}
          value={draft.approve}
          onChange={(approve) => set({ approve })}
        />
        <FormField
          label={t('organization.settings.holdShare')}
          description={t('organization.settings.holdText')}
        >
          <Input
            type="number"
            inputMode="decimal"
            value={draft.holdShare}
            onChange={({ detail }) => set({ holdShare: detail.value })}
          />
        </FormField>
        <FormField label={t('organization.settings.holdMembers')}>
          <Input
            type="number"
            inputMode="numeric"
            value={draft.holdMembers}
            onChange={({ detail }) => set({ holdMembers: detail.value })}
          />
        </FormField>
        <Toggle
          checked={draft.secondAdministrator}
          description={t('organization.settings.secondAdministratorText')}
          onChange={({ detail }) => set({ secondAdministrator: detail.checked })}
        >
          {t('organization.settings.secondAdministrator')}
        </Toggle>
        <Toggle
          checked={draft.importExport}
          disabled={level !== 'owner'}
          description={t('organization.settings.importExportText')}
          onChange={({ detail }) => set({ importExport: detail.checked })}
        >
          {t('organization.settings.importExport')}
        </Toggle>
      </SpaceBetween>
    </Container>
  );
}

function Joining({ draft, set }: PartProps) {
  const { t } = useTranslation();
  const columns = useSchema().data?.columns ?? [];
  const options = columns.map(({ name }) => ({ value: name, label: name }));
  return (
    <Container header={<Header variant="h2">{t('organization.settings.joining')}</Header>}>
      <SpaceBetween size="m">
        <Toggle
          checked={draft.inviteImported}
          onChange={({ detail }) => set({ inviteImported: detail.checked })}
        >
          {t('organization.settings.inviteImported')}
        </Toggle>
        <Toggle
          checked={draft.isRegistrationOpen}
          description={t('organization.settings.registrationText')}
          onChange={({ detail }) => set({ isRegistrationOpen: detail.checked })}
        >
          {t('organization.settings.registration')}
        </Toggle>
        <FormField label={t('organization.settings.registrationColumns')}>
          <Multiselect
            options={options}
            selectedOptions={options.filter(({ value }) => draft.registrationColumns.includes(value))}
            onChange={({ detail }) =>
              set({ registrationColumns: detail.selectedOptions.map(({ value = '' }) => value) })
            }
          />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}

function Mail({ draft, set }: PartProps) {
  const { t } = useTranslation();
  return (
    <Container header={<Header variant="h2">{t('organization.settings.mail')}</Header>}>
      <SpaceBetween size="m">
        <FormField label={t('organization.settings.from')} description={t('organization.settings.fromText')}>
          <Input type="email" value={draft.from} onChange={({ detail }) => set({ from: detail.value })} />
        </FormField>
        <FormField label={t('organization.settings.replyTo')}>
          <Input
            type="email"
            value={draft.replyTo}
            onChange={({ detail }) => set({ replyTo: detail.value })}
          />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}
