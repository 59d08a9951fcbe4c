import TextFilter from '@cloudscape-design/components/text-filter';
import { useEffect, useState } from 'react';
import { useAddress, withValue } from './address.ts';

const typingPauseMs = 250;

/** Typing does not wait for the list: `q` of the address follows after a pause. */
export function QuickSearch({ label }: { label: string }) {
  const [search, setSearch] = useAddress();
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
      filteringAriaLabel={label}
      filteringPlaceholder={label}
      onChange={({ detail }) => setText(detail.filteringText)}
    />
  );
}
