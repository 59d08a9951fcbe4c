import { addCounts, type Import, type ImportLimits, isAfter, noCounts } from '../domain/import.ts';
import type { Clock, ImportRef, Imports, Objects, Organizations, RosterMembers } from '../domain/ports.ts';
import type { RosterSchema } from '../domain/schema.ts';
import { type HeaderInfo, type RosterRead, readRoster } from '../files/read.ts';
import type { ByteSource } from '../files/source.ts';
import { refusing } from './end-import.ts';
import { ensureOpen } from './ensure-open.ts';
import { makeIdentifiers } from './make-identifiers.ts';
import { hintsOf, type MappingDeps, mappingDecider } from './read-mapping.ts';
import { RowDealer } from './row-dealer.ts';
import { workFiles } from './work-files.ts';

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
  const { work, limits } = deps;
  const dealing = { work, ref, schema, members: total, decide, limits };
  const readInto = async (into: RowDealer) => ({
    dealer: into,
    read: await readRoster(source, limits, into, hintsOf(job, schema)),
  });
  const first = await readInto(new RowDealer(dealing));
  const lacking = first.dealer.lackingIdentifiers;
  const { dealer, read } =
    lacking === undefined
      ? first
      : await readInto(
          new RowDealer({ ...dealing, made: await makeIdentifiers(deps.members, ref.organization, lacking) }),
        );
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
    ...(dealer.notices.length > 0 && { notices: dealer.notices }),
    ...found,
  });
  return { next: 'validate', parts };
}

function fileOf(source: ByteSource, read: RosterRead, info: HeaderInfo): NonNullable<Import['file']> {
  const { encoding, format, delimiter } = info;
  const { inflatedBytes, sha256 } = read;
  return { bytes: source.size, inflatedBytes, sha256, encoding, format, delimiter };
}
