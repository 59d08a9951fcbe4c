import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import { splitFields } from '../../../layers/roster/src/files/fields.ts';
import { Framer, type LineEnd } from '../../../layers/roster/src/files/framing.ts';
import type { RecordBatch } from '../../../layers/roster/src/files/records.ts';

/** What reading a text gives: records with their fields, or the code of what breaks one. */
export type Event = { line: number; fields: string[] } | { line: number; malformed: string };

class TooLong extends Error {
  readonly code = 'record_too_long';
}

const malformedCodeOf: Record<string, string> = {
  INVALID_OPENING_QUOTE: 'stray_quote',
  CSV_INVALID_CLOSING_QUOTE: 'text_after_quote',
  CSV_QUOTE_NOT_CLOSED: 'quote_not_closed',
};

/**
 * What csv-parse makes of a text. After an error it is started again at the physical line that follows the first
 * one of the broken record, and likewise after a record of more than `recordBytesMax` bytes. Lines are counted here:
 * csv-parse counts a quoted CRLF twice.
 */
export function referenceEvents(
  text: Buffer,
  delimiter: string,
  lineEnd: LineEnd,
  recordBytesMax = Number.POSITIVE_INFINITY,
): Event[] {
  const events: Event[] = [];
  for (let offset = 0; offset < text.length; ) {
    let start = offset;
    const keep = (fields: string[], end: number) => {
      const raw = text.toString('latin1', start, offset + end);
      const ends = lineEnd === 'cr' ? /(\r\n|\r|\n)$/ : /(\r\n|\n)$/;
      if (raw.replace(ends, '').length > recordBytesMax) throw new TooLong();
      const isBlank = fields.every((field) => field.trim() === '');
      if (!isBlank) events.push({ line: lineAt(text, start, lineEnd), fields });
      start = offset + end;
    };
    const code = parseUntilError(text.subarray(offset), delimiter, lineEnd, keep);
    if (code === undefined) break;
    events.push({ line: lineAt(text, start, lineEnd), malformed: malformedCodeOf[code] ?? code });
    offset = nextLine(text, start, lineEnd);
  }
  return events;
}

function parseUntilError(
  text: Buffer,
  delimiter: string,
  lineEnd: LineEnd,
  keep: (fields: string[], end: number) => void,
): string | undefined {
  try {
    parse(text, {
      delimiter,
      record_delimiter: lineEnd === 'cr' ? ['\r\n', '\n', '\r'] : ['\r\n', '\n'],
      relax_column_count: true,
      on_record: (fields: string[], info) => {
        keep(fields, info.bytes);
        return null;
      },
    });
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
}

function lineAt(text: Buffer, offset: number, lineEnd: LineEnd): number {
  const ends = lineEnd === 'cr' ? /\r\n|\r|\n/g : /\n/g;
  return (text.toString('latin1', 0, offset).match(ends) ?? []).length + 1;
}

function nextLine(text: Buffer, offset: number, lineEnd: LineEnd): number {
  const rest = text.toString('latin1', offset);
  const end = (lineEnd === 'cr' ? /\r\n|\r|\n/ : /\n/).exec(rest);
  return end === null ? text.length : offset + end.index + end[0].length;
}

/** What the framer makes of the same text, given in these chunks. */
export function framedEvents(
  chunks: readonly Buffer[],
  delimiter: string,
  lineEnd: LineEnd,
  recordBytesMax = 1024 * 1024,
): Event[] {
  const framer = new Framer({ delimiter, lineEnd, recordBytesMax });
  const events: Event[] = [];
  for (const chunk of chunks) collect(framer.push(chunk), delimiter, events);
  collect(framer.push(Buffer.alloc(0), true), delimiter, events);
  return events;
}

function collect(batch: RecordBatch, delimiter: string, events: Event[]): void {
  for (const record of batch) {
    const { line, malformed } = record;
    if (malformed !== undefined) events.push({ line, malformed: malformed.code });
    else {
      const fields = splitFields(record.bytes, delimiter, record.quoted);
      // Taking one field has to give what splitting gives, and nothing after the last one.
      const singly = [...fields.keys(), fields.length].map((position) => record.field(position));
      assert.deepEqual(singly, [...fields, '']);
      events.push({ line, fields });
    }
  }
}

/** Every way to cut a text in two, and the cut after each byte. */
export function* everyCut(text: Buffer): Generator<Buffer[]> {
  for (let at = 0; at <= text.length; at++) yield [text.subarray(0, at), text.subarray(at)];
  yield Array.from(text, (_, index) => text.subarray(index, index + 1));
}
