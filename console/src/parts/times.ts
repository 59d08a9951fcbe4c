import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

/** Numbers and times as this person reads them. */
export function useFormats() {
  const { i18n } = useTranslation();
  return useMemo(() => {
    const date = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium' });
    const time = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'short' });
    const number = new Intl.NumberFormat(i18n.language);
    return {
      number: (value: number) => number.format(value),
      /** Of ISO 8601; `''` for none. */
      time: (iso: string | undefined) => (iso === undefined ? '' : time.format(new Date(iso))),
      /** Of `2026-11-28`, whatever the time zone. */
      date: (iso: string | undefined) => (iso === undefined ? '' : date.format(new Date(`${iso}T12:00:00`))),
    };
  }, [i18n.language]);
}
