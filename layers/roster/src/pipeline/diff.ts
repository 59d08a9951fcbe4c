import { changeKinds, isAfter, shardsOfPart } from '../domain/import.ts';
import type {
  Clock,
  ImportRef,
  Imports,
  MemberDigest,
  Objects,
  RosterChanges,
  RosterMembers,
} from '../domain/ports.ts';
import { enterStep } from './ensure-open.ts';
import { uniqueColumns } from './part-checker.ts';
import { PartComparison } from './part-comparison.ts';
import { loadHasher } from './values-hash.ts';
import { type Manifest, type PartCompared, readJson, workFiles } from './work-files.ts';

export interface DiffDeps {
  imports: Imports;
  clock: Clock;
  members: RosterMembers;
  rosterChanges: RosterChanges;
  work: Objects;
}

const uniqueBucketsMax = 16;

/**
 * Compares the checked rows of one part with the members of its shards: the changes with before and after, by
 * kind, and what becomes of each row. Members are read a page at a time; nothing is written to the roster.
 * Doing it again before the plan is made compares with the roster as it is then; afterwards it does nothing.
 * @throws MusterError `import_superseded` if the import ended meanwhile.
 */
export async function diffPart(deps: DiffDeps, ref: ImportRef & { part: number }): Promise<void> {
  const job = await enterStep(deps, ref, 'comparing', async () => ({
    comparedFrom: await deps.rosterChanges.position(ref.organization),
  }));
  // One that comes late must not write into a plan that is made, and perhaps approved.
  if (isAfter(job.step, 'comparing')) return;
  const manifest = await readJson<Manifest>(deps.work, workFiles.manifest(ref));
  const partCount = manifest.parts.length;
  const uniqueBuckets = uniqueBucketsOf(manifest);
  const checked = await deps.work.read(workFiles.checked(ref, ref.part));
  const comparison = new PartComparison(manifest, job.mode, uniqueBuckets, checked, await loadHasher());
  for (const shard of shardsOfPart(ref.part, partCount)) {
    for await (const batch of deps.members.shard(ref.organization, shard, comparison.columnsToRead)) {
      comparison.compare(batch, await valuesFor(deps.members, ref.organization, comparison, batch));
    }
  }
  comparison.finish();
  await writePart(deps.work, ref, comparison);
  await deps.imports.addProgress(ref, 'comparing', comparison.counts.rows);
}

/** In how many buckets an import looks at unique values; none where no column has to be unique. */
export function uniqueBucketsOf({ columns, parts }: Manifest): number {
  return uniqueColumns(columns).length === 0 ? 0 : Math.min(parts.length, uniqueBucketsMax);
}

async function valuesFor(
  members: RosterMembers,
  organization: string,
  comparison: PartComparison,
  batch: readonly MemberDigest[],
): Promise<ReadonlyMap<string, Record<string, string>>> {
  if (comparison.columnsToRead === 'all') return new Map();
  const ids = comparison.needingValues(batch);
  return ids.length === 0 ? new Map() : members.values(organization, ids);
}

async function writePart(
  work: Objects,
  ref: ImportRef & { part: number },
  comparison: PartComparison,
): Promise<void> {
  const { part } = ref;
  const { counts, kinds } = comparison;
  for (const kind of changeKinds) {
    if (kinds[kind]) await work.write(workFiles.changes(ref, part, kind), comparison.takeChanges(kind));
  }
  await work.write(workFiles.ledger(ref, part), comparison.ledger());
  const uniques = comparison.takeUniques();
  await Promise.all(uniques.map((text, bucket) => work.write(workFiles.uniques(ref, part, bucket), text)));
  const departmentTexts = comparison.departmentTexts();
  const compared: PartCompared = { counts, kinds, uniqueBuckets: uniques.length, departmentTexts };
  await work.write(workFiles.compared(ref, part), JSON.stringify(compared));
}
