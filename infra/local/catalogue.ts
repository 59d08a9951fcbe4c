import { createHash } from 'node:crypto';
import { type Environment, type Resource, type ResourceType, TemplateError } from './template.ts';

/** Where the hosted parts can be reached, for the attributes that carry an address. */
export interface Addresses {
  queueUrl(queueName: string): string;
  issuer(userPoolId: string): string;
  /** `host:port` that serves an API or a distribution. */
  host(resource: Resource): string;
  /** Turns an AWS address of something hosted, as a template spells it out, into the local one. */
  localize(text: string): string;
}

type Text = (resource: Resource) => string;

const named =
  (property: string, lengthMax?: number): Text =>
  (resource) =>
    typeof resource.properties[property] === 'string'
      ? resource.properties[property]
      : resource.physicalName(lengthMax);
const physical: Text = (resource) => resource.physicalName();
const nothing: ResourceType = { ref: physical, attributes: {} };

/** An id of so many lower-case hexadecimal digits, the same on every run. */
function stableId(resource: Resource, length: number): string {
  return createHash('sha256')
    .update(`${resource.stack}/${resource.logicalId}`)
    .digest('hex')
    .slice(0, length);
}

/** Bucket names are lower case and at most 63 characters. */
const bucketName: Text = (resource) => named('BucketName', 63)(resource).toLowerCase();
const queueName: Text = (resource) =>
  named('QueueName', resource.properties.FifoQueue === true ? 75 : 80)(resource) +
  (resource.properties.FifoQueue === true && resource.properties.QueueName === undefined ? '.fifo' : '');

/**
 * The types that the local cloud hosts: what `Ref` and `Fn::GetAtt` of each give.
 *
 * Source: "Return values" of each type in https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
 */
