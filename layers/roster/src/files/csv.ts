import { stringify } from 'csv-stringify/sync';
import { neutralized } from '../domain/neutral-text.ts';

const batchRows = 1_000;

/**
 * Rows as CSV text: CRLF line ends (RFC 4180), formulas neutralized. Fields that hold another delimiter or a line end
 * are quoted, so that whoever guesses the delimiter guesses right. With a byte order mark Excel knows it for UTF-8.
 */
export async function* csvText(
  header: readonly string[],
  rows: AsyncIterable<readonly string[]>,
  { byteOrderMark = true }: { byteOrderMark?: boolean } = {},
): AsyncIterable<string> {
  let prefix = byteOrderMark ? '\ufeff' : '';
  let batch: (readonly string[])[] = [header];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < batchRows) continue;
    yield prefix + textOf(batch);
    prefix = '';
    batch = [];
  }
  if (batch.length > 0) yield prefix + textOf(batch);
}

function textOf(rows: readonly (readonly string[])[]): string {
  const harmless = rows.map((row) => row.map(neutralized));
  return stringify(harmless, { record_delimiter: 'windows', quoted_match: /[\r\n;\t|]/ });
}
