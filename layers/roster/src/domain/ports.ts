/** What the domain and the pipeline need from outside; the adapters in `aws/` provide it. */
import type { AuditActor, AuditEvent } from './audit.ts';
import type { DepartmentTree } from './departments.ts';
import type { Approver, Change, ChangeKind, Import, ImportStep } from './import.ts';
import type { Member, MemberSummary } from './member.ts';
import type { Organization } from './organization.ts';
import type { RosterSchema } from './schema.ts';

/** Tells the time; injected so that tests decide it. */
export type Clock = () => Date;
/** Makes a new id that sorts by time (ULID), 26 characters. */
export type NewId = () => string;

/** Names one import of one organization; all that travels in the state machine. */
export interface ImportRef {
  organization: string;
  importId: string;
}

/** Bulk data: objects of bytes by key. Reading a missing object throws `not_found`. */
export interface Objects {
  read(key: string): Promise<Buffer>;
  /** Bytes `start` up to but not including `end`; shorter at the end of the object, empty beyond it. */
  readRange(key: string, start: number, end: number): Promise<Buffer>;
  stream(key: string): AsyncIterable<Buffer>;
  /** Replaces the object atomically. */
  write(key: string, body: string | Uint8Array): Promise<void>;
  /** Replaces the object atomically with a stream of any length, in bounded memory. */
  writeStream(key: string, body: AsyncIterable<string | Uint8Array>, contentType?: string): Promise<void>;
}

/** What of a plan is wanted: which kinds of changes, and whom to leave out. */
export interface Selection {
  kinds: ChangeKind[];
  exclude: string[];
}

/** The approval of a plan. */
export interface Approval extends Selection {
  by: string;
  /** The account of who approved; none where it was the policy. */
  account?: string;
  at: string;
  /** Who approved as the second one, where two had to. */
  second?: Approver;
}

/** One chunk of changes that was written, as its checkpoint says. */
export interface AppliedChunk {
  part: number;
  chunk: number;
  counts: Record<ChangeKind, number>;
  disabledByFile: number;
  conflicts: string[];
  /** Which departments the members were in that the chunk put into others, by external id. */
  departmentsBefore: Record<string, string[]>;
}

/** Who may approve imports. */
export interface Approvers {
  /** Whether an account may at this moment: by its level in the organization, and unless it is disabled. */
  mayApprove(organization: string, account: string): Promise<boolean>;
}

/** Fields of an import to change; `null` takes one away. */
export type ImportPatch = { [K in keyof Import]?: Import[K] | null };

/** How far a roster has changed. */
export interface RosterChanges {
  /** Where its changes end now; to be asked for before members are read. */
  position(organization: string): Promise<string>;
  /** How many members changed since then, as far as can be told; `isMore` where there may be others. */
  since(organization: string, position: string): Promise<{ members: number; isMore: boolean }>;
}

/** The records of imports. Every change is conditional on the version seen; a lost race throws `conflict`. */
export interface Imports {
  /** With an `event` the new import and its audit entry are one transaction. */
  create(organization: string, job: Import, event?: AuditEvent): Promise<void>;
  get(ref: ImportRef): Promise<Import>;
  list(organization: string, limit: number, before?: string): Promise<Import[]>;
  /** With an `event` the change and its audit entry are one transaction. */
  update(organization: string, job: Import, patch: ImportPatch, event?: AuditEvent): Promise<Import>;
  /** As `update`, with the approval in the same transaction: whoever finds one finds the other. */
  approve(
    organization: string,
    job: Import,
    approval: Approval,
    patch: ImportPatch,
    event: AuditEvent,
  ): Promise<Import>;
  /**
   * As `update`, for an import that takes the floor again.
   * @throws MusterError `import_not_resumable` if another import has the floor, or was begun since this one ended.
   */
  reopen(ref: ImportRef, job: Import, patch: ImportPatch, event: AuditEvent): Promise<Import>;
  /** As `update`, with what is selected in the plan in the same transaction. */
  select(organization: string, job: Import, selection: Selection, patch: ImportPatch): Promise<Import>;
  /**
   * Gives an import the floor and lets it begin. Imports never run at the same time (S1.10): of two that are open
   * the one uploaded earlier becomes incomplete.
   * @throws MusterError `import_busy` while another one is being applied, `import_superseded` if this one ended.
   */
  takeFloor(ref: ImportRef, uploadedAt: Date, now: Date): Promise<Import>;
  /** Gives the floor back if this import has it. */
  leaveFloor(ref: ImportRef): Promise<void>;
  addProgress(ref: ImportRef, step: ImportStep, done: number): Promise<void>;
  progress(ref: ImportRef, step: ImportStep): Promise<number>;
  approval(ref: ImportRef): Promise<Approval>;
  selection(ref: ImportRef): Promise<Selection>;
  chunks(ref: ImportRef, part?: number): AsyncIterable<AppliedChunk>;
}

/** A member as the comparison needs it; `values` only where asked for. */
export type MemberDigest = Pick<
  Member,
  | 'externalId'
  | 'state'
  | 'disabledBy'
  | 'valuesHash'
  | 'version'
  | 'account'
  | 'protectedColumns'
  | 'importId'
