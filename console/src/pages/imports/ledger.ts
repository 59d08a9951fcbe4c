import type { Import } from '../../api/schema.ts';

const ofRows = [
  'added',
  'updated',
  'reactivated',
  'disabledByFile',
  'unchanged',
  'skipped',
  'rejected',
] as const;
/** An undo has members in place of rows: those that the import had changed. */
const ofUndo = ['removed', 'updated', 'reactivated', 'disabled', 'unchanged', 'kept'] as const;
type RowOutcome = (typeof ofRows)[number] | (typeof ofUndo)[number] | 'notMade';
type OtherOutcome = 'absent' | 'absentNotMade' | 'protected';

export interface Ledger {
  /** What became of the rows of the file; the counts add up to their number. */
  rows: { name: RowOutcome; count: number }[];
  /** Members that the file does not name. */
  others: { name: OtherOutcome; count: number }[];
}

/**
 * The counts of an import as a sum. Changes that were left out, or met a change of somebody else, are `notMade`; those
 * of members whom the file does not name are told apart, since they are no rows.
 */
export function ledgerOf({ counts, kind }: Pick<Import, 'counts' | 'kind'>): Ledger {
  const known = (kind === 'undo' ? ofUndo : ofRows).map((name) => ({ name, count: counts[name] }));
  const sum = known.reduce((total, { count }) => total + count, 0);
  const notMade = counts.rows - sum;
  const rows = [...known, { name: 'notMade' as const, count: notMade }];
  const others =
    kind === 'undo'
      ? []
      : [
          { name: 'absent' as const, count: counts.disabled - counts.disabledByFile },
          { name: 'protected' as const, count: counts.protected },
          { name: 'absentNotMade' as const, count: counts.excluded + counts.conflicts - notMade },
        ];
  return { rows: rows.filter(({ count }) => count > 0), others: others.filter(({ count }) => count > 0) };
}
