import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Member } from '../../api/schema.ts';
import { useAddress, withValue } from '../../parts/address.ts';
import { ListPages } from '../../parts/ListPages.tsx';
import { QuickSearch } from '../../parts/QuickSearch.tsx';
import { Empty, Failure, Loading } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { usePages } from '../../parts/usePages.ts';
import { useRest } from '../../parts/useRest.ts';
import { useOrganization } from '../../session/me.ts';
import { BulkActions } from './BulkActions.tsx';
import { memberColumns } from './columns.tsx';
import { useMemberList, useRoles, useSchema } from './data.ts';
import { columnDisplay, useTablePreferences } from './preferences.ts';
import { StateToggle } from './StateToggle.tsx';
import { narrows, viewOf } from './view.ts';

// They come once the roster shows: people read before they filter.
const MemberFilters = lazy(() => import('./MemberFilters.tsx'));
const TablePreferences = lazy(() => import('./TablePreferences.tsx'));

/** Who is ticked: members of any page, or all that the filter finds. */
export type Selection = { members: readonly Member[] } | { allOf: ReturnType<typeof viewOf>['filter'] };

export function MemberTable() {
  const { t } = useTranslation();
  const formats = useFormats();
  const { org, may } = useOrganization();
  const [search, setSearch] = useAddress();
  const { filter, sort } = useMemo(() => viewOf(search), [search]);
  const [preferences, changePreferences] = useTablePreferences(org);
  const { pageSize } = preferences;
  const pages = usePages(JSON.stringify({ filter, sort, pageSize }));
  const list = useMemberList({
    filter,
    sort,
    limit: pageSize,
    ...(pages.cursor && { cursor: pages.cursor }),
  });
  const [selection, setSelection] = useState<Selection>({ members: [] });
  const isResting = useRest(list.isSuccess);
  const schema = useSchema();
  const roles = useRoles().data?.items;
  const roleNames = useMemo(() => new Map(roles?.map(({ id, name }) => [id, name])), [roles]);

  if (schema.isPending) return <Loading />;
  if (schema.isError) return <Failure error={schema.error} retry={schema.refetch} />;
  if (list.isError) return <Failure error={list.error} retry={list.refetch} />;

  const items = list.data?.items ?? [];
  const next = list.data?.nextCursor;
  const hrefOf = ({ memberId }: Member) => `/orgs/${org}/members?${withValue(search, 'member', memberId)}`;
  const columns = memberColumns(schema.data, {
    t,
    formats,
    roleNames,
    hrefOf,
    onOpen: ({ memberId }) => setSearch((before) => withValue(before, 'member', memberId)),
    actions: (member) => <StateToggle member={member} />,
  });
  const display = columnDisplay(
    preferences.columns,
    columns.map(({ id, isUsual }) => ({ id, visible: isUsual })),
  );
  const isAll = 'allOf' in selection;
  const ticked = isAll ? items : selection.members;

  return (
    <Table<Member>
      items={items}
      loading={list.isPending}
      loadingText={t('shell.loading')}
      trackBy="memberId"
      columnDefinitions={columns.map((column) => ({
        ...column,
        width: preferences.widths[column.id] ?? column.width,
      }))}
      columnDisplay={display}
      resizableColumns
      onColumnWidthsChange={({ detail }) => {
        const visible = display.filter((column) => column.visible);
        const widths = Object.fromEntries(visible.map(({ id }, index) => [id, detail.widths[index]!]));
        changePreferences({ widths: { ...preferences.widths, ...widths } });
      }}
      wrapLines={preferences.wrapLines}
      stripedRows={preferences.stripedRows}
      contentDensity={preferences.contentDensity}
      stickyHeader
      enableKeyboardNavigation
      {...(may('members.write') && { selectionType: 'multi' })}
      selectedItems={ticked}
      onSelectionChange={({ detail }) => {
        // What is ticked on other pages stays so.
        const elsewhere = isAll ? [] : selection.members.filter((one) => !isIn(items, one));
        setSelection({ members: [...elsewhere, ...detail.selectedItems.filter((one) => isIn(items, one))] });
      }}
      sortingColumn={{ sortingField: sort.replace('-', '') }}
      sortingDescending={sort.startsWith('-')}
      onSortingChange={({ detail }) => {
        const field = `${detail.isDescending ? '-' : ''}${detail.sortingColumn.sortingField}`;
        setSearch((before) => withValue(before, 'sort', field === 'name' ? undefined : field));
      }}
      ariaLabels={{
        tableLabel: t('members.title'),
        selectionGroupLabel: t('members.selection.group'),
        allItemsSelectionLabel: () => t('members.selection.page'),
        itemSelectionLabel: (_, { name, externalId }) =>
          t('members.selection.one', { name: name || externalId }),
      }}
      header={
        <SpaceBetween size="xs">
          <Header
            variant="h2"
            counter={isAll || ticked.length === 0 ? undefined : `(${formats.number(ticked.length)})`}
            actions={
              may('members.write') && (
                <BulkActions selection={selection} onDone={() => setSelection({ members: [] })} />
              )
            }
          >
            {ticked.length > 0 || isAll ? t('members.selection.title') : t('members.list')}
          </Header>
          <SelectAll
            selection={selection}
            items={items}
            hasMore={next !== undefined || pages.number > 1}
            filter={filter}
            onSelect={setSelection}
          />
          {list.data?.behind && <Alert type="info">{t('members.behind')}</Alert>}
        </SpaceBetween>
      }
      filter={
        <div className="members-filters">
          <QuickSearch label={t('members.search')} />
          <Suspense fallback={<div />}>{isResting && <MemberFilters roles={roles ?? []} />}</Suspense>
        </div>
      }
      pagination={<ListPages pages={pages} next={next} />}
      preferences={
        <Suspense>
          {isResting && (
            <TablePreferences
              preferences={preferences}
              display={display}
              columns={columns}
              onChange={changePreferences}
            />
          )}
        </Suspense>
      }
      empty={
        narrows(filter) ? (
          <Empty
            title={t('members.noMatch')}
            action={
              <Button onClick={() => setSearch(() => new URLSearchParams())}>
                {t('members.clearFilters')}
              </Button>
            }
          />
        ) : (
          <Empty title={t('members.none')} text={t('members.noneText')} />
        )
      }
    />
  );
}

