/**
 * What the design asks for, function by function, written down apart from the constructs: actions on resources by
 * the logical id prefix of the resource, and the environment beyond the common one.
 */
export interface ExpectedFunction {
  actions: string[];
  environment: string[];
}

const read = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
const write = ['PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'].map((a) => `dynamodb:${a}`);
const readAndWrite = [...read, ...write];
/** Without s3:ListBucket S3 answers 403 for an object that is not there. */
const readObjects = ['s3:GetObject', 's3:ListBucket'];
const streamObjects = ['s3:PutObject', 's3:AbortMultipartUpload'];
const takeMessages = [
  'ReceiveMessage',
  'ChangeMessageVisibility',
  'GetQueueUrl',
  'DeleteMessage',
  'GetQueueAttributes',
].map((action) => `sqs:${action}`);
const cognito = (...operations: string[]) => operations.map((operation) => `cognito-idp:${operation}`);

/** What every function may do: write its own log, and traces. */
export const commonActions = [
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
];

export const commonEnvironment = [
  'STAGE',
  'TABLE_NAME',
  'POWERTOOLS_SERVICE_NAME',
  'POWERTOOLS_LOG_LEVEL',
  'POWERTOOLS_METRICS_NAMESPACE',
];

export const expectedFunctions: Record<string, ExpectedFunction> = {
  'access/authorizer': {
    actions: read,
    environment: ['TOKEN_ISSUER', 'USER_POOL_CLIENT_ID'],
  },
  'access/api': {
    actions: [
      ...read,
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      ...cognito(
        'AdminInitiateAuth',
        'AdminRespondToAuthChallenge',
        'AdminSetUserMFAPreference',
        'AdminUserGlobalSignOut',
      ),
    ],
    environment: ['USER_POOL_ID', 'USER_POOL_CLIENT_ID'],
  },
  'access/follow': {
    actions: [
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      ...cognito(
        'AdminGetUser',
        'AdminEnableUser',
        'AdminDisableUser',
        'AdminDeleteUser',
        'AdminUserGlobalSignOut',
      ),
      ...takeMessages,
    ],
    environment: ['USER_POOL_ID'],
  },
  'access/reconcile': {
    actions: [
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
      ...cognito('ListUsers'),
      'sqs:SendMessage',
    ],
    environment: ['USER_POOL_ID', 'ACCOUNT_QUEUE_URL'],
  },
  'organization/api': {
    actions: readAndWrite,
    environment: [],
  },
  'organization/create': {
    actions: [
      ...readAndWrite,
      ...cognito('AdminCreateUser', 'AdminSetUserPassword', 'AdminGetUser', 'AdminDeleteUser'),
    ],
    environment: ['USER_POOL_ID'],
  },
  'imports/api': {
    actions: [...readAndWrite, ...readObjects, 's3:PutObject', 'states:StartExecution'],
    environment: ['UPLOADS_BUCKET', 'WORK_BUCKET', 'REPORTS_BUCKET', 'STATE_MACHINE_ARN', 'IMPORT_LIMITS'],
  },
  'imports/start': {
    actions: [
      'states:StartExecution',
      ...readAndWrite,
      ...readObjects,
      's3:PutObject',
      's3:DeleteObject',
      ...takeMessages,
    ],
    environment: ['STATE_MACHINE_ARN', 'UPLOADS_BUCKET'],
  },
  'imports/expect': {
    actions: [...readAndWrite, 'sqs:SendMessage'],
    environment: ['MAIL_QUEUE_URL'],
  },
  'imports/unzip': {
    actions: [...readAndWrite, ...readObjects, ...streamObjects, 'sqs:SendMessage'],
    environment: ['UPLOADS_BUCKET', 'WORK_BUCKET', 'IMPORT_LIMITS', 'MAIL_QUEUE_URL'],
  },
  'imports/validate': {
    actions: [...read, 'dynamodb:UpdateItem', ...readObjects, ...streamObjects],
    environment: ['WORK_BUCKET'],
  },
  'imports/diff': {
    actions: [...read, 'dynamodb:UpdateItem', ...readObjects, ...streamObjects],
    environment: ['WORK_BUCKET'],
  },
  'imports/undo': {
    actions: [...readAndWrite, ...readObjects, ...streamObjects, 'sqs:SendMessage'],
    environment: ['WORK_BUCKET', 'MAIL_QUEUE_URL'],
  },
  'imports/invert': {
    actions: [...read, 'dynamodb:UpdateItem', ...readObjects, ...streamObjects],
    environment: ['WORK_BUCKET'],
  },
  'imports/plan': {
    actions: [...readAndWrite, ...readObjects, ...streamObjects, 'sqs:SendMessage'],
    environment: ['WORK_BUCKET', 'REPORTS_BUCKET', 'MAIL_QUEUE_URL'],
  },
  'imports/departments': {
    actions: [...readAndWrite, ...readObjects, ...streamObjects],
    environment: ['WORK_BUCKET'],
  },
  'imports/apply': {
    actions: [...readAndWrite, ...readObjects, ...streamObjects, 'sqs:SendMessage'],
    environment: ['WORK_BUCKET', 'ACCOUNT_QUEUE_URL'],
  },
  'imports/directory': {
    actions: [...readAndWrite, ...readObjects, 's3:PutObject', 's3:DeleteObject'],
    environment: ['DIRECTORY_BUCKET'],
  },
  'imports/finish': {
    actions: [...readAndWrite, ...readObjects, ...streamObjects, 'sqs:SendMessage'],
    environment: ['WORK_BUCKET', 'REPORTS_BUCKET', 'MAIL_QUEUE_URL', 'BULK_QUEUE_URL'],
  },
  'invitations/api': {
    actions: [
      ...readAndWrite,
      'sqs:SendMessage',
      ...readObjects,
      ...cognito(
        'AdminCreateUser',
        'AdminDeleteUser',
        'AdminInitiateAuth',
        'AdminSetUserPassword',
        'AdminUserGlobalSignOut',
      ),
    ],
    environment: [
      'USER_POOL_ID',
      'USER_POOL_CLIENT_ID',
      'ACCOUNT_QUEUE_URL',
      'BULK_QUEUE_URL',
      'MAIL_QUEUE_URL',
      'DIRECTORY_BUCKET',
      'DIRECTORY_QUEUE_URL',
    ],
  },
  'invitations/remind': {
    actions: [...readAndWrite, 'sqs:SendMessage'],
    environment: ['MAIL_QUEUE_URL'],
  },
  'jobs/api': {
    actions: [...readAndWrite, ...readObjects, 'sqs:SendMessage'],
    environment: ['BULK_QUEUE_URL', 'DROP_QUEUE_URL', 'DIRECTORY_BUCKET', 'DIRECTORY_QUEUE_URL'],
  },
  'exports/api': {
    actions: [...readAndWrite, ...readObjects, 'sqs:SendMessage'],
    environment: ['EXPORT_QUEUE_URL', 'EXPORTS_BUCKET'],
  },
  'exports/run': {
    actions: [
      ...readAndWrite,
      ...readObjects,
      ...streamObjects,
      's3:DeleteObject',
      'sqs:SendMessage',
      ...takeMessages,
    ],
    environment: ['EXPORT_QUEUE_URL', 'EXPORTS_BUCKET'],
  },
  'jobs/run': {
    actions: [...readAndWrite, ...readObjects, 'sqs:SendMessage', ...takeMessages],
    environment: [
      'BULK_QUEUE_URL',
      'ACCOUNT_QUEUE_URL',
      'MAIL_QUEUE_URL',
      'DIRECTORY_BUCKET',
      'DIRECTORY_QUEUE_URL',
    ],
  },
  'jobs/drop': {
    actions: [
      ...readAndWrite,
      ...readObjects,
      's3:PutObject',
      's3:DeleteObject',
      'sqs:SendMessage',
      ...takeMessages,
    ],
    environment: [
      'DROP_QUEUE_URL',
      'ACCOUNT_QUEUE_URL',
      'UPLOADS_BUCKET',
      'WORK_BUCKET',
      'REPORTS_BUCKET',
      'EXPORTS_BUCKET',
      'DIRECTORY_BUCKET',
    ],
  },
  'imports/fail': {
    actions: [...readAndWrite, 'sqs:SendMessage'],
    environment: ['WORK_BUCKET', 'MAIL_QUEUE_URL'],
  },
  'mail/send': {
    actions: [...readAndWrite, 'sqs:SendMessage', 'ses:SendRawEmail', ...takeMessages],
    environment: [
      'MAIL_QUEUE_URL',
      'MAIL_FROM',
      'MAIL_FROM_DOMAINS',
      'MAIL_CONFIGURATION_SET',
      'MAIL_PER_SECOND',
      'SITE_URL',
    ],
  },
  'mail/events': { actions: [...readAndWrite, ...takeMessages], environment: [] },
  'departments/api': { actions: readAndWrite, environment: [] },
  'roster/periods': {
    actions: [...readAndWrite, 'sqs:SendMessage'],
    environment: ['ACCOUNT_QUEUE_URL', 'MAIL_QUEUE_URL'],
  },
  'roster/api': {
    actions: [
      ...readAndWrite,
      ...cognito(
        'AdminCreateUser',
        'AdminDeleteUser',
        'AdminSetUserMFAPreference',
        'AdminSetUserPassword',
        'AdminUserGlobalSignOut',
      ),
      'sqs:SendMessage',
      ...readObjects,
    ],
    environment: [
      'USER_POOL_ID',
      'ACCOUNT_QUEUE_URL',
      'MAIL_QUEUE_URL',
      'DIRECTORY_BUCKET',
      'DIRECTORY_QUEUE_URL',
    ],
  },
  'roster/refresh': {
    actions: [...readAndWrite, ...readObjects, 's3:PutObject', 's3:DeleteObject', ...takeMessages],
    environment: ['DIRECTORY_BUCKET'],
  },
};

/** The construct of a function: `imports/unzip` → `ImportsUnzip`. */
export function constructName(name: string): string {
  return name.replace(/(^|\/)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
}
