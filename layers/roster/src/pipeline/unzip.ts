import { mapHeader } from '../domain/header.ts';
import { addCounts, type Import, type ImportLimits, isAfter, noCounts } from '../domain/import.ts';
import type { Clock, ImportRef, Imports, Objects, Organizations, RosterMembers } from '../domain/ports.ts';
import type { RosterSchema } from '../domain/schema.ts';
import { cleanValue, externalIdPosition } from '../domain/validate.ts';
import { FileError } from '../files/errors.ts';
import { type HeaderInfo, type RecordBatch, readRoster } from '../files/read.ts';
import type { ByteSource } from '../files/source.ts';
import { refusing } from './end-import.ts';
import { SegmentWriter } from './segment-writer.ts';
import { type Manifest, workFiles } from './work-files.ts';

export interface UnzipDeps {
  imports: Imports;
  organizations: Organizations;
  members: RosterMembers;
  work: Objects;
  /** The uploaded object of an import, and when it arrived. */
  upload(ref: ImportRef): Promise<{ source: ByteSource; uploadedAt: Date }>;
  limits: ImportLimits;
  clock: Clock;
}

/**
 * Takes the floor for an import, reads the uploaded file and deals its rows out to parts. A file that cannot be
 * used ends the import as an error with the reason; the roster is not touched.
 * @returns the numbers of the parts, for the Map states that follow.
 * @throws MusterError `import_busy` while another import is applied; `import_superseded` if this one has ended.
 */
export async function unzip(deps: UnzipDeps, ref: ImportRef): Promise<{ parts: number[] }> {
  const { source, uploadedAt } = await deps.upload(ref);
  const job = await deps.imports.takeFloor(ref, uploadedAt, deps.clock());
  if (isAfter(job.step, 'unzipping')) return { parts: job.parts ?? [] };
  const schema = await deps.organizations.schema(ref.organization);
  return refusing(deps, ref, () => readIntoParts(deps, ref, job, schema, source));
}

async function readIntoParts(
  deps: UnzipDeps,
  ref: ImportRef,
  job: Import,
  schema: RosterSchema,
  source: ByteSource,
) {
  const { total } = await deps.members.summary(ref.organization);
  const dealer = new RowDealer(deps.work, ref, schema, total);
  const known = schema.columns.flatMap((column) => [column.name, ...(column.aliases ?? [])]);
  const read = await readRoster(source, deps.limits, dealer, known);
  const manifest = await dealer.finish();
  await deps.work.write(workFiles.manifest(ref), JSON.stringify(manifest));
  const parts = manifest.parts.map(({ part }) => part);
  await deps.imports.update(ref.organization, job, {
    step: 'validating',
    schemaVersion: schema.version,
    parts,
    columns: manifest.report,
    counts: addCounts({ ...noCounts, rows: read.rows }),
    file: {
      bytes: source.size,
      inflatedBytes: read.inflatedBytes,
      sha256: read.sha256,
      encoding: dealer.info.encoding,
      format: dealer.info.format,
      delimiter: dealer.info.delimiter,
    },
    updatedAt: deps.clock().toISOString(),
  });
  return { parts };
}

/** Receives the records of the file and hands each to the part of its identifier. */
class RowDealer {
  private writer: SegmentWriter | undefined;
  private manifest: Omit<Manifest, 'parts'> | undefined;
  private header_: HeaderInfo | undefined;
  private idAt = 0;
  private readonly work: Objects;
  private readonly ref: ImportRef;
  private readonly schema: RosterSchema;
  private readonly members: number;

  constructor(work: Objects, ref: ImportRef, schema: RosterSchema, members: number) {
    this.work = work;
    this.ref = ref;
    this.schema = schema;
    this.members = members;
  }

  get info(): HeaderInfo {
    if (this.header_ === undefined) throw new Error('The header has not been read yet.');
    return this.header_;
  }

  restart(): void {
    this.writer = undefined;
  }

  header(info: HeaderInfo): void {
    const mapping = mapHeader(info.names, this.schema.columns);
    if ('code' in mapping) throw new FileError(mapping.code, mapping.message);
    this.header_ = info;
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

  records(batch: RecordBatch): Promise<void> {
    const writer = this.writer as SegmentWriter;
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
