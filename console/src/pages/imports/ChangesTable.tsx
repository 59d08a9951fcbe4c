import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Change, Import } from '../../api/schema.ts';
import { useAddress, withValue } from '../../parts/address.ts';
import { nextOf, onFirstPage, useCursorPages } from '../../parts/cursorPages.ts';
import { ListPages } from '../../parts/ListPages.tsx';
import { Empty, Failure } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { FieldChanges } from './FieldChanges.tsx';
import { type ChangesAsked, changesQuery } from './importQueries.ts';
import { countOfKind, kinds } from './kinds.ts';
import { PlanSearch } from './PlanSearch.tsx';

/** Which changes are wanted, while that can be chosen. */
export interface Choosing {
  isWanted(change: Change): boolean;
  want(changes: readonly Change[], page: readonly Change[]): void;
}

/** The changes of an import, of all kinds or one, page by page; the next page is there before it is asked for. */
export function ChangesTable({ job, choosing }: { job: Import; choosing?: Choosing }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const [search, setSearch] = useAddress();
  const kind = kinds.find((one) => one === search.get('kind'));
  const pages = useCursorPages();
  const q = search.get('q') ?? '';
  const asked = { org, importId: job.importId, kind, q };
  const query = useQuery(changesQuery({ ...asked, cursor: pages.cursor }));
  const next = nextOf(query);
  usePrefetch(next === undefined ? undefined : { ...asked, cursor: next });
  const show = (name: 'q' | 'kind', value = '') =>
    setSearch((before) => withValue(onFirstPage(before), name, value), { replace: true });
  const columns = useColumns(choosing !== undefined);
  if (query.isError) return <Failure error={query.error} retry={query.refetch} />;
  const items = query.data?.items ?? [];
  const selection: Partial<TableProps<Change>> = choosing
    ? {
        selectionType: 'multi',
        selectedItems: items.filter((change) => choosing.isWanted(change)),
        onSelectionChange: ({ detail }) => choosing.want(detail.selectedItems, items),
      }
    : {};
  return (
    <Table
      {...selection}
      variant="container"
      header={
        <Header variant="h2" description={choosing && t('imports.chooseText')}>
          {t('imports.changes')}
        </Header>
      }
      filter={
        <SpaceBetween direction="horizontal" size="s">
          <PlanSearch text={q} onSearch={(text) => show('q', text)} />
          <KindFilter job={job} kind={kind} onChange={(one) => show('kind', one)} />
        </SpaceBetween>
      }
      pagination={<ListPages pages={pages} next={next} disabled={query.isPlaceholderData} />}
      loading={query.isPending}
      loadingText={t('shell.loading')}
      empty={<Empty title={t('imports.noChanges')} text={t('imports.noChangesText')} />}
      trackBy={keyOf}
      items={items}
      wrapLines
      columnDefinitions={columns}
      ariaLabels={{
        tableLabel: t('imports.changes'),
        allItemsSelectionLabel: () => t('imports.wantPage'),
        itemSelectionLabel: (_, { externalId }) => t('imports.want', { member: externalId }),
      }}
    />
  );
}

const keyOf = ({ kind, externalId }: Change) => `${kind} ${externalId}`;

function usePrefetch(asked: ChangesAsked | undefined): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (asked !== undefined) void queries.prefetchQuery(changesQuery(asked));
  });
}

function useColumns(isChoosing: boolean): TableProps<Change>['columnDefinitions'] {
  const { t } = useTranslation();
  const { number } = useFormats();
  const outcome = {
    id: 'outcome',
    header: t('imports.outcome'),
    cell: ({ outcome, excluded }: Change) => (
      <Outcome outcome={excluded ? 'excluded' : (outcome ?? 'planned')} />
    ),
    minWidth: 130,
  };
  return [
    {
      id: 'member',
      header: t('imports.member'),
      isRowHeader: true,
      minWidth: 120,
      cell: ({ externalId, kind, line }) => (
        <>
          <div>{externalId}</div>
          <Box variant="small" color="text-body-secondary">
            {t(`imports.kinds.${kind}`)} ·{' '}
            {line === undefined ? t('imports.notInFile') : t('imports.atLine', { line: number(line) })}
          </Box>
        </>
      ),
    },
    {
      id: 'fields',
      header: t('imports.fields'),
      minWidth: 190,
      cell: (change) => <FieldChanges change={change} />,
    },
    ...(isChoosing ? [] : [outcome]),
  ];
}

function Outcome({ outcome }: { outcome: NonNullable<Change['outcome']> | 'planned' }) {
  const { t } = useTranslation();
  return <StatusIndicator type={outcomeTypes[outcome]}>{t(`imports.outcomes.${outcome}`)}</StatusIndicator>;
}

const outcomeTypes = {
  applied: 'success',
  excluded: 'stopped',
  conflict: 'warning',
  planned: 'pending',
} as const;

interface KindFilterProps {
  job: Import;
  kind: Change['kind'] | undefined;
  onChange: (kind: Change['kind'] | undefined) => void;
}

function KindFilter({ job, kind, onChange }: KindFilterProps) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const present = kinds.filter((one) => one === kind || job.counts[countOfKind[one]] > 0);
  return (
    <SegmentedControl
      label={t('imports.kind')}
      selectedId={kind ?? 'all'}
      onChange={({ detail }) => onChange(kinds.find((one) => one === detail.selectedId))}
      options={[
        { id: 'all', text: t('imports.allKinds') },
        ...present.map((one) => ({
          id: one,
          text: `${t(`imports.kinds.${one}`)} (${number(job.counts[countOfKind[one]])})`,
        })),
      ]}
    />
  );
}
