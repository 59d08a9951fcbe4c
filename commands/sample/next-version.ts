import type { ColumnName, RosterRow } from './columns.ts';
import { mix, mulberry32, shuffledPlace } from './random.ts';
import { checkRows, digits, indexOfMemberId, pick, type RosterOptions, rosterRow } from './rows.ts';
import * as words from './vocabulary.ts';

/** Shares are of the first version's rows, 0 to 1, and are met exactly, rounded to whole rows. */
export interface NextVersionOptions extends RosterOptions {
  updatedShare?: number;
  addedShare?: number;
  absentShare?: number;
}

export type Difference = 'updated' | 'added' | 'absent' | 'unchanged';

/** What a next version's rows are and how they differ from the first version's. */
export interface NextVersion {
  /** The next file's rows, in the order of the first file, then the added ones. Each call starts anew. */
  rows(): Generator<RosterRow, void, undefined>;
  counts: Record<Difference, number> & { rows: number };
  /** What happened to one id; undefined if it is in neither version. Costs the same at any size. */
  differenceOf(memberId: string): Difference | undefined;
  /** The columns in which an updated member differs, none for any other. */
  changedColumnsOf(memberId: string): ColumnName[];
}

/**
 * The file that follows `rosterRows({ seed, rows })` when some members moved, joined and left. What changed is a
 * pure function of the id, so a test of a million rows keeps none of them.
 * @throws RangeError if a share is not from 0 to 1, or updated and absent together are more than all.
 */
export function nextVersion(options: NextVersionOptions): NextVersion {
  const plan = planOf(options);
  const differenceAt = (index: number) => difference(plan, index);
  return {
    counts: countsOf(plan),
    *rows() {
      for (let index = 0; index < plan.rows + plan.added; index++) {
        if (differenceAt(index) !== 'absent') yield rowAt(plan, index);
      }
    },
    differenceOf(memberId) {
      const index = indexOfMemberId(memberId);
      return index === undefined ? undefined : differenceAt(index);
    },
    changedColumnsOf(memberId) {
      const index = indexOfMemberId(memberId);
      return index === undefined || differenceAt(index) !== 'updated' ? [] : changedColumns(plan, index);
    },
  };
}

interface Plan {
  seed: number;
  rows: number;
  updated: number;
  added: number;
  absent: number;
}

function planOf(options: NextVersionOptions): Plan {
  const { seed, rows, updatedShare = 0.01, addedShare = 0.005, absentShare = 0.005 } = options;
  checkRows(rows);
  for (const share of [updatedShare, addedShare, absentShare]) {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`A share is a number from 0 to 1, not ${share}.`);
  }
  const [updated, added, absent] = [updatedShare, addedShare, absentShare].map((share) =>
    Math.round(share * rows),
  );
  const plan = { seed, rows, updated: updated ?? 0, added: added ?? 0, absent: absent ?? 0 };
  if (plan.updated + plan.absent > rows) {
    throw new RangeError('The updated and the absent rows together are more than the file has.');
  }
  checkRows(rows + plan.added);
  return plan;
}

function countsOf(plan: Plan): NextVersion['counts'] {
  return {
    rows: plan.rows - plan.absent + plan.added,
    updated: plan.updated,
    added: plan.added,
    absent: plan.absent,
    unchanged: plan.rows - plan.updated - plan.absent,
  };
}

function difference(plan: Plan, index: number): Difference | undefined {
  if (index < 0 || index >= plan.rows + plan.added) return undefined;
  if (index >= plan.rows) return 'added';
  const place = shuffledPlace(plan.seed, plan.rows, index);
  if (place < plan.updated) return 'updated';
  return place < plan.updated + plan.absent ? 'absent' : 'unchanged';
}

function rowAt(plan: Plan, index: number): RosterRow {
  const row = rosterRow(plan.seed, index);
  return difference(plan, index) === 'updated' ? { ...row, ...newValues(plan, index, row) } : row;
}

const changesOfAMember: readonly (readonly ColumnName[])[] = [
  ['Phone'],
  ['Department'],
  ['City', 'PostalCode'],
  ['Fee'],
  ['Department', 'Group'],
];
const streamOfChanges = 1;

function changedColumns(plan: Plan, index: number): ColumnName[] {
  return [...pick(mulberry32(mix(plan.seed, index, streamOfChanges)), changesOfAMember)];
}

function newValues(plan: Plan, index: number, row: RosterRow): Partial<RosterRow> {
  const changed = changedColumns(plan, index);
  return Object.fromEntries(changed.map((column) => [column, newValue(column, row)]));
}

/** Another value than the row has, always: the next of the list, or the last digit moved on. */
function newValue(column: ColumnName, row: RosterRow): string {
  const next = (list: readonly string[]) => list[(list.indexOf(row[column]) + 1) % list.length] as string;
  if (column === 'Department') return next(words.departments);
  if (column === 'Group') return next(words.groups);
  if (column === 'Fee') return next(words.fees);
  const home = words.cities.findIndex(({ city }) => city === row.City);
  const nextHome = words.cities[(home + 1) % words.cities.length] ?? words.cities[0];
  if (column === 'City') return nextHome.city;
  if (column === 'PostalCode') return digits(mulberry32(mix(home)), nextHome.postalCode);
  return row[column].replace(/\d$/, (digit) => String((Number(digit) + 1) % 10));
}
