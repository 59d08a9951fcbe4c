import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Import } from '../../api/schema.ts';
import { nextOf, useCursorPages } from '../../parts/cursorPages.ts';
import { useFlash } from '../../parts/flash.tsx';
import { useFollow } from '../../parts/follow.ts';
import { listPages } from '../../parts/ListPages.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, Failure } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { downloadFile } from './downloads.ts';
import { ImportStatus } from './ImportStatus.tsx';
import { historyQuery } from './importQueries.ts';
import { ReportButton } from './ReportButton.tsx';
import { UndoImport } from './UndoImport.tsx';

/** All imports, newest first: who, when, what became of them and what can be done now (S1). */
export default function HistoryPage() {
  const { t } = useTranslation();
  const { org, may } = useOrganization();
  const follow = useFollow();
  const newImport = may('imports.write') && (
    <Button variant="primary" href={`/orgs/${org}/imports/new`} onFollow={follow}>
      {t('imports.newTitle')}
    </Button>
  );
  return (
    <Page title={t('imports.title')} description={t('imports.historyText')} actions={newImport}>
      <History newImport={newImport} />
    </Page>
  );
}

function History({ newImport }: { newImport: ReactNode }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const { time, number } = useFormats();
  const pages = useCursorPages();
  const query = useQuery(historyQuery(org, pages.cursor));
  if (query.isError) return <Failure error={query.error} retry={query.refetch} />;
  const next = nextOf(query);
  return (
    <Table
      items={query.data?.items ?? []}
      loading={query.isPending}
      loadingText={t('shell.loading')}
      trackBy="importId"
      wrapLines
      ariaLabels={{ tableLabel: t('imports.title') }}
      empty={<Empty title={t('imports.none')} text={t('imports.noneText')} action={newImport} />}
      columnDefinitions={[
        {
          id: 'file',
          header: t('imports.file'),
          isRowHeader: true,
          minWidth: 180,
          cell: (job) => <FileName job={job} />,
        },
        { id: 'by', header: t('imports.by'), minWidth: 140, cell: ({ uploadedBy }) => uploadedBy },
        {
          id: 'uploaded',
          header: t('imports.uploaded'),
          minWidth: 150,
          cell: ({ createdAt }) => time(createdAt),
        },
        {
          id: 'updated',
          header: t('imports.updated'),
          minWidth: 150,
          cell: ({ updatedAt }) => time(updatedAt),
        },
        { id: 'rows', header: t('imports.rows'), minWidth: 90, cell: ({ counts }) => number(counts.rows) },
        {
          id: 'status',
          header: t('imports.statusTitle'),
          minWidth: 170,
          cell: (job) => <ImportStatus job={job} />,
        },
        {
          id: 'actions',
          header: t('imports.actionTitle'),
          minWidth: 200,
          cell: (job) => <Actions job={job} />,
        },
      ]}
      pagination={listPages(pages, next)}
    />
  );
}

/** Downloads the original, as long as it is kept (S1.4). */
function FileName({ job }: { job: Import }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const flash = useFlash();
  if (job.kind === 'undo') return t('imports.undoOf', { file: job.fileName });
  if (!job.actions.includes('file')) return job.fileName;
  return (
    <Link
      ariaLabel={t('imports.downloadFile', { file: job.fileName })}
      onFollow={(event) => {
        event.preventDefault();
        void downloadFile(org, job.importId).catch(flash.problem);
      }}
    >
      {job.fileName}
    </Link>
  );
}

function Actions({ job }: { job: Import }) {
  const { t } = useTranslation();
  const [isUndoing, setIsUndoing] = useState(false);
  const { org } = useOrganization();
  const follow = useFollow();
  const canResume = job.actions.includes('resume') && job.status === 'in_progress';
  const text = t(canResume ? 'imports.resume' : 'imports.view');
  return (
    <SpaceBetween direction="horizontal" size="s">
      <Link
        href={`/orgs/${org}/imports/${job.importId}`}
        onFollow={follow}
        ariaLabel={`${text}: ${job.fileName}`}
      >
        {canResume ? (
          <Box variant="strong" color="inherit">
            {text}
          </Box>
        ) : (
          text
        )}
      </Link>
      {job.actions.includes('report') && <ReportButton job={job} rows="all" variant="inline-icon" />}
      {job.actions.includes('undo') && (
        <Button
          variant="inline-link"
          ariaLabel={`${t('imports.actions.undo')}: ${job.fileName}`}
          onClick={() => setIsUndoing(true)}
        >
          {t('imports.actions.undo')}
        </Button>
      )}
      {isUndoing && <UndoImport job={job} onClose={() => setIsUndoing(false)} />}
    </SpaceBetween>
  );
}
