import type { TFunction } from 'i18next';
import type { SavedMapping } from '../../api/schema.ts';

const shownMax = 6;

/** The names of headers, the first ones where there are many. */
export function headersText(headers: SavedMapping['headers'], t: TFunction): string {
  const names = Object.keys(headers);
  const shown = names.slice(0, shownMax).join(', ');
  const more = names.length - shownMax;
  return more > 0 ? `${shown} ${t('mappings.more', { count: more })}` : shown;
}
