import type { Reject } from '../domain/import.ts';
import { valuesBytesMax, valuesFit } from '../domain/member-size.ts';
import {
  compileRow,
  hasControlCharacter,
  isNormalized,
  isValid,
  type RowFaults,
  type RowValidator,
  type ValidRow,
} from '../domain/validate.ts';
import { splitText } from '../files/fields.ts';
import type { MalformedCode } from '../files/records.ts';
import { FrameCursor } from '../files/rows.ts';
import { ByteWriter } from './byte-writer.ts';
import { CheckedWriter } from './checked-rows.ts';
import { PlainRow } from './plain-row.ts';
import { compileValuesHash, type Hasher } from './values-hash.ts';
import type { Manifest, PartValidated } from './work-files.ts';

const malformedMessages = {
  stray_quote:
    'A quotation mark stands inside a value that does not begin with one. Quote the whole value and double the marks inside it.',
  text_after_quote: 'Text follows a closing quotation mark. Double the marks inside a quoted value.',
  quote_not_closed: 'A quotation mark opens a value and is never closed. Close it.',
  record_too_long: 'The row is too long. A quotation mark before it may be missing its partner.',
} as const;

const rowTooLong = {
  code: 'row_too_long',
  message: `The values of the row take more than ${valuesBytesMax / 1024} KiB together. Shorten some of them.`,
} as const;

const ambiguousIdentifier = {
  code: 'ambiguous_identifier',
  message:
    'The row has no identifier, and several people of this name are on the roster or in the file whom it does not tell apart. Give the identifier of the member that it is about.',
} as const;

/** Checks the rows of one part, segment after segment, and gathers what goes to its files. */
export class PartChecker {
  readonly totals: PartValidated = { rows: 0, rejected: 0, unidentified: 0 };
  private readonly manifest: Manifest;
  private readonly validate: RowValidator;
  private readonly hash: (canonical: readonly string[]) => string;
  private readonly plain: PlainRow;
  private readonly checked: CheckedWriter;
  private readonly rejects = new ByteWriter();
  private readonly ambiguous: ReadonlySet<number>;

  /** `bytesExpected` is about how many bytes of rows there will be. */
  constructor(manifest: Manifest, hasher: Hasher, bytesExpected = 0) {
    this.manifest = manifest;
    this.ambiguous = new Set(manifest.ambiguous);
    this.validate = compileRow(
      manifest.columns,
      manifest.positions,
      manifest.fieldCount,
      manifest.fieldsAdded,
    );
    this.plain = new PlainRow(manifest, hasher);
    this.hash = compileValuesHash(
      manifest.columns.map((column) => column.name),
      hasher,
    );
    this.checked = new CheckedWriter(uniqueColumns(manifest.columns), bytesExpected * 2);
  }

  /** Checks one segment of framed rows. */
  check(segment: Buffer): void {
    const frame = new FrameCursor(segment);
    while (frame.next()) {
      this.totals.rows += 1;
      if (frame.malformed) {
        this.rejectMalformed(frame.line, frame.malformed.code);
        continue;
      }
      // Values are no longer than their row, so only a long row may hold too much.
      const isShort = frame.end - frame.start <= valuesBytesMax;
      if (isShort && this.plain.take(segment, frame.start, frame.end)) this.acceptPlain(frame.line);
      else this.checkText(frame.line, frame.text(), frame.quoted);
    }
  }

  private acceptPlain(line: number): void {
    const earlier = this.checked.plain(line, this.plain);
    if (earlier !== undefined) this.rejectDuplicate(line, this.plain.externalId, earlier);
  }

  private checkText(line: number, text: string, quoted: boolean): void {
    const row = this.validate(splitText(text, this.manifest.delimiter, quoted), isNormalized(text));
    if (this.ambiguous.has(line)) this.reject(line, { externalId: undefined, faults: [ambiguousIdentifier] });
    else if (!isValid(row)) this.reject(line, row);
    else if (valuesFit(row.values)) this.accept(line, row);
    else this.reject(line, { externalId: row.externalId, faults: [rowTooLong] });
  }

  /** The file of the good rows; once. */
  takeChecked(): Buffer {
    return this.checked.take();
  }

  /** The file of the rejects; once. */
  takeRejects(): Buffer {
    return this.rejects.take();
  }

  private accept(line: number, row: ValidRow): void {
    const { externalId, active, values, canonical } = row;
    const valuesHash = this.hash(canonical);
    const earlier = this.checked.good({ line, externalId, active, valuesHash, values, canonical });
    if (earlier !== undefined) this.rejectDuplicate(line, externalId, earlier);
  }

  private reject(line: number, row: RowFaults): void {
    this.totals.rejected += 1;
    for (const fault of row.faults) this.addReject({ line, ...fault });
    const id = row.externalId;
    // Control characters would break the line format.
    if (id === undefined || hasControlCharacter(id)) this.totals.unidentified += 1;
    else this.checked.rejected(line, id);
  }

  private rejectDuplicate(line: number, externalId: string, earlier: number): void {
    this.totals.rejected += 1;
    const column = this.manifest.columns.find(({ role }) => role === 'externalId')?.name;
    const message = `The identifier stands on line ${earlier} already. Keep one of the two rows.`;
    this.addReject({
      line,
      ...(column !== undefined && { column }),
      code: 'duplicate_identifier',
      message,
      value: externalId,
    });
  }

  private rejectMalformed(line: number, code: MalformedCode): void {
    this.totals.rejected += 1;
    this.totals.unidentified += 1;
    this.addReject({ line, code, message: malformedMessages[code] });
  }

  private addReject(reject: Reject): void {
    this.rejects.text(`${JSON.stringify(reject)}\n`);
  }
}

/** Indexes of the columns, beside the identifier, whose values no two members may share. */
export function uniqueColumns(columns: Manifest['columns']): number[] {
  return [...columns.keys()].filter(
    (index) => columns[index]?.unique && columns[index]?.role !== 'externalId',
  );
}
