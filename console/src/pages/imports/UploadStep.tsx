import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import { useTranslation } from 'react-i18next';
import type { Import } from '../../api/schema.ts';
import { useFollow } from '../../parts/follow.ts';
import { useOrganization } from '../../session/me.ts';
import { againPath } from './paths.ts';
import { useUpload } from './uploads.ts';

/** The file is on its way from this tab, waits for its turn, or has to be chosen once more. */
export function UploadStep({ job }: { job: Import }) {
  const { t } = useTranslation();
  const upload = useUpload(job.importId);
  if (job.waitsFor !== 'upload' || upload?.state === 'sent') return <Working text={t('imports.arrived')} />;
  if (upload?.state === 'sending')
    return <Working text={t('imports.sending', { file: upload.file.name })} share={upload.sentShare} />;
  return <NotArrived job={job} reason={upload && refusalOf(upload.refusal)} />;
}

function Working({ text, share }: { text: string; share?: number }) {
  const { t } = useTranslation();
  return (
    <Container header={<Header variant="h2">{t('imports.stages.file')}</Header>}>
      <ProgressBar
        value={(share ?? 1) * 100}
        label={text}
        {...(share === undefined && { status: 'success' })}
      />
    </Container>
  );
}

function refusalOf(code: string): 'tooLarge' | 'expired' | 'unreachable' | 'refused' {
  if (code === 'EntityTooLarge') return 'tooLarge';
  if (code === 'AccessDenied') return 'expired';
  return code === '' ? 'unreachable' : 'refused';
}

function NotArrived({ job, reason }: { job: Import; reason: ReturnType<typeof refusalOf> | undefined }) {
  const { t } = useTranslation();
  const { org, may } = useOrganization();
  const follow = useFollow();
  const again = may('imports.write') && (
    <Button href={againPath(org, job)} onFollow={follow}>
      {t('imports.chooseAgain')}
    </Button>
  );
  return (
    <Alert type="warning" header={t('imports.notArrived')} action={again}>
      {t(`imports.notArrivedTexts.${reason ?? 'elsewhere'}`)}
    </Alert>
  );
}
