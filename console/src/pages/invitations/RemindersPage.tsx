import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import TimeInput from '@cloudscape-design/components/time-input';
import Toggle from '@cloudscape-design/components/toggle';
import { useTranslation } from 'react-i18next';
import type { Organization } from '../../api/schema.ts';
import { Page } from '../../parts/Page.tsx';
import { Empty, Failure, Loading } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { SettingsForm } from '../../session/SettingsForm.tsx';
import { useSettings } from '../../session/settings.ts';
import { type SaveSettings, useSettingsDraft } from '../../session/useSettingsDraft.ts';
import { rereadInvitations, usePlannedReminders } from './data.ts';
import { daysOf, draftOf, type RemindersDraft, remindersOf } from './remindersDraft.ts';

/** When those who were invited and did not join are written to again (B8), and who is next. */
export default function RemindersPage() {
  const { t } = useTranslation();
  const { settings, save } = useSettings();
  if (settings.isPending) return <Loading />;
  if (settings.isError) return <Failure error={settings.error} retry={settings.refetch} />;
  return (
    <Page title={t('invitations.reminders.title')} description={t('invitations.reminders.about')}>
      <SpaceBetween size="l">
        <Schedule organization={settings.data} save={save} />
        <Next />
      </SpaceBetween>
    </Page>
  );
}

interface ScheduleProps {
  organization: Organization;
  save: SaveSettings;
}

function Schedule({ organization, save }: ScheduleProps) {
  const { t } = useTranslation();
  const { org, may } = useOrganization();
  const form = useSettingsDraft(organization, save, draftOf);
  const { draft, set } = form;
  const dayNumbers = daysOf(draft.days);
  const isReadOnly = !may('organization.write');
  const names: Record<keyof RemindersDraft, string> = {
    isOn: t('invitations.reminders.isOn'),
    days: t('invitations.reminders.days'),
    from: t('invitations.reminders.quietFrom'),
    to: t('invitations.reminders.quietTo'),
    rounds: t('invitations.reminders.rounds'),
  };

  async function keep() {
    await form.save({ reminders: remindersOf(draft) });
    void rereadInvitations(org);
  }

  return (
    <SettingsForm
      form={form}
      nameOf={(field) => names[field]}
      isSavable={dayNumbers !== undefined}
      isReadOnly={isReadOnly}
      onSave={keep}
    >
      <Container header={<Header variant="h2">{t('invitations.reminders.schedule')}</Header>}>
        <SpaceBetween size="m">
          <Toggle
            checked={draft.isOn}
            disabled={isReadOnly}
            onChange={({ detail }) => set({ isOn: detail.checked })}
          >
            {t('invitations.reminders.isOn')}
          </Toggle>
          <FormField
            label={t('invitations.reminders.days')}
            description={t('invitations.reminders.daysText')}
            {...(dayNumbers === undefined && { errorText: t('invitations.reminders.daysWrong') })}
          >
            <Input
              value={draft.days}
              readOnly={isReadOnly}
              onChange={({ detail }) => set({ days: detail.value })}
            />
          </FormField>
          <SpaceBetween size="m" direction="horizontal">
            <FormField label={t('invitations.reminders.quietFrom')} constraintText={organization.timeZone}>
              <TimeInput
                value={draft.from}
                format="hh:mm"
                readOnly={isReadOnly}
                onChange={({ detail }) => set({ from: detail.value })}
              />
            </FormField>
            <FormField label={t('invitations.reminders.quietTo')} constraintText={organization.timeZone}>
              <TimeInput
                value={draft.to}
                format="hh:mm"
                readOnly={isReadOnly}
                onChange={({ detail }) => set({ to: detail.value })}
              />
            </FormField>
            <FormField
              label={t('invitations.reminders.rounds')}
              constraintText={t('invitations.reminders.roundsText')}
            >
              <Input
                type="number"
                inputMode="numeric"
                value={draft.rounds}
                readOnly={isReadOnly}
                onChange={({ detail }) => set({ rounds: detail.value })}
              />
            </FormField>
          </SpaceBetween>
        </SpaceBetween>
      </Container>
    </SettingsForm>
  );
}

/** Who gets a reminder next, as the roster and the settings are now. */
function Next() {
  const { t } = useTranslation();
  const formats = useFormats();
  const planned = usePlannedReminders();
  if (planned.isError) return <Failure error={planned.error} retry={planned.refetch} />;
  return (
    <Table
      items={planned.data?.items ?? []}
      loading={planned.isPending}
      loadingText={t('shell.loading')}
      trackBy="memberId"
      wrapLines
      ariaLabels={{ tableLabel: t('invitations.reminders.next') }}
      header={<Header variant="h2">{t('invitations.reminders.next')}</Header>}
      empty={<Empty title={t('invitations.reminders.nobody')} />}
      columnDefinitions={[
        {
          id: 'name',
          header: t('members.fields.name'),
          isRowHeader: true,
          cell: ({ name, memberId }) => name || memberId,
        },
        { id: 'to', header: t('members.fields.email'), cell: ({ to }) => to ?? '–' },
        { id: 'at', header: t('invitations.reminders.at'), cell: ({ at }) => formats.time(at) },
        { id: 'round', header: t('invitations.rounds'), cell: ({ round }) => formats.number(round) },
      ]}
    />
  );
}
