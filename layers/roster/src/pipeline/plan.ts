import { policyActor } from '../domain/audit.ts';
import {
  addCounts,
  changeKinds,
  type Hold,
  heldBy,
  holdFor,
  type Import,
  type ImportCounts,
  isAfter,
  noCounts,
} from '../domain/import.ts';
import type {
  Clock,
  Departments,
  ImportPatch,
  ImportRef,
  Imports,
  Objects,
  Organizations,
  RosterMembers,
} from '../domain/ports.ts';
import {
  type DepartmentPlan,
  departmentColumnOf,
  departmentsToCreate,
  placeTexts,
  rejectsOfFaults,
  textsOf,
} from './department-texts.ts';
import { endInError, refusing } from './end-import.ts';
import { ensureOpen } from './ensure-open.ts';
import { lineBatches, mergeLines } from './lines.ts';
import { writeReport } from './report.ts';
import { settleUniques } from './settle-uniques.ts';
import {
  type Manifest,
  type PartCompared,
  type PartValidated,
  type Plan,
  readJson,
  workFiles,
} from './work-files.ts';

export interface PlanDeps {
  imports: Imports;
  organizations: Organizations;
  departments: Pick<Departments, 'tree'>;
  members: RosterMembers;
  work: Objects;
  reports: Objects;
  clock: Clock;
}

export interface Planned {
  next: 'apply' | 'review' | 'stop';
  parts: number[];
}

/**
 * Puts the parts' plans together and decides what comes next: stop if rows are wrong and the import wants the
 * file whole (S0.14), wait in review, or apply. Until here nothing was written to the roster (S0.12).
 */
export async function plan(deps: PlanDeps, ref: ImportRef): Promise<Planned> {
  const job = await ensureOpen(deps.imports, ref);
  if (isAfter(job.step, 'comparing')) return decided(deps, ref, job);
  return refusing(deps, ref, () => makePlan(deps, ref, job));
}

/** The answer of an earlier try whose word was lost. */
async function decided(deps: PlanDeps, ref: ImportRef, job: Import): Promise<Planned> {
  const whole = await readJson<Plan>(deps.work, workFiles.plan(ref));
  const wasPolicy = job.approval !== undefined && job.approval.account === undefined;
  return { next: wasPolicy ? 'apply' : 'review', parts: changingParts(whole) };
}

/** The parts that have something to apply. */
export function changingParts(plan: Plan): number[] {
  return plan.parts.filter(({ kinds }) => Object.keys(kinds).length > 0).map(({ part }) => part);
}

async function makePlan(deps: PlanDeps, ref: ImportRef, job: Import): Promise<Planned> {
  const manifest = await readJson<Manifest>(deps.work, workFiles.manifest(ref));
  const { plan: whole, unidentified, departments } = await gather(deps, ref, manifest);
  if (manifest.undoOf !== undefined) whole.counts = keeping(whole.counts);
  await deps.work.write(workFiles.plan(ref), JSON.stringify(whole));
  await mergeRejects(deps.work, ref, manifest);
  const parts = changingParts(whole);

  if (whole.counts.rejected > 0 && job.onRowErrors === 'reject_file') {
    return refuse(deps, ref, job, whole.counts);
  }
  const hold = await findHold(deps, ref, job, whole.counts, unidentified);
  // Whoever had a plan made anew wants to see it.
  const waits = hold !== undefined || job.approve === 'review' || job.planVersion !== undefined;
  const now = deps.clock().toISOString();
  const planVersion = (job.planVersion ?? 0) + 1;
  const planned = {
    counts: whole.counts,
    planVersion,
    updatedAt: now,
    departmentsToCreate: null,
    departmentsToCreateCount: null,
    ...departments,
    hold: hold ? stillNeeding(job.hold, hold) : null,
  };
  if (waits) {
    await deps.imports.update(ref.organization, job, { step: 'review', ...planned });
    return { next: 'review', parts };
  }
  await approveByPolicy(deps, ref, job, planned);
  return { next: 'apply', parts };
}

/** An undo keeps members where an import rejects rows. */
function keeping(counts: ImportCounts): ImportCounts {
  return { ...counts, kept: counts.rejected, rejected: 0 };
}

/** Approves a whole plan in the organization's name, with an audit entry that says whose upload it was. */
async function approveByPolicy(
  deps: PlanDeps,
  ref: ImportRef,
  job: Import,
  planned: Pick<Import, 'counts' | 'updatedAt'> & ImportPatch,
): Promise<void> {
  const decision = { by: policyActor.login, at: planned.updatedAt, kinds: [...changeKinds] };
  const { counts } = planned;
  await deps.imports.approve(
    ref.organization,
    job,
    { ...decision, exclude: [] },
    { step: 'applying', ...planned, approval: { ...decision, excludedCount: 0 } },
    {
      action: 'import.approve',
      actor: policyActor,
      subject: ref.importId,
      before: { step: job.step },
      after: { step: 'applying' },
      details: { kinds: decision.kinds, excludedCount: 0, counts: { ...counts }, uploadedBy: job.uploadedBy },
    },
  );
}

