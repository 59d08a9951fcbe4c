import TextFilter from '@cloudscape-design/components/text-filter';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  text: string;
  onSearch: (text: string) => void;
}

/** Finds changes by identifier or value, once nobody types any more. */
export function PlanSearch({ text, onSearch }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  return (
    <TextFilter
      filteringText={typed}
      filteringPlaceholder={t('imports.searchPlan')}
      filteringAriaLabel={t('imports.searchPlan')}
      onChange={({ detail }) => setTyped(detail.filteringText)}
      onDelayedChange={({ detail }) => onSearch(detail.filteringText.trim().slice(0, 200))}
    />
  );
}