interface SelectAllProps {
  selection: Selection;
  items: readonly Member[];
  hasMore: boolean;
  filter: Extract<Selection, { allOf: unknown }>['allOf'];
  onSelect: (selection: Selection) => void;
}

/** Whoever ticks a whole page may mean all that the filter finds. */
function SelectAll({ selection, items, hasMore, filter, onSelect }: SelectAllProps) {
  const { t } = useTranslation();
  const none = (
    <Button variant="inline-link" onClick={() => onSelect({ members: [] })}>
      {t('members.selection.none')}
    </Button>
  );
  if ('allOf' in selection) {
    return (
      <Alert type="info">
        {narrows(filter) ? t('members.selection.allMatching') : t('members.selection.everybody')} {none}
      </Alert>
    );
  }
  const isWholePage = items.length > 0 && items.every((item) => isIn(selection.members, item));
  if (!isWholePage || !hasMore) return null;
  return (
    <Alert type="info">
      {t('members.selection.wholePage', { count: selection.members.length })}{' '}
      <Button variant="inline-link" onClick={() => onSelect({ allOf: filter })}>
        {narrows(filter) ? t('members.selection.selectMatching') : t('members.selection.selectEverybody')}
      </Button>{' '}
      {none}
    </Alert>
  );
}

function isIn(members: readonly Member[], { memberId }: Member): boolean {
  return members.some((one) => one.memberId === memberId);
}
