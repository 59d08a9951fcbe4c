import type { Import } from '../../api/schema.ts';
import type { ChangeKind } from './importQueries.ts';

/** The kinds of changes, and the count of each. */
export const countOfKind = {
  add: 'added',
  update: 'updated',
  reactivate: 'reactivated',
  disable: 'disabled',
  remove: 'removed',
} as const satisfies Record<ChangeKind, keyof Import['counts']>;
export const kinds = Object.keys(countOfKind) as ChangeKind[];

/** How many changes of these kinds an import makes, or has made. */
export function changesIn({ counts }: Pick<Import, 'counts'>, of: readonly ChangeKind[] = kinds): number {
  return of.reduce((sum, kind) => sum + counts[countOfKind[kind]], 0);
}
