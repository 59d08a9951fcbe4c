import type { AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement } from '@aws-sdk/client-dynamodb';
import type { TableSpec } from '../dynamo.ts';
import type { HostedResource, Inventory } from '../inventory.ts';
import type { BucketSettings } from '../s3/server.ts';
import { TemplateError } from '../template.ts';

interface TableProperties {
  AttributeDefinitions: AttributeDefinition[];
  KeySchema: KeySchemaElement[];
  GlobalSecondaryIndexes?: GlobalSecondaryIndex[];
  LocalSecondaryIndexes?: unknown[];
  TimeToLiveSpecification?: { AttributeName: string; Enabled?: boolean };
}

/** The tables of the app. @throws TemplateError for what dynoxide is not asked for here */
export function tableSpecs(inventory: Inventory): TableSpec[] {
  return inventory.ofType('AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table').map((table) => {
    const properties = table.properties as unknown as TableProperties;
    if (properties.LocalSecondaryIndexes?.length)
      throw new TemplateError(`${table.ref}: local indexes are not hosted`);
    const timeToLive = properties.TimeToLiveSpecification;
    return {
      name: table.ref,
      keySchema: properties.KeySchema,
      attributeDefinitions: properties.AttributeDefinitions,
      indexes: (properties.GlobalSecondaryIndexes ?? []).map(({ IndexName, KeySchema, Projection }) => ({
        IndexName,
        KeySchema,
        Projection,
      })),
      ...(timeToLive && timeToLive.Enabled !== false && { timeToLiveAttribute: timeToLive.AttributeName }),
    };
  });
}

interface BucketProperties {
  CorsConfiguration?: { CorsRules: Record<string, unknown>[] };
  LifecycleConfiguration?: { Rules: LifecycleRule[] };
  NotificationConfiguration?: Record<string, unknown>;
}

interface LifecycleRule {
  Status: string;
  ExpirationInDays?: number;
  Prefix?: string;
  TagFilters?: unknown[];
}

/** The buckets of the app; CDK turns on their events by a custom resource. */
export function bucketSettings(inventory: Inventory): BucketSettings[] {
  const notifications = inventory.ofType('Custom::S3BucketNotifications');
  return inventory.ofType('AWS::S3::Bucket').map((bucket) => {
    const properties = bucket.properties as BucketProperties;
    const custom = notifications.find((one) => one.properties.BucketName === bucket.ref);
    const configurations = [
      properties.NotificationConfiguration,
      custom?.properties.NotificationConfiguration,
    ];
    const cors = properties.CorsConfiguration?.CorsRules.map(corsRule);
    const expirationDays = expiration(properties.LifecycleConfiguration?.Rules ?? []);
    return {
      name: bucket.ref,
      eventBridge: configurations.some((one) => sendsToEventBridge(bucket, one)),
      ...(cors && { cors }),
      ...(expirationDays !== undefined && { expirationDays }),
    };
  });
}

function sendsToEventBridge(bucket: HostedResource, configuration: unknown): boolean {
  const keys = Object.keys((configuration ?? {}) as object);
  const other = keys.find((key) => key !== 'EventBridgeConfiguration');
  if (other) throw new TemplateError(`${bucket.ref}: ${other} is not hosted; use EventBridge`);
  return keys.length > 0;
}

function corsRule(rule: Record<string, unknown>): NonNullable<BucketSettings['cors']>[number] {
  const list = (name: string) => rule[name] as string[] | undefined;
  return {
    allowedOrigins: list('AllowedOrigins') ?? [],
    allowedMethods: list('AllowedMethods') ?? [],
    ...(list('AllowedHeaders') && { allowedHeaders: list('AllowedHeaders') }),
    ...(list('ExposedHeaders') && { exposedHeaders: list('ExposedHeaders') }),
    ...(rule.MaxAge !== undefined && { maxAgeSeconds: Number(rule.MaxAge) }),
  };
}

/** The shortest time after which everything in the bucket expires; rules for a part of it are left out. */
function expiration(rules: LifecycleRule[]): number | undefined {
  const days = rules
    .filter((rule) => rule.Status === 'Enabled' && !rule.Prefix && !rule.TagFilters?.length)
    .flatMap(({ ExpirationInDays }) => (ExpirationInDays === undefined ? [] : [Number(ExpirationInDays)]));
  return days.length > 0 ? Math.min(...days) : undefined;
}
