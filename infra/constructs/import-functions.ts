import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { ImportLimits } from 'roster/domain/import';
import { wildcardFinding } from './acknowledge.ts';
import type { Buckets } from './buckets.ts';
import type { FunctionNeeds, Functions } from './functions.ts';
import {
  deleteObjects,
  readAndWriteItems,
  readItems,
  readObjects,
  sendMessages,
  useTable,
  writeObjects,
} from './permissions.ts';
import type { RosterTable } from './roster-table.ts';

/** What the steps of an import work with. */
export interface ImportFunctionsProps {
  functions: Functions;
  table: RosterTable;
  buckets: Buckets;
  /** Takes the accounts whose memberships an import moved. */
  accounts: IQueue;
  /** Takes the mails to whoever uploaded the file. */
  mails: IQueue;
  /** Takes the jobs that invite whom an import added. */
  jobs: IQueue;
  importLimits: ImportLimits;
}

/** The functions that the state machine calls, by what its states are named after. */
export interface ImportSteps {
  unzip: LambdaFunction;
  validate: LambdaFunction;
  diff: LambdaFunction;
  undo: LambdaFunction;
  invert: LambdaFunction;
  plan: LambdaFunction;
  departments: LambdaFunction;
  apply: LambdaFunction;
  directory: LambdaFunction;
  finish: LambdaFunction;
  fail: LambdaFunction;
}

/** A step may stream a whole file or part: the memory buys CPU (1769 MB are one), the time is Lambda's longest. */
const stepSize = { memoryMegabytes: 2048, timeout: Duration.minutes(15) };

/** Why a policy names a bucket's objects by `/*`. */
export function objectsOf(...buckets: IBucket[]): Record<string, string> {
  const reason =
    'The objects of this one bucket; their keys start with the organization and import, known at run time.';
  return Object.fromEntries(buckets.map((bucket) => [wildcardFinding(bucket, '/*'), reason]));
}

/** Makes the functions of the import pipeline, each with the rights that its step needs. */
export function addImportSteps({
  functions,
  table,
  buckets,
  accounts,
  mails,
  jobs,
  importLimits,
}: ImportFunctionsProps): ImportSteps {
  const { uploads, work, reports, directory } = buckets;
  const uploadsBucket = { UPLOADS_BUCKET: uploads.bucketName };
  const workBucket = { WORK_BUCKET: work.bucketName };
  const reportsBucket = { REPORTS_BUCKET: reports.bucketName };
  const mailQueue = { MAIL_QUEUE_URL: mails.queueUrl };
  const add = (needs: FunctionNeeds) => functions.add({ ...stepSize, ...needs });
  return {
    unzip: add({
      name: 'imports/unzip',
      description: 'Reads the uploaded file and deals its rows into parts',
      environment: {
        ...uploadsBucket,
        ...workBucket,
        ...mailQueue,
        IMPORT_LIMITS: JSON.stringify(importLimits),
      },
      permissions: [
        useTable(table, readAndWriteItems),
        ...readObjects(uploads),
        writeObjects(work, 'streamed'),
        sendMessages(mails),
      ],
      acknowledgements: objectsOf(uploads, work),
    }),
    validate: add({
      name: 'imports/validate',
      description: 'Checks the rows of one part against the roster schema',
      environment: workBucket,
      permissions: [
        useTable(table, [...readItems, 'UpdateItem']),
        ...readObjects(work),
        writeObjects(work, 'streamed'),
      ],
      acknowledgements: objectsOf(work),
    }),
    diff: add({
      name: 'imports/diff',
      description: 'Compares the good rows of one part with the members',
      environment: workBucket,
      permissions: [
        useTable(table, [...readItems, 'UpdateItem']),
        ...readObjects(work),
        writeObjects(work, 'streamed'),
      ],
      acknowledgements: objectsOf(work),
    }),
    undo: add({
      name: 'imports/undo',
      description: 'Begins to undo an import when its turn has come',
      environment: { ...workBucket, ...mailQueue },
      permissions: [
        useTable(table, readAndWriteItems),
        ...readObjects(work),
        writeObjects(work, 'streamed'),
        sendMessages(mails),
      ],
      acknowledgements: objectsOf(work),
    }),
    invert: add({
      name: 'imports/invert',
      description: 'Plans what undoes the changes that an import made in one part',
      environment: workBucket,
      permissions: [
        useTable(table, [...readItems, 'UpdateItem']),
        ...readObjects(work),
        writeObjects(work, 'streamed'),
      ],
      acknowledgements: objectsOf(work),
    }),
    plan: add({
      name: 'imports/plan',
      description: 'Sums the changes up and decides whether an admin has to review them',
      environment: { ...workBucket, ...reportsBucket, ...mailQueue },
      permissions: [
        useTable(table, readAndWriteItems),
        ...readObjects(work),
        writeObjects(work, 'streamed'),
        writeObjects(reports, 'streamed'),
        sendMessages(mails),
      ],
      acknowledgements: objectsOf(work, reports),
    }),
    departments: add({
      name: 'imports/departments',
      description: 'Adds the departments that the approved changes name and that are not there',
      environment: workBucket,
      permissions: [useTable(table, readAndWriteItems), ...readObjects(work), writeObjects(work, 'streamed')],
      acknowledgements: objectsOf(work),
    }),
    apply: add({
      name: 'imports/apply',
      description: 'Makes the approved changes of one part',
      environment: { ...workBucket, ACCOUNT_QUEUE_URL: accounts.queueUrl },
      permissions: [
        useTable(table, readAndWriteItems),
        ...readObjects(work),
        writeObjects(work, 'streamed'),
        sendMessages(accounts),
      ],
      acknowledgements: objectsOf(work),
    }),
    directory: add({
      name: 'imports/directory',
      description: 'Makes searchable what was applied',
      environment: { DIRECTORY_BUCKET: directory.bucketName },
      permissions: [
        useTable(table, readAndWriteItems),
        ...readObjects(directory),
        writeObjects(directory, 'whole'),
        deleteObjects(directory),
      ],
      acknowledgements: objectsOf(directory),
    }),
    finish: add({
      name: 'imports/finish',
      description: 'Writes the report and closes the import',
      environment: { ...workBucket, ...reportsBucket, ...mailQueue, BULK_QUEUE_URL: jobs.queueUrl },
      permissions: [
        useTable(table, readAndWriteItems),
        ...readObjects(work),
        writeObjects(work, 'streamed'),
        writeObjects(reports, 'streamed'),
        sendMessages(mails),
        sendMessages(jobs),
      ],
      acknowledgements: objectsOf(work, reports),
    }),
    fail: functions.add({
      name: 'imports/fail',
      description: 'Marks an import that cannot go on as failed',
      environment: { ...workBucket, ...mailQueue },
      permissions: [useTable(table, readAndWriteItems), sendMessages(mails)],
    }),
  };
}
