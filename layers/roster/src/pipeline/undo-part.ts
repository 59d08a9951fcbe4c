import {
  type ChangeKind,
  changeKinds,
  countOfKind,
  type ImportCounts,
  isAfter,
  noCounts,
  type Reject,
  shardsOfPart,
} from '../domain/import.ts';
import { inverseOf, keptMessages } from '../domain/import-undo.ts';
import { shardOf } from '../domain/member.ts';
import type {
  AppliedChunk,
  Clock,
  ImportRef,
  Imports,
  MemberDigest,
  Objects,
  PlannedChange,
  RosterMembers,
} from '../domain/ports.ts';
import type { Column } from '../domain/schema.ts';
import { canonicalOf } from '../domain/validate.ts';
import { ByteWriter } from './byte-writer.ts';
import { approvedChanges, ChangeReader } from './change-reader.ts';
import { formatUnique } from './checked-rows.ts';
import { uniqueBucketsOf } from './diff.ts';
import { ensureOpen } from './ensure-open.ts';
import { uniqueColumns } from './part-checker.ts';
import { formatChange } from './planned-changes.ts';
import {
  type Manifest,
  type PartCompared,
  type PartValidated,
  type Plan,
  readJson,
  workFiles,
} from './work-files.ts';

export interface UndoPartDeps {
  imports: Imports;
  clock: Clock;
  members: RosterMembers;
  work: Objects;
}

/**
 * Plans what undoes the changes that an import made in one part, as comparing a file does: the changes with before and
 * after, by kind, and what becomes of each member. Whom somebody changed since is kept, and listed with the reason as
 * the rejects of a file are. Nothing is written to the roster. Doing it again gives the plan against the roster as it is then.
 * @throws MusterError `import_superseded` if the undo has ended meanwhile
 */
export async function planUndoOfPart(deps: UndoPartDeps, ref: ImportRef & { part: number }): Promise<void> {
  const job = await ensureOpen(deps.imports, ref);
  // One that comes late must not write into a plan that is made, and perhaps approved.
  if (isAfter(job.step, 'comparing')) return;
  const manifest = await readJson<Manifest>(deps.work, workFiles.manifest(ref));
  const undone = { organization: ref.organization, importId: manifest.undoOf ?? '' };
  const hasUniques = uniqueBucketsOf(manifest) > 0;
  const inversion = new PartInversion(undone.importId, firstLine(manifest, ref.part), hasUniques);
  await invert(deps, undone, await digestsOf(deps.members, ref, manifest), inversion, ref.part);
  const uniques = await uniquesOf(deps.members, ref, manifest, inversion);
  await writePart(deps.work, ref, inversion, uniques);
  await deps.imports.addProgress(ref, 'comparing', inversion.counts.rows);
}

/** Numbers the changes over all parts, as the rows of a file are. */
function firstLine({ parts }: Manifest, number: number): number {
  const before = parts.filter(({ part }) => part < number);
  return 1 + before.reduce((sum, { rows }) => sum + rows, 0);
}

/** Reads some members as they are now. */
type ReadDigests = (externalIds: readonly string[]) => Promise<ReadonlyMap<string, MemberDigest>>;

/** Above this, to read all members of a part costs less than to ask for single ones. */
const singleReadsMax = 1_000;

async function digestsOf(
  members: RosterMembers,
  { organization, part }: ImportRef & { part: number },
  { parts }: Manifest,
): Promise<ReadDigests> {
  const rows = parts.find((one) => one.part === part)?.rows ?? 0;
  if (rows <= singleReadsMax) return (externalIds) => members.digests(organization, externalIds);
  const all = new Map<string, MemberDigest>();
  for (const shard of shardsOfPart(part, parts.length)) {
    for await (const batch of members.shard(organization, shard, [])) {
      for (const member of batch) all.set(member.externalId, member);
    }
  }
  return async () => all;
}

/** Goes through what the import changed in the part: all that was approved and met its member as planned. */
async function invert(
  { work, imports }: UndoPartDeps,
  undone: ImportRef,
  digests: ReadDigests,
  inversion: PartInversion,
  number: number,
): Promise<void> {
  const plan = await readJson<Plan>(work, workFiles.plan(undone));
  const part = plan.parts.find((candidate) => candidate.part === number);
  if (part === undefined) return;
  const reader = new ChangeReader(work, undone, await readJson<Manifest>(work, workFiles.manifest(undone)));
  const { conflicts, departmentsBefore } = await appliedOf(imports.chunks(undone, number));
  for await (const batch of approvedChanges(reader, part, await imports.approval(undone))) {
    const made = batch.filter(({ externalId }) => !conflicts.has(externalId));
    const ids = made.map(({ externalId }) => externalId);
    const now = await digests(ids);
    for (const change of made) {
      inversion.add(change, now.get(change.externalId), departmentsBefore.get(change.externalId));
    }
  }
}

async function appliedOf(chunks: AsyncIterable<AppliedChunk>) {
  const conflicts = new Set<string>();
  const departmentsBefore = new Map<string, string[]>();
  for await (const chunk of chunks) {
    for (const externalId of chunk.conflicts) conflicts.add(externalId);
    for (const [id, departments] of Object.entries(chunk.departmentsBefore)) {
      departmentsBefore.set(id, departments);
    }
  }
  return { conflicts, departmentsBefore };
}

