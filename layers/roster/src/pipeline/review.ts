import * as z from 'zod';
import type { AuditActor } from '../domain/audit.ts';
import { MusterError } from '../domain/errors.ts';
import { foldText } from '../domain/fold-text.ts';
import {
  type Change,
  type ChangeKind,
  changeKinds,
  type Hold,
  type Import,
  isAfter,
  isOpen,
  partOfShard,
  type Reject,
} from '../domain/import.ts';
import {
  type ApprovalRequest,
  decideApproval,
  needsSecond,
  requireApprovable,
} from '../domain/import-approval.ts';
import { shardOf } from '../domain/member.ts';
import type {
  Approval,
  Approvers,
  Clock,
  ImportRef,
  Imports,
  Objects,
  Organizations,
  PlannedChange,
  Selection,
} from '../domain/ports.ts';
import { ChangeReader } from './change-reader.ts';
import { isExcluded } from './finish.ts';
import { readLinePage } from './line-page.ts';
import { changingParts } from './plan.ts';
import { toChange } from './planned-changes.ts';
import { rerunning } from './rerunning.ts';
import { type Manifest, type Plan, readJson, workFiles } from './work-files.ts';

export interface ReviewDeps {
  imports: Imports;
  work: Objects;
  clock: Clock;
}

export interface ApproveDeps extends ReviewDeps {
  organizations: Pick<Organizations, 'get'>;
  approvers: Approvers;
}

export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

export interface ReviewedChange extends Change {
  excluded: boolean;
  outcome?: 'applied' | 'excluded' | 'conflict';
}

const Position = z.strictObject({ file: z.int().min(0), offset: z.int().min(0) });
type Position = z.infer<typeof Position>;

