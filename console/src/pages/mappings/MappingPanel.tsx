import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useTranslation } from 'react-i18next';
import type { SavedMapping } from '../../api/schema.ts';
import { SidePanel } from '../../parts/SidePanel.tsx';
import { useFormats } from '../../parts/times.ts';

/** Which header means which column of the roster, and which ones are left out. */
export function MappingPanel({ mapping, onClose }: { mapping: SavedMapping; onClose: () => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { headers, fileName, savedBy, savedAt } = mapping;
  const items = Object.entries(headers).map(([name, meaning]) => ({ name, meaning }));
  return (
    <SidePanel title={fileName} onClose={onClose}>
      <SpaceBetween size="m">
        <Box color="text-body-secondary">
          {t('mappings.saved', { by: savedBy, at: formats.time(savedAt) })}
        </Box>
        <Table
          items={items}
          trackBy="name"
          variant="embedded"
          wrapLines
          ariaLabels={{ tableLabel: t('mappings.headers') }}
          columnDefinitions={[
            { id: 'name', header: t('mappings.header'), isRowHeader: true, cell: ({ name }) => name },
            {
              id: 'column',
              header: t('mappings.column'),
              cell: ({ meaning }) =>
                'column' in meaning ? (
                  meaning.column
                ) : (
                  <Box color="text-body-secondary">{t('mappings.leftOut')}</Box>
                ),
            },
          ]}
        />
      </SpaceBetween>
    </SidePanel>
  );
}
