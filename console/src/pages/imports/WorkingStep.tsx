import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useTranslation } from 'react-i18next';
import type { Import } from '../../api/schema.ts';
import { useFormats } from '../../parts/times.ts';

/** A step that goes on by itself, and how far it is. */
export function WorkingStep({ job }: { job: Import }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const { done = 0, total = 0 } = job.progress ?? {};
  return (
    <Container header={<Header variant="h2">{t(`imports.doing.${job.step}`)}</Header>}>
      <SpaceBetween size="s">
        <ProgressBar
          value={total > 0 ? (done / total) * 100 : 0}
          label={t(`imports.doing.${job.step}`)}
          additionalInfo={
            total > 0
              ? t('imports.progress', { done: number(done), total: number(total) })
              : t('imports.begins')
          }
        />
        <Box color="text-body-secondary">{t('imports.mayLeave')}</Box>
      </SpaceBetween>
    </Container>
  );
}
