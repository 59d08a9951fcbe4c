import type { Reject } from '../domain/import.ts';
import { compileRow, isValid, type RowFaults, type RowValidator, type ValidRow } from '../domain/validate.ts';
import { splitFields } from '../files/framing.ts';
import { type Frame, readFrames } from '../files/rows.ts';
import { formatGood, formatRejected } from './checked-rows.ts';
import { compileValuesHash } from './values-hash.ts';
import type { Manifest, PartValidated } from './work-files.ts';

const malformedMessages = {
  stray_quote:
    'A quotation mark stands inside a value that does not begin with one. Quote the whole value and double the marks inside it.',
  text_after_quote: 'Text follows a closing quotation mark. Double the marks inside a quoted value.',
  quote_not_closed: 'A quotation mark opens a value and is never closed. Close it.',
  record_too_long: 'The row is too long. A quotation mark before it may be missing its partner.',
} as const;

/** Checks the rows of one part, segment after segment, and gathers what goes to its files. */
export class PartChecker {
  readonly totals: PartValidated = { rows: 0, rejected: 0, unidentified: 0 };
  private readonly manifest: Manifest;
  private readonly validate: RowValidator;
  private readonly hash: (canonical: readonly string[]) => string;
  private readonly uniqueAt: number[];
  private readonly lineOfId = new Map<string, number>();
  private checked: string[] = [];
  private rejects: string[] = [];

  constructor(manifest: Manifest) {
    this.manifest = manifest;
    this.validate = compileRow(manifest.columns, manifest.positions, manifest.fieldCount);
    this.hash = compileValuesHash(manifest.columns.map((column) => column.name));
    this.uniqueAt = uniqueColumns(manifest.columns);
  }

  /** Checks one segment of framed rows. */
  check(segment: Buffer): void {
    const delimiter = this.manifest.delimiter;
    for (const frame of readFrames(segment)) {
      this.totals.rows += 1;
      if (frame.malformed) this.rejectMalformed(frame);
      else this.checkRow(frame.line, this.validate(splitFields(frame.bytes, delimiter, frame.quoted)));
    }
  }

  checkedText(): string {
    return this.checked.join('');
  }

  rejectsText(): string {
    return this.rejects.join('');
  }

  private checkRow(line: number, row: ValidRow | RowFaults): void {
    if (!isValid(row)) {
      this.reject(line, row);
      return;
    }
    const earlier = this.lineOfId.get(row.externalId);
    if (earlier === undefined) this.accept(line, row);
    else this.rejectDuplicate(line, row.externalId, earlier);
  }

  private accept(line: number, row: ValidRow): void {
    this.lineOfId.set(row.externalId, line);
    this.checked.push(
      formatGood({
        line,
        externalId: row.externalId,
        active: row.active,
        valuesHash: this.hash(row.canonical),
        valuesJson: JSON.stringify(row.values),
        uniquesJson:
          this.uniqueAt.length === 0 ? '' : JSON.stringify(this.uniqueAt.map((at) => row.canonical[at])),
      }),
    );
  }

  private reject(line: number, row: RowFaults): void {
    this.totals.rejected += 1;
    for (const fault of row.faults) this.addReject({ line, ...fault });
    const id = row.externalId;
    if (id === undefined) this.totals.unidentified += 1;
    // Control characters would break the line format; such an identifier is no member's either.
    else if (!/[\u0000-\u001f]/.test(id)) this.checked.push(formatRejected(line, id));
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

  private rejectMalformed(frame: Frame): void {
    const code = frame.malformed?.code ?? 'stray_quote';
    this.totals.rejected += 1;
    this.totals.unidentified += 1;
    this.addReject({ line: frame.line, code, message: malformedMessages[code] });
  }

  private addReject(reject: Reject): void {
    this.rejects.push(`${JSON.stringify(reject)}\n`);
  }
}

/** Indexes of the columns, beside the identifier, whose values no two members may share. */
export function uniqueColumns(columns: Manifest['columns']): number[] {
  return [...columns.keys()].filter(
    (index) => columns[index]?.unique && columns[index]?.role !== 'externalId',
  );
}