/** Gathers the plan of a part. */
class PartInversion {
  readonly counts: ImportCounts = { ...noCounts };
  readonly kinds: Partial<Record<ChangeKind, number>> = {};
  /** By member, for looking at unique values, if there are any. */
  readonly changes = new Map<string, PlannedChange>();
  readonly ledger = new ByteWriter();
  readonly kept = new ByteWriter();
  private readonly written = {} as Record<ChangeKind, ByteWriter>;
  private readonly undone: string;
  private readonly hasUniques: boolean;
  private line: number;

  constructor(undone: string, firstLine: number, hasUniques: boolean) {
    this.undone = undone;
    this.line = firstLine;
    this.hasUniques = hasUniques;
  }

  /** Plans what undoes a change. */
  add(change: PlannedChange, now: MemberDigest | undefined, departments: string[] | undefined): void {
    const line = this.line++;
    const { externalId } = change;
    const inverse = inverseOf(change, this.undone, now, departments);
    this.counts.rows += 1;
    if (inverse === 'unchanged') {
      this.counts.unchanged += 1;
      this.ledger.text(`${line}\t${externalId}\tunchanged\n`);
    } else if ('kept' in inverse) {
      const code = inverse.kept;
      const reject: Reject = { line, externalId, code, message: keptMessages[code] };
      this.counts.rejected += 1;
      this.ledger.text(`${line}\t${externalId}\trejected\n`);
      this.kept.text(`${JSON.stringify(reject)}\n`);
    } else {
      this.plan({ ...inverse.change, line });
    }
  }

  private plan(change: PlannedChange & { line: number }): void {
    const { kind, externalId, line } = change;
    this.counts[countOfKind[kind]] += 1;
    if (kind === 'disable') this.counts.disabledByFile += 1;
    this.kinds[kind] = (this.kinds[kind] ?? 0) + 1;
    if (this.hasUniques) this.changes.set(externalId, change);
    this.ledger.text(`${line}\t${externalId}\t${kind}\n`);
    this.written[kind] ??= new ByteWriter();
    this.written[kind].text(formatChange(change));
  }

  /** The changes of a kind; once. */
  takeChanges(kind: ChangeKind): Buffer {
    return this.written[kind].take();
  }
}

/**
 * Who holds which unique values in the part's shards once the undo is made, by bucket of the value, for `settleUniques`;
 * all members of the shards are read, if there are columns that have to be unique.
 */
async function uniquesOf(
  members: RosterMembers,
  ref: ImportRef & { part: number },
  manifest: Manifest,
  { changes }: PartInversion,
): Promise<Buffer[]> {
  const { columns, parts } = manifest;
  const buckets = Array.from({ length: uniqueBucketsOf(manifest) }, () => new ByteWriter());
  if (buckets.length === 0) return [];
  const uniqueAt = uniqueColumns(columns);
  const names = uniqueAt.map((at) => (columns[at] as Column).name);
  const canonical = canonicalOf(columns);
  const add = (line: number, externalId: string, at: number, value = '') => {
    if (value === '') return;
    buckets[shardOf(value) % buckets.length]?.text(`${formatUnique(line, externalId, at, value)}\n`);
  };
  for (const shard of shardsOfPart(ref.part, parts.length)) {
    for await (const batch of members.shard(ref.organization, shard, names)) {
      for (const member of batch) {
        const change = changes.get(member.externalId);
        const held = member.state === 'disabled' ? [] : canonical(member.values ?? {});
        const next = change === undefined ? held : canonical(heldAfter(change, member));
        for (const at of uniqueAt) {
          const isKept = (held[at] ?? '') === (next[at] ?? '');
          add(isKept ? 0 : (change?.line ?? 0), member.externalId, at, next[at]);
          if (!isKept) add(-(change?.line ?? 0), member.externalId, at, held[at]);
        }
      }
    }
  }
  return buckets.map((bucket) => bucket.take());
}

/** The values that a member has after a change, as far as others must not have them: none of one that is shut out. */
function heldAfter({ kind, state, values }: PlannedChange, member: MemberDigest): Record<string, string> {
  if (kind === 'remove' || state === 'disabled') return {};
  return values ?? member.values ?? {};
}

async function writePart(
  work: Objects,
  ref: ImportRef & { part: number },
  inversion: PartInversion,
  uniques: readonly Buffer[],
): Promise<void> {
  const { part } = ref;
  const { counts, kinds } = inversion;
  for (const kind of changeKinds) {
    if (kinds[kind]) await work.write(workFiles.changes(ref, part, kind), inversion.takeChanges(kind));
  }
  await work.write(workFiles.ledger(ref, part), inversion.ledger.take());
  await work.write(workFiles.rejects(ref, part), inversion.kept.take());
  await Promise.all(uniques.map((text, bucket) => work.write(workFiles.uniques(ref, part, bucket), text)));
  const validated: PartValidated = { rows: counts.rows, rejected: counts.rejected, unidentified: 0 };
  await work.write(workFiles.validated(ref, part), JSON.stringify(validated));
  const compared: PartCompared = { counts, kinds, uniqueBuckets: uniques.length, departmentTexts: [] };
  await work.write(workFiles.compared(ref, part), JSON.stringify(compared));
}
