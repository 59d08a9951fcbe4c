import FormField from '@cloudscape-design/components/form-field';
import Select, { type SelectProps } from '@cloudscape-design/components/select';
import { useTranslation } from 'react-i18next';
import type { ProposedMapping } from '../../api/schema.ts';
import { useOrganization } from '../../session/me.ts';
import type { Meaning } from './meanings.ts';

interface Props {
  header: ProposedMapping['headers'][number];
  columns: ProposedMapping['columns'];
  meaning: Meaning | undefined;
  error: string;
  onChange: (meaning: Meaning) => void;
}

/** One header of the file with a few of its values, and what it means. */
export function HeaderMeaning({ header, columns, meaning, error, onChange }: Props) {
  const { t } = useTranslation();
  const { may } = useOrganization();
  const { name, samples, column, by } = header;
  const ofRoster = columns.map(({ name, required }) => ({
    value: `column ${name}`,
    label: name,
    ...(required && { tags: [t('imports.needed')] }),
  }));
  const keep: SelectProps.Option = {
    value: 'keep',
    label: t('imports.keepHeader'),
    description: t('imports.keepHeaderHint'),
    disabled: !may('schema.write'),
  };
  const drop: SelectProps.Option = { value: 'drop', label: t('imports.dropHeader') };
  const options: SelectProps.Options = [
    { label: t('imports.rosterColumns'), options: ofRoster },
    { label: t('imports.others'), options: [keep, drop] },
  ];
  const selected = [...ofRoster, keep, drop].find(({ value }) => value === choiceOf(meaning)) ?? null;
  const isProposed =
    by !== undefined && meaning !== undefined && 'column' in meaning && meaning.column === column;
  const filled = samples.filter((sample) => sample !== '');
  return (
    <FormField
      label={name === '' ? t('imports.namelessHeader') : name}
      description={
        filled.length > 0
          ? t('imports.samples', { samples: filled.slice(0, 3).join(' · ') })
          : t('imports.noSamples')
      }
      constraintText={isProposed ? t(`imports.matchedBy.${by}`) : undefined}
      {...(error && { errorText: error })}
    >
      <Select
        selectedOption={selected}
        options={options}
        placeholder={t('imports.chooseMeaning')}
        filteringType={columns.length > 8 ? 'auto' : 'none'}
        filteringAriaLabel={t('imports.findColumn')}
        onChange={({ detail }) => onChange(meaningOf(detail.selectedOption.value ?? ''))}
      />
    </FormField>
  );
}

function choiceOf(meaning: Meaning | undefined): string | undefined {
  if (meaning === undefined) return undefined;
  if ('column' in meaning) return `column ${meaning.column}`;
  return 'keep' in meaning ? 'keep' : 'drop';
}

function meaningOf(value: string): Meaning {
  if (value === 'keep') return { keep: true };
  if (value === 'drop') return { drop: true };
  return { column: value.slice('column '.length) };
}
