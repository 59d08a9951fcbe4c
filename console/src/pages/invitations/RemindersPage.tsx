import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import TimeInput from '@cloudscape-design/components/time-input';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Organization } from '../../api/schema.ts';
import { Page } from '../../parts/Page.tsx';
import { Empty, Failure, Loading } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { useSettings } from '../../session/settings.ts';
import { rereadInvitations, usePlannedReminders } from './data.ts';

/** When those who were invited and did not join are written to again (B8), and who is next. */
export default function RemindersPage() {
  const { t } = useTranslation();
  const { settings, save } = useSettings();
  if (settings.isPending) return <Loading />;
  if (settings.isError) return <Failure error={settings.error} retry={settings.refetch} />;
  return (
    <Page title={t('invitations.reminders.title')} description={t('invitations.reminders.about')}>
      <SpaceBetween size="l">
        <Schedule key={settings.data.version} organization={settings.data} save={save} />
        <Next />
      </SpaceBetween>
    </Page>
  );
}

interface ScheduleProps {
  organization: Organization;
  save: ReturnType<typeof useSettings>['save'];
}

/** `3, 7, 14` → numbers; undefined where it is something else. */
function daysOf(text: string): number[] | undefined {
  const days = text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number);
  return days.every((day) => Number.isInteger(day) && day > 0) ? days : undefined;
}

function Schedule({ organization, save }: ScheduleProps) {
  const { t } = useTranslation();
  const { org, may } = useOrganization();
  const { isBusy, run } = useAction();
  const { reminders, timeZone } = organization;
  const [isOn, setIsOn] = useState(reminders.isOn);
  const [days, setDays] = useState(reminders.days.join(', '));
  const [from, setFrom] = useState(reminders.quietHours.from);
  const [to, setTo] = useState(reminders.quietHours.to);
  const [rounds, setRounds] = useState(String(reminders.roundsMax));
  const dayNumbers = daysOf(days);
  const isReadOnly = !may('organization.write');

  async function keep() {
    const quietHours = { from, to };
    await save({ reminders: { isOn, days: dayNumbers ?? [], quietHours, roundsMax: Number(rounds) } });
    void rereadInvitations(org);
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(keep);
      }}
    >
      <Form
        actions={
          !isReadOnly && (
            <Button variant="primary" loading={isBusy} disabled={dayNumbers === undefined}>
              {t('members.save')}
            </Button>
          )
        }
      >
        <Container header={<Header variant="h2">{t('invitations.reminders.schedule')}</Header>}>
          <SpaceBetween size="m">
            <Toggle checked={isOn} disabled={isReadOnly} onChange={({ detail }) => setIsOn(detail.checked)}>
              {t('invitations.reminders.isOn')}
            </Toggle>
            <FormField
              label={t('invitations.reminders.days')}
              description={t('invitations.reminders.daysText')}
              {...(dayNumbers === undefined && { errorText: t('invitations.reminders.daysWrong') })}
            >
              <Input value={days} readOnly={isReadOnly} onChange={({ detail }) => setDays(detail.value)} />
            </FormField>
            <SpaceBetween size="m" direction="horizontal">
              <FormField label={t('invitations.reminders.quietFrom')} constraintText={timeZone}>
                <TimeInput
                  value={from}
                  format="hh:mm"
                  readOnly={isReadOnly}
                  onChange={({ detail }) => setFrom(detail.value)}
                />
              </FormField>
              <FormField label={t('invitations.reminders.quietTo')} constraintText={timeZone}>
                <TimeInput
                  value={to}
                  format="hh:mm"
                  readOnly={isReadOnly}
                  onChange={({ detail }) => setTo(detail.value)}
                />
              </FormField>
              <FormField
                label={t('invitations.reminders.rounds')}
                constraintText={t('invitations.reminders.roundsText')}
              >
                <Input
                  type="number"
                  inputMode="numeric"
                  value={rounds}
                  readOnly={isReadOnly}
                  onChange={({ detail }) => setRounds(detail.value)}
                />
              </FormField>
            </SpaceBetween>
          </SpaceBetween>
        </Container>
      </Form>
    </form>
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
