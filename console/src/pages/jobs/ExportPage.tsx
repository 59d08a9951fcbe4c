import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Multiselect from '@cloudscape-design/components/multiselect';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { answer, api } from '../../api/client.ts';
import type { ExportInput } from '../../api/schema.ts';
import { useAddress } from '../../parts/address.ts';
import { useFlash } from '../../parts/flash.tsx';
import { useFollow } from '../../parts/follow.ts';
import { Page } from '../../parts/Page.tsx';
import { useOrganization } from '../../session/me.ts';
import { memberStates, viewOf } from '../members/view.ts';

type Choice = Required<Pick<ExportInput, 'format' | 'includeEmails' | 'includePhones'>> & {
  preset: 'roster' | 'account' | 'current';
};

const presets = ['roster', 'account', 'current'] as const;

/** What of the roster is exported, and how (S0.20); it then is a job (S0.21). */
export default function ExportPage() {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const follow = useFollow();
  const [search] = useSearchParams();
  const [choice, setChoice] = useState<Choice>({
    format: 'csv',
    preset: 'roster',
    includeEmails: false,
    includePhones: false,
  });
  const [columns, setColumns] = useState<readonly string[]>([]);
  const start = useStart();
  const { filter } = viewOf(search);
  const offered = useOfferedColumns(choice);
  const named = columns.filter((name) => offered.includes(name));
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate({
      ...choice,
      // Excel needs it, and nobody else minds.
      byteOrderMark: true,
      ...(choice.preset === 'roster' && named.length > 0 && { columns: named }),
      ...(Object.keys(filter).length > 0 && { filter }),
    });
  };
  return (
    <Page title={t('jobs.exportTitle')} description={t('jobs.exportText')}>
      <form onSubmit={onSubmit} noValidate>
        <Form
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button formAction="none" variant="link" href={`/orgs/${org}/jobs`} onFollow={follow}>
                {t('shell.cancel')}
              </Button>
              <Button variant="primary" formAction="submit" loading={start.isPending}>
                {t('jobs.run')}
              </Button>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="l">
            <Who />
            <What
              choice={choice}
              onChange={setChoice}
              offered={offered}
              columns={named}
              onColumns={setColumns}
            />
          </SpaceBetween>
        </Form>
      </form>
    </Page>
  );
}

/** Who is exported; in the address, so that the list of members leads here with its own filter. */
function Who() {
  const { t } = useTranslation();
  const [search, setSearch] = useAddress();
  const { filter } = viewOf(search);
  const { q: _, status: __, ...others } = filter;
  // What the list of members can be filtered by, and is not shown here.
  const hasOthers = Object.keys(others).length > 0;
  const set = (name: string, values: readonly string[]) =>
    setSearch(
      (after) => {
        after.delete(name);
        for (const value of values) after.append(name, value);
        return after;
      },
      { replace: true },
    );
  return (
    <Container header={<Header variant="h2">{t('jobs.who')}</Header>}>
      <SpaceBetween size="m">
        {hasOthers && (
          <Alert
            type="info"
            action={
              <Button
                formAction="none"
                onClick={() => setSearch(() => new URLSearchParams(), { replace: true })}
              >
                {t('jobs.everybody')}
              </Button>
            }
          >
            {t('jobs.filtered')}
          </Alert>
        )}
        <FormField label={t('jobs.search')} description={t('jobs.searchHint')}>
          <Input
            type="search"
            value={search.get('q') ?? ''}
            onChange={({ detail }) => set('q', detail.value === '' ? [] : [detail.value])}
          />
        </FormField>
        <FormField label={t('jobs.statuses')} description={t('jobs.statusesHint')}>
          <SpaceBetween direction="horizontal" size="l">
            {memberStates.map((status) => {
              const chosen = search.getAll('status');
              return (
                <Checkbox
                  key={status}
                  checked={chosen.includes(status)}
                  onChange={({ detail }) =>
                    set(
                      'status',
                      memberStates.filter((one) => (one === status ? detail.checked : chosen.includes(one))),
                    )
                  }
                >
                  {t(`jobs.memberStates.${status}`)}
                </Checkbox>
              );
            })}
          </SpaceBetween>
        </FormField>
      </SpaceBetween>
    </Container>
  );
}

