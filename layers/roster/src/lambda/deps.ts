/**
 * The composition root: every adapter a function may use, made from the environment when it is first touched and
 * kept for the life of the process. A function that does not touch one needs neither its variables nor its grants.
 */
import { ulid } from 'ulid';
import { type AccountChanges, accountChanges } from '../aws/account-changes.ts';
import { type AccountDeletion, accountDeletion } from '../aws/account-deletion.ts';
import { type AccountQueue, accountQueue } from '../aws/account-queue.ts';
import { type AccountRecords, accountRecords } from '../aws/accounts.ts';
import { type Administrators, administratorsInTable } from '../aws/administrators.ts';
import { type Attempts, attemptsInTable } from '../aws/attempts.ts';
import { type AuditTrail, auditTrail } from '../aws/audit.ts';
import { type BulkJobRecords, bulkJobRecords } from '../aws/bulk-jobs.ts';
import { type BulkQueue, bulkQueue } from '../aws/bulk-queue.ts';
import { type DepartmentRecords, departmentRecords } from '../aws/departments.ts';
import { type DirectoryQueue, directoryQueue } from '../aws/directory-queue.ts';
import { type DropQueue, dropQueue } from '../aws/drop-queue.ts';
import { type Drops, dropsInTable } from '../aws/drops.ts';
import { type DueMembers, dueMembers, type PlannedReminders, plannedReminders } from '../aws/due-members.ts';
import { type ExportRecords, exportRecords } from '../aws/exports.ts';
import { type Feeds, feedsInTable } from '../aws/feeds.ts';
import { type Once, onceInTable } from '../aws/idempotency.ts';
import { cognitoIdentity, type Identity } from '../aws/identity.ts';
import { type ImportRecords, importRecords } from '../aws/imports.ts';
import { type InvitationLinks, invitationLinks } from '../aws/invitation-links.ts';
import { type MailQueue, mailQueue } from '../aws/mail-queue.ts';
import { type MailRecords, mailRecords } from '../aws/mails.ts';
import { type MemberRecords, memberRecords } from '../aws/members.ts';
import { type BucketObjects, bucketObjects, presignDownload } from '../aws/objects.ts';
import { type OrganizationRecords, organizationRecords } from '../aws/organizations.ts';
import { type ResetLinks, resetLinksInTable } from '../aws/reset-links.ts';
import { type RoleRecords, roleRecords } from '../aws/roles.ts';
import { type Roster, roster } from '../aws/roster.ts';
import { createTable, type Table } from '../aws/table.ts';
import { type UnsubscribeLinks, unsubscribeLinksInTable } from '../aws/unsubscribe-links.ts';
import { cognitoUserPool, type UserPool } from '../aws/user-pool.ts';
import { exportLinkTtlSeconds, type RosterExport } from '../domain/export.ts';
import type { Clock, NewId } from '../domain/ports.ts';
import { exportFiles } from '../pipeline/export.ts';
import { feedPrefix } from '../pipeline/work-files.ts';
import { env, readEnv } from './env.ts';
import { lazily } from './lazily.ts';
import { type TokenVerifier, tokenVerifier } from './tokens.ts';

/** What the functions of the HTTP API work with. */
export interface Deps {
  clock: Clock;
  newId: NewId;
  table: Table;
  organizations: OrganizationRecords;
  accounts: AccountRecords;
  /** Who has which level. */
  administrators: Administrators;
  /** What people change of their own accounts. */
  accountChanges: AccountChanges;
  /** Counts of failed attempts. */
  attempts: Attempts;
  resetLinks: ResetLinks;
  invitationLinks: InvitationLinks;
  roster: Roster;
  /** The parts of the directory's snapshot. */
  directoryObjects: BucketObjects;
  /** Asks for a directory's snapshot to be made anew; to be told after many changes at once. */
  directoryQueue: DirectoryQueue;
  /** Changes of single members. */
  members: MemberRecords;
  /** Does changes together with their audit entries. */
  audit: AuditTrail;
  /** Whose active period is to be looked at, and when. */
  dueMembers: DueMembers;
  /** Whose end of access is to be told, and when. */
  dueExpiries: DueMembers;
  /** Whose reminders are to be looked at, and when. */
  dueReminders: DueMembers;
  /** The same of one organization. */
  plannedReminders: PlannedReminders;
  /** Links that end reminders. */
  unsubscribeLinks: UnsubscribeLinks;
  /** Jobs on many members, and the queue that lets them go on. */
  bulkJobs: BulkJobRecords;
  bulkQueue: BulkQueue;
  /** Exports of the roster, the queue that lets them go on, and what they gather and write. */
  exports: ExportRecords;
  exportQueue: BulkQueue;
  exportObjects: BucketObjects;
  /** A link to the file of an export. @throws MusterError `not_found` if it is gone */
  exportLink: (organization: string, job: RosterExport) => Promise<string>;
  departments: DepartmentRecords;
  imports: ImportRecords;
  roles: RoleRecords;
  once: Once;
  /** Signs people in; needs the pool and its client. */
  identity: Identity;
  /** Makes and deletes accounts and resets their passwords; needs the pool only. */
  accountMaker: Pick<
    Identity,
    | 'createAccount'
    | 'deleteAccount'
    | 'setOneTimePassword'
    | 'setPassword'
    | 'dropSecondFactor'
    | 'signOutEverywhere'
  >;
  /** Deletes accounts that belong to nobody any more. */
  accountDeletion: AccountDeletion;
  /** Drops of all data, and the queue that lets them go on. */
  drops: Drops;
  dropQueue: DropQueue;
  /** Where the files of an organization lie that go with its data. */
  droppedFiles: (organization: string) => { objects: BucketObjects; prefix: string }[];
  /** Files that are delivered without a person. */
  feeds: Feeds;
  /** Tells that memberships changed, for the user pool to follow. */
  accountQueue: AccountQueue;
  /** Who may sign in at all; follows the memberships. */
  userPool: UserPool;
  tokens: TokenVerifier;
  /** How far each mail is. */
  mails: MailRecords;
  /** Takes mails to be sent. */
  mailQueue: MailQueue;
}

