import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import DateInput from '@cloudscape-design/components/date-input';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Link from '@cloudscape-design/components/link';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { auditActions } from 'roster/domain/audit';
import { answer, api } from '../../api/client.ts';
import type { AuditEntry } from '../../api/schema.ts';
import { useAddress, withValue } from '../../parts/address.ts';
import { ListPages } from '../../parts/ListPages.tsx';
import { Page } from '../../parts/Page.tsx';
import { SidePanel } from '../../parts/SidePanel.tsx';
import { Empty, Failure } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { usePages } from '../../parts/usePages.ts';
import { useOrganization } from '../../session/me.ts';
import { AuditDownload } from './AuditDownload.tsx';
import type { AuditFilter } from './auditEntries.ts';
import { VerifyAudit } from './VerifyAudit.tsx';

const pageSize = 50;

/** Who did what, when and to whom; filters are in the address. */
export default function AuditPage() {
  const { t } = useTranslation();
  const formats = useFormats();
  const { org } = useOrganization();
  const [search, setSearch] = useAddress();
  const [open, setOpen] = useState<AuditEntry>();
  const [isVerifying, setIsVerifying] = useState(false);
  const query = useMemo(() => queryOf(search), [search]);
  const pages = usePages(JSON.stringify(query));
  const given = { ...query, limit: pageSize, ...(pages.cursor && { cursor: pages.cursor }) };
  const list = useQuery({
    queryKey: [org, 'audit', given],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/orgs/{org}/audit', { params: { path: { org }, query: given }, signal })),
    placeholderData: keepPreviousData,
  });
  if (list.isError) return <Failure error={list.error} retry={list.refetch} />;
  const next = list.data?.nextCursor;
  return (
    <Page
      title={t('organization.audit.title')}
      description={t('organization.audit.about')}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button onClick={() => setIsVerifying(true)}>{t('organization.audit.verify')}</Button>
          <AuditDownload filter={query} />
        </SpaceBetween>
      }
    >
      <Table<AuditEntry>
        items={list.data?.items ?? []}
        loading={list.isPending}
        loadingText={t('shell.loading')}
        trackBy="hash"
        wrapLines
        resizableColumns
        enableKeyboardNavigation
        ariaLabels={{ tableLabel: t('organization.audit.title') }}
        filter={<Filters />}
        empty={
          search.size > 0 ? (
            <Empty
              title={t('organization.audit.noMatch')}
              action={
                <Button onClick={() => setSearch(() => new URLSearchParams())}>
                  {t('members.clearFilters')}
                </Button>
              }
            />
          ) : (
            <Empty title={t('organization.audit.none')} />
          )
        }
        pagination={<ListPages pages={pages} next={next} />}
        columnDefinitions={[
          {
            id: 'at',
            header: t('organization.audit.when'),
            isRowHeader: true,
            minWidth: 170,
            cell: (entry) => (
              <Link
                href={`#${entry.sequence}`}
                onFollow={(event) => {
                  event.preventDefault();
                  setOpen(entry);
                }}
              >
                {formats.time(entry.at)}
              </Link>
            ),
          },
          {
            id: 'actor',
            header: t('organization.audit.who'),
            minWidth: 140,
            cell: ({ actor }) => actor.login,
          },
          {
            id: 'action',
            header: t('organization.audit.what'),
            minWidth: 160,
            cell: ({ action }) => <Box variant="code">{action}</Box>,
          },
          {
            id: 'subject',
            header: t('organization.audit.subject'),
            minWidth: 160,
            cell: ({ subject }) => subject,
          },
        ]}
      />
      {isVerifying && <VerifyAudit onClose={() => setIsVerifying(false)} />}
      {open && <Details entry={open} onClose={() => setOpen(undefined)} />}
    </Page>
  );
}

const day = /^\d{4}-\d\d-\d\d$/;

/** Reads the address; days are those of this person's clock. */
function queryOf(search: URLSearchParams): AuditFilter {
  const bound = (name: 'from' | 'to') => {
    const given = search.get(name);
    return given !== null && day.test(given) ? { [name]: new Date(`${given}T00:00:00`).toISOString() } : {};
  };
  const subject = search.get('subject')?.trim();
  const action = auditActions.find((one) => one === search.get('action'));
  return { ...(subject && { subject }), ...(action && { action }), ...bound('from'), ...bound('to') };
}

function Filters() {
  const { t } = useTranslation();
  const [search, setSearch] = useAddress();
  const [subject, setSubject] = useState(search.get('subject') ?? '');
  const actions = [
    { value: '', label: t('organization.audit.anyAction') },
    ...auditActions.map((value) => ({ value, label: value })),
  ];
  const set = (name: string, value: string) => setSearch((before) => withValue(before, name, value));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        set('subject', subject.trim());
      }}
    >
      <SpaceBetween direction="horizontal" size="s" alignItems="end">
        <FormField label={t('organization.audit.subject')}>
          <Input type="search" value={subject} onChange={({ detail }) => setSubject(detail.value)} />
        </FormField>
        <FormField label={t('organization.audit.what')}>
          <Select
            options={actions}
            selectedOption={actions.find(({ value }) => value === (search.get('action') ?? '')) ?? null}
            filteringType="auto"
            onChange={({ detail }) => set('action', detail.selectedOption.value ?? '')}
          />
        </FormField>
        {(['from', 'to'] as const).map((name) => (
          <FormField key={name} label={t(`organization.audit.${name}`)}>
            <DateInput
              value={search.get(name) ?? ''}
              placeholder="YYYY/MM/DD"
              onChange={({ detail }) => set(name, detail.value)}
            />
          </FormField>
        ))}
        <Button formAction="submit">{t('organization.audit.search')}</Button>
      </SpaceBetween>
    </form>
  );
}

function Details({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { actor, before, after, details, subject } = entry;
  const parts = { before, after, details, actor: { ...actor } };
  return (
    <SidePanel title={`${entry.action} · ${formats.time(entry.at)}`} onClose={onClose}>
      <SpaceBetween size="m">
        <Box>{subject}</Box>
        {(Object.keys(parts) as (keyof typeof parts)[]).map((name) => {
          const part = parts[name];
          return (
            part && (
              <div key={name}>
                <Box variant="h3">{t(`organization.audit.${name}`)}</Box>
                <Box variant="pre">{JSON.stringify(part, null, 2)}</Box>
              </div>
            )
          );
        })}
        <Box color="text-body-secondary" fontSize="body-s">
          {t('organization.audit.hash', { sequence: entry.sequence, hash: entry.hash })}
        </Box>
      </SpaceBetween>
    </SidePanel>
  );
}
