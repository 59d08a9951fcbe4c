import ColumnLayout from '@cloudscape-design/components/column-layout';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Select from '@cloudscape-design/components/select';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useTranslation } from 'react-i18next';
import type { MappingInput, ProposedMapping } from '../../api/schema.ts';

/** How the file is to be read, where it is not as was found out. */
export type Reading = Pick<MappingInput, 'encoding' | 'delimiter'>;

interface Props {
  proposed: ProposedMapping;
  reading: Reading;
  isBusy: boolean;
  onChange: (reading: Reading) => void;
}

/** For files whose letters or columns look wrong. A workbook says itself how it is written. */
export function ReadingChoice({ proposed, reading, isBusy, onChange }: Props) {
  const { t } = useTranslation();
  if (proposed.format === 'xlsx') return null;
  const encodings = proposed.encodings.map((value) => ({ value, label: value }));
  const delimiters = proposed.delimiters.map((value) => ({
    value,
    label: t(`imports.delimiters.${nameOf(value)}`),
  }));
  return (
    <ExpandableSection
      variant="container"
      headerText={t('imports.reading')}
      headerDescription={t('imports.readingText')}
    >
      <ColumnLayout columns={2} minColumnWidth={200}>
        <FormField label={t('imports.encoding')}>
          <Select
            selectedOption={encodings.find(({ value }) => value === proposed.encoding) ?? null}
            options={encodings}
            onChange={({ detail }) =>
              onChange({
                ...reading,
                encoding: detail.selectedOption.value as NonNullable<Reading['encoding']>,
              })
            }
          />
        </FormField>
        <FormField label={t('imports.delimiter')}>
          <Select
            selectedOption={delimiters.find(({ value }) => value === proposed.delimiter) ?? null}
            options={delimiters}
            onChange={({ detail }) =>
              onChange({
                ...reading,
                delimiter: detail.selectedOption.value as NonNullable<Reading['delimiter']>,
              })
            }
          />
        </FormField>
      </ColumnLayout>
      {isBusy && <StatusIndicator type="loading">{t('shell.loading')}</StatusIndicator>}
    </ExpandableSection>
  );
}

const names: Record<string, 'comma' | 'semicolon' | 'tab' | 'bar'> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
};

function nameOf(delimiter: string) {
  return names[delimiter] ?? 'comma';
}