/** The process's adapters. */
export const deps: Deps = lazily<Deps>({
  clock: () => () => new Date(),
  newId: () => () => ulid(),
  table: () => createTable({ tableName: readEnv(env.table).TABLE_NAME }),
  organizations: () => organizationRecords(deps.table, deps.audit),
  accounts: () => accountRecords(deps.table),
  administrators: () => administratorsInTable(deps.table),
  accountChanges: () => accountChanges(deps.table, deps.audit),
  attempts: () => attemptsInTable(deps.table, deps.clock),
  resetLinks: () => resetLinksInTable(deps.table, deps.audit),
  invitationLinks: () => invitationLinks(deps.table),
  // Given whole: what lists need is touched by them alone.
  roster: () => roster(deps.table, deps),
  directoryObjects: () => bucketObjects(readEnv(env.directory).DIRECTORY_BUCKET),
  directoryQueue: () => directoryQueue(readEnv(env.directoryQueue).DIRECTORY_QUEUE_URL),
  members: () => memberRecords(deps.table, deps.audit),
  audit: () => auditTrail(deps.table, deps.clock),
  dueMembers: () => dueMembers(deps.table, 'period'),
  dueExpiries: () => dueMembers(deps.table, 'expiry'),
  dueReminders: () => dueMembers(deps.table, 'reminder'),
  plannedReminders: () => plannedReminders(deps.table),
  unsubscribeLinks: () => unsubscribeLinksInTable(deps.table),
  bulkJobs: () => bulkJobRecords(deps.table, deps.audit),
  bulkQueue: () => bulkQueue(readEnv(env.bulkQueue).BULK_QUEUE_URL),
  exports: () => exportRecords(deps.table, deps.audit),
  exportQueue: () => bulkQueue(readEnv(env.exportQueue).EXPORT_QUEUE_URL),
  exportObjects: () => bucketObjects(readEnv(env.exports).EXPORTS_BUCKET),
  exportLink:
    () =>
    (organization, { exportId, fileName }) => {
      const key = exportFiles.file({ organization, exportId });
      const options = { fileName, ttlSeconds: exportLinkTtlSeconds };
      return presignDownload(readEnv(env.exports).EXPORTS_BUCKET, key, options);
    },
  departments: () => departmentRecords(deps),
  imports: () => importRecords(deps.table, deps.audit),
  roles: () => roleRecords(deps),
  once: () => onceInTable(deps.table, deps.clock),
  identity: () =>
    cognitoIdentity({
      userPoolId: readEnv(env.userPool).USER_POOL_ID,
      clientId: readEnv(env.userPoolClient).USER_POOL_CLIENT_ID,
    }),
  accountMaker: () => cognitoIdentity({ userPoolId: readEnv(env.userPool).USER_POOL_ID }),
  feeds: () => feedsInTable(deps.table, deps.audit),
  accountDeletion: () => accountDeletion(deps.table),
  drops: () => dropsInTable(deps.table, deps.audit),
  dropQueue: () => dropQueue(readEnv(env.dropQueue).DROP_QUEUE_URL),
  droppedFiles: () => (organization) => {
    const buckets = [
      readEnv(env.uploads).UPLOADS_BUCKET,
      readEnv(env.work).WORK_BUCKET,
      readEnv(env.reports).REPORTS_BUCKET,
      readEnv(env.exports).EXPORTS_BUCKET,
    ];
    const uploads = bucketObjects(readEnv(env.uploads).UPLOADS_BUCKET);
    return [
      ...buckets.map((bucket) => ({ objects: bucketObjects(bucket), prefix: `${organization}/` })),
      { objects: uploads, prefix: feedPrefix(organization) },
    ];
  },
  accountQueue: () => accountQueue(readEnv(env.accountQueue).ACCOUNT_QUEUE_URL),
  userPool: () => cognitoUserPool({ userPoolId: readEnv(env.userPool).USER_POOL_ID }),
  mails: () => mailRecords(deps.table),
  mailQueue: () => mailQueue(readEnv(env.mailQueue).MAIL_QUEUE_URL, deps),
  tokens: () => {
    const { TOKEN_ISSUER, USER_POOL_CLIENT_ID } = readEnv(env.tokens);
    return tokenVerifier({ issuer: TOKEN_ISSUER, clientId: USER_POOL_CLIENT_ID });
  },
});
