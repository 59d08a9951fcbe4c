import { createHash } from 'node:crypto';
import { compileIdentity, type Identity, type NamelessRow } from '../domain/made-identifiers.ts';
import type { Column } from '../domain/schema.ts';
import { cleanValue, isAligned } from '../domain/validate.ts';
import { FileError } from '../files/errors.ts';
import { splitFields } from '../files/fields.ts';
import type { RosterRecord } from '../files/read.ts';
import type { IdentifierNeeds } from './make-identifiers.ts';

/** Only identifiers of this form can be those that are made. */
const madeForm = /^[a-z0-9-]+(?:\.[a-z0-9-]+)?$/;

/** Gathers what making identifiers needs to know of a file: the rows without one, and the identifiers of the others. */
export class IdentifierSurvey implements IdentifierNeeds {
  readonly rows: NamelessRow[] = [];
  private readonly inFile = new Set<string>();
  readonly identityOf: (values: Record<string, string>) => Identity | undefined;
  private readonly columns: readonly Column[];
  private readonly positions: readonly number[];
  private readonly fieldCount: number;
  private readonly delimiter: string;
  private readonly rowsMax: number;

  /** Undefined where the file has no name that an identifier could be made of. */
  static of(
    { columns, positions }: { columns: readonly Column[]; positions: readonly number[] },
    { fieldCount, delimiter }: { fieldCount: number; delimiter: string },
    rowsMax: number,
  ): IdentifierSurvey | undefined {
    const identityOf = compileIdentity(columns, digest);
    return identityOf && new IdentifierSurvey(columns, positions, fieldCount, delimiter, rowsMax, identityOf);
  }

  private constructor(
    columns: readonly Column[],
    positions: readonly number[],
    fieldCount: number,
    delimiter: string,
    rowsMax: number,
    identityOf: (values: Record<string, string>) => Identity | undefined,
  ) {
    this.columns = columns;
    this.positions = positions;
    this.fieldCount = fieldCount;
    this.delimiter = delimiter;
    this.rowsMax = rowsMax;
    this.identityOf = identityOf;
  }

  isInFile = (externalId: string): boolean => this.inFile.has(externalId);

  named(externalId: string): void {
    if (madeForm.test(externalId)) this.inFile.add(externalId);
  }

  /** A row without an identifier; one that is refused anyway, for its fields or for lack of a name, is left out. */
  nameless(record: RosterRecord): void {
    const fields = splitFields(record.bytes, this.delimiter, record.quoted);
    if (!isAligned(fields, this.fieldCount)) return;
    const values = this.columns.map(
      ({ name }, at) => [name, cleanValue(fields[this.positions[at] as number] ?? '')] as const,
    );
    const identity = this.identityOf(Object.fromEntries(values));
    if (identity === undefined) return;
    if (this.rows.length === this.rowsMax) {
      throw new FileError(
        'too_many_made_identifiers',
        `More than ${this.rowsMax.toLocaleString('en')} rows have no identifier. Give them one, or split the roster.`,
      );
    }
    this.rows.push({ line: record.line, ...identity });
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64').slice(0, 22);
}
