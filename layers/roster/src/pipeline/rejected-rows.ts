/** The rows that were rejected as they stand in the file, for people to correct and import again. */
import type { Reject } from '../domain/import.ts';
import { isOwnColumn, rejectColumns } from '../domain/own-columns.ts';
import type { ImportRef, Objects } from '../domain/ports.ts';
import { cureOfReject } from '../domain/report-words.ts';
import { encodeRecord, splitText } from '../files/fields.ts';
import { type Frame, readFrames } from '../files/rows.ts';
import type { TableSource } from '../files/table-file.ts';
import { lineBatches, mergeLines } from './lines.ts';
import { type Manifest, workFiles } from './work-files.ts';

/**
 * The rejected rows under the file's own columns, exactly as they were, and Muster's own behind them. A row whose values
 * cannot be told apart has none under the columns, so that it is rejected again until somebody puts them there, and stands
 * whole in a column of its own.
 */
export function rejectedRows(work: Objects, ref: ImportRef, manifest: Manifest): TableSource {
  const { names = [] } = manifest;
  const kept = names.flatMap((name, position) => (isOwnColumn(name) ? [] : [position]));
  return {
    header: [...kept.map((position) => names[position] as string), ...Object.values(rejectColumns)],
    rows: tableRows(work, ref, manifest, kept),
  };
}

async function* tableRows(
  work: Objects,
  ref: ImportRef,
  manifest: Manifest,
  kept: readonly number[],
): AsyncIterable<string[]> {
  const lines = await rejectedLines(work, ref);
  const streams = manifest.parts.map(({ part, segments }) => rawRows(work, ref, part, segments, lines));
  const raw = mergeLines(streams, (text) => Number.parseInt(text, 10))[Symbol.asyncIterator]();
  for await (const { line, rejects } of rejectsByLine(work, ref)) {
    const next = await raw.next();
    const text = next.done ? '' : (next.value as string);
    const row = rowOf(text.slice(text.indexOf('\t') + 1), rejects, manifest);
    yield [...kept.map((position) => row.fields[position] ?? ''), `${line}`, ...toldOf(rejects), row.whole];
  }
}

/**
 * A row's fields, or the row as a whole where its fields do not stand under their columns. What was put before them on
 * reading, an identifier that the file has no column for, is left out.
 */
function rowOf(stored: string, rejects: readonly Reject[], { delimiter, fieldsAdded = 0 }: Manifest) {
  if (stored === '') return { fields: [], whole: '' };
  const [text, quoted] = JSON.parse(stored) as [string, boolean];
  const fields = splitText(text, delimiter, quoted).slice(fieldsAdded);
  const isTorn = rejects.some(({ code }) => code === 'wrong_field_count');
  return isTorn ? { fields: [], whole: encodeRecord(fields, delimiter) } : { fields, whole: '' };
}

/** Each reason with its column and cure, in the same order; a cure that is the same is said once. */
function toldOf(rejects: readonly Reject[]): [columns: string, reasons: string, cures: string] {
  const columns = rejects.flatMap(({ column }) => column ?? []);
  const cures = new Set(rejects.map(({ code }) => cureOfReject(code)));
  return [columns.join(', '), rejects.map(({ message }) => message).join(' '), [...cures].join(' ')];
}

async function* rejectsByLine(
  work: Objects,
  ref: ImportRef,
): AsyncIterable<{ line: number; rejects: Reject[] }> {
  let group: { line: number; rejects: Reject[] } | undefined;
  for await (const batch of lineBatches(work.stream(workFiles.allRejects(ref)))) {
    for (const text of batch) {
      const reject = JSON.parse(text) as Reject;
      if (group?.line === reject.line) group.rejects.push(reject);
      else {
        if (group !== undefined) yield group;
        group = { line: reject.line, rejects: [reject] };
      }
    }
  }
  if (group !== undefined) yield group;
}

/** The lines of all rejected rows, ascending: four bytes a row, which is all that memory holds of them. */
async function rejectedLines(work: Objects, ref: ImportRef): Promise<Uint32Array> {
  let lines = new Uint32Array(1_024);
  let count = 0;
  for await (const { line } of rejectsByLine(work, ref)) {
    if (count === lines.length) {
      const larger = new Uint32Array(2 * count);
      larger.set(lines);
      lines = larger;
    }
    lines[count++] = line;
  }
  return lines.subarray(0, count);
}

/** The rejected rows of one part: line ⇥ the record and whether it has quotation marks, as JSON; blank if malformed. */
async function* rawRows(
  work: Objects,
  ref: ImportRef,
  part: number,
  segments: number,
  lines: Uint32Array,
): AsyncIterable<string[]> {
  let at = 0;
  const isRejected = ({ line }: Frame) => {
    while (at < lines.length && (lines[at] as number) < line) at += 1;
    return lines[at] === line;
  };
  for (let segment = 0; segment < segments; segment++) {
    const batch: string[] = [];
    for (const frame of readFrames(await work.read(workFiles.segment(ref, part, segment)))) {
      if (!isRejected(frame)) continue;
      const record = frame.malformed ? '' : JSON.stringify([frame.bytes.toString(), frame.quoted]);
      batch.push(`${frame.line}\t${record}`);
    }
    yield batch;
  }
}
