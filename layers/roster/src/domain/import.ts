import * as z from 'zod';
import type { MappingMode } from './mapping.ts';
import { shardCount } from './member.ts';

export const importModes = ['full', 'upsert', 'add_only', 'update_only'] as const;
export const ImportMode = z.enum(importModes);
export type ImportMode = z.infer<typeof ImportMode>;

export const onRowErrorsValues = ['reject_file', 'accept_valid'] as const;
export const OnRowErrors = z.enum(onRowErrorsValues);
export type OnRowErrors = z.infer<typeof OnRowErrors>;

export const importStatuses = ['in_progress', 'incomplete', 'complete', 'error'] as const;
export const ImportStatus = z.enum(importStatuses);
export type ImportStatus = z.infer<typeof ImportStatus>;

/** The steps in their order. An import goes back only from its review, to be compared with the roster anew. */
export const importSteps = [
  'awaiting_upload',
  'unzipping',
  'mapping',
  'validating',
  'comparing',
  'review',
  'applying',
  'done',
] as const;
export const ImportStep = z.enum(importSteps);
export type ImportStep = z.infer<typeof ImportStep>;

/** What a change does to a member. Only an undo removes: it takes back what another import added. */
export const changeKinds = ['add', 'update', 'reactivate', 'disable', 'remove'] as const;
export const ChangeKind = z.enum(changeKinds);
export type ChangeKind = z.infer<typeof ChangeKind>;

/**
 * What became of an import's rows and members. Each row of the file counts once:
 * `rows = added + updated + reactivated + unchanged + disabledByFile + skipped + rejected` before applying, and
 * the changes that were not made move to `excluded` and `conflicts` after it (B11). `disabled` counts both the
 * members that the file says are inactive (`disabledByFile`) and those that are absent from a full file.
 * An undo has as many `rows` as the import that it undoes changed members; `kept` are those that it leaves alone.
 */
export interface ImportCounts {
  rows: number;
  added: number;
  updated: number;
  reactivated: number;
  disabled: number;
  disabledByFile: number;
  unchanged: number;
  skipped: number;
  rejected: number;
  excluded: number;
  conflicts: number;
  /** Rows of which a value was left aside because the member's own is protected; each counts elsewhere too. */
  protected: number;
  removed: number;
  kept: number;
}

export const noCounts: ImportCounts = {
  rows: 0,
  added: 0,
  updated: 0,
  reactivated: 0,
  disabled: 0,
  disabledByFile: 0,
  unchanged: 0,
  skipped: 0,
  rejected: 0,
  excluded: 0,
  conflicts: 0,
  protected: 0,
  removed: 0,
  kept: 0,
};

/** The sum of several parts' counts. */
export function addCounts(...all: ImportCounts[]): ImportCounts {
  const sum = { ...noCounts };
  for (const counts of all) {
    for (const name of Object.keys(sum) as (keyof ImportCounts)[]) sum[name] += counts[name];
  }
  return sum;
}

export const countOfKind = {
  add: 'added',
  update: 'updated',
  reactivate: 'reactivated',
  disable: 'disabled',
  remove: 'removed',
} as const satisfies Record<ChangeKind, keyof ImportCounts>;

/** One planned change to a member, with each field before and after; `null` is a blank. */
export interface Change {
  kind: ChangeKind;
  externalId: string;
  /** Line of the file; absent for a member that the file does not name. */
  line?: number;
  fields: Record<string, { before: string | null; after: string | null }>;
  /** What the file says otherwise and the change leaves alone, because it is protected; absent for nothing. */
  protectedFields?: Record<string, { kept: string | null; file: string | null }>;
  /** The member's version that the plan was made from; 0 for one to be added. */
  version: number;
}

/** A row that cannot be taken, with the place and the cure; of an undo a member that it keeps, with the reason. */
export interface Reject {
  line: number;
  /** Whom an undo keeps. */
  externalId?: string;
  column?: string;
  code: RejectCode;
  message: string;
  value?: string;
}

export const rejectCodes = [
  'stray_quote',
  'text_after_quote',
  'quote_not_closed',
  'record_too_long',
  'wrong_field_count',
  'row_too_long',
  'required',
  'not_an_integer',
  'not_a_decimal',
  'not_a_boolean',
  'not_a_date',
  'not_an_email',
  'not_a_phone',
  'not_in_list',
  'too_long',
  'pattern_mismatch',
  'bad_identifier',
  'ambiguous_identifier',
  'duplicate_identifier',
  'duplicate_value',
  'unknown_department',
  'ambiguous_department',
  'bad_department',
  'changed_since',
  'joined_since',
  'removed_since',
] as const;
export type RejectCode = (typeof rejectCodes)[number];

