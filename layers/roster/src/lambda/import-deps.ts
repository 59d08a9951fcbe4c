/** The composition root of the import pipeline: each step touches, and so needs, only its own adapters. */
import { ulid } from 'ulid';
import { type AccountQueue, accountQueue } from '../aws/account-queue.ts';
import { type AccountRecords, accountRecords } from '../aws/accounts.ts';
import { type AuditTrail, auditTrail } from '../aws/audit.ts';
import { type BulkJobRecords, bulkJobRecords } from '../aws/bulk-jobs.ts';
import { type BulkQueue, bulkQueue } from '../aws/bulk-queue.ts';
import { departmentRecords } from '../aws/departments.ts';
import { refreshDirectory } from '../aws/directory-refresh.ts';
import { type ImportMachine, importMachine } from '../aws/executions.ts';
import { type Feeds, feedsInTable } from '../aws/feeds.ts';
import { type Once, onceInTable } from '../aws/idempotency.ts';
import { type ImportRecords, importRecords } from '../aws/imports.ts';
import { type MailQueue, mailQueue } from '../aws/mail-queue.ts';
import { mailRecords } from '../aws/mails.ts';
import {
  bucketObjects,
  moveObject,
  objectSource,
  type PresignedUpload,
  presignDownload,
  presignUpload,
} from '../aws/objects.ts';
import { type OrganizationRecords, organizationRecords } from '../aws/organizations.ts';
import { rosterChanges } from '../aws/roster-changes.ts';
import { rosterMembers } from '../aws/roster-members.ts';
import { type SavedMappingRecords, savedMappingRecords } from '../aws/saved-mappings.ts';
import { createTable, type Table } from '../aws/table.ts';
import type { ExportFormat } from '../domain/export.ts';
import { type ImportLimits, uploadTtlSeconds } from '../domain/import.ts';
import { mayDo } from '../domain/permissions.ts';
import type {
  Approvers,
  Clock,
  Departments,
  ImportRef,
  NewId,
  Objects,
  RosterChanges,
  RosterMembers,
} from '../domain/ports.ts';
import type { ByteSource } from '../files/source.ts';
import { feedPrefix, type ReportRows, workFiles } from '../pipeline/work-files.ts';
import { env, readEnv } from './env.ts';
import { lazily } from './lazily.ts';

/** Which of an import's reports is meant. */
export interface ReportFile {
  rows: ReportRows;
  format: ExportFormat;
}

export interface ImportDeps {
  clock: Clock;
  newId: NewId;
  table: Table;
  audit: AuditTrail;
  imports: ImportRecords;
  approvers: Approvers;
  savedMappings: SavedMappingRecords;
  organizations: OrganizationRecords;
  rosterChanges: RosterChanges;
  members: RosterMembers;
  departments: Departments;
  accountQueue: AccountQueue;
  /** Whose address an import's uploader has. */
  accounts: AccountRecords;
  mailQueue: MailQueue;
  /** Jobs that invite whom an import added. */
  bulkJobs: BulkJobRecords;
  bulkQueue: BulkQueue;
  work: Objects;
  reports: Objects;
  /** Makes what was applied searchable. */
  refreshDirectory: (organization: string) => Promise<void>;
  limits: ImportLimits;
  upload: (ref: ImportRef) => Promise<{ source: ByteSource; uploadedAt: Date }>;
  machine: ImportMachine;
  once: Once;
  /** A form that takes the file of an import. */
  uploadForm: (ref: ImportRef) => Promise<PresignedUpload>;
  /** Files that are delivered without a person. */
  feeds: Feeds;
  /** A form that takes one delivery, under this name. */
  feedForm: (organization: string, name: string) => Promise<PresignedUpload>;
  /** Moves one version of a delivered file to where its import looks for it; false if it is not there any more. */
  feedObject: { move(ref: ImportRef, name: string, etag: string): Promise<boolean> };
  /** A link to the original file, or to the row ledger, saved under a name. */
  downloadLink: (ref: ImportRef, what: 'file' | ReportFile, fileName: string) => Promise<string>;
}