/** A plan that needed two administrators before it was made anew needs them still, whatever the settings say by now. */
function stillNeeding(earlier: Hold | undefined, hold: Hold): Hold {
  return earlier?.secondApproval === undefined ? hold : { ...hold, secondApproval: { required: true } };
}

async function gather(deps: PlanDeps, ref: ImportRef, manifest: Manifest) {
  const { work } = deps;
  const numbers = manifest.parts.map(({ part }) => part);
  const validated = await Promise.all(
    numbers.map((part) => readJson<PartValidated>(work, workFiles.validated(ref, part))),
  );
  const compared = await Promise.all(
    numbers.map((part) => readJson<PartCompared>(work, workFiles.compared(ref, part))),
  );
  const unidentified = validated.reduce((sum, part) => sum + part.unidentified, 0);
  const counts = addCounts(...compared.map((part) => part.counts), {
    ...noCounts,
    rows: unidentified,
    rejected: unidentified,
  });
  const plan: Plan = {
    counts,
    parts: numbers.map((part, index) => {
      const kinds = Object.entries(compared[index]?.kinds ?? {});
      const entry = ([kind, count]: [string, number]) =>
        [kind, { key: workFiles.changes(ref, part, kind as 'add'), count }] as const;
      return { part, ledger: workFiles.ledger(ref, part), kinds: Object.fromEntries(kinds.map(entry)) };
    }),
  };
  const buckets = compared[0]?.uniqueBuckets ?? 0;
  const texts = new Set(compared.flatMap((part) => part.departmentTexts));
  return { ...(await settled(deps, ref, manifest, plan, buckets, texts)), unidentified };
}

/**
 * Takes the rows out that only the plan as a whole shows to be wrong: their departments are not there, or their
 * unique values are somebody else's. Keeps where the other texts lead, and tells which departments are to be made.
 */
async function settled(
  { work, departments }: PlanDeps,
  ref: ImportRef,
  manifest: Manifest,
  plan: Plan,
  buckets: number,
  texts: ReadonlySet<string>,
) {
  const column = departmentColumnOf(manifest);
  if (column === undefined) return { plan: await settleUniques(work, ref, manifest, plan, buckets) };
  const tree = await departments.tree(ref.organization);
  const { known, missing, faults } = placeTexts(tree, column, texts);
  const late = await rejectsOfFaults(work, ref, manifest, plan.parts, faults);
  const rest = await settleUniques(work, ref, manifest, plan, buckets, late);
  const isLess = missing.length > 0 && rest.counts.rejected > plan.counts.rejected;
  const named = isLess ? await textsOf(work, ref, rest.parts, () => true) : undefined;
  const wanted = named === undefined ? missing : missing.filter((text) => named.has(text));
  const placed: DepartmentPlan = { known, missing: wanted };
  await work.write(workFiles.departmentPlan(ref), JSON.stringify(placed));
  return { plan: rest, departments: departmentsToCreate(tree, column, wanted) };
}

async function mergeRejects(work: Objects, ref: ImportRef, manifest: Manifest): Promise<void> {
  const keys = [
    ...manifest.parts.map(({ part }) => workFiles.rejects(ref, part)),
    workFiles.lateRejects(ref),
  ];
  const streams = keys.map((key) => lineBatches(work.stream(key)));
  await work.writeStream(
    workFiles.allRejects(ref),
    inLines(mergeLines(streams, (line) => JSON.parse(line).line)),
  );
}

async function* inLines(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) yield `${line}\n`;
}

async function refuse(deps: PlanDeps, ref: ImportRef, job: Import, counts: ImportCounts): Promise<Planned> {
  // Nothing of the plan comes about: every row that is not wrong was left out.
  const { rows, rejected } = counts;
  const refused = { ...noCounts, rows, rejected, excluded: rows - rejected };
  await deps.imports.update(ref.organization, job, { counts: refused });
  await writeReport(deps, ref, (outcome) => (outcome === 'rejected' ? outcome : 'not_applied'));
  const wrong = rejected === 1 ? '1 row is' : `${rejected} rows are`;
  await endInError(deps, ref, {
    code: 'rows_rejected',
    message: `${wrong} wrong of ${rows}, and this import takes the file whole or not at all. Nothing was changed. Correct the rows that the report names and upload the file again.`,
  });
  return { next: 'stop', parts: [] };
}

async function findHold(
  deps: PlanDeps,
  ref: ImportRef,
  job: Import,
  counts: ImportCounts,
  unidentified: number,
): Promise<Hold | undefined> {
  const { hold } = await deps.organizations.get(ref.organization);
  const { enrolled } = await deps.members.summary(ref.organization);
  const absent = counts.disabled - counts.disabledByFile;
  if (job.mode === 'full' && unidentified > 0 && absent > 0) {
    const message = `${unidentified} rows could not be read at all, so their members may be among the ${absent} that seem to be absent. Look at the members to be disabled before you approve.`;
    return heldBy(hold, {
      reason: 'unreadable_rows',
      message,
      disabling: counts.disabled,
      members: enrolled,
    });
  }
  const found =
    counts.removed === 0
      ? holdFor(hold, counts.disabled, enrolled)
      : holdFor(hold, counts.disabled + counts.removed, enrolled, 'disable or remove');
  return found && heldBy(hold, found);
}
