import { exportFormats } from '../domain/export.ts';
import type { Reject } from '../domain/import.ts';
import type { Clock, ImportRef, Objects } from '../domain/ports.ts';
import { cureOf, cureOfReject } from '../domain/report-words.ts';
import { contentTypes, type TableSource, tableFile } from '../files/table-file.ts';
import { lineBatches, mergeLines } from './lines.ts';
import { rejectedRows } from './rejected-rows.ts';
import { type Manifest, type Plan, type ReportRows, readJson, workFiles } from './work-files.ts';

const header = ['Line', 'Identifier', 'Outcome', 'Column', 'Code', 'Message', 'Value', 'What to do'];

/** What became of a row that the plan had this outcome for. */
export type FinalOutcome = (planned: string, externalId: string) => string;

export interface ReportDeps {
  work: Objects;
  reports: Objects;
  clock: Clock;
}

/**
 * Writes the reports of an import, as CSV and as a workbook, each in bounded memory and safe to open in a spreadsheet.
 * The row ledger (B11): every row of the file in its order, with its outcome and, for a rejected one, a line for each
 * reason; then the members that the file does not name and that were to be disabled. And the rejected rows alone, to be
 * corrected and imported again (S3.18).
 */
export async function writeReport(
  deps: ReportDeps,
  ref: ImportRef,
  finalOutcome: FinalOutcome,
): Promise<void> {
  const plan = await readJson<Plan>(deps.work, workFiles.plan(ref));
  await writeTable(deps, ref, 'all', () => ({
    header,
    rows: reportRows(deps.work, ref, plan, finalOutcome),
  }));
  if (plan.counts.rejected === 0) return;
  const manifest = await readJson<Manifest>(deps.work, workFiles.manifest(ref));
  await writeTable(deps, ref, 'rejects', () => rejectedRows(deps.work, ref, manifest));
}

const sheetNames: Record<ReportRows, string> = { all: 'Import report', rejects: 'Rejected rows' };

async function writeTable(
  { reports, clock }: ReportDeps,
  ref: ImportRef,
  rows: ReportRows,
  table: () => TableSource,
): Promise<void> {
  for (const format of exportFormats) {
    const content = tableFile({ name: sheetNames[rows], ...table() }, { format, madeAt: clock() });
    await reports.writeStream(workFiles.report(ref, rows, format), content, contentTypes[format]);
  }
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
      const { line, column = '', code, message, value = '' } = reject;
      const id = rejectedId.line === line ? rejectedId.externalId : '';
      const outcome = finalOutcome('rejected', id);
      yield [`${line}`, id, outcome, column, code, message, value, cureOfReject(code)];
      continue;
    }
    const [line = '', externalId = '', planned = ''] = text.split('\t');
    if (planned === 'rejected') rejectedId = { line: Number(line), externalId };
    else {
      const outcome = finalOutcome(planned, externalId);
      yield [line, externalId, outcome, '', '', '', '', cureOf(outcome)];
    }
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
        if (line !== undefined) continue;
        const outcome = finalOutcome('disable', externalId);
        const message = 'The file does not name this member.';
        yield ['', externalId, outcome, '', 'absent', message, '', cureOf(outcome)];
      }
    }
  }
}
