import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useTranslation } from 'react-i18next';
import { useFlash } from '../../parts/flash.tsx';
import { useOrganization } from '../../session/me.ts';
import { downloadSample } from './downloads.ts';

/** A file with the roster's own columns, to be filled in. */
export function SampleFile() {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const flash = useFlash();
  const get = (format: 'csv' | 'xlsx') => () => void downloadSample(org, format).catch(flash.problem);
  return (
    <SpaceBetween direction="horizontal" size="xs" alignItems="center">
      <Box color="text-body-secondary">{t('imports.sample')}</Box>
      <Button formAction="none" variant="inline-link" iconName="download" onClick={get('csv')}>
        {t('imports.sampleCsv')}
      </Button>
      <Button formAction="none" variant="inline-link" iconName="download" onClick={get('xlsx')}>
        {t('imports.sampleXlsx')}
      </Button>
    </SpaceBetween>
  );
}
