import CollectionPreferences, {
  type CollectionPreferencesProps,
} from '@cloudscape-design/components/collection-preferences';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../../parts/times.ts';
import type { TablePreferences as Preferences } from './preferences.ts';

interface TablePreferencesProps {
  preferences: Preferences;
  /** The columns in their order, those that are hidden too. */
  display: readonly CollectionPreferencesProps.ContentDisplayColumn[];
  columns: readonly { id: string; header: string }[];
  onChange: (changes: Partial<Preferences>) => void;
}

const pageSizes = [20, 50, 100, 200];

/** Which columns are shown and how, as this person likes it. */
export default function TablePreferences({ preferences, display, columns, onChange }: TablePreferencesProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <CollectionPreferences
      title={t('members.preferences.title')}
      confirmLabel={t('members.preferences.save')}
      cancelLabel={t('shell.cancel')}
      preferences={{ ...preferences, contentDisplay: display }}
      pageSizePreference={{
        title: t('members.preferences.pageSize'),
        options: pageSizes.map((value) => ({ value, label: formats.number(value) })),
      }}
      wrapLinesPreference={{}}
      stripedRowsPreference={{}}
      contentDensityPreference={{}}
      contentDisplayPreference={{
        title: t('members.preferences.columns'),
        enableColumnFiltering: columns.length > 15,
        options: columns.map(({ id, header }) => ({ id, label: header, alwaysVisible: id === 'name' })),
      }}
      onConfirm={({ detail: { contentDisplay, pageSize, wrapLines, stripedRows, contentDensity } }) =>
        onChange({
          pageSize: pageSize ?? preferences.pageSize,
          wrapLines: wrapLines ?? false,
          stripedRows: stripedRows ?? false,
          contentDensity: contentDensity ?? 'comfortable',
          columns: (contentDisplay ?? []).filter((item) => item.type !== 'group'),
        })
      }
    />
  );
}
