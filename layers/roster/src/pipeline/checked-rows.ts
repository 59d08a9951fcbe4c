/**
 * The rows between validate and diff, as text: a line each, fields separated by tabs. The values travel as a JSON
 * array that is only parsed again where a member differs.
 *
 *     line ⇥ external id ⇥ state ⇥ hash ⇥ ["values",…] [⇥ ["unique values",…]]
 *
 * The state is `1` active, `0` disabled, `-` not said, `!` rejected (nothing follows: the row only shows that
 * its member is not absent).
 */
export interface CheckedRow {
  line: number;
  externalId: string;
  rejected: boolean;
  active: boolean | undefined;
  valuesHash: string;
  /** JSON array of the values in the order of the mapped columns. */
  valuesJson: string;
  /** JSON array of the canonical values of unique columns; empty where the schema has none. */
  uniquesJson: string;
}

const stateOf = new Map<string, boolean | undefined>([
  ['1', true],
  ['0', false],
  ['-', undefined],
]);

export function formatGood(row: Omit<CheckedRow, 'rejected'>): string {
  const state = row.active === undefined ? '-' : row.active ? '1' : '0';
  const uniques = row.uniquesJson === '' ? '' : `\t${row.uniquesJson}`;
  return `${row.line}\t${row.externalId}\t${state}\t${row.valuesHash}\t${row.valuesJson}${uniques}\n`;
}

export function formatRejected(line: number, externalId: string): string {
  return `${line}\t${externalId}\t!\n`;
}

/** Parses one line without its end. The external id holds no tab: validation refuses control characters. */
export function parseChecked(text: string): CheckedRow {
  const [line = '', externalId = '', state = '', valuesHash = '', valuesJson = '', uniquesJson = ''] =
    text.split('\t');
  return {
    line: Number(line),
    externalId,
    rejected: state === '!',
    active: stateOf.get(state),
    valuesHash,
    valuesJson,
    uniquesJson,
  };
}
