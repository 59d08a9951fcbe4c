import FormField from '@cloudscape-design/components/form-field';
import Multiselect from '@cloudscape-design/components/multiselect';
import SpaceBetween from '@cloudscape-design/components/space-between';
import TimeInput from '@cloudscape-design/components/time-input';
import Toggle from '@cloudscape-design/components/toggle';
import { useTranslation } from 'react-i18next';
import type { FeedDraft } from './feedDraft.ts';

interface ExpectationProps {
  draft: FeedDraft;
  set: (change: Partial<FeedDraft>) => void;
  timeZone: string;
}

/** On which days a file is to be there, and by when; the recipients are mailed where none came. */
export function Expectation({ draft, set, timeZone }: ExpectationProps) {
  const { t, i18n } = useTranslation();
  const options = weekdays(i18n.language);
  return (
    <SpaceBetween size="m">
      <Toggle
        checked={draft.isExpected}
        description={t('feed.expectedText')}
        onChange={({ detail }) => set({ isExpected: detail.checked })}
      >
        {t('feed.expected')}
      </Toggle>
      {draft.isExpected && (
        <SpaceBetween size="m">
          <FormField
            label={t('feed.days')}
            {...(draft.days.length === 0 && { errorText: t('feed.daysMissing') })}
          >
            <Multiselect
              options={options}
              placeholder={t('members.choose')}
              selectedOptions={options.filter(({ value }) => draft.days.includes(Number(value)))}
              onChange={({ detail }) =>
                set({ days: detail.selectedOptions.map(({ value }) => Number(value)) })
              }
            />
          </FormField>
          <FormField label={t('feed.by')} constraintText={timeZone}>
            <TimeInput value={draft.by} format="hh:mm" onChange={({ detail }) => set({ by: detail.value })} />
          </FormField>
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}

/** From Monday, 1, to Sunday, 7 (ISO 8601), in words. */
function weekdays(language: string) {
  const name = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' });
  // 1 January 2024 was a Monday.
  return [1, 2, 3, 4, 5, 6, 7].map((day) => ({
    value: String(day),
    label: name.format(Date.UTC(2024, 0, day)),
  }));
}