/** Why an import waits for an admin although it could have been approved by itself (B3). */
export interface Hold {
  reason: 'mass_change' | 'unreadable_rows';
  message: string;
  disabling: number;
  members: number;
  /** Present where one administrator is not enough (B4). */
  secondApproval?: SecondApproval;
}

/** That two administrators have to approve, and who was the first of them, if one has. */
export interface SecondApproval {
  required: true;
  by?: string;
  account?: string;
  at?: string;
}

/** The organization's bounds for approving by itself. `disabledShareMax` is a share of the enrolled, 0 to 1. */
export interface HoldPolicy {
  disabledShareMax: number;
  disabledMembersMax: number;
  /** Whether two administrators have to approve what is held; one will do, where absent. */
  secondAdministrator?: boolean | undefined;
}

export const defaultHoldPolicy: HoldPolicy = { disabledShareMax: 0.1, disabledMembersMax: 50 };

/**
 * Decides whether a plan disables so many members that an admin has to look at it first: more than the share of
 * those enrolled, or more than the number. A first import disables nobody and is never held.
 */
export function holdFor(
  policy: HoldPolicy,
  disabling: number,
  enrolled: number,
  does = 'disable',
): Hold | undefined {
  const tooMany = disabling > policy.disabledMembersMax;
  const tooLargeAShare = disabling > policy.disabledShareMax * enrolled;
  if (disabling === 0 || !(tooMany || tooLargeAShare)) return undefined;
  const share = enrolled === 0 ? 100 : Math.round((disabling / enrolled) * 1000) / 10;
  const message =
    `This import would ${does} ${disabling} of ${enrolled} enrolled members (${share} %). ` +
    `More than ${policy.disabledMembersMax} members or ${policy.disabledShareMax * 100} % needs an admin to confirm it.`;
  return { reason: 'mass_change', message, disabling, members: enrolled };
}

/** A hold with what the organization asks of those who approve. */
export function heldBy({ secondAdministrator }: HoldPolicy, hold: Hold): Hold {
  return secondAdministrator === true ? { ...hold, secondApproval: { required: true } } : hold;
}

/** Limits on what an import reads. Bytes and counts. */
export const ImportLimits = z.strictObject({
  /** Size of the uploaded file. */
  fileBytesMax: bound(100 * 1024 * 1024),
  /** Size of the roster once inflated. */
  inflatedBytesMax: bound(1024 * 1024 * 1024),
  /** Rows without the header and blank lines. */
  rowsMax: bound(1_000_000),
  columnsMax: bound(200),
  /** Inflated bytes per compressed byte; checked only above `ratioCheckedFromBytes` of files/limits.ts. */
  ratioMax: z.number().positive().default(100),
  /** Entries in an archive, folders and hidden files included. */
  entriesMax: bound(1_000),
  /** Rows whose identifier is made from the name. */
  madeIdentifiersMax: bound(100_000),
  /** One row's bytes in UTF-8, without its line end. */
  recordBytesMax: bound(1024 * 1024),
});
export type ImportLimits = z.infer<typeof ImportLimits>;

function bound(byDefault: number) {
  return z.int().positive().default(byDefault);
}

/** An administrator who approved, and when. */
export interface Approver {
  by: string;
  account: string;
  at: string;
}

/**
 * How the file's columns met the schema's. `mapped` is file header → schema column; `ignored` are those that nobody
 * knows, `dropped` those that an admin left out.
 */
export interface ImportColumns {
  mapped: Record<string, string>;
  ignored: string[];
  dropped?: string[];
  missing: string[];
}

export const importKinds = ['file', 'undo'] as const;
export type ImportKind = (typeof importKinds)[number];

export const importNoticeCodes = ['passwords_not_taken', 'identifiers_made'] as const;

/** What an admin should know of a file that can be used, with how many rows it is about. */
export interface ImportNotice {
  code: (typeof importNoticeCodes)[number];
  message: string;
  rows: number;
}

