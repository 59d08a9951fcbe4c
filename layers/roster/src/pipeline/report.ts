import { stringify } from 'csv-stringify/sync';
import type { Reject } from '../domain/import.ts';
import type { ImportRef, Objects } from '../domain/ports.ts';
import { lineBatches, mergeLines } from './lines.ts';
import { type Plan, readJson, workFiles } from './work-files.ts';

const header = ['Line', 'Identifier', 'Outcome', 'Column', 'Code', 'Message', 'Value'];
const batchRows = 1_000;

/** What became of a row that the plan had this outcome for. */
export type FinalOutcome = (planned: string, externalId: string) => string;

/**
 * Writes the row ledger (B11): every row of the file in its order, with its outcome and, for a rejected one, a
 * line for each reason; then the members that the file does not name and that were to be disabled. UTF-8 with a
 * byte order mark, formulas neutralized, so that it is safe to open in a spreadsheet.
 */
export async function writeReport(
  deps: { work: Objects; reports: Objects },
  ref: ImportRef,
  finalOutcome: FinalOutcome,
): Promise<void> {
  const plan = await readJson<Plan>(deps.work, workFiles.plan(ref));
  const rows = reportRows(deps.work, ref, plan, finalOutcome);
  await deps.reports.writeStream(workFiles.report(ref), csv(rows), 'text/csv; charset=utf-8');
}

async function* csv(rows: AsyncIterable<string[]>): AsyncIterable<string> {
  let batch = [header];
  let prefix = '\ufeff';
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < batchRows) continue;
    yield prefix + stringify(batch, { escape_formulas: true });
    prefix = '';
    batch = [];
  }
  yield prefix + stringify(batch, { escape_formulas: true });
}

async function* reportRows(
  work: Objects,
  ref: ImportRef,
  plan: Plan,
  finalOutcome: FinalOutcome,
): AsyncIterable<string[]> {
  const ledgers = plan.parts.map((part) => lineBatches(work.stream(part.ledger)));
  const streams = [...ledgers, lineBatches(work.stream(workFiles.allRejects(ref)))];
  let rejectedId = { line: 0, externalId: '' };
  for await (const text of mergeLines(streams, lineNumber)) {
    if (text.startsWith('{')) {
      const reject = JSON.parse(text) as Reject;
      const id = rejectedId.line === reject.line ? rejectedId.externalId : '';
      yield [
        `${reject.line}`,
        id,
        'rejected',
        reject.column ?? '',
        reject.code,
        reject.message,
        reject.value ?? '',
      ];
      continue;
    }
    const [line = '', externalId = '', outcome = ''] = text.split('\t');
    if (outcome === 'rejected') rejectedId = { line: Number(line), externalId };
    else yield [line, externalId, finalOutcome(outcome, externalId), '', '', '', ''];
  }
  yield* absentMembers(work, plan, finalOutcome);
}

/** The line of the file that an entry of a ledger or of the rejects is about. */
function lineNumber(text: string): number {
  return text.startsWith('{') ? (JSON.parse(text) as Reject).line : Number.parseInt(text, 10);
}

async function* absentMembers(
  work: Objects,
  plan: Plan,
  finalOutcome: FinalOutcome,
): AsyncIterable<string[]> {
  for (const { kinds } of plan.parts) {
    if (kinds.disable === undefined) continue;
    for await (const batch of lineBatches(work.stream(kinds.disable.key))) {
      for (const text of batch) {
        const { line, externalId } = JSON.parse(text) as { line?: number; externalId: string };
        const message = 'The file does not name this member.';
        if (line === undefined)
          yield ['', externalId, finalOutcome('disable', externalId), '', 'absent', message, ''];
      }
    }
  }
}
