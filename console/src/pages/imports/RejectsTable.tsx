import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Import, Reject } from '../../api/schema.ts';
import { Failure } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { rejectsQuery } from './importQueries.ts';
import { ReportButton } from './ReportButton.tsx';

/** The rows that could not be taken: where, what is wrong there, and what to do. Of an undo, the members that it keeps. */
export function RejectsTable({ job }: { job: Import }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const { org } = useOrganization();
  // Beside the changes, whose page is in the address.
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const [page, setPage] = useState(1);
  const columns = useColumns(job);
  const query = useQuery(rejectsQuery(org, job.importId, cursors[page - 2]));
  if (query.isError) return <Failure error={query.error} retry={query.refetch} />;
  const next = query.data?.nextCursor;
  const go = (to: number) => {
    if (to === page + 1 && next !== undefined) setCursors((before) => [...before.slice(0, page - 1), next]);
    setPage(to);
  };
  const isUndo = job.kind === 'undo';
  return (
    <Table
      header={
        <Header
          variant="h2"
          counter={`(${number(isUndo ? job.counts.kept : job.counts.rejected)})`}
          description={!isUndo && t('imports.problemsText')}
          actions={!isUndo && job.actions.includes('report') && <ReportButton job={job} rows="rejects" />}
        >
          {t(isUndo ? 'imports.kept' : 'imports.problems')}
        </Header>
      }
      loading={query.isPending}
      loadingText={t('shell.loading')}
      items={query.data?.items ?? []}
      wrapLines
      columnDefinitions={columns}
      pagination={
        (page > 1 || next !== undefined) && (
          <Pagination
            currentPageIndex={page}
            pagesCount={next === undefined ? page : page + 1}
            openEnd={next !== undefined}
            onChange={({ detail }) => go(detail.currentPageIndex)}
          />
        )
      }
    />
  );
}

function useColumns({ kind }: Import): TableProps<Reject>['columnDefinitions'] {
  const { t } = useTranslation();
  const { number } = useFormats();
  const problem = (header: string) => ({
    id: 'problem',
    header,
    cell: (reject: Reject) => <Problem reject={reject} />,
    minWidth: 260,
  });
  if (kind === 'undo') {
    const member = { id: 'member', header: t('imports.member'), isRowHeader: true, minWidth: 120 };
    return [{ ...member, cell: ({ externalId }) => externalId }, problem(t('imports.why'))];
  }
  return [
    {
      id: 'line',
      header: t('imports.line'),
      cell: ({ line }) => number(line),
      isRowHeader: true,
      width: 90,
    },
    { id: 'column', header: t('imports.column'), cell: ({ column }) => column ?? '–', minWidth: 120 },
    {
      id: 'value',
      header: t('imports.value'),
      cell: ({ value }) => (value === undefined ? '–' : <Box variant="code">{value}</Box>),
      minWidth: 140,
    },
    problem(t('imports.problem')),
  ];
}

function Problem({ reject: { code, message } }: { reject: Reject }) {
  const { t, i18n } = useTranslation();
  const text = t(`imports.rejects.${code}` as 'imports.rejects.required', { defaultValue: '' });
  return (
    <>
      <div>{text || message}</div>
      {/* The API's own words know the column's rules. */}
      {text && i18n.language === 'en' && (
        <Box variant="small" color="text-body-secondary">
          {message}
        </Box>
      )}
    </>
  );
}
