import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { AccountQueue, followTimeout } from '../constructs/account-queue.ts';
import { Accounts } from '../constructs/accounts.ts';
import { Buckets } from '../constructs/buckets.ts';
import { BulkQueue, bulkStepTimeout } from '../constructs/bulk-queue.ts';
import { DirectoryQueue, refreshTimeout } from '../constructs/directory-queue.ts';
import { DropQueue, dropStepTimeout } from '../constructs/drop-queue.ts';
import { ExportQueue, exportStepTimeout } from '../constructs/export-queue.ts';
import { Functions } from '../constructs/functions.ts';
import { HttpApi } from '../constructs/http-api.ts';
import { addImportSteps, objectsOf } from '../constructs/import-functions.ts';
import { ImportMachine } from '../constructs/import-machine.ts';
import { eventsTimeout, Mails, sendTimeout } from '../constructs/mails.ts';
import { Monitoring } from '../constructs/monitoring.ts';
import {
  addressesOfDomains,
  deleteObjects,
  listObjects,
  readAndWriteItems,
  readItems,
  readObjects,
  sendMails,
  sendMailsOfDomains,
  sendMessages,
  startExecutions,
  useTable,
  useUserPool,
  writeObjects,
} from '../constructs/permissions.ts';
import { RosterTable } from '../constructs/roster-table.ts';
import { Site } from '../constructs/site.ts';
import { UploadQueue } from '../constructs/upload-queue.ts';
import type { Settings } from '../settings.ts';
import type { Stage } from '../stages.ts';

/** A whole CPU, and room for the directory of some millions of members. */
const listingMegabytes = 1769;

/** What the stack is made of and for. */
export interface MusterStackProps {
  stage: Stage;
  settings: Settings;
  bundleDir: string;
  siteDir: string;
}

/** All of Muster in one stack; `infra/README.md` says why one. */
export class MusterStack extends Stack {
  readonly #props: MusterStackProps;
  readonly #table: RosterTable;
  readonly #buckets: Buckets;
  readonly #accounts: Accounts;
  readonly #accountQueue: AccountQueue;
  readonly #bulkQueue: BulkQueue;
  readonly #exportQueue: ExportQueue;
  readonly #directoryQueue: DirectoryQueue;
  readonly #dropQueue: DropQueue;
  readonly #mails: Mails;
  readonly #functions: Functions;

