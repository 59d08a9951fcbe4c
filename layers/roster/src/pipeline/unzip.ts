import { isHeaderFault } from '../domain/header.ts';
import { addCounts, type Import, type ImportLimits, isAfter, noCounts } from '../domain/import.ts';
import type { Clock, ImportRef, Imports, Objects, Organizations, RosterMembers } from '../domain/ports.ts';
import type { RosterSchema } from '../domain/schema.ts';
import { cleanValue, externalIdPosition } from '../domain/validate.ts';
import { FileError } from '../files/errors.ts';
import { type HeaderInfo, type RecordBatch, type RosterRead, readRoster } from '../files/read.ts';
import type { ByteSource } from '../files/source.ts';
import { refusing } from './end-import.ts';
import { ensureOpen } from './ensure-open.ts';
import { HeaderSurvey } from './header-survey.ts';
import { hintsOf, type MappingDecision, type MappingDeps, mappingDecider } from './read-mapping.ts';
import { SegmentWriter } from './segment-writer.ts';
import { type Manifest, workFiles } from './work-files.ts';

export interface UnzipDeps extends MappingDeps {
  imports: Imports;
  organizations: Organizations;
  members: RosterMembers;
  work: Objects;
  /** The uploaded object of an import, and when it arrived. */
  upload(ref: ImportRef): Promise<{ source: ByteSource; uploadedAt: Date }>;
  limits: ImportLimits;
  clock: Clock;
}

/** Where the import goes on: with its parts, or not before an admin has said what the headers mean. */
export interface Unzipped {
  next: 'validate' | 'mapping';
  parts: number[];
}

/**
 * Takes the floor for an import, reads the uploaded file and deals its rows out to parts. A header that cannot be
 * mapped without an admin leaves the import at `mapping`; once that is said, it is read again, `from` there. A file
 * that cannot be used ends the import as an error with the reason; the roster is not touched.
 * @returns the numbers of the parts, for the Map states that follow.
 * @throws MusterError `import_busy` while another import is applied; `import_superseded` if this one has ended.
 */
export async function unzip(
  deps: UnzipDeps,
  ref: ImportRef & { from?: 'upload' | 'mapping' | undefined },
): Promise<Unzipped> {
  const { from = 'upload', organization, importId } = ref;
  // A file can come after its import was dropped with all data.
  await ensureOpen(deps.imports, { organization, importId });
  const { source, uploadedAt } = await deps.upload(ref);
  const job = await deps.imports.takeFloor({ organization, importId }, uploadedAt, deps.clock());
  if (isAfter(job.step, 'mapping')) return { next: 'validate', parts: job.parts ?? [] };
  // A repeat of the reading that stopped there leaves the way on to the one that the admin's word started.
  if (job.step === 'mapping' && (from === 'upload' || !job.mappingChoice)) return waiting;
  const schema = await deps.organizations.schema(organization);
  return refusing(deps, ref, () => readIntoParts(deps, ref, job, schema, source));
}

const waiting: Unzipped = { next: 'mapping', parts: [] };

async function readIntoParts(
  deps: UnzipDeps,
  ref: ImportRef,
  job: Import,
  schema: RosterSchema,
  source: ByteSource,
): Promise<Unzipped> {
  const { total } = await deps.members.summary(ref.organization);
  const decide = await mappingDecider(deps, ref, job, schema);
  const dealer = new RowDealer(deps.work, ref, schema, total, decide);
  const read = await readRoster(source, deps.limits, dealer, hintsOf(job, schema));
  await deps.work.write(workFiles.header(ref), JSON.stringify(dealer.survey.result));
  const found = {
    counts: addCounts({ ...noCounts, rows: read.rows }),
    file: fileOf(source, read, dealer.info),
    updatedAt: deps.clock().toISOString(),
  };
  if (dealer.isWaiting) {
    await deps.imports.update(ref.organization, job, { step: 'mapping', ...found });
    return waiting;
  }
  const manifest = await dealer.finish();
  await deps.work.write(workFiles.manifest(ref), JSON.stringify(manifest));
  const parts = manifest.parts.map(({ part }) => part);
  await deps.imports.update(ref.organization, job, {
    step: 'validating',
    schemaVersion: schema.version,
    parts,
    columns: manifest.report,
    ...found,
  });
  return { next: 'validate', parts };
}

function fileOf(source: ByteSource, read: RosterRead, info: HeaderInfo): NonNullable<Import['file']> {
  const { encoding, format, delimiter } = info;
  const { inflatedBytes, sha256 } = read;
  return { bytes: source.size, inflatedBytes, sha256, encoding, format, delimiter };
}

/** Receives the records of the file and hands each to the part of its identifier. */
class RowDealer {
  private writer: SegmentWriter | undefined;
  private manifest: Omit<Manifest, 'parts'> | undefined;
  private found: { info: HeaderInfo; survey: HeaderSurvey } | undefined;
  private idAt = 0;
  private readonly work: Objects;
  private readonly ref: ImportRef;
  private readonly schema: RosterSchema;
  private readonly members: number;
  private readonly decide: MappingDecision;

  constructor(work: Objects, ref: ImportRef, schema: RosterSchema, members: number, decide: MappingDecision) {
    this.work = work;
    this.ref = ref;
    this.schema = schema;
    this.members = members;
    this.decide = decide;
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

  private get header_() {
    if (this.found === undefined) throw new Error('The header has not been read yet.');
    return this.found;
  }

  restart(): void {
    this.writer = undefined;
    this.manifest = undefined;
  }

  async header(info: HeaderInfo): Promise<void> {
    const mapping = await this.decide(info.names);
    this.found = { info, survey: new HeaderSurvey(info) };
    if (mapping === 'wait') return;
    if (isHeaderFault(mapping)) throw new FileError(mapping.code, mapping.message);
    this.idAt = externalIdPosition(mapping.columns, mapping.positions);
    this.manifest = {
      columns: mapping.columns,
      positions: mapping.positions,
      fieldCount: info.names.length,
      delimiter: info.delimiter,
      complete: mapping.complete,
      report: mapping.report,
      schemaVersion: this.schema.version,
    };
    this.writer = new SegmentWriter(this.work, this.ref, info.inflatedBytesExpected, this.members);
  }

  records(batch: RecordBatch): Promise<void> | undefined {
    this.survey.take(batch);
    const { writer } = this;
    if (writer === undefined) return undefined;
    for (const record of batch) {
      const id = record.malformed ? '' : cleanValue(record.field(this.idAt));
      writer.bufferFor(id === '' ? undefined : id).append(record);
    }
    return writer.flushFull();
  }

  async finish(): Promise<Manifest> {
    const writer = this.writer as SegmentWriter;
    await writer.close();
    return { ...(this.manifest as Omit<Manifest, 'parts'>), parts: writer.parts };
  }
}
