import type { TFunction } from 'i18next';
import type { ChangedPart } from '../../parts/Conflict.tsx';
import type { differencesOf } from './columnMerge.ts';

type Differences = ReturnType<typeof differencesOf>;

/** What somebody else changed of the columns, in words. */
export function partsOf(theirs: Differences, mine: Differences, t: TFunction): ChangedPart[] {
  const touched = new Set([...mine.added, ...mine.removed, ...mine.changed]);
  const said = (names: readonly string[], word: (name: string) => string) =>
    names.map((name) => ({ name: word(name), isMine: touched.has(name) }));
  return [
    ...said(theirs.added, (name) => t('organization.schema.theirs.added', { name })),
    ...said(theirs.removed, (name) => t('organization.schema.theirs.removed', { name })),
    ...said(theirs.changed, (name) => t('organization.schema.theirs.changed', { name })),
    ...(theirs.isMoved ? [{ name: t('organization.schema.theirs.moved'), isMine: mine.isMoved }] : []),
  ];
}