  constructor(scope: Construct, id: string, props: MusterStackProps) {
    super(scope, id, {
      description: 'Muster keeps the member roster of an organization',
      terminationProtection: props.stage.isProtected,
    });
    const { stage, settings } = props;
    const { domainName } = settings;
    this.#props = props;
    this.#table = new RosterTable(this, 'Roster', { stage });
    this.#buckets = new Buckets(this, 'Files', {
      stage,
      consoleOrigin: domainName === undefined ? undefined : `https://${domainName}`,
    });
    this.#accounts = new Accounts(this, 'Accounts', { stage });
    this.#accountQueue = new AccountQueue(this, 'AccountChanges');
    this.#bulkQueue = new BulkQueue(this, 'BulkJobs');
    this.#exportQueue = new ExportQueue(this, 'Exports');
    this.#directoryQueue = new DirectoryQueue(this, 'DirectoryChanges');
    this.#dropQueue = new DropQueue(this, 'Drops');
    this.#mails = new Mails(this, 'Mails', settings);
    this.#functions = new Functions(this, 'Functions', {
      stage,
      tableName: this.#table.table.tableName,
      bundleDir: props.bundleDir,
    });
    const imports = this.#addImports();
    this.#addFollowers();
    this.#addBulkRunner();
    this.#addExportRunner();
    this.#addDirectory();
    this.#addDropRunner();
    const http = this.#addHttp(imports);
    const site = this.#addSite(http);
    this.#addMails(site);
    const createOrganization = this.#addCreateOrganization();
    const monitoring = new Monitoring(this, 'Monitoring', {
      stage,
      alarmEmail: settings.alarmEmail,
      functions: this.#functions.byName,
      imports: imports.machine,
      uploads: this.#addUploads(imports),
      accounts: this.#accountQueue,
      bulkJobs: this.#bulkQueue,
      exports: this.#exportQueue,
      directory: this.#directoryQueue,
      drops: this.#dropQueue,
      mails: this.#mails,
      http: http.stage,
    });
    this.#output({
      SiteUrl: site.url,
      ApiUrl: `${http.api.apiEndpoint}/api/v1`,
      TableName: this.#table.table.tableName,
      UploadsBucket: this.#buckets.uploads.bucketName,
      WorkBucket: this.#buckets.work.bucketName,
      ReportsBucket: this.#buckets.reports.bucketName,
      DirectoryBucket: this.#buckets.directory.bucketName,
      ExportsBucket: this.#buckets.exports.bucketName,
      UserPoolId: this.#accounts.pool.userPoolId,
      UserPoolClientId: this.#accounts.client.userPoolClientId,
      MailQueueUrl: this.#mails.queue.queueUrl,
      AccountQueueUrl: this.#accountQueue.queue.queueUrl,
      DirectoryQueueUrl: this.#directoryQueue.queue.queueUrl,
      ImportMachineArn: imports.machine.stateMachineArn,
      CreateOrganizationFunction: createOrganization.functionName,
      AlarmTopicArn: monitoring.topic.topicArn,
    });
  }

  #addImports(): ImportMachine {
    const steps = addImportSteps({
      functions: this.#functions,
      table: this.#table,
      buckets: this.#buckets,
      accounts: this.#accountQueue.queue,
      mails: this.#mails.queue,
      jobs: this.#bulkQueue.queue,
      importLimits: this.#props.settings.importLimits,
    });
    return new ImportMachine(this, 'Imports', { stage: this.#props.stage, steps });
  }

  #addUploads({ machine }: ImportMachine): UploadQueue {
    const { uploads } = this.#buckets;
    const start = this.#functions.add({
      name: 'imports/start',
      description: 'Starts the import of an uploaded file',
      environment: { STATE_MACHINE_ARN: machine.stateMachineArn, UPLOADS_BUCKET: uploads.bucketName },
      permissions: [
        startExecutions(machine),
        // What was delivered without a person becomes an import, and moves to where that looks for it.
        useTable(this.#table, readAndWriteItems),
        ...readObjects(uploads),
        writeObjects(uploads, 'whole'),
        deleteObjects(uploads),
      ],
      acknowledgements: objectsOf(uploads),
    });
    this.#addExpectations();
    return new UploadQueue(this, 'Uploads', { uploads, start });
  }

  /** The user pool follows the memberships, paced, and is compared with them now and then. */
  #addFollowers(): void {
    const { pool } = this.#accounts;
    const { queue } = this.#accountQueue;
    const follow = this.#functions.add({
      name: 'access/follow',
      description: 'Lets the user pool follow the memberships of an account',
      timeout: followTimeout,
      environment: { USER_POOL_ID: pool.userPoolId },
      permissions: [
        useTable(this.#table, ['GetItem', 'Query', 'UpdateItem', 'DeleteItem']),
        useUserPool(pool, [
          'AdminGetUser',
          'AdminEnableUser',
          'AdminDisableUser',
          'AdminDeleteUser',
          'AdminUserGlobalSignOut',
        ]),
      ],
    });
    const reconcile = this.#functions.add({
      name: 'access/reconcile',
      description: 'Compares accounts with the user pool and queues those that differ',
      timeout: Duration.minutes(5),
      environment: { USER_POOL_ID: pool.userPoolId, ACCOUNT_QUEUE_URL: queue.queueUrl },
      permissions: [
        useTable(this.#table, ['GetItem', 'Query', 'PutItem']),
        useUserPool(pool, ['ListUsers']),
        sendMessages(queue),
      ],
    });
    this.#accountQueue.serve({ follow, reconcile });
  }

  /** Carries jobs on many members on, step by step. */
  #addBulkRunner(): void {
    const accounts = this.#accountQueue.queue;
    const steps = this.#bulkQueue.queue;
    const run = this.#functions.add({
      name: 'jobs/run',
      description: 'Carries a job on many members on by one step',
      timeout: bulkStepTimeout,
      callsItself: true,
      memoryMegabytes: listingMegabytes,
      environment: {
        BULK_QUEUE_URL: steps.queueUrl,
        ACCOUNT_QUEUE_URL: accounts.queueUrl,
        MAIL_QUEUE_URL: this.#mails.queue.queueUrl,
        ...this.#listing.environment,
      },
      permissions: [
        useTable(this.#table, readAndWriteItems),
        sendMessages(steps),
        sendMessages(accounts),
        sendMessages(this.#mails.queue),
        ...this.#listing.permissions,
      ],
      acknowledgements: this.#listing.acknowledgements,
    });
    this.#bulkQueue.serve(run);
  }

  /** Removes all that an organization has, in every bucket but the console's. */
  #addDropRunner(): void {
    const { uploads, work, reports, exports, directory } = this.#buckets;
    const removed = [uploads, work, reports, exports];
    const accounts = this.#accountQueue.queue;
    const { queue } = this.#dropQueue;
    const run = this.#functions.add({
      name: 'jobs/drop',
      description: 'Drops all data of an organization, step by step',
      timeout: dropStepTimeout,
      callsItself: true,
      memoryMegabytes: listingMegabytes,
      environment: {
        DROP_QUEUE_URL: queue.queueUrl,
        ACCOUNT_QUEUE_URL: accounts.queueUrl,
        UPLOADS_BUCKET: uploads.bucketName,
        WORK_BUCKET: work.bucketName,
        REPORTS_BUCKET: reports.bucketName,
        EXPORTS_BUCKET: exports.bucketName,
        DIRECTORY_BUCKET: directory.bucketName,
      },
      permissions: [
        useTable(this.#table, readAndWriteItems),
        sendMessages(queue),
        sendMessages(accounts),
        ...removed.flatMap((bucket) => [listObjects(bucket), deleteObjects(bucket)]),
        ...readObjects(directory),
        writeObjects(directory, 'whole'),
        deleteObjects(directory),
      ],
      acknowledgements: objectsOf(...removed, directory),
    });
    this.#dropQueue.serve(run);
  }

  /** Carries exports of the roster on, part by part. */
  #addExportRunner(): void {
    const { exports } = this.#buckets;
    const { queue } = this.#exportQueue;
    const run = this.#functions.add({
      name: 'exports/run',
      description: 'Carries an export of the roster on by one step',
      timeout: exportStepTimeout,
      callsItself: true,
      memoryMegabytes: 1769,
      environment: { EXPORT_QUEUE_URL: queue.queueUrl, EXPORTS_BUCKET: exports.bucketName },
      permissions: [
        useTable(this.#table, readAndWriteItems),
        sendMessages(queue),
        ...readObjects(exports),
        writeObjects(exports, 'streamed'),
        deleteObjects(exports),
      ],
      acknowledgements: objectsOf(exports),
    });
    this.#exportQueue.serve(run);
  }

  /** The snapshots that lists and searches read, made anew when much changed. */
  #addDirectory(): void {
    const { directory } = this.#buckets;
    const refresh = this.#functions.add({
      name: 'roster/refresh',
      description: 'Makes the snapshots of directories anew',
      memoryMegabytes: 1769,
      timeout: refreshTimeout,
      environment: { DIRECTORY_BUCKET: directory.bucketName },
      permissions: [
        useTable(this.#table, readAndWriteItems),
        ...readObjects(directory),
        writeObjects(directory, 'whole'),
        deleteObjects(directory),
      ],
      acknowledgements: objectsOf(directory),
    });
    this.#directoryQueue.serve(refresh);
  }

  /** What a function needs that lists or searches members. */
  get #listing() {
    const { directory } = this.#buckets;
    const { queue } = this.#directoryQueue;
    return {
      environment: { DIRECTORY_BUCKET: directory.bucketName, DIRECTORY_QUEUE_URL: queue.queueUrl },
      permissions: [...readObjects(directory), sendMessages(queue)],
      acknowledgements: objectsOf(directory),
    };
  }

  /** Mails go out at SES's pace, and what SES tells of them comes back. */
  #addMails({ url }: Site): void {
    const { queue, configurationSet } = this.#mails;
    const { mailFrom, mailFromDomains, mailPerSecond } = this.#props.settings;
    const send = this.#functions.add({
      name: 'mail/send',
      description: 'Sends mails through SES',
      timeout: sendTimeout,
      callsItself: true,
      environment: {
        MAIL_QUEUE_URL: queue.queueUrl,
        MAIL_FROM: mailFrom,
        MAIL_FROM_DOMAINS: JSON.stringify(mailFromDomains),
        MAIL_CONFIGURATION_SET: configurationSet.configurationSetName,
        MAIL_PER_SECOND: String(mailPerSecond),
        SITE_URL: url,
      },
      permissions: [
        useTable(this.#table, readAndWriteItems),
        sendMessages(queue),
        sendMails(configurationSet, mailFrom),
        ...sendMailsOfDomains(configurationSet, Object.keys(mailFromDomains)),
      ],
      acknowledgements: addressesOfDomains(Object.keys(mailFromDomains)),
    });
    const follow = this.#functions.add({
      name: 'mail/events',
      description: 'Lets the state of mails follow what SES tells of them',
      timeout: eventsTimeout,
      permissions: [useTable(this.#table, readAndWriteItems)],
    });
    this.#mails.serve({ send, follow });
  }

  #addHttp({ machine }: ImportMachine): HttpApi {
    const { pool, client } = this.#accounts;
    const table = this.#table;
    const authorizer = this.#functions.add({
      name: 'access/authorizer',
      description: 'Decides whether a call may be made, on every call',
      environment: { TOKEN_ISSUER: pool.userPoolProviderUrl, USER_POOL_CLIENT_ID: client.userPoolClientId },
      permissions: [useTable(table, readItems)],
    });
    const access = this.#functions.add({
      name: 'access/api',
      description: 'Answers calls on sessions and the caller',
      environment: { USER_POOL_ID: pool.userPoolId, USER_POOL_CLIENT_ID: client.userPoolClientId },
      permissions: [
        useTable(table, [...readItems, 'PutItem', 'UpdateItem'], 'indexes'),
        // What people do with their own access token takes no right of the function.
        useUserPool(pool, [
          'AdminInitiateAuth',
          'AdminRespondToAuthChallenge',
          'AdminSetUserMFAPreference',
          'AdminUserGlobalSignOut',
        ]),
      ],
    });
    const organization = this.#functions.add({
      name: 'organization/api',
      description: 'Answers calls on the organization and its roster schema',
      permissions: [useTable(table, readAndWriteItems)],
    });
    const roster = this.#functions.add({
      name: 'roster/api',
      description: 'Answers calls on members',
      memoryMegabytes: listingMegabytes,
      environment: {
        USER_POOL_ID: pool.userPoolId,
        ACCOUNT_QUEUE_URL: this.#accountQueue.queue.queueUrl,
        MAIL_QUEUE_URL: this.#mails.queue.queueUrl,
        ...this.#listing.environment,
      },
      permissions: [
        useTable(table, readAndWriteItems),
        ...this.#listing.permissions,
        useUserPool(pool, [
          'AdminCreateUser',
          'AdminDeleteUser',
          'AdminSetUserMFAPreference',
          'AdminSetUserPassword',
          'AdminUserGlobalSignOut',
        ]),
        sendMessages(this.#accountQueue.queue),
        sendMessages(this.#mails.queue),
      ],
      acknowledgements: this.#listing.acknowledgements,
    });
    this.#addPeriods();
    this.#addReminders();
    const departments = this.#functions.add({
      name: 'departments/api',
      description: 'Answers calls on departments and roles',
      permissions: [useTable(table, readAndWriteItems)],
    });
    const invitations = this.#addInvitations();
    const jobs = this.#functions.add({
      name: 'jobs/api',
      description: 'Answers calls on actions on many members',
      memoryMegabytes: listingMegabytes,
      environment: {
        BULK_QUEUE_URL: this.#bulkQueue.queue.queueUrl,
        DROP_QUEUE_URL: this.#dropQueue.queue.queueUrl,
        ...this.#listing.environment,
      },
      permissions: [
        useTable(table, readAndWriteItems),
        sendMessages(this.#bulkQueue.queue),
        sendMessages(this.#dropQueue.queue),
        ...this.#listing.permissions,
      ],
      acknowledgements: this.#listing.acknowledgements,
    });
    const exports = this.#functions.add({
      name: 'exports/api',
      description: 'Answers calls on exports of the roster',
      environment: {
        EXPORT_QUEUE_URL: this.#exportQueue.queue.queueUrl,
        EXPORTS_BUCKET: this.#buckets.exports.bucketName,
      },
      permissions: [
        useTable(table, readAndWriteItems),
        sendMessages(this.#exportQueue.queue),
        ...readObjects(this.#buckets.exports),
      ],
      acknowledgements: objectsOf(this.#buckets.exports),
    });
    const imports = this.#addImportsApi(machine);
    const areas = { access, organization, roster, departments, jobs, exports, invitations, imports };
    return new HttpApi(this, 'Http', { stage: this.#props.stage, authorizer, areas });
  }

  #addInvitations(): LambdaFunction {
    const { pool, client } = this.#accounts;
    const accounts = this.#accountQueue.queue;
    const jobs = this.#bulkQueue.queue;
    const mails = this.#mails.queue;
    return this.#functions.add({
      name: 'invitations/api',
      description: 'Answers calls on invitations and the holders of links',
      memoryMegabytes: listingMegabytes,
      environment: {
        USER_POOL_ID: pool.userPoolId,
        USER_POOL_CLIENT_ID: client.userPoolClientId,
        ACCOUNT_QUEUE_URL: accounts.queueUrl,
        BULK_QUEUE_URL: jobs.queueUrl,
        MAIL_QUEUE_URL: mails.queueUrl,
        ...this.#listing.environment,
      },
      permissions: [
        useTable(this.#table, readAndWriteItems),
        sendMessages(accounts),
        sendMessages(jobs),
        sendMessages(mails),
        ...this.#listing.permissions,
        useUserPool(pool, [
          'AdminCreateUser',
          'AdminDeleteUser',
          'AdminInitiateAuth',
          'AdminSetUserPassword',
          'AdminUserGlobalSignOut',
        ]),
      ],
      acknowledgements: this.#listing.acknowledgements,
    });
  }

  /** Active periods take effect within a minute of their day's beginning or end. */
  #addPeriods(): void {
    const { queue, deadLetters } = this.#accountQueue;
    const periods = this.#functions.add({
      name: 'roster/periods',
      description: 'Lets active periods of members take effect, and tells of their end',
      timeout: Duration.minutes(2),
      environment: { ACCOUNT_QUEUE_URL: queue.queueUrl, MAIL_QUEUE_URL: this.#mails.queue.queueUrl },
      permissions: [
        useTable(this.#table, readAndWriteItems),
        sendMessages(queue),
        sendMessages(this.#mails.queue),
      ],
    });
    new Rule(this, 'Periods', {
      description: 'Looks at the active periods that are due',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new FunctionTarget(periods, { deadLetterQueue: deadLetters, retryAttempts: 0 })],
    });
  }

  /** Whoever has not joined is written to again when the cadence says so. */
  #addReminders(): void {
    const remind = this.#functions.add({
      name: 'invitations/remind',
      description: 'Writes again to those who were invited and have not joined',
      timeout: Duration.minutes(2),
      environment: { MAIL_QUEUE_URL: this.#mails.queue.queueUrl },
      permissions: [useTable(this.#table, readAndWriteItems), sendMessages(this.#mails.queue)],
    });
    // What fails is due again a minute later, and rings the alarm of the function's errors.
    new Rule(this, 'Reminders', {
      description: 'Looks at the reminders that are due',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new FunctionTarget(remind, { deadLetterQueue: this.#mails.deadLetters, retryAttempts: 0 })],
    });
  }

  /** Files that are expected by a time are looked for within five minutes after it. */
  #addExpectations(): void {
    const expect = this.#functions.add({
      name: 'imports/expect',
      description: 'Tells that no file was delivered by the time at which one is expected',
      timeout: Duration.minutes(2),
      environment: { MAIL_QUEUE_URL: this.#mails.queue.queueUrl },
      permissions: [useTable(this.#table, readAndWriteItems), sendMessages(this.#mails.queue)],
    });
    // What fails is due again five minutes later, and rings the alarm of the function's errors.
    new Rule(this, 'Deliveries', {
      description: 'Looks for files that are expected',
      schedule: Schedule.rate(Duration.minutes(5)),
      targets: [new FunctionTarget(expect, { deadLetterQueue: this.#mails.deadLetters, retryAttempts: 0 })],
    });
  }

  #addImportsApi(machine: ImportMachine['machine']): LambdaFunction {
    const { uploads, work, reports } = this.#buckets;
    return this.#functions.add({
      name: 'imports/api',
      description: 'Answers calls on imports',
      memoryMegabytes: 1024,
      environment: {
        UPLOADS_BUCKET: uploads.bucketName,
        WORK_BUCKET: work.bucketName,
        REPORTS_BUCKET: reports.bucketName,
        STATE_MACHINE_ARN: machine.stateMachineArn,
        IMPORT_LIMITS: JSON.stringify(this.#props.settings.importLimits),
      },
      permissions: [
        useTable(this.#table, readAndWriteItems),
        ...readObjects(uploads),
        writeObjects(uploads, 'whole'),
        ...readObjects(work),
        writeObjects(work, 'whole'),
        ...readObjects(reports),
        startExecutions(machine),
      ],
      acknowledgements: objectsOf(uploads, work, reports),
    });
  }

  #addSite({ api }: HttpApi): Site {
    const { site, uploads } = this.#buckets;
    const { settings, siteDir } = this.#props;
    return new Site(this, 'Site', { settings, bucket: site, uploads, apiId: api.apiId, contentDir: siteDir });
  }

  /** For the operator: an organization and its owner, by `npm run org -- create`. */
  #addCreateOrganization(): LambdaFunction {
    const { pool } = this.#accounts;
    const operations = ['AdminCreateUser', 'AdminSetUserPassword', 'AdminGetUser', 'AdminDeleteUser'];
    return this.#functions.add({
      name: 'organization/create',
      description: 'Creates an organization and its owner; invoked by the operator',
      functionName: `muster-${this.#props.stage.name}-organization-create`,
      environment: { USER_POOL_ID: pool.userPoolId },
      permissions: [useTable(this.#table, readAndWriteItems), useUserPool(pool, operations)],
    });
  }

  #output(values: Record<string, string>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}