interface WhatProps {
  choice: Choice;
  onChange: (choice: Choice) => void;
  /** Names of columns to choose from. */
  offered: readonly string[];
  columns: readonly string[];
  onColumns: (columns: readonly string[]) => void;
}

function What({ choice, onChange, ...columns }: WhatProps) {
  const { t } = useTranslation();
  return (
    <Container header={<Header variant="h2">{t('jobs.what')}</Header>}>
      <SpaceBetween size="l">
        <FormField label={t('jobs.preset')} stretch>
          <RadioGroup
            value={choice.preset}
            onChange={({ detail }) => onChange({ ...choice, preset: detail.value as Choice['preset'] })}
            items={presets.map((value) => ({
              value,
              label: t(`jobs.presets.${value}`),
              description: t(`jobs.presetHints.${value}`),
            }))}
          />
        </FormField>
        <FormField label={t('jobs.personal')} description={t('jobs.personalHint')} stretch>
          <SpaceBetween direction="horizontal" size="l">
            <Checkbox
              checked={choice.includeEmails}
              onChange={({ detail }) => onChange({ ...choice, includeEmails: detail.checked })}
            >
              {t('jobs.emails')}
            </Checkbox>
            <Checkbox
              checked={choice.includePhones}
              disabled={choice.preset === 'account'}
              onChange={({ detail }) => onChange({ ...choice, includePhones: detail.checked })}
            >
              {t('jobs.phones')}
            </Checkbox>
          </SpaceBetween>
        </FormField>
        {choice.preset === 'roster' && <Columns {...columns} />}
        <FormField label={t('jobs.format')} stretch>
          <RadioGroup
            value={choice.format}
            onChange={({ detail }) => onChange({ ...choice, format: detail.value as Choice['format'] })}
            items={[
              { value: 'csv', label: 'CSV', description: t('jobs.csvHint') },
              { value: 'xlsx', label: t('jobs.xlsx'), description: t('jobs.xlsxHint') },
            ]}
          />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}

/** Columns of the roster, without those of addresses and numbers that are not asked for. */
function useOfferedColumns({ includeEmails, includePhones }: Choice): string[] {
  const { org } = useOrganization();
  const schema = useQuery({
    queryKey: [org, 'schema'],
    queryFn: () => answer(api.GET('/api/v1/orgs/{org}/schema', { params: { path: { org } } })),
  });
  const isOffered = (type: string, role: string | undefined) =>
    role === 'externalId' || ((type !== 'email' || includeEmails) && (type !== 'phone' || includePhones));
  return (schema.data?.columns ?? [])
    .filter(({ type, role }) => isOffered(type, role))
    .map(({ name }) => name);
}

function Columns({ offered, columns, onColumns }: Pick<WhatProps, 'offered' | 'columns' | 'onColumns'>) {
  const { t } = useTranslation();
  const options = offered.map((name) => ({ value: name, label: name }));
  return (
    <FormField label={t('jobs.columns')} description={t('jobs.columnsHint')}>
      <Multiselect
        options={options}
        selectedOptions={options.filter(({ value }) => columns.includes(value))}
        onChange={({ detail }) => onColumns(detail.selectedOptions.flatMap(({ value }) => value ?? []))}
        placeholder={t('jobs.allColumns')}
        filteringType="auto"
        filteringAriaLabel={t('imports.findColumn')}
        deselectAriaLabel={({ label }) => t('jobs.removeColumn', { column: label })}
      />
    </FormField>
  );
}

function useStart() {
  const { org } = useOrganization();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const flash = useFlash();
  return useMutation({
    mutationFn: (body: ExportInput) =>
      answer(api.POST('/api/v1/orgs/{org}/exports', { params: { path: { org } }, body })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: [org, 'jobs'] });
      await navigate(`/orgs/${org}/jobs`);
    },
    onError: flash.problem,
  });
}
