import { statSync } from 'node:fs';
import type { HostedResource, Inventory } from '../inventory.ts';
import type { FunctionSpec } from '../lambda/pool.ts';
import { TemplateError } from '../template.ts';

/** What every function finds in its environment besides the template's variables. */
export interface RuntimeEnvironment {
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** SDK's service id in capitals (`COGNITO_IDENTITY_PROVIDER`) -> address. */
  endpoints: Readonly<Record<string, string>>;
}

/** The functions of the app but those that only serve CloudFormation. @throws TemplateError */
export function functionSpecs(inventory: Inventory, runtime: RuntimeEnvironment): FunctionSpec[] {
  const custom = inventory.all().filter(({ type }) => type.startsWith('Custom::'));
  const served = new Set(custom.map(({ properties }) => properties.ServiceToken));
  const layers = new Map(
    inventory.ofType('AWS::Lambda::LayerVersion').map((layer) => [layer.ref, layer] as const),
  );
  return inventory
    .ofType('AWS::Lambda::Function')
    .filter((declared) => !served.has(declared.attribute('Arn')))
    .map((declared) => functionSpec(declared, inventory, layers, runtime));
}

interface FunctionProperties {
  Code: { S3Key?: string };
  Environment?: { Variables?: Record<string, string> };
  Handler: string;
  Layers?: string[];
  MemorySize?: number;
  ReservedConcurrentExecutions?: number;
  Runtime: string;
  Timeout?: number;
}

function functionSpec(
  declared: HostedResource,
  inventory: Inventory,
  layers: ReadonlyMap<string, HostedResource>,
  runtime: RuntimeEnvironment,
): FunctionSpec {
  const properties = declared.properties as unknown as FunctionProperties;
  const name = declared.ref;
  if (!properties.Runtime?.startsWith('nodejs')) {
    throw new TemplateError(`Function ${name}: the local cloud runs Node.js only, not ${properties.Runtime}`);
  }
  const layerRoots = (properties.Layers ?? []).map((arn) => {
    const layer = layers.get(arn);
    if (!layer) throw new TemplateError(`Function ${name}: the layer ${arn} is not part of the app`);
    return folder(inventory, (layer.properties.Content as { S3Key?: string }).S3Key, arn);
  });
  const memoryMegabytes = Number(properties.MemorySize ?? 128);
  return {
    functionName: name,
    functionArn: declared.attribute('Arn'),
    handler: properties.Handler,
    taskRoot: folder(inventory, properties.Code.S3Key, name),
    layerRoots,
    environment: {
      ...lambdaVariables(name, memoryMegabytes, properties, runtime),
      ...properties.Environment?.Variables,
    },
    memoryMegabytes,
    timeoutSeconds: Number(properties.Timeout ?? 3),
    ...(properties.ReservedConcurrentExecutions !== undefined && {
      reservedConcurrency: Number(properties.ReservedConcurrentExecutions),
    }),
  };
}

function folder(inventory: Inventory, key: string | undefined, of: string): string {
  if (key === undefined) throw new TemplateError(`${of}: inline code is not hosted; use an asset`);
  const path = inventory.assetPath(key);
  if (!statSync(path).isDirectory()) throw new TemplateError(`${of}: its asset ${path} is not a folder`);
  return path;
}

/** Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
function lambdaVariables(
  name: string,
  memoryMegabytes: number,
  { Handler, Runtime }: FunctionProperties,
  { region, credentials, endpoints }: RuntimeEnvironment,
): Record<string, string> {
  const variables: Record<string, string> = {
    _HANDLER: Handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${Runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    LANG: 'en_US.UTF-8',
    LAMBDA_TASK_ROOT: '/var/task',
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    TZ: 'UTC',
  };
  for (const [service, url] of Object.entries(endpoints)) variables[`AWS_ENDPOINT_URL_${service}`] = url;
  return variables;
}
