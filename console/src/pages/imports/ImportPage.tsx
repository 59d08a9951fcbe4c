import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import type { Import } from '../../api/schema.ts';
import { useFlash } from '../../parts/flash.tsx';
import { Page } from '../../parts/Page.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { CancelImport } from './CancelImport.tsx';
import { downloadFile } from './downloads.ts';
import { ImportFacts } from './ImportFacts.tsx';
import { ImportStatus } from './ImportStatus.tsx';
import { ImportSteps } from './ImportSteps.tsx';
import { useImport } from './importQueries.ts';
import { MappingStep } from './MappingStep.tsx';
import { ReportButton } from './ReportButton.tsx';
import { ResultStep } from './ResultStep.tsx';
import { ReviewStep } from './ReviewStep.tsx';
import { StoppedStep } from './StoppedStep.tsx';
import { UndoImport } from './UndoImport.tsx';
import { UploadStep } from './UploadStep.tsx';
import { WorkingStep } from './WorkingStep.tsx';
import './imports.css';

/** An import at its present step, whoever comes back to it and whenever (S1.9, S1.13, S1.15). */
export default function ImportPage() {
  const { importId = '' } = useParams();
  const { org } = useOrganization();
  const query = useImport(org, importId);
  if (query.isPending) return <Loading />;
  if (query.isError && query.data === undefined) return <Failure error={query.error} retry={query.refetch} />;
  return <OneImport key={importId} job={query.data} />;
}

function OneImport({ job }: { job: Import }) {
  const { t } = useTranslation();
  const { time } = useFormats();
  const title = job.kind === 'undo' ? t('imports.undoOf', { file: job.fileName }) : job.fileName;
  return (
    <Page
      title={title}
      description={t('imports.uploadedBy', { name: job.uploadedBy, time: time(job.createdAt) })}
      actions={<ImportButtons job={job} />}
    >
      <SpaceBetween size="l">
        <Container>
          <SpaceBetween size="m">
            <ImportSteps job={job} />
            <div role="status">
              <ImportStatus job={job} />
            </div>
          </SpaceBetween>
        </Container>
        {stepOf(job)}
        <ImportFacts job={job} />
      </SpaceBetween>
    </Page>
  );
}

function stepOf(job: Import): ReactNode {
  if (job.status === 'complete') return <ResultStep job={job} />;
  if (job.status !== 'in_progress') return <StoppedStep job={job} />;
  if (job.step === 'awaiting_upload') return <UploadStep job={job} />;
  if (job.waitsFor === 'mapping') return <MappingStep job={job} />;
  if (job.step === 'review') return <ReviewStep job={job} />;
  return <WorkingStep job={job} />;
}

/** What can be done with the import as a whole; the domain says what. */
function ImportButtons({ job }: { job: Import }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const flash = useFlash();
  const [asked, setAsked] = useState<'cancel' | 'undo'>();
  const close = () => setAsked(undefined);
  const getFile = () => void downloadFile(org, job.importId).catch(flash.problem);
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {job.actions.includes('file') && (
        <Button iconName="download" onClick={getFile}>
          {t('imports.actions.file')}
        </Button>
      )}
      {job.actions.includes('report') && <ReportButton job={job} rows="all" />}
      {job.actions.includes('undo') && (
        <Button iconName="undo" onClick={() => setAsked('undo')}>
          {t('imports.actions.undo')}
        </Button>
      )}
      {job.actions.includes('cancel') && (
        <Button onClick={() => setAsked('cancel')}>{t('imports.actions.cancel')}</Button>
      )}
      {asked === 'cancel' && <CancelImport job={job} onClose={close} />}
      {asked === 'undo' && <UndoImport job={job} onClose={close} />}
    </SpaceBetween>
  );
}
