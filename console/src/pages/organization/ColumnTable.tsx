import Box from '@cloudscape-design/components/box';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import Icon from '@cloudscape-design/components/icon';
import Link from '@cloudscape-design/components/link';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Empty } from '../../parts/states.tsx';
import { columnRules, type RosterColumn, type Row } from './rosterColumns.ts';

export type Act = 'edit' | 'up' | 'down' | 'remove';

interface ColumnTableProps {
  rows: readonly Row[];
  /** What is wrong with a column, by its key. */
  faults: ReadonlyMap<string, readonly string[]>;
  /** What can be done to a column; without it they are only shown. */
  acts?: Record<Act, (row: Row) => void>;
  header: ReactNode;
}

/** The columns in the order of the roster, each with what it has to be. */
export function ColumnTable({ rows, faults, acts, header }: ColumnTableProps) {
  const { t } = useTranslation();
  const actions: TableProps.ColumnDefinition<Row> = {
    id: 'actions',
    header: t('members.fields.actions'),
    width: 110,
    cell: (row) => (
      <ButtonDropdown
        variant="inline-icon"
        expandToViewport
        ariaLabel={t('organization.schema.actionsOf', { name: row.column.name })}
        items={actsFor(row, rows).map(({ id, disabled }) => ({
          id,
          disabled,
          text: t(`organization.schema.acts.${id}`),
        }))}
        onItemClick={({ detail }) => acts?.[detail.id as Act](row)}
      />
    ),
  };
  return (
    <Table<Row>
      items={rows}
      trackBy="key"
      wrapLines
      header={header}
      ariaLabels={{ tableLabel: t('organization.schema.columns') }}
      empty={<Empty title={t('organization.schema.none')} />}
      columnDefinitions={[
        {
          id: 'name',
          header: t('members.fields.name'),
          isRowHeader: true,
          minWidth: 150,
          cell: (row) => (
            <>
              {acts ? (
                <Link variant="primary" onFollow={() => acts.edit(row)}>
                  {row.column.name}
                </Link>
              ) : (
                row.column.name
              )}
              {faults.get(row.key)?.map((message) => (
                <div key={message} role="alert">
                  <Box color="text-status-error" fontSize="body-s">
                    <Icon name="status-negative" /> {message}
                  </Box>
                </div>
              ))}
            </>
          ),
        },
        ...(acts ? [actions] : []),
        {
          id: 'type',
          header: t('organization.schema.type'),
          minWidth: 130,
          cell: ({ column }) => t(`organization.schema.types.${column.type}`),
        },
        {
          id: 'role',
          header: t('organization.schema.role'),
          minWidth: 150,
          cell: ({ column: { role } }) => (role ? t(`organization.schema.roles.${role}`) : '–'),
        },
        {
          id: 'rules',
          header: t('organization.schema.rulesTitle'),
          minWidth: 220,
          cell: ({ column }) => rulesOf(column, t).join(' · ') || '–',
        },
      ]}
    />
  );
}

function actsFor(row: Row, rows: readonly Row[]): { id: Act; disabled: boolean }[] {
  return [
    { id: 'edit', disabled: false },
    { id: 'up', disabled: row === rows[0] },
    { id: 'down', disabled: row === rows.at(-1) },
    { id: 'remove', disabled: false },
  ];
}

function rulesOf(column: RosterColumn, t: TFunction): string[] {
  const { values, aliases, dateFormat, maxLength, pattern } = column;
  const said = (label: string, value: string | number | undefined) =>
    value === undefined ? [] : [`${label}: ${value}`];
  return [
    ...columnRules
      .filter((rule) => column[rule] === true)
      .map((rule) => t(`organization.schema.rules.${rule}`)),
    ...said(t('organization.schema.values'), values?.join(', ')),
    ...said(t('organization.schema.dateFormat'), dateFormat),
    ...said(t('organization.schema.maxLength'), maxLength),
    ...said(t('organization.schema.pattern'), pattern),
    ...said(t('organization.schema.aliases'), aliases?.join(', ')),
  ];
}
