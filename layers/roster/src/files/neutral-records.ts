import { asBefore } from '../domain/neutral-text.ts';
import { encodeRecord, splitFields } from './fields.ts';
import { RecordBatch, type RosterRecord } from './records.ts';

const apostrophe = 0x27;
/** First bytes of what can follow an apostrophe that an export put there: a sign, another one, a full-width sign. */
const following = new Set([...Buffer.from("=+-@\t\r\n'"), 0xef]);

/**
 * Takes the apostrophes away that keep spreadsheets from running a field as a formula (domain/neutral-text.ts). Almost
 * no batch has any: then it comes back as it is, at the cost of looking for one byte.
 */
export function withoutApostrophes(batch: RecordBatch, delimiter: string): RecordBatch {
  if (!mayHold(batch.contents)) return batch;
  const records = Array.from(batch, (record) => ({
    line: record.line,
    malformed: record.malformed,
    ...before(record, delimiter),
  }));
  const next = new RecordBatch(delimiter);
  next.reset(Buffer.concat(records.map(({ bytes }) => bytes)));
  let at = 0;
  for (const { line, malformed, quoted, bytes } of records) {
    if (malformed) next.addMalformed(line, malformed.code, malformed.column);
    else next.add(line, at, at + bytes.length, quoted);
    at += bytes.length;
  }
  return next;
}

function mayHold(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(apostrophe); at >= 0; at = bytes.indexOf(apostrophe, at + 1)) {
    if (following.has(bytes[at + 1] as number)) return true;
  }
  return false;
}

function before({ malformed, bytes, quoted }: RosterRecord, delimiter: string) {
  if (malformed || !mayHold(bytes)) return { bytes, quoted };
  const fields = splitFields(bytes, delimiter, quoted);
  const text = encodeRecord(fields.map(asBefore), delimiter);
  return { bytes: Buffer.from(text), quoted: text.includes('"') };
}
