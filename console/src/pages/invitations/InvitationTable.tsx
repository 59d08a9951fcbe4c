import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { Invitation } from '../../api/schema.ts';
import { useAddress, withValue } from '../../parts/address.ts';
import { useFlash } from '../../parts/flash.tsx';
import { useFollow } from '../../parts/follow.ts';
import { ListPages } from '../../parts/ListPages.tsx';
import { QuickSearch } from '../../parts/QuickSearch.tsx';
import { Empty, Failure } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useAction } from '../../parts/useAction.ts';
import { usePages } from '../../parts/usePages.ts';
import { useOrganization } from '../../session/me.ts';
import { watchJob } from '../members/watchJob.tsx';
import { type InvitationQuery, rereadInvitations, useInvitations } from './data.ts';
import { InvitationActions } from './InvitationActions.tsx';
import { SendAll } from './SendAll.tsx';

const states = ['none', 'sent', 'opened', 'rejected', 'expired', 'undeliverable'] as const;
const pageSize = 50;
/** How many can be named one by one. */
const tickedMax = 1_000;

export function InvitationTable() {
  const { t } = useTranslation();
  const formats = useFormats();
  const flash = useFlash();
  const { org, may } = useOrganization();
  const { isBusy, run } = useAction();
  const [search, setSearch] = useAddress();
  const [ticked, setTicked] = useState<readonly Invitation[]>([]);
  const query = useMemo(() => queryOf(search), [search]);
  const pages = usePages(JSON.stringify(query));
  const list = useInvitations({ ...query, limit: pageSize, ...(pages.cursor && { cursor: pages.cursor }) });
  const columns = useColumns();

  if (list.isError) return <Failure error={list.error} retry={list.refetch} />;
  const items = list.data?.items ?? [];
  const next = list.data?.nextCursor;
  const isFiltered = Object.keys(query).length > 0;

  async function send() {
    const body = { ids: ticked.map(({ memberId }) => memberId) };
    const params = { path: { org } };
    const job = await answer(api.POST('/api/v1/orgs/{org}/invitations/send', { params, body }));
    setTicked([]);
    void watchJob(org, job, { flash, t, mayUndo: may('members.write') }).then(() => rereadInvitations(org));
  }

  return (
    <Table<Invitation>
      items={items}
      loading={list.isPending}
      loadingText={t('shell.loading')}
      trackBy="memberId"
      columnDefinitions={columns}
      resizableColumns
      wrapLines
      enableKeyboardNavigation
      selectionType="multi"
      selectedItems={[...ticked]}
      onSelectionChange={({ detail }) => {
        // What is ticked on other pages stays so.
        const elsewhere = ticked.filter(({ memberId }) => !items.some((one) => one.memberId === memberId));
        const here = detail.selectedItems.filter((one) => items.includes(one));
        setTicked([...elsewhere, ...here].slice(0, tickedMax));
      }}
      ariaLabels={{
        tableLabel: t('invitations.title'),
        selectionGroupLabel: t('members.selection.group'),
        allItemsSelectionLabel: () => t('members.selection.page'),
        itemSelectionLabel: (_, { name, memberId }) => t('members.selection.one', { name: name || memberId }),
      }}
      header={
        <Header
          variant="h2"
          {...(ticked.length > 0 && { counter: `(${formats.number(ticked.length)})` })}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={ticked.length === 0 || isBusy} onClick={() => run(send)}>
                {t('invitations.send')}
              </Button>
              <SendAll />
            </SpaceBetween>
          }
        >
          {t('invitations.list')}
        </Header>
      }
      filter={
        <SpaceBetween size="xs">
          <SpaceBetween direction="horizontal" size="xs">
            <QuickSearch label={t('members.search')} />
            <StateFilter
              state={query.state}
              onChange={(state) => setSearch((before) => withValue(before, 'state', state))}
            />
          </SpaceBetween>
          {list.data?.behind && <Alert type="info">{t('members.behind')}</Alert>}
        </SpaceBetween>
      }
      pagination={<ListPages pages={pages} next={next} />}
      empty={
        isFiltered ? (
          <Empty
            title={t('members.noMatch')}
            action={
              <Button onClick={() => setSearch(() => new URLSearchParams())}>
                {t('members.clearFilters')}
              </Button>
            }
          />
        ) : (
          <Empty title={t('invitations.none')} text={t('invitations.noneText')} />
        )
      }
    />
  );
}

/** Reads the address; what it does not understand is left out. */
function queryOf(search: URLSearchParams): InvitationQuery {
  const q = search.get('q')?.trim().slice(0, 200);
  const state = states.find((one) => one === search.get('state'));
  return { ...(q && { q }), ...(state && { state }) };
}

interface StateFilterProps {
  state: InvitationQuery['state'];
  onChange: (state: string | undefined) => void;
}

function StateFilter({ state, onChange }: StateFilterProps) {
  const { t } = useTranslation();
  const options = [
    { value: '', label: t('invitations.anyState') },
    ...states.map((value) => ({ value, label: t(`members.invitationStates.${value}`) })),
  ];
  return (
    <Select
      ariaLabel={t('invitations.state')}
      options={options}
      selectedOption={options.find(({ value }) => value === (state ?? '')) ?? null}
      onChange={({ detail }) => onChange(detail.selectedOption.value)}
    />
  );
}

function useColumns(): TableProps.ColumnDefinition<Invitation>[] {
  const { t } = useTranslation();
  const formats = useFormats();
  const follow = useFollow();
  const { org } = useOrganization();
  const hrefOf = (memberId: string) => `/orgs/${org}/members?member=${encodeURIComponent(memberId)}`;
  return [
    {
      id: 'name',
      header: t('members.fields.name'),
      isRowHeader: true,
      width: 150,
      cell: ({ memberId, name }) => (
        <Link href={hrefOf(memberId)} onFollow={follow}>
          {name || memberId}
        </Link>
      ),
    },
    { id: 'email', header: t('members.fields.email'), width: 190, cell: ({ email }) => email ?? '–' },
    {
      id: 'state',
      header: t('invitations.state'),
      width: 120,
      cell: ({ state }) => t(`members.invitationStates.${state}`),
    },
    {
      id: 'rounds',
      header: t('invitations.rounds'),
      width: 105,
      cell: ({ rounds }) => formats.number(rounds),
    },
    {
      id: 'sent',
      header: t('invitations.lastSent'),
      width: 130,
      cell: ({ sentAt }) => formats.time(sentAt) || '–',
    },
    {
      id: 'delivery',
      header: t('invitations.delivery'),
      width: 110,
      cell: ({ delivery }) => (delivery ? t(`invitations.deliveries.${delivery.state}`) : '–'),
    },
    {
      id: 'actions',
      header: t('members.fields.actions'),
      width: 145,
      cell: (invitation) => <InvitationActions invitation={invitation} />,
    },
  ];
}
