import { type HeaderMapping, isHeaderFault } from '../domain/header.ts';
import type { ImportLimits, ImportNotice } from '../domain/import.ts';
import { givesPassword, isPasswordLabel } from '../domain/passwords.ts';
import type { ImportRef, Objects } from '../domain/ports.ts';
import { makesIdentifiers } from '../domain/presets.ts';
import type { RosterSchema } from '../domain/schema.ts';
import { cleanValue, isAligned } from '../domain/validate.ts';
import { editRecord } from '../files/edit-record.ts';
import { FileError } from '../files/errors.ts';
import type { HeaderInfo, RecordBatch, RosterRecord } from '../files/read.ts';
import type { Frame } from '../files/rows.ts';
import { HeaderSurvey } from './header-survey.ts';
import type { MadeIdentifiers } from './make-identifiers.ts';
import { IdentifierSurvey } from './nameless-rows.ts';
import type { MappingDecision } from './read-mapping.ts';
import { SegmentWriter } from './segment-writer.ts';
import type { Manifest } from './work-files.ts';

/** What dealing the rows of an import needs to know. */
export interface Dealing {
  work: Objects;
  ref: ImportRef;
  schema: RosterSchema;
  /** How many members there are. */
  members: number;
  decide: MappingDecision;
  limits: Pick<ImportLimits, 'madeIdentifiersMax'>;
  /** The identifiers that were made in a first reading, if rows lacked one. */
  made?: MadeIdentifiers;
}

/** Receives the records of the file and hands each to the part of its identifier. */
export class RowDealer {
  private writer: SegmentWriter | undefined;
  private manifest: Omit<Manifest, 'parts'> | undefined;
  private found: { info: HeaderInfo; survey: HeaderSurvey } | undefined;
  /** Position of the identifier; -1 where the file has none. */
  private idAt = 0;
  private identifiers: IdentifierSurvey | undefined;
  private passwords: Passwords | undefined;
  private readonly dealing: Dealing;

  constructor(dealing: Dealing) {
    this.dealing = dealing;
  }

  get info(): HeaderInfo {
    return this.header_.info;
  }

  get survey(): HeaderSurvey {
    return this.header_.survey;
  }

  /** Whether an admin has to say what the headers mean: no row is kept then. */
  get isWaiting(): boolean {
    return this.manifest === undefined;
  }

  /** What making identifiers takes, where rows lack one and none was made yet: the file is to be read again with them. */
  get lackingIdentifiers(): IdentifierSurvey | undefined {
    const { identifiers, dealing } = this;
    return dealing.made === undefined && identifiers?.rows.length ? identifiers : undefined;
  }

  get notices(): ImportNotice[] {
    const made = this.dealing.made?.ids.size ?? 0;
    return [...(this.passwords?.notices ?? []), ...(made > 0 ? [identifiersMade(made)] : [])];
  }

  private get header_() {
    if (this.found === undefined) throw new Error('The header has not been read yet.');
    return this.found;
  }

  restart(): void {
    this.writer = undefined;
    this.manifest = undefined;
  }

  async header(info: HeaderInfo): Promise<void> {
    const { work, ref, schema, members, decide, limits, made } = this.dealing;
    const mapping = await decide(info.names);
    this.found = { info, survey: new HeaderSurvey(info) };
    if (mapping === 'wait') return;
    if (isHeaderFault(mapping)) throw new FileError(mapping.code, mapping.message);
    const { report, complete, positions } = mapping;
    const { delimiter } = info;
    const fieldCount = info.names.length;
    this.idAt = positions[mapping.columns.findIndex(({ role }) => role === 'externalId')] ?? -1;
    this.passwords = Passwords.of(info, report.mapped, this.idAt);
    this.identifiers = makesIdentifiers(info.names, schema.columns)
      ? IdentifierSurvey.of(mapping, { fieldCount, delimiter }, limits.madeIdentifiersMax)
      : undefined;
    this.manifest = {
      names: info.names,
      ...(this.idAt < 0
        ? withIdentifierFirst(mapping, schema, fieldCount)
        : { ...mappedFields(mapping), fieldCount }),
      ...(made !== undefined && made.ambiguous.length > 0 && { ambiguous: [...made.ambiguous] }),
      delimiter,
      complete,
      report,
      schemaVersion: schema.version,
    };
    this.writer = new SegmentWriter(work, ref, info.inflatedBytesExpected, members);
  }