/** An import as stored. Times are ISO 8601 in UTC. */
export interface Import {
  importId: string;
  /** What its plan is made of: an uploaded file, where absent, or what undoes another import. */
  kind?: ImportKind;
  fileName: string;
  mode: ImportMode;
  onRowErrors: OnRowErrors;
  approve: 'auto' | 'review';
  /** Whether a header that no saved mapping knows waits for an admin; `auto` where absent. */
  mapping?: MappingMode;
  /** How the file is to be read; found out where absent. */
  encoding?: string;
  delimiter?: string;
  status: ImportStatus;
  step: ImportStep;
  uploadedBy: string;
  /** It was delivered without a person. */
  source?: 'feed';
  /** The account of the uploader. */
  uploaderAccount?: string;
  createdAt: string;
  updatedAt: string;
  counts: ImportCounts;
  /** When the file arrived: of two open imports the earlier one gives way. */
  uploadedAt?: string;
  schemaVersion?: number;
  /** Numbers of the parts the rows were dealt into; each part holds a range of shards. */
  parts?: number[];
  columns?: ImportColumns;
  notices?: ImportNotice[];
  /** Who said what the headers mean; what was said is in the work file of that hash. */
  mappingChoice?: { by: string; at: string; sha256: string };
  file?: {
    bytes: number;
    inflatedBytes: number;
    sha256: string;
    encoding: string;
    format: string;
    delimiter: string;
  };
  /** Paths of departments that the plan adds, the first ones, and how many there are in all; absent for none. */
  departmentsToCreate?: string[];
  departmentsToCreateCount?: number;
  hold?: Hold;
  /** `account` is absent where it was the organization's policy that approved. */
  approval?: {
    by: string;
    account?: string;
    at: string;
    kinds: ChangeKind[];
    excludedCount: number;
    /** Who approved as the second one, where two had to. */
    second?: Approver;
  };
  /** The import that this one undoes, the one that undid it, and until when it can be undone. */
  undoOf?: string;
  undoneBy?: string;
  undoUntil?: string;
  error?: { code: string; message: string };
  /** How often its applying was resumed after an interruption; absent for never. */
  resumed?: number;
  /** Where the roster's changes ended when its members began to be read for the plan. */
  comparedFrom?: string;
  /** What is left out of the plan so far, while it is in review. */
  selection?: { by: string; at: string; kinds: ChangeKind[]; excludedCount: number };
  /** Counts up whenever the plan becomes another one; an approval names the one that it is for. */
  planVersion?: number;
  version: number;
}

/** Whether an import that is at `step` may still be ended by a newer upload or by its admin. */
export function isOpen(job: Pick<Import, 'status' | 'step'>): boolean {
  return job.status === 'in_progress' && job.step !== 'applying' && job.step !== 'done';
}

/** Whether `step` comes after `other`. */
export function isAfter(step: ImportStep, other: ImportStep): boolean {
  return importSteps.indexOf(step) > importSteps.indexOf(other);
}

export const partsMax = 64;
const partBytes = 4 * 1024 * 1024;
const partMembers = 20_000;

/**
 * In how many parts an import is worked on: a power of two up to 64, so that a part's rows stay near 4 MiB and
 * its members near 20,000, and a small import costs one invocation a step.
 */
export function partCountFor(inflatedBytes: number, members: number): number {
  let parts = 1;
  while (parts < partsMax && (parts * partBytes < inflatedBytes || parts * partMembers < members)) parts *= 2;
  return parts;
}

/** The part that works on a shard; each part has a range of shards. */
export function partOfShard(shard: number, partCount: number): number {
  return Math.floor((shard * partCount) / shardCount);
}

/** The shards of a part, ascending. */
export function shardsOfPart(part: number, partCount: number): number[] {
  const size = shardCount / partCount;
  return Array.from({ length: size }, (_, index) => part * size + index);
}

/** How long uploaded files, and what steps made of them, are kept (B15), in days. */
export const fileKeptDays = 30;

/** How long a presigned upload is taken, in seconds. */
export const uploadTtlSeconds = 600;

/**
 * The import as it stands at a time: one whose file never came is incomplete once the upload is not taken any
 * more. A minute is left for the notice of a file that came at the last moment.
 */
export function asOf<J extends Pick<Import, 'status' | 'step' | 'createdAt' | 'uploadedAt'>>(
  job: J,
  now: Date,
): J {
  const waitsSinceMs = now.getTime() - Date.parse(job.createdAt);
  const isLost =
    job.status === 'in_progress' &&
    job.step === 'awaiting_upload' &&
    // One whose file has come waits for its turn behind an import that is being applied.
    job.uploadedAt === undefined &&
    waitsSinceMs > (uploadTtlSeconds + 60) * 1_000;
  return isLost ? { ...job, status: 'incomplete' } : job;
}