export const downloadTtlSeconds = 300;

/** The process's adapters. */
export const importDeps: ImportDeps = lazily<ImportDeps>({
  clock: () => () => new Date(),
  newId: () => () => ulid(),
  table: () => createTable({ tableName: readEnv(env.table).TABLE_NAME }),
  audit: () => auditTrail(importDeps.table, importDeps.clock),
  imports: () => importRecords(importDeps.table, importDeps.audit),
  savedMappings: () => savedMappingRecords(importDeps.table, importDeps.audit),
  organizations: () => organizationRecords(importDeps.table, importDeps.audit),
  approvers: () => ({
    async mayApprove(organization, account) {
      const { membership } = await importDeps.accounts.standing(account, organization);
      return membership?.state === 'enabled' && mayDo(membership.level, 'imports.write');
    },
  }),
  rosterChanges: () => rosterChanges(importDeps.table),
  members: () => rosterMembers(importDeps.table),
  departments: () => departmentRecords(importDeps),
  accountQueue: () => accountQueue(readEnv(env.accountQueue).ACCOUNT_QUEUE_URL),
  accounts: () => accountRecords(importDeps.table),
  mailQueue: () => {
    const { table, clock } = importDeps;
    return mailQueue(readEnv(env.mailQueue).MAIL_QUEUE_URL, { mails: mailRecords(table), clock });
  },
  bulkJobs: () => bulkJobRecords(importDeps.table, importDeps.audit),
  bulkQueue: () => bulkQueue(readEnv(env.bulkQueue).BULK_QUEUE_URL),
  work: () => bucketObjects(readEnv(env.work).WORK_BUCKET),
  reports: () => bucketObjects(readEnv(env.reports).REPORTS_BUCKET),
  refreshDirectory: () => {
    const directoryObjects = bucketObjects(readEnv(env.directory).DIRECTORY_BUCKET);
    const { table, organizations } = importDeps;
    return (organization) => refreshDirectory({ table, organizations, directoryObjects }, organization);
  },
  limits: () => readEnv(env.importLimits).IMPORT_LIMITS,
  upload: () => (ref) => objectSource(readEnv(env.uploads).UPLOADS_BUCKET, workFiles.original(ref)),
  machine: () => importMachine(readEnv(env.stateMachine).STATE_MACHINE_ARN),
  once: () => onceInTable(importDeps.table, importDeps.clock),
  uploadForm: () => (ref) => {
    const limits = { bytesMax: importDeps.limits.fileBytesMax, ttlSeconds: uploadTtlSeconds };
    return presignUpload(readEnv(env.uploads).UPLOADS_BUCKET, workFiles.original(ref), limits);
  },
  feeds: () => feedsInTable(importDeps.table, importDeps.audit),
  feedForm: () => (organization, name) => {
    const limits = { bytesMax: importDeps.limits.fileBytesMax, ttlSeconds: uploadTtlSeconds };
    return presignUpload(readEnv(env.uploads).UPLOADS_BUCKET, `${feedPrefix(organization)}${name}`, limits);
  },
  feedObject: () => ({
    move(ref, name, etag) {
      const from = `${feedPrefix(ref.organization)}${name}`;
      return moveObject(readEnv(env.uploads).UPLOADS_BUCKET, { from, etag, to: workFiles.original(ref) });
    },
  }),
  downloadLink: () => (ref, what, fileName) => {
    const [bucket, key] =
      what === 'file'
        ? [readEnv(env.uploads).UPLOADS_BUCKET, workFiles.original(ref)]
        : [readEnv(env.reports).REPORTS_BUCKET, workFiles.report(ref, what.rows, what.format)];
    return presignDownload(bucket, key, { fileName, ttlSeconds: downloadTtlSeconds });
  },
});
