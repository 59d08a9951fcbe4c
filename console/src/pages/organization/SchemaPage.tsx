import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, ifMatch } from '../../api/client.ts';
import { ApiProblem, isProblemOf } from '../../api/problem.ts';
import type { RosterSchema } from '../../api/schema.ts';
import { keepAnswer, queries } from '../../app/queries.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { Conflict } from '../../parts/Conflict.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { Page } from '../../parts/Page.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { downloadSample } from '../imports/downloads.ts';
import { useSchema } from '../members/data.ts';
import { ColumnTable } from './ColumnTable.tsx';
import { partsOf } from './columnParts.ts';
import { faultsOf, goneOf, moved, type RosterColumn, type Row } from './rosterColumns.ts';
import { rowOf, useColumnList } from './useColumnList.ts';

const ColumnDialog = lazy(() => import('./ColumnDialog.tsx'));

/** The columns that the roster has, and what a file has to say in them. */
export default function SchemaPage() {
  const { t } = useTranslation();
  const schema = useSchema();
  if (schema.isPending) return <Loading />;
  if (schema.isError) return <Failure error={schema.error} retry={schema.refetch} />;
  return (
    <Page
      title={t('organization.schema.title')}
      description={t('organization.schema.about')}
      actions={<Sample />}
    >
      <Editor schema={schema.data} />
    </Page>
  );
}

/** A file with the columns as they were saved last, to be filled in (S0.8). */
function Sample() {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const flash = useFlash();
  const items = [
    { id: 'csv', text: t('imports.sampleCsv') },
    { id: 'xlsx', text: t('imports.sampleXlsx') },
  ];
  return (
    <ButtonDropdown
      items={items}
      onItemClick={({ detail }) => void downloadSample(org, detail.id as 'csv' | 'xlsx').catch(flash.problem)}
    >
      {t('organization.schema.sample')}
    </ButtonDropdown>
  );
}

/** Changes are made here first, and saved together, so that columns may trade names and roles. */
function Editor({ schema }: { schema: RosterSchema }) {
  const { t } = useTranslation();
  const { may } = useOrganization();
  const list = useColumnList(schema);
  const { base, saved, rows, setRows } = list;
  const [open, setOpen] = useState<Row | 'new'>();
  const { save, isBusy, places, forget } = useSaving(base.version, list.begin);
  const [isAsking, setIsAsking] = useState(false);
  const faults = faultsOf(places, rows);
  const gone = goneOf(base.columns, rows);
  const isReadOnly = !may('schema.write');
  const close = () => setOpen(undefined);

  function change(next: readonly Row[]) {
    setRows(next);
    forget();
  }

  function keep(column: RosterColumn) {
    const isNew = open === 'new' || open === undefined;
    change(
      isNew ? [...rows, rowOf(column)] : rows.map((row) => (row.key === open.key ? { ...row, column } : row)),
    );
    close();
  }

  const send = () => save(rows.map(({ column }) => column)).finally(() => setIsAsking(false));
  const acts = {
    edit: (row: Row) => setOpen(row),
    up: ({ key }: Row) => change(moved(rows, key, -1)),
    down: ({ key }: Row) => change(moved(rows, key, 1)),
    remove: ({ key }: Row) => change(rows.filter((row) => row.key !== key)),
  };
  return (
    <SpaceBetween size="m">
      {faults.left.map((message) => (
        <Alert key={message} type="error">
          {message}
        </Alert>
      ))}
      <ColumnTable
        rows={rows}
        faults={faults.at}
        {...(!isReadOnly && { acts })}
        header={
          <Header
            variant="h2"
            counter={`(${rows.length})`}
            actions={
              !isReadOnly && (
                <SpaceBetween direction="horizontal" size="xs">
                  <Presets onChoose={(columns) => change(columns.map(rowOf))} />
                  <Button onClick={() => setOpen('new')}>{t('organization.schema.add')}</Button>
                </SpaceBetween>
              )
            }
          >
            {t('organization.schema.columns')}
          </Header>
        }
      />
      {list.hasConflict && (
        <Conflict parts={partsOf(list.theirs, list.mine, t)} onKeep={list.keep} onDiscard={list.discard} />
      )}
      {!isReadOnly && (
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" disabled={rows === saved || isBusy} onClick={() => change(saved)}>
              {t('organization.schema.discard')}
            </Button>
            <Button
              variant="primary"
              loading={isBusy}
              disabled={rows === saved || rows.length === 0 || list.hasConflict}
              onClick={() => (gone.length > 0 ? setIsAsking(true) : void send())}
            >
              {t('members.save')}
            </Button>
          </SpaceBetween>
        </Box>
      )}
      <Suspense>
        {open !== undefined && (
          <ColumnDialog {...(open !== 'new' && { column: open.column })} onDone={keep} onClose={close} />
        )}
      </Suspense>
      {isAsking && (
        <Confirm
          title={t('organization.schema.goneTitle')}
          confirmText={t('members.save')}
          isBusy={isBusy}
          onConfirm={() => void send()}
          onCancel={() => setIsAsking(false)}
        >
          <Alert type="warning">{t('organization.schema.gone', { names: gone.join(', ') })}</Alert>
        </Confirm>
      )}
    </SpaceBetween>
  );
}

/** Saves the whole list; what the API finds wrong with it is kept, to be shown where it is. */
function useSaving(version: number, onSaved: (schema: RosterSchema) => void) {
  const { t } = useTranslation();
  const flash = useFlash();
  const { org } = useOrganization();
  const { isBusy, run } = useAction();
  const [places, setPlaces] = useState<ApiProblem['places']>([]);
  const queryKey = [org, 'schema'];
  const call = { params: { path: { org } }, headers: ifMatch(version) };

  const save = (columns: RosterColumn[]) =>
    run(async () => {
      try {
        const next = await answer(api.PUT('/api/v1/orgs/{org}/schema', { ...call, body: { columns } }));
        onSaved(next);
        await keepAnswer(queryKey, next);
      } catch (error) {
        if (error instanceof ApiProblem && error.places.length > 0) return setPlaces(error.places);
        // The page says what somebody else changed, and asks.
        if (isProblemOf(error, 'precondition_failed')) return queries.invalidateQueries({ queryKey });
        throw error;
      }
      // An open registration is closed where a column goes that it asks for.
      void queries.invalidateQueries({ queryKey: [org, 'organization'] });
      flash.success(t('shell.saved'));
    });
  return { save, isBusy, places, forget: () => setPlaces([]) };
}

/** Columns made for the files of known systems, to start from. */
function Presets({ onChoose }: { onChoose: (columns: readonly RosterColumn[]) => void }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const presets = useQuery({
    queryKey: [org, 'schema', 'presets'],
    queryFn: () => answer(api.GET('/api/v1/orgs/{org}/schema/presets', { params: { path: { org } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const items = presets.data?.items ?? [];
  return (
    <ButtonDropdown
      disabled={items.length === 0}
      items={items.map(({ preset }) => ({ id: preset, text: t(`organization.schema.presets.${preset}`) }))}
      onItemClick={({ detail }) => {
        const chosen = items.find(({ preset }) => preset === detail.id);
        if (chosen) onChoose(chosen.columns);
      }}
    >
      {t('organization.schema.preset')}
    </ButtonDropdown>
  );
}