/** A cursor is a place within the files of the very import that is asked for, so it can reach no other's. */
function positionOf(cursor: string | undefined): Position {
  if (cursor === undefined) return { file: 0, offset: 0 };
  try {
    return Position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (cause) {
    throw new MusterError('invalid_cursor', 'The cursor is not one that this list gave.', { cause });
  }
}

function cursorOf(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

const filesPerPageMax = 8;
/** What a search looks at in one go: a page looks at 8 MB or 40,000 changes at most. */
const searched = { lines: 5_000, bytes: 1024 * 1024 };

/**
 * Reads a page from files of lines that follow one another; bounded in files, so a page may be short.
 * `parse` makes the items of some lines of one file, one of each. Of a search only those that match are taken.
 */
async function pageOfFiles<F extends { key: string }, T>(
  work: Objects,
  files: readonly F[],
  request: PageRequest,
  parse: (file: F, lines: string[]) => T[] | Promise<T[]>,
  matches?: (item: T) => boolean,
): Promise<{ items: T[]; nextCursor?: string }> {
  let { file: at, offset } = positionOf(request.cursor);
  const items: T[] = [];
  for (let read = 0; items.length < request.limit && read < filesPerPageMax; read++) {
    const file = files[at];
    if (file === undefined) break;
    const room = request.limit - items.length;
    const page = matches
      ? await readLinePage(work, file.key, offset, searched.lines, searched.bytes)
      : await readLinePage(work, file.key, offset, room);
    const found = await parse(file, page.lines);
    const looked = matches ? lookedAt(found, matches, room) : found.length;
    items.push(...found.slice(0, looked).filter((item) => matches?.(item) ?? true));
    if (looked < found.length) offset += bytesOf(page.lines.slice(0, looked));
    else if (page.end) [at, offset] = [at + 1, 0];
    else offset = page.next;
  }
  return { items, ...(at < files.length && { nextCursor: cursorOf({ file: at, offset }) }) };
}

/** How many items are looked at until as many match as there is room for. */
function lookedAt<T>(found: readonly T[], matches: (item: T) => boolean, room: number): number {
  let left = room;
  for (const [index, item] of found.entries()) {
    if (matches(item)) left -= 1;
    if (left === 0) return index + 1;
  }
  return found.length;
}

function bytesOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}

/** What changes are looked for: one member's, or those whose identifier or a value has this text in it. */
export interface ChangeSearch {
  externalId?: string | undefined;
  q?: string | undefined;
}

/**
 * A page of an import's planned changes, all or of one kind; by kind, then in the order of the work files. A search for
 * one member reads the files of its part; one for a text all of them, so that pages may be short, or empty, and go on.
 * @throws MusterError `conflict` while there is no plan yet.
 */
export async function listChanges(
  deps: ReviewDeps,
  ref: ImportRef,
  request: PageRequest & ChangeSearch & { kind?: ChangeKind | undefined },
): Promise<{ items: ReviewedChange[]; nextCursor?: string }> {
  const job = await deps.imports.get(ref);
  const plan = await planOf(deps, ref, job);
  const manifest = await readJson<Manifest>(deps.work, workFiles.manifest(ref));
  const reader = new ChangeReader(deps.work, ref, manifest);
  const outcomeOf = await outcomes(deps, ref, job);
  const { externalId } = request;
  const part = externalId === undefined ? undefined : partOfShard(shardOf(externalId), manifest.parts.length);
  const files = filesOf(plan, request.kind).filter((file) => part === undefined || file.part === part);
  const { items, ...rest } = await pageOfFiles(
    deps.work,
    files,
    request,
    ({ part, kind }, lines) => reader.some(part, kind, lines),
    matcherOf(request),
  );
  const shown = items.map((planned) => {
    const change = toChange(planned);
    const outcome = outcomeOf(change);
    return { ...change, excluded: outcome === 'excluded', ...(job.status === 'complete' && { outcome }) };
  });
  return { items: shown, ...rest };
}

/** Case and accents aside, as members are searched. */
function matcherOf({ externalId, q }: ChangeSearch): ((change: PlannedChange) => boolean) | undefined {
  if (externalId !== undefined) return (change) => change.externalId === externalId;
  const wanted = foldText(q ?? '');
  if (wanted === '') return undefined;
  return (change) =>
    [change.externalId, ...Object.values(change.values ?? {})].some((text) =>
      foldText(text).includes(wanted),
    );
}

/** The files of the changes, all or of one kind: by kind, then by part. */
function filesOf(plan: Plan, only: ChangeKind | undefined) {
  const kinds = only === undefined ? changeKinds : [only];
  return kinds.flatMap((kind) =>
    plan.parts.flatMap(({ part, kinds: files }) => {
      const key = files[kind]?.key;
      return key === undefined ? [] : [{ part, kind, key }];
    }),
  );
}

async function planOf(deps: ReviewDeps, ref: ImportRef, job: Import): Promise<Plan> {
  try {
    return await readJson<Plan>(deps.work, workFiles.plan(ref));
  } catch (error) {
    if (!(error instanceof MusterError) || error.code !== 'not_found') throw error;
    const message = `The import has no plan: it is ${job.status} at ${job.step}.`;
    throw new MusterError('report_not_ready', message, { cause: error });
  }
}

async function outcomes(
  deps: ReviewDeps,
  ref: ImportRef,
  job: Import,
): Promise<(change: Change) => 'applied' | 'excluded' | 'conflict'> {
  const choice = await choiceOf(deps, ref, job);
  if (choice === undefined) return () => 'applied';
  const excluded = isExcluded(choice);
  const conflicts = new Set(
    job.status === 'complete' ? await readJson<string[]>(deps.work, workFiles.conflicts(ref)) : [],
  );
  return ({ kind, externalId }) => {
    if (excluded(kind, externalId)) return 'excluded';
    return conflicts.has(externalId) ? 'conflict' : 'applied';
  };
}

/** What is left out of the plan so far: by an approval, also one that waits for a second, or by the selection. */
async function choiceOf(deps: ReviewDeps, ref: ImportRef, job: Import): Promise<Selection | undefined> {
  const isDecided = job.approval !== undefined || job.hold?.secondApproval?.by !== undefined;
  if (isDecided) return deps.imports.approval(ref);
  return job.selection && deps.imports.selection(ref);
}

/**
 * A page of an import's rejects, in the order of the file; of an undo the members that it keeps. Empty before the rows
 * were checked.
 */
export async function listRejects(
  deps: ReviewDeps,
  ref: ImportRef,
  request: PageRequest,
): Promise<{ items: Reject[]; nextCursor?: string }> {
  const job = await deps.imports.get(ref);
  if (job.counts.rejected + job.counts.kept === 0) return { items: [] };
  const files = [{ key: workFiles.allRejects(ref) }];
  return pageOfFiles(deps.work, files, request, (_, lines) =>
    lines.map((line) => JSON.parse(line) as Reject),
  );
}

/**
 * Approves a plan that waits in review: whole, by kind, or without single members. Where two administrators have to,
 * the first approval is kept and waits for another one; one whose author may not approve any more does not count.
 * Pressing twice is pressing once and leaves one audit entry, also where the second press comes after all was applied.
 * @returns the parts to start the state machine with, once the import is approved; it may be started again if the word
 * was lost
 * @throws MusterError as `requireApprovable` and `decideApproval`
 */
export async function approve(
  deps: ApproveDeps,
  ref: ImportRef,
  actor: AuditActor,
  request: ApprovalRequest,
): Promise<{ job: Import; parts?: number[] }> {
  return rerunning(async () => {
    const job = await deps.imports.get(ref);
    const wasApproved = job.approval !== undefined && job.status === 'in_progress' && job.step === 'applying';
    if (!wasApproved && isApprovedBy(job, actor)) return { job };
    if (!wasApproved) requireApprovable(job, request);
    const parts = changingParts(await planOf(deps, ref, job));
    if (wasApproved) return { job, parts };
    const { hold: policy } = await deps.organizations.get(ref.organization);
    const needsTwo = needsSecond(job, policy);
    const first = needsTwo ? await firstApproval(deps, ref, job) : undefined;
    const stamp = { ...actor, at: deps.clock().toISOString() };
    const chosen = await chosenBy(deps, ref, job, request);
    const { outcome, approval } = decideApproval(chosen, stamp, { needsTwo, first });
    if (outcome === 'repeated') return { job };
    const next = await record(deps, ref, job, { actor, approval, isFirst: outcome === 'waits' });
    return outcome === 'waits' ? { job: next } : { job: next, parts };
  });
}

/** Whether a press is late: what this person approved was applied meanwhile. */
function isApprovedBy({ status, approval }: Import, { account }: AuditActor): boolean {
  return status === 'complete' && [approval?.account, approval?.second?.account].includes(account);
}

/** What is approved: what the request says, else what was selected in the plan. */
async function chosenBy(
  deps: ReviewDeps,
  ref: ImportRef,
  job: Import,
  request: ApprovalRequest,
): Promise<ApprovalRequest> {
  const isSaid = request.kinds !== undefined || request.exclude !== undefined;
  if (isSaid || job.selection === undefined) return request;
  return { ...request, ...(await deps.imports.selection(ref)) };
}

/** The approval that waits for a second one, if who gave it may still approve. */
async function firstApproval(deps: ApproveDeps, ref: ImportRef, job: Import): Promise<Approval | undefined> {
  const account = job.hold?.secondApproval?.account;
  if (account === undefined) return undefined;
  const counts = await deps.approvers.mayApprove(ref.organization, account);
  return counts ? deps.imports.approval(ref) : undefined;
}

/** Keeps an approval: as the first of two it is noted in the hold, else the import begins to be applied. */
function record(
  deps: ApproveDeps,
  ref: ImportRef,
  job: Import,
  { actor, approval, isFirst }: { actor: AuditActor; approval: Approval; isFirst: boolean },
): Promise<Import> {
  const { by, account, at, kinds, exclude, second } = approval;
  const decision = { kinds, excludedCount: exclude.length };
  const secondApproval = { required: true as const, by, at, ...(account && { account }) };
  const patch: Partial<Import> =
    isFirst && job.hold
      ? { hold: { ...job.hold, secondApproval }, updatedAt: at }
      : {
          step: 'applying',
          approval: { by, at, ...(account && { account }), ...decision, ...(second && { second }) },
          updatedAt: second?.at ?? at,
        };
  return deps.imports.approve(ref.organization, job, approval, patch, {
    action: 'import.approve',
    actor,
    subject: ref.importId,
    before: { step: job.step },
    after: { step: isFirst ? job.step : 'applying' },
    details: {
      ...decision,
      counts: { ...job.counts },
      holdConfirmed: job.hold !== undefined,
      ...(isFirst && { waitsForSecond: true }),
      ...(second && { first: { account, login: by } }),
    },
  });
}

/**
 * Takes back the approval that waits for a second administrator, whoever gave it. Where none waits there is nothing to do.
 * @throws MusterError `import_not_in_review`
 */
export async function withdrawApproval(deps: ReviewDeps, ref: ImportRef, actor: AuditActor): Promise<Import> {
  return rerunning(async () => {
    const job = await deps.imports.get(ref);
    if (job.status !== 'in_progress' || job.step !== 'review') {
      const message = `Only while an import is in review can an approval be taken back; this one is ${job.status} at ${job.step}.`;
      throw new MusterError('import_not_in_review', message);
    }
    const first = job.hold?.secondApproval;
    if (job.hold === undefined || first?.by === undefined) return job;
    const hold: Hold = { ...job.hold, secondApproval: { required: true } };
    const patch = { hold, updatedAt: deps.clock().toISOString() };
    return deps.imports.update(ref.organization, job, patch, {
      action: 'import.withdraw',
      actor,
      subject: ref.importId,
      details: { approvedBy: { account: first.account, login: first.by } },
    });
  });
}

/**
 * Keeps what is left out of a plan while it is reviewed, so that it outlasts the page that it is looked at on. It makes
 * the plan another version, because an approval is for the plan as it is with it.
 * @throws MusterError `import_not_in_review`, `plan_changed` as `approve`, or `approval_waits` while a second administrator
 * is waited for
 */
export async function select(
  deps: ReviewDeps,
  ref: ImportRef,
  wanted: Selection & { by: string; planVersion?: number | undefined },
): Promise<Import> {
  const job = await deps.imports.get(ref);
  requireApprovable(job, { confirmHold: true, planVersion: wanted.planVersion ?? job.planVersion });
  if (job.hold?.secondApproval?.by !== undefined) {
    const message =
      'An approval waits for a second administrator. Take it back before you change what it is for.';
    throw new MusterError('approval_waits', message);
  }
  const { kinds, exclude, by } = wanted;
  const at = deps.clock().toISOString();
  const selection = { by, at, kinds, excludedCount: exclude.length };
  const patch = { selection, planVersion: (job.planVersion ?? 1) + 1, updatedAt: at };
  return deps.imports.select(ref.organization, job, { kinds, exclude }, patch);
}

/** What is left out of a plan that is in review, if anybody said. */
export async function selectionOf(deps: ReviewDeps, ref: ImportRef): Promise<Selection> {
  const { selection } = await deps.imports.get(ref);
  return selection === undefined ? { kinds: [...changeKinds], exclude: [] } : deps.imports.selection(ref);
}

/**
 * Ends an import that has not begun to apply, at its admin's wish, with an audit entry. Cancelling twice is
 * cancelling once.
 * @throws MusterError `import_applying` once changes are being written, `import_not_open` after any other end.
 */
export function cancel(deps: ReviewDeps, ref: ImportRef, actor: AuditActor): Promise<Import> {
  return rerunning(() => tryCancel(deps, ref, actor));
}

async function tryCancel(deps: ReviewDeps, ref: ImportRef, actor: AuditActor): Promise<Import> {
  const job = await deps.imports.get(ref);
  if (job.status === 'incomplete') return job;
  if (!isOpen(job)) {
    const applying = job.status === 'in_progress' && isAfter(job.step, 'review');
    throw new MusterError(
      applying ? 'import_applying' : 'import_not_open',
      applying
        ? 'The import is being applied and cannot be cancelled any more.'
        : `The import has ended as ${job.status}.`,
    );
  }
  const next = await deps.imports.update(
    ref.organization,
    job,
    { status: 'incomplete', updatedAt: deps.clock().toISOString() },
    {
      action: 'import.cancel',
      actor,
      subject: ref.importId,
      before: { status: job.status, step: job.step },
      after: { status: 'incomplete', step: job.step },
    },
  );
  await deps.imports.leaveFloor(ref);
  return next;
}