function hostedTypes({ region, accountId }: Environment, at: Addresses): Record<string, ResourceType> {
  const arn = (service: string, name: Text): Text => {
    return (resource) => `arn:aws:${service}:${region}:${accountId}:${name(resource)}`;
  };
  const tableName = named('TableName');
  const table: ResourceType = {
    ref: tableName,
    attributes: {
      Arn: arn('dynamodb', (resource) => `table/${tableName(resource)}`),
      TableId: physical,
    },
  };
  const functionName = named('FunctionName');
  const layerArn: Text = (resource) =>
    `${arn('lambda', (layer) => `layer:${named('LayerName')(layer)}`)(resource)}:1`;
  const busRule = arn('events', (resource) => `rule/${named('Name')(resource)}`);
  const machineArn = arn('states', (resource) => `stateMachine:${named('StateMachineName', 80)(resource)}`);
  const poolId: Text = (resource) => `${region}_${stableId(resource, 9)}`;
  const apiId: Text = (resource) => stableId(resource, 10);
  const distributionId: Text = (resource) => `E${stableId(resource, 13).toUpperCase()}`;
  const edgeArn: Text = (resource) =>
    `arn:aws:cloudfront::${accountId}:function/${named('Name', 64)(resource)}`;
  const shortId: ResourceType = { ref: (resource) => stableId(resource, 7), attributes: {} };
  return {
    'AWS::S3::Bucket': {
      ref: bucketName,
      attributes: {
        Arn: (resource) => `arn:aws:s3:::${bucketName(resource)}`,
        DomainName: (resource) => `${bucketName(resource)}.s3.amazonaws.com`,
        RegionalDomainName: (resource) => `${bucketName(resource)}.s3.${region}.amazonaws.com`,
      },
    },
    'AWS::DynamoDB::Table': table,
    'AWS::DynamoDB::GlobalTable': table,
    'AWS::SQS::Queue': {
      ref: (resource) => at.queueUrl(queueName(resource)),
      attributes: {
        Arn: arn('sqs', queueName),
        QueueName: queueName,
        QueueUrl: (resource) => at.queueUrl(queueName(resource)),
      },
    },
    'AWS::Lambda::Function': {
      ref: functionName,
      attributes: { Arn: arn('lambda', (resource) => `function:${functionName(resource)}`) },
    },
    'AWS::Lambda::LayerVersion': { ref: layerArn, attributes: { LayerVersionArn: layerArn } },
    'AWS::Lambda::EventSourceMapping': { ref: physical, attributes: { Id: physical } },
    'AWS::Events::Rule': { ref: named('Name'), attributes: { Arn: busRule } },
    'AWS::Scheduler::Schedule': {
      ref: named('Name'),
      attributes: { Arn: arn('scheduler', (resource) => `schedule/default/${named('Name')(resource)}`) },
    },
    'AWS::StepFunctions::StateMachine': {
      ref: machineArn,
      attributes: { Arn: machineArn, Name: named('StateMachineName', 80) },
    },
    'AWS::Cognito::UserPool': {
      ref: poolId,
      attributes: {
        Arn: arn('cognito-idp', (resource) => `userpool/${poolId(resource)}`),
        ProviderName: (resource) => at.issuer(poolId(resource)).replace(/^https?:\/\//, ''),
        ProviderURL: (resource) => at.issuer(poolId(resource)),
        UserPoolId: poolId,
      },
    },
    'AWS::Cognito::UserPoolClient': {
      ref: (resource) => stableId(resource, 26),
      attributes: { ClientId: (resource) => stableId(resource, 26) },
    },
    'AWS::ApiGatewayV2::Api': {
      ref: apiId,
      attributes: { ApiEndpoint: (resource) => `http://${at.host(resource)}`, ApiId: apiId },
    },
    'AWS::ApiGatewayV2::Stage': { ref: named('StageName'), attributes: {} },
    'AWS::ApiGatewayV2::Integration': shortId,
    'AWS::ApiGatewayV2::Route': shortId,
    'AWS::ApiGatewayV2::Authorizer': shortId,
    'AWS::SES::ConfigurationSet': { ref: named('Name', 64), attributes: {} },
    'AWS::SES::ConfigurationSetEventDestination': { ref: physical, attributes: { Id: physical } },
    'AWS::CloudFront::Distribution': {
      ref: distributionId,
      attributes: { DomainName: at.host, Id: distributionId },
    },
    'AWS::CloudFront::Function': { ref: edgeArn, attributes: { FunctionARN: edgeArn } },
    'AWS::CloudFront::ResponseHeadersPolicy': { ref: physical, attributes: { Id: physical } },
    'Custom::S3BucketNotifications': nothing,
    'Custom::CDKBucketDeployment': nothing,
  };
}

/**
 * The types that only matter on AWS and are left out here on purpose, each with the attributes that others may read:
 * nobody is denied anything, nothing is encrypted, logs are files, alarms never ring.
 */
const passiveTypes: Record<string, readonly string[]> = {
  'AWS::ApplicationInsights::Application': [],
  'AWS::Budgets::Budget': [],
  'AWS::CDK::Metadata': [],
  'AWS::CloudFront::CachePolicy': ['Id'],
  'AWS::CloudFront::OriginAccessControl': ['Id'],
  'AWS::CloudFront::OriginRequestPolicy': ['Id'],
  'AWS::CloudWatch::Alarm': ['Arn'],
  'AWS::CloudWatch::CompositeAlarm': ['Arn'],
  'AWS::CloudWatch::Dashboard': [],
  'AWS::IAM::ManagedPolicy': ['PolicyArn'],
  'AWS::IAM::Policy': ['Id'],
  'AWS::IAM::Role': ['Arn', 'RoleId'],
  'AWS::KMS::Alias': [],
  'AWS::KMS::Key': ['Arn', 'KeyId'],
  'AWS::Lambda::EventInvokeConfig': [],
  'AWS::Lambda::LayerVersionPermission': [],
  'AWS::Lambda::Permission': [],
  'AWS::Logs::LogGroup': ['Arn'],
  'AWS::Logs::MetricFilter': [],
  'AWS::Logs::QueryDefinition': [],
  'AWS::Logs::ResourcePolicy': [],
  'AWS::ResourceGroups::Group': ['Arn'],
  'AWS::S3::BucketPolicy': [],
  'AWS::SES::EmailIdentity': [],
  'AWS::Scheduler::ScheduleGroup': ['Arn'],
  'AWS::SNS::Subscription': ['Arn'],
  'AWS::SNS::Topic': ['TopicArn', 'TopicName'],
  'AWS::SNS::TopicPolicy': ['Id'],
  'AWS::SQS::QueuePolicy': ['Id'],
  'AWS::WAFv2::WebACL': ['Arn', 'Id'],
  'AWS::WAFv2::WebACLAssociation': [],
  'AWS::XRay::Group': [],
  'AWS::XRay::ResourcePolicy': [],
  'Custom::LogRetention': ['LogGroupName'],
  'Custom::S3AutoDeleteObjects': [],
};

/** @throws TemplateError for a type in neither table, so that no new resource type is ignored silently. */
export function createCatalogue(
  environment: Environment,
  addresses: Addresses,
): (type: string) => ResourceType {
  const types = new Map(Object.entries(hostedTypes(environment, addresses)));
  for (const [type, attributes] of Object.entries(passiveTypes)) {
    types.set(type, passive(type, attributes, environment));
  }
  return (type) => {
    const found = types.get(type);
    if (found) return found;
    throw new TemplateError(
      `${type} is unknown to the local cloud: host it in infra/local, or list it in passiveTypes of ` +
        'infra/local/catalogue.ts if it only matters on AWS',
    );
  };
}

function passive(
  type: string,
  attributes: readonly string[],
  { region, accountId }: Environment,
): ResourceType {
  const service = type.split('::')[1]?.toLowerCase();
  const text =
    (attribute: string): Text =>
    (resource) =>
      attribute.endsWith('Arn')
        ? `arn:aws:${service}:${region}:${accountId}:${resource.physicalName()}`
        : resource.physicalName();
  const ref = attributes.includes('TopicArn') ? text('TopicArn') : physical;
  return { ref, attributes: Object.fromEntries(attributes.map((name) => [name, text(name)])) };
}