  records(batch: RecordBatch): Promise<void> | undefined {
    this.survey.take(batch);
    const { writer, identifiers } = this;
    if (writer === undefined) return undefined;
    const isPlain = this.passwords === undefined && identifiers === undefined;
    for (const record of batch) {
      let id = record.malformed || this.idAt < 0 ? '' : cleanValue(record.field(this.idAt));
      let row: RosterRecord | Frame = record;
      if (!isPlain && !record.malformed) {
        const made = id === '' ? this.identify(record) : undefined;
        if (id !== '') identifiers?.named(id);
        id = made ?? id;
        row = this.edited(record, made);
      }
      writer.bufferFor(id === '' ? undefined : id).append(row);
    }
    return writer.flushFull();
  }

  /** The identifier that was made for a row; none in a first reading, which gathers what making them takes. */
  private identify(record: RosterRecord): string | undefined {
    const { made } = this.dealing;
    if (made === undefined) this.identifiers?.nameless(record);
    return made?.ids.get(record.line);
  }

  private edited(record: RosterRecord, made: string | undefined): RosterRecord | Frame {
    const { delimiter } = this.info;
    const bare = this.passwords?.without(record) ?? record;
    if (this.idAt < 0) {
      const bytes = Buffer.concat([Buffer.from(`${made ?? ''}${delimiter}`), bare.bytes]);
      return { line: record.line, quoted: bare.quoted, malformed: undefined, bytes };
    }
    if (made === undefined) return bare;
    return editRecord(bare, delimiter, () => new Map([[this.idAt, made]]));
  }

  async finish(): Promise<Manifest> {
    const writer = this.writer as SegmentWriter;
    await writer.close();
    return { ...(this.manifest as Omit<Manifest, 'parts'>), parts: writer.parts };
  }
}

type MappedFields = Pick<Manifest, 'columns' | 'positions' | 'fieldCount' | 'fieldsAdded'>;

function mappedFields({ columns, positions }: HeaderMapping): Pick<Manifest, 'columns' | 'positions'> {
  return { columns, positions };
}

/** The columns of a file without an identifier, whose rows get one as their first field. */
function withIdentifierFirst(
  { columns, positions }: HeaderMapping,
  schema: RosterSchema,
  fieldCount: number,
): MappedFields {
  const positionOf = new Map(columns.map((column, at) => [column, (positions[at] as number) + 1]));
  for (const column of schema.columns) if (column.role === 'externalId') positionOf.set(column, 0);
  const all = schema.columns.filter((column) => positionOf.has(column));
  return {
    columns: all,
    positions: all.map((column) => positionOf.get(column) as number),
    fieldCount: fieldCount + 1,
    fieldsAdded: 1,
  };
}

function identifiersMade(rows: number): ImportNotice {
  const whom =
    rows === 1 ? '1 row has no identifier and got one' : `${rows} rows have no identifier and got one`;
  const message = `${whom} made of the name, such as prenom.nom: the one of the member that it is about, or a new one.`;
  return { code: 'identifiers_made', message, rows };
}

/** Leaves the passwords of a file out of what is kept of it, and counts the rows that give one. */
class Passwords {
  private given = 0;
  private readonly info: HeaderInfo;
  private readonly positions: readonly number[];
  private readonly idAt: number;
  private readonly blanks: ReadonlyMap<number, string>;

  /** Undefined for a file that has none. `mapped` headers are columns of the roster, whatever they are called. */
  static of(info: HeaderInfo, mapped: Record<string, string>, idAt: number): Passwords | undefined {
    const positions = info.names.flatMap((name, position) =>
      isPasswordLabel(name) && !Object.hasOwn(mapped, name) ? position : [],
    );
    return positions.length === 0 ? undefined : new Passwords(info, positions, idAt);
  }

  private constructor(info: HeaderInfo, positions: readonly number[], idAt: number) {
    this.info = info;
    this.positions = positions;
    this.idAt = idAt;
    this.blanks = new Map(positions.map((position) => [position, '']));
  }

  /** The record without its passwords. One whose values do not stand under their headers keeps its identifier only. */
  without(record: RosterRecord): Frame {
    if (this.positions.some((position) => givesPassword(record.field(position)))) this.given += 1;
    const fieldCount = this.info.names.length;
    return editRecord(record, this.info.delimiter, (fields) => {
      if (isAligned(fields, fieldCount)) return this.blanks;
      const others = fields.map((_, position) => [position, ''] as const);
      return new Map(others.filter(([position]) => position !== this.idAt));
    });
  }

  get notices(): ImportNotice[] {
    if (this.given === 0) return [];
    const list = this.positions.map((position) => `“${this.info.names[position]}”`).join(', ');
    const rows = this.given === 1 ? '1 row gives' : `${this.given} rows give`;
    const message = `${rows} a password in ${list}. Passwords are taken from no file and kept nowhere: whoever joins chooses one, and those that members have stay.`;
    return [{ code: 'passwords_not_taken', message, rows: this.given }];
  }
}
