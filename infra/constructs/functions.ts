import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LayerVersion,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import { acknowledge, unscopedActions } from './acknowledge.ts';

/** What one function needs beyond what all have. */
export interface FunctionNeeds {
  /** `<area>/<name>`, as in `functions/<area>/<name>.ts`. */
  name: string;
  description: string;
  environment?: Record<string, string>;
  permissions: PolicyStatement[];
  /** cdk-nag's findings on `permissions` → why they are right. */
  acknowledgements?: Record<string, string>;
  memoryMegabytes?: number;
  timeout?: Duration;
  /** Puts messages back into the queue that calls it, which Lambda would take for a loop by mistake. */
  sendsToItsQueue?: true;
  /** A name that people type; CloudFormation makes one up otherwise. */
  functionName?: string;
}

/** What all functions have in common. */
export interface FunctionsProps {
  stage: Stage;
  tableName: string;
  bundleDir: string;
}

const runtime = Runtime.NODEJS_24_X;
const architecture = Architecture.ARM_64;

/** Makes the functions: all alike in runtime, layer, logs and tracing, each with a role that holds its own rights. */
export class Functions extends Construct {
  /** Every function made, by `<area>/<name>`. */
  readonly byName = new Map<string, LambdaFunction>();
  readonly #props: FunctionsProps;
  readonly #layer: LayerVersion;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    this.#props = props;
    this.#layer = new LayerVersion(this, 'RosterLayer', {
      code: codeOf(join(props.bundleDir, 'layer')),
      description: 'The shared code of Muster: roster/*',
      compatibleRuntimes: [runtime],
      compatibleArchitectures: [architecture],
    });
  }

  /**
   * Makes one function.
   * @throws Error if its bundle does not exist.
   */
  add(needs: FunctionNeeds): LambdaFunction {
    const { stage, tableName, bundleDir } = this.#props;
    const { name } = needs;
    const area = name.split('/')[0]!;
    const scope = new Construct(this, name.split('/').map(capitalized).join(''));
    const logGroup = new LogGroup(scope, 'Logs', {
      retention: stage.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const made = new LambdaFunction(scope, 'Function', {
      code: codeOf(join(bundleDir, name)),
      handler: 'index.handler',
      runtime,
      architecture,
      layers: [this.#layer],
      description: needs.description,
      functionName: needs.functionName,
      memorySize: needs.memoryMegabytes ?? 512,
      timeout: needs.timeout ?? Duration.seconds(25),
      ...(needs.sendsToItsQueue && { recursiveLoop: RecursiveLoop.ALLOW }),
      tracing: Tracing.ACTIVE,
      loggingFormat: LoggingFormat.JSON,
      logGroup,
      role: this.#role(scope, logGroup, needs),
      environment: {
        STAGE: stage.name,
        TABLE_NAME: tableName,
        POWERTOOLS_SERVICE_NAME: area,
        POWERTOOLS_LOG_LEVEL: stage.logLevel,
        POWERTOOLS_METRICS_NAMESPACE: 'Muster',
        ...needs.environment,
      },
    });
    this.byName.set(name, made);
    return made;
  }

  /** Instead of the managed AWSLambdaBasicExecutionRole, which may write to every log of the account. */
  #role(scope: Construct, logGroup: LogGroup, needs: FunctionNeeds): Role {
    const role = new Role(scope, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Runs ${needs.name}`,
    });
    logGroup.grantWrite(role);
    for (const statement of needs.permissions) role.addToPolicy(statement);
    acknowledge(role, { 'IAM5[Resource::*]': unscopedActions, ...needs.acknowledgements });
    return role;
  }
}

function codeOf(dir: string): Code {
  if (!existsSync(dir)) throw new Error(`${dir} does not exist: run "npm run build" first`);
  return Code.fromAsset(dir);
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
