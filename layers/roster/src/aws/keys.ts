/**
 * The single place that spells partition keys, sort keys and index names of the one table (design section 4).
 * Every function takes the organization that the authorizer verified: a key cannot be built without it.
 */
import { shardCount, shardOf } from '../domain/member.ts';

/** The table's key and index attributes, for the infrastructure to create what the adapters use. */
export const tableShape = {
  partitionKey: 'pk',
  sortKey: 'sk',
  timeToLive: 'expiresAt',
  indexes: {
    byLogin: { name: 'byLogin', partitionKey: 'loginPk', sortKey: 'loginSk' },
  },
} as const;

export interface Key {
  pk: string;
  sk: string;
}

const padded = (number: number) => String(number).padStart(6, '0');

export const keys = {
  organization: (org: string): Key => ({ pk: `O#${org}`, sk: 'ORG' }),
  /** Which import has the floor; at most one does (S1.10). */
  currentImport: (org: string): Key => ({ pk: `O#${org}`, sk: 'IMPORT' }),
  schema: (org: string, version: number): Key => ({ pk: `O#${org}`, sk: `SCHEMA#${padded(version)}` }),
  /** Members by state, counted in several items so that parallel writers do not meet in one. */
  count: (org: string, slot: number): Key => ({ pk: `O#${org}`, sk: `COUNT#${padded(slot % shardCount)}` }),
  countPrefix: 'COUNT#',
  /** How many enabled owners there are, so that a transaction can keep the last one. */
  owners: (org: string): Key => ({ pk: `O#${org}`, sk: 'OWNERS' }),
  /** Who has a level above `member`: sorts by the level's rank, the highest first. */
  administrators: (org: string): string => `O#${org}#ADMIN`,
  administrator: (org: string, rank: number, account: string): Key => ({
    pk: `O#${org}#ADMIN`,
    sk: `${rank}#${account}`,
  }),
  /** Bounds of the sort keys of one rank, or of all. */
  administratorRange: (rank?: number): [from: string, to: string] =>
    rank === undefined ? ['0', '9~'] : [`${rank}#`, `${rank}#~`],
  /** The newest drop of all data. */
  drop: (org: string): Key => ({ pk: `O#${org}`, sk: 'DROP' }),
  memberShard: (org: string, shard: number): string => `O#${org}#M#${shard}`,
  memberPrefix: 'MEMBER#',
  member: (org: string, externalId: string): Key => ({
    pk: `O#${org}#M#${shardOf(externalId)}`,
    sk: `MEMBER#${externalId}`,
  }),
  /** All of the departments: one query reads the tree, and from `departmentPrefix` on without the counts. */
  departments: (org: string): string => `O#${org}#DEPT`,
  departmentPrefix: 'DEPT#',
  department: (org: string, id: string): Key => ({ pk: `O#${org}#DEPT`, sk: `DEPT#${id}` }),
  departmentTree: (org: string): Key => ({ pk: `O#${org}#DEPT`, sk: 'TREE' }),
  /** Members by department and role, in several items so that parallel writers seldom meet in one. */
  groupCount: (org: string, slot: number): Key => ({ pk: `O#${org}#DEPT`, sk: `COUNT#${padded(slot)}` }),
  groupCountPrefix: 'COUNT#',
  /** How many coordinators answer for each department, by its id. */
  scopeCounts: (org: string): Key => ({ pk: `O#${org}#DEPT`, sk: 'SCOPES' }),
  roles: (org: string): Key => ({ pk: `O#${org}#ROLE`, sk: 'ROLES' }),
  import: (org: string, importId: string): Key => ({ pk: `O#${org}#JOB`, sk: importId }),
  imports: (org: string): string => `O#${org}#JOB`,
  importDetail: (org: string, importId: string): string => `O#${org}#JOB#${importId}`,
  chunk: (org: string, importId: string, part: number, chunk: number): Key => ({
    pk: `O#${org}#JOB#${importId}`,
    sk: `CHUNK#${padded(part)}#${padded(chunk)}`,
  }),
  chunkPrefix: (part?: number): string => (part === undefined ? 'CHUNK#' : `CHUNK#${padded(part)}#`),
  /** How far a step of an import is, added to by its parts, for showing progress. */
  progress: (org: string, importId: string, step: string): Key => ({
    pk: `O#${org}#JOB#${importId}`,
    sk: `PROGRESS#${step}`,
  }),
  progressPrefix: 'PROGRESS#',
  approval: (org: string, importId: string): Key => ({ pk: `O#${org}#JOB#${importId}`, sk: 'APPROVAL' }),
  selection: (org: string, importId: string): Key => ({ pk: `O#${org}#JOB#${importId}`, sk: 'SELECTION' }),
  /** Jobs on many members, apart from imports; their chunks and results lie under a key of each job's own. */
  bulkJobs: (org: string): string => `O#${org}#BULK`,
  bulkJob: (org: string, jobId: string): Key => ({ pk: `O#${org}#BULK`, sk: jobId }),
  bulkChunk: (org: string, jobId: string, chunk: number): Key => ({
    pk: `O#${org}#BULK#${jobId}`,
    sk: `CHUNK#${padded(chunk)}`,
  }),
  bulkResults: (org: string, jobId: string): string => `O#${org}#BULK#${jobId}`,
  bulkResultPrefix: 'RESULT#',
  /** What became of the members of a chunk from this one on; sorts in the order of the work. */
  bulkResult: (org: string, jobId: string, chunk: number, offset: number): Key => ({
    pk: `O#${org}#BULK#${jobId}`,
    sk: `RESULT#${padded(chunk)}#${padded(offset)}`,
  }),
  /** What the headers of files mean, by the hash of the header. */
  savedMappings: (org: string): string => `O#${org}#MAPPING`,
  savedMapping: (org: string, mappingId: string): Key => ({ pk: `O#${org}#MAPPING`, sk: mappingId }),
  /** Exports of the roster; what they gather lies in their bucket. */
  exports: (org: string): string => `O#${org}#EXPORT`,
  export: (org: string, exportId: string): Key => ({ pk: `O#${org}#EXPORT`, sk: exportId }),
  /** Files that are delivered without a person: keys, deliveries, and when the last one came. */
  feed: (org: string): string => `O#${org}#FEED`,
  feedKeyPrefix: 'KEY#',
  feedKey: (org: string, keyId: string): Key => ({ pk: `O#${org}#FEED`, sk: `KEY#${keyId}` }),
  feedDelivery: (org: string, delivery: string): Key => ({ pk: `O#${org}#FEED`, sk: `DELIVERY#${delivery}` }),
  feedLast: (org: string): Key => ({ pk: `O#${org}#FEED`, sk: 'LAST' }),
  /** When to look whether a file has come, over all organizations. */
  feedDue: (org: string, at: string): Key => ({ pk: 'DUE#FEED', sk: `${at}#${org}` }),
  membership: (account: string, org: string): Key => ({ pk: `A#${account}`, sk: `O#${org}` }),
  memberships: (account: string): string => `A#${account}`,
  membershipPrefix: 'O#',
  account: (account: string): Key => ({ pk: `A#${account}`, sk: 'ACCOUNT' }),
  /** An invitation or reset link, by the hash of its token alone: whoever follows one names no organization. */
  linkToken: (hash: string): Key => ({ pk: `T#${hash}`, sk: 'TOKEN' }),
  /** Failed attempts, by the hash of what they are counted for: an unknown login is of no organization. */
  attempts: (hash: string): Key => ({ pk: `TRIES#${hash}`, sk: 'TRIES' }),
  /** How far the comparison of accounts with the user pool is. */
  accountsCompared: (): Key => ({ pk: 'SYSTEM', sk: 'ACCOUNTS-COMPARED' }),
  login: (org: string, login: string): Key => ({ pk: `O#${org}#LOGIN#${login}`, sk: 'LOGIN' }),
  loginAnywhere: (login: string): string => `L#${login}`,
  /** The end of the audit chain; all writers of an organization's entries meet here. */
  auditHead: (org: string): Key => ({ pk: `O#${org}`, sk: 'AUDIT' }),
  audit: (org: string): string => `O#${org}#AUDIT`,
  /** Sorts by time and then by sequence, which never disagree. `at` is ISO 8601 in UTC with milliseconds. */
  auditPosition: (at: string, sequence: number): string => `${at}#${String(sequence).padStart(12, '0')}`,
  auditEntry: (org: string, position: string): Key => ({ pk: `O#${org}#AUDIT`, sk: position }),
  auditOfSubject: (org: string, subject: string): string => `O#${org}#AUDIT#SUBJECT#${subject}`,
  auditOfAction: (org: string, action: string): string => `O#${org}#AUDIT#ACTION#${action}`,
  /** Members that are to be looked at for one reason, in the order of when, over all organizations. */
  due: (kind: 'period' | 'expiry' | 'reminder', slot: number): string =>
    kind === 'period' ? `DUE#${slot}` : `DUE#${kind.toUpperCase()}#${slot}`,
  dueMember: (
    kind: 'period' | 'expiry' | 'reminder',
    slot: number,
    at: string,
    org: string,
    externalId: string,
  ): Key => ({ pk: keys.due(kind, slot), sk: `${at}#${org}#${externalId}` }),
  /** The same of one organization, for showing whom reminders go to next. */
  plannedReminders: (org: string): string => `O#${org}#REMINDERS`,
  plannedReminder: (org: string, at: string, externalId: string): Key => ({
    pk: `O#${org}#REMINDERS`,
    sk: `${at}#${externalId}`,
  }),
  mail: (org: string, mailId: string): Key => ({ pk: `O#${org}#MAIL#${mailId}`, sk: 'MAIL' }),
  /** When the next mail of the installation may leave. */
  mailPace: (): Key => ({ pk: 'SYSTEM', sk: 'MAIL-PACE' }),
  /** An address that is not written to any more, whichever organization asks; by its hash. */
  suppressedAddress: (hash: string): Key => ({ pk: `SUPPRESSED#${hash}`, sk: 'SUPPRESSED' }),
  idempotency: (org: string, hash: string): Key => ({ pk: `O#${org}#ONCE#${hash}`, sk: 'ONCE' }),
  /** The directory: read backwards, its head comes first and then the log of what changed, the newest first. */
  directory: (org: string): string => `O#${org}#DIRECTORY`,
  directoryHead: (org: string): Key => ({ pk: `O#${org}#DIRECTORY`, sk: 'TOP' }),
  directoryLogPrefix: 'LOG#',
  directoryLog: (org: string, id: string): Key => ({ pk: `O#${org}#DIRECTORY`, sk: `LOG#${id}` }),
} as const;
