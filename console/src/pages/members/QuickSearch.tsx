import TextFilter from '@cloudscape-design/components/text-filter';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { withValue } from './view.ts';

const typingPauseMs = 250;

/** Typing does not wait for the roster: the address follows after a pause. */
export function QuickSearch() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const asked = search.get('q') ?? '';
  const [text, setText] = useState(asked);
  const [known, setKnown] = useState(asked);
  // By a link or the browser's buttons, the address changes without typing.
  if (asked !== known) {
    setKnown(asked);
    if (asked !== text.trim()) setText(asked);
  }
  useEffect(() => {
    if (text.trim() === known) return;
    const timer = setTimeout(
      () => setSearch((before) => withValue(before, 'q', text.trim()), { replace: true }),
      typingPauseMs,
    );
    return () => clearTimeout(timer);
  }, [text, known, setSearch]);
  return (
    <TextFilter
      filteringText={text}
      filteringAriaLabel={t('members.search')}
      filteringPlaceholder={t('members.search')}
      onChange={({ detail }) => setText(detail.filteringText)}
    />
  );
}
