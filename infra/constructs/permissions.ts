/**
 * What functions may do, as policy statements with single actions and named resources. CDK's own grants
 * (`grantReadData` and the like) give more actions than the code calls.
 */

import { Stack } from 'aws-cdk-lib';
import type { IUserPool } from 'aws-cdk-lib/aws-cognito';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ConfigurationSet } from 'aws-cdk-lib/aws-ses';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { unscopedActions } from './acknowledge.ts';
import type { RosterTable } from './roster-table.ts';

type TableAction =
  | 'GetItem'
  | 'BatchGetItem'
  | 'Query'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'ConditionCheckItem';

/** All that reading by key or index takes; Scan is granted to nobody. */
export const readItems: TableAction[] = ['GetItem', 'BatchGetItem', 'Query'];

/**
 * Reading, and writing alone or in transactions. A transaction needs the rights of the actions in it.
 *
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 */
export const readAndWriteItems: TableAction[] = [
  ...readItems,
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'ConditionCheckItem',
];

/** Uses the table, and where said so its indexes too. */
export function useTable(
  table: RosterTable,
  names: TableAction[],
  on: 'table' | 'indexes' = 'table',
): PolicyStatement {
  const actions = names.map((name) => `dynamodb:${name}`);
  const indexes = on === 'indexes' ? table.arns.indexes : [];
  return new PolicyStatement({ actions, resources: [table.arns.table, ...indexes] });
}

/**
 * Reads the bucket's objects. Listing comes along because without it S3 answers 403 instead of 404 for an object
 * that is not there, and "not there" is an answer that the functions rely on.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Permissions)
 */
export function readObjects(bucket: IBucket): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects('*')] }),
    listObjects(bucket),
  ];
}

/** Writes objects, whole or as a stream in several parts. */
export function writeObjects(bucket: IBucket, how: 'whole' | 'streamed'): PolicyStatement {
  const actions = how === 'whole' ? ['s3:PutObject'] : ['s3:PutObject', 's3:AbortMultipartUpload'];
  return new PolicyStatement({ actions, resources: [bucket.arnForObjects('*')] });
}

/** Lists the bucket's objects. */
export function listObjects(bucket: IBucket): PolicyStatement {
  return new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] });
}

/** Deletes objects. */
export function deleteObjects(bucket: IBucket): PolicyStatement {
  return new PolicyStatement({ actions: ['s3:DeleteObject'], resources: [bucket.arnForObjects('*')] });
}

/** Calls those operations of the user pool, e.g. `AdminGetUser`. */
export function useUserPool(pool: IUserPool, operations: string[]): PolicyStatement {
  const actions = operations.map((operation) => `cognito-idp:${operation}`);
  return new PolicyStatement({ actions, resources: [pool.userPoolArn] });
}

/** Starts executions of the state machine. */
export function startExecutions(machine: IStateMachine): PolicyStatement {
  return new PolicyStatement({ actions: ['states:StartExecution'], resources: [machine.stateMachineArn] });
}

/** Puts messages into the queue. */
export function sendMessages(queue: IQueue): PolicyStatement {
  return new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] });
}

/**
 * Sends mails from one address through the configuration set. SES looks for the address's own identity and for that of
 * its domain, so both are named.
 *
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonses.html
 */
export function sendMails(configurationSet: ConfigurationSet, from: string): PolicyStatement {
  const named = namedOfSes(configurationSet);
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return new PolicyStatement({
    actions: ['ses:SendRawEmail'],
    resources: [
      named('identity', from),
      named('identity', domain),
      named('configuration-set', configurationSet.configurationSetName),
    ],
    conditions: { StringEquals: { 'ses:FromAddress': from } },
  });
}

/**
 * Sends mails from any address of these domains through the configuration set, and asks SES which of them are
 * verified, which has no resources. Without domains it gives nothing.
 */
export function sendMailsOfDomains(
  configurationSet: ConfigurationSet,
  domains: readonly string[],
): PolicyStatement[] {
  if (domains.length === 0) return [];
  const named = namedOfSes(configurationSet);
  const send = new PolicyStatement({
    actions: ['ses:SendRawEmail'],
    resources: [
      ...domains.flatMap((domain) => [named('identity', domain), named('identity', `*@${domain}`)]),
      named('configuration-set', configurationSet.configurationSetName),
    ],
    conditions: { StringLike: { 'ses:FromAddress': domains.map((domain) => `*@${domain}`) } },
  });
  return [
    send,
    new PolicyStatement({ actions: ['ses:GetIdentityVerificationAttributes'], resources: ['*'] }),
  ];
}

/** cdk-nag's findings on {@link sendMailsOfDomains} → why they are right. */
export function addressesOfDomains(domains: readonly string[]): Record<string, string> {
  if (domains.length === 0) return {};
  // As cdk-nag writes an ARN of the stack's own account and region.
  const arnOf = (identity: string) =>
    `arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/${identity}`;
  const any = 'Any address of a domain that the operator listed, which may be an identity of its own.';
  return {
    'IAM5[Resource::*]': `${unscopedActions} Beside them ses:GetIdentityVerificationAttributes, which has none either.`,
    ...Object.fromEntries(domains.map((domain) => [`IAM5[Resource::${arnOf(`*@${domain}`)}]`, any])),
  };
}

/** Names a resource of SES in the stack's account and region. */
function namedOfSes(scope: ConfigurationSet) {
  return (resource: string, resourceName: string) =>
    Stack.of(scope).formatArn({ service: 'ses', resource, resourceName });
}
