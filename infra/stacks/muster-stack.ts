import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { Accounts } from '../constructs/accounts.ts';
import { Buckets } from '../constructs/buckets.ts';
import { Functions } from '../constructs/functions.ts';
import { HttpApi } from '../constructs/http-api.ts';
import { addImportSteps, objectsOf } from '../constructs/import-functions.ts';
import { ImportMachine } from '../constructs/import-machine.ts';
import { Monitoring } from '../constructs/monitoring.ts';
import {
  readAndWriteItems,
  readItems,
  readObjects,
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
    this.#functions = new Functions(this, 'Functions', {
      stage,
      tableName: this.#table.table.tableName,
      bundleDir: props.bundleDir,
    });
    const imports = this.#addImports();
    const http = this.#addHttp(imports);
    const site = this.#addSite(http);
    const createOrganization = this.#addCreateOrganization();
    const monitoring = new Monitoring(this, 'Monitoring', {
      stage,
      alarmEmail: settings.alarmEmail,
      functions: this.#functions.byName,
      imports: imports.machine,
      uploads: this.#addUploads(imports),
      http: http.stage,
    });
    this.#output({
      SiteUrl: site.url,
      ApiUrl: `${http.api.apiEndpoint}/api/v1`,
      TableName: this.#table.table.tableName,
      UploadsBucket: this.#buckets.uploads.bucketName,
      WorkBucket: this.#buckets.work.bucketName,
      ReportsBucket: this.#buckets.reports.bucketName,
      UserPoolId: this.#accounts.pool.userPoolId,
      UserPoolClientId: this.#accounts.client.userPoolClientId,
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
      importLimits: this.#props.settings.importLimits,
    });
    return new ImportMachine(this, 'Imports', { stage: this.#props.stage, steps });
  }

  #addUploads({ machine }: ImportMachine): UploadQueue {
    const start = this.#functions.add({
      name: 'imports/start',
      description: 'Starts the import of an uploaded file',
      environment: { STATE_MACHINE_ARN: machine.stateMachineArn },
      permissions: [startExecutions(machine)],
    });
    return new UploadQueue(this, 'Uploads', { uploads: this.#buckets.uploads, start });
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
        useUserPool(pool, ['AdminInitiateAuth', 'AdminRespondToAuthChallenge', 'AdminUserGlobalSignOut']),
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
      permissions: [useTable(table, readItems, 'indexes')],
    });
    const areas = { access, organization, roster, imports: this.#addImportsApi(machine) };
    return new HttpApi(this, 'Http', { stage: this.#props.stage, authorizer, areas });
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
