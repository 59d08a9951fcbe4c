import type { Rule, Target } from '../events/bus.ts';
import type { EventPattern } from '../events/pattern.ts';
import type { HostedResource, Inventory } from '../inventory.ts';
import type { ConfigurationSet } from '../mail/server.ts';
import type { EventSource } from '../queues/event-source.ts';
import type { QueueDescription } from '../queues/server.ts';
import type { StateMachineDescription } from '../states/server.ts';
import { TemplateError } from '../template.ts';

const queueAttributes = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
];

/** The queues of the app. */
export function queueDescriptions(inventory: Inventory): QueueDescription[] {
  return inventory.ofType('AWS::SQS::Queue').map(({ properties, attribute }) => {
    const given = queueAttributes.filter((name) => properties[name] !== undefined);
    const redrive = properties.RedrivePolicy as QueueDescription['redrive'];
    return {
      name: attribute('QueueName'),
      attributes: Object.fromEntries(given.map((name) => [name, properties[name]])),
      ...(redrive && { redrive }),
    };
  });
}

/** The mappings from queues to functions. @throws TemplateError for other sources */
export function eventSources(inventory: Inventory): Omit<EventSource, 'queues' | 'invoke'>[] {
  const functions = inventory.ofType('AWS::Lambda::Function');
  return inventory.ofType('AWS::Lambda::EventSourceMapping').flatMap(({ logicalId, properties }) => {
    if (properties.Enabled === false) return [];
    const queueArn = String(properties.EventSourceArn);
    if (!queueArn.startsWith('arn:aws:sqs:'))
      throw new TemplateError(`${logicalId}: only queues are hosted as sources`);
    const target = functions.find(
      (one) => one.ref === properties.FunctionName || one.attribute('Arn') === properties.FunctionName,
    );
    if (!target) throw new TemplateError(`${logicalId}: no function ${String(properties.FunctionName)}`);
    const concurrency = (properties.ScalingConfig as { MaximumConcurrency?: number } | undefined)
      ?.MaximumConcurrency;
    const responseTypes = (properties.FunctionResponseTypes ?? []) as string[];
    return {
      queueArn,
      functionArn: target.attribute('Arn'),
      ...(properties.BatchSize !== undefined && { batchSize: Number(properties.BatchSize) }),
      reportBatchItemFailures: responseTypes.includes('ReportBatchItemFailures'),
      ...(concurrency !== undefined && { concurrencyMax: Number(concurrency) }),
    };
  });
}

interface TargetProperties {
  Arn: string;
  Input?: string;
  InputPath?: string;
  InputTransformer?: { InputPathsMap?: Record<string, string>; InputTemplate: string };
  DeadLetterConfig?: { Arn: string };
  RetryPolicy?: { MaximumRetryAttempts?: number; MaximumEventAgeInSeconds?: number };
  SqsParameters?: { MessageGroupId: string };
}

/** The rules of the default bus, and the schedules. @throws TemplateError for other buses */
export function rules(inventory: Inventory): Rule[] {
  return [
    ...inventory.ofType('AWS::Events::Rule').map(eventRule),
    ...inventory.ofType('AWS::Scheduler::Schedule').map(schedule),
  ];
}

function eventRule({ ref, properties, attribute }: HostedResource): Rule {
  if (properties.EventBusName !== undefined && properties.EventBusName !== 'default') {
    throw new TemplateError(`Rule ${ref}: only the default bus is hosted`);
  }
  return {
    name: ref,
    arn: attribute('Arn'),
    ...(properties.EventPattern !== undefined && { eventPattern: properties.EventPattern as EventPattern }),
    ...(properties.ScheduleExpression !== undefined && {
      scheduleExpression: String(properties.ScheduleExpression),
    }),
    ...(properties.State !== undefined && { state: String(properties.State) }),
    targets: ((properties.Targets ?? []) as TargetProperties[]).map(ruleTarget),
  };
}

function schedule({ ref, properties, attribute }: HostedResource): Rule {
  const timezone = properties.ScheduleExpressionTimezone;
  return {
    name: ref,
    arn: attribute('Arn'),
    scheduleExpression: String(properties.ScheduleExpression),
    ...(timezone !== undefined && { timezone: String(timezone) }),
    ...(properties.State !== undefined && { state: String(properties.State) }),
    targets: [ruleTarget(properties.Target as TargetProperties)],
  };
}

function ruleTarget(target: TargetProperties): Target {
  const { Input, InputPath, InputTransformer, DeadLetterConfig, RetryPolicy, SqsParameters } = target;
  const paths = InputTransformer?.InputPathsMap;
  const attempts = RetryPolicy?.MaximumRetryAttempts;
  const age = RetryPolicy?.MaximumEventAgeInSeconds;
  return {
    arn: target.Arn,
    ...(Input !== undefined && { input: Input }),
    ...(InputPath !== undefined && { inputPath: InputPath }),
    ...(InputTransformer && {
      inputTransformer: {
        inputTemplate: InputTransformer.InputTemplate,
        ...(paths && { inputPathsMap: paths }),
      },
    }),
    ...(DeadLetterConfig && { deadLetterArn: DeadLetterConfig.Arn }),
    ...(RetryPolicy && {
      retryPolicy: {
        ...(attempts !== undefined && { maximumRetryAttempts: Number(attempts) }),
        ...(age !== undefined && { maximumEventAgeInSeconds: Number(age) }),
      },
    }),
    ...(SqsParameters && { messageGroupId: SqsParameters.MessageGroupId }),
  };
}

/** The state machines of the app, with their definitions read. */
export function stateMachines(inventory: Inventory): StateMachineDescription[] {
  return inventory.ofType('AWS::StepFunctions::StateMachine').map(({ ref, properties, attribute }) => {
    const text = properties.DefinitionString ?? JSON.stringify(properties.Definition);
    if (typeof text !== 'string')
      throw new TemplateError(`State machine ${ref}: its definition is not in the template`);
    const substitutions = Object.entries(
      (properties.DefinitionSubstitutions ?? {}) as Record<string, unknown>,
    );
    const filled = substitutions.reduce(
      (sum, [name, value]) => sum.replaceAll(`\${${name}}`, String(value)),
      text,
    );
    return { arn: ref, name: attribute('Name'), definition: JSON.parse(filled) as unknown };
  });
}

interface EventDestinationProperties {
  ConfigurationSetName: string;
  EventDestination: {
    Enabled?: boolean;
    MatchingEventTypes?: string[];
    EventBridgeDestination?: object;
  };
}

/** The configuration sets of SES, each with the events that it sends to EventBridge. */
export function configurationSets(inventory: Inventory): ConfigurationSet[] {
  const destinations = inventory
    .ofType('AWS::SES::ConfigurationSetEventDestination')
    .map(({ logicalId, properties }) => {
      const destination = properties as unknown as EventDestinationProperties;
      if (destination.EventDestination.EventBridgeDestination === undefined)
        throw new TemplateError(`${logicalId}: only EventBridge is hosted as a destination of SES's events`);
      return destination;
    });
  return inventory.ofType('AWS::SES::ConfigurationSet').map(({ ref }) => ({
    name: ref,
    events: destinations
      .filter((one) => one.ConfigurationSetName === ref && one.EventDestination.Enabled !== false)
      .flatMap(({ EventDestination }) => EventDestination.MatchingEventTypes ?? []),
  }));
}