> & {
  values?: Record<string, string>;
};

/** A change with all that writing it needs; `Change` is what people see of it. */
export interface PlannedChange extends Omit<Change, 'fields'> {
  /** The state before, where the change changes it. */
  from?: Member['state'];
  state: Member['state'];
  valuesHash?: string;
  /** The member's whole values afterwards; absent where they stay. */
  values?: Record<string, string>;
  /** The member's account, where it has one. */
  account?: string;
  /** What the changed columns held before. */
  before: Record<string, string | null>;
  /** What undoing the change needs to know beyond `before`. */
  was?: EarlierMember;
  /** In an undo: what the member has again, whatever an import would give it. */
  restore?: RestoredMember;
}

/** What a member was before a change, as far as its states and values do not tell. */
export interface EarlierMember extends Pick<Member, 'disabledBy' | 'importId'> {
  /** Where values change. */
  valuesHash?: string;
  /** Values that `before` does not lead back to, because they were written otherwise and mean the same. */
  respelled?: Record<string, string | null>;
}

/** What an undo gives back exactly; departments only where they change, as ids. */
export interface RestoredMember extends Pick<Member, 'disabledBy' | 'importId'> {
  departments?: string[];
}

/** The members of a roster, as an import reads and writes them. */
export interface RosterMembers {
  /**
   * All members of one shard, in the order of their external ids, a batch at a time. `columns` are those whose values
   * are wanted: reading them all from a large roster, to look at one, is most of what a comparison would cost.
   */
  shard(
    organization: string,
    shard: number,
    columns: readonly string[] | 'all',
  ): AsyncIterable<MemberDigest[]>;
  values(organization: string, externalIds: string[]): Promise<Map<string, Record<string, string>>>;
  /** Some members without their values, by external id; those that are not there are left out. */
  digests(organization: string, externalIds: readonly string[]): Promise<Map<string, MemberDigest>>;
  summary(organization: string): Promise<MemberSummary>;
  /**
   * Writes a chunk of changes of at most {@link chunkActionsMax} actions in one transaction with its checkpoint:
   * all or nothing, and nothing the second time. A disable or reactivate moves the member's membership along.
   * Changes whose member has another version than planned, and those that would disable the last owner or the
   * approver, are left out and named as conflicts.
   */
  applyChunk(
    ref: ImportRef,
    chunk: { part: number; chunk: number; changes: PlannedChange[] },
    context: ApplyContext,
  ): Promise<void>;
}

/** What making members from changes needs to know. */
export interface ApplyContext {
  schema: RosterSchema;
  /** The organization's, by which active periods begin and end. */
  timeZone: string;
  /** How often its data had been dropped when the import was found to be open. */
  era?: number | undefined;
  now: Date;
  /** The login of whoever approved the import, or uploaded one that needed no approval. */
  approvedBy: string;
  /** The accounts of those who approved, which the import does not disable (B4). */
  approverAccounts?: readonly string[];
  /**
   * The ids of the departments by the texts of the department column; a change that names another is left out. In an
   * undo by the ids that they had; those that are gone are not restored.
   */
  departments: ReadonlyMap<string, string>;
}

/** The departments of an organization, as an import reads and adds to them. */
export interface Departments {
  /** The whole tree, without counts of members. */
  tree(organization: string): Promise<DepartmentTree>;
  /**
   * Adds the departments that texts name as paths and that are not there, those above them included, and tells the
   * tree as it is then. Texts that cannot be departments are left out. Done again, it finds nothing to add.
   * @throws MusterError `too_many_departments`; some of them may have been added then.
   */
  addMany(
    organization: string,
    texts: readonly string[],
    why: { actor: AuditActor; details?: Record<string, unknown> },
  ): Promise<DepartmentTree>;
}

const transactionActionsMax = 100;
const checkpointActions = 1;
const memberCountActions = 1;
const directoryActions = 1;

/** How many actions of a chunk's transaction are there for its changes, and for counting their departments. */
export const chunkActionsMax =
  transactionActionsMax - checkpointActions - memberCountActions - directoryActions;

/** Whether a change moves the membership of the member's account along. */
export function movesMembership(change: Pick<PlannedChange, 'account' | 'from'>): boolean {
  return change.account !== undefined && change.from !== undefined;
}

/** Whether a change brings somebody back who may have an invitation that reminders are about. */
export function mayBeInvited({ kind, account }: Pick<PlannedChange, 'kind' | 'account'>): boolean {
  return kind === 'reactivate' && account === undefined;
}

/** How many actions changes take: one a member, one a membership that moves, and one for counting owners then. */
export function actionsOf(members: number, memberships: number): number {
  return members + memberships + (memberships > 0 ? 1 : 0);
}

export interface Organizations {
  get(organization: string): Promise<Organization>;
  schema(organization: string, version?: number): Promise<RosterSchema>;
  update(current: Organization, patch: Partial<Organization>): Promise<Organization>;
}
