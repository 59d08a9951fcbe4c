/**
 * The import as a state machine (design section 5). Only the import's reference travels in the state.
 *
 * Tasks name the function's ARN (`payloadResponseOnly`), so a task's result is what the function returns.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  type CatchProps,
  Choice,
  Condition,
  DefinitionBody,
  Errors,
  Fail,
  type IChainable,
  JitterType,
  JsonPath,
  LogLevel,
  Map as MapState,
  Pass,
  Result,
  type RetryProps,
  StateMachine,
  Succeed,
  TaskInput,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import {
  errorName,
  importBusyErrorName,
  importSupersededErrorName,
  retryableErrorNames,
} from 'roster/domain/errors';
import { executionSecondsMax } from 'roster/domain/execution';
import type { Stage } from '../stages.ts';
import { acknowledge, unscopedActions } from './acknowledge.ts';
import type { ImportSteps } from './import-functions.ts';

/** How many parts are in work at once; applying is bounded lower to leave the table's capacity to people. */
const readingConcurrency = 16;
const applyingConcurrency = 8;

/**
 * Failures of the Lambda service itself, which AWS asks to retry, then the domain's.
 *
 * Source: https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
 */
const transient: RetryProps = {
  errors: [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.TooManyRequestsException',
    ...retryableErrorNames,
  ],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxDelay: Duration.minutes(1),
  maxAttempts: 6,
  jitterStrategy: JitterType.FULL,
};

/** An import that has ended stays ended: the way out is its Catch, at once. */
const neverAgain: RetryProps = { errors: [importSupersededErrorName], maxAttempts: 0 };

/**
 * Anything else, a broken connection, a timeout or a killed sandbox among it: every step may be repeated, so an
 * import fails only by what stays. The service compares errors in the order of the retriers and wants this one last.
 *
 * Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
const anything: RetryProps = {
  errors: [Errors.ALL],
  interval: Duration.seconds(2),
  backoffRate: 3,
  maxAttempts: 3,
  jitterStrategy: JitterType.FULL,
};

/** The organization's previous import is being applied: wait for its turn, an hour at most. */
const waitForTurn: RetryProps = {
  errors: [importBusyErrorName],
  interval: Duration.seconds(15),
  backoffRate: 1,
  maxAttempts: 240,
};

const reference = {
  organization: JsonPath.stringAt('$.organization'),
  importId: JsonPath.stringAt('$.importId'),
};

/** The state machine that carries an import from the uploaded file, or an undo, to review, and from approval to the end. */
export class ImportMachine extends Construct {
  readonly machine: StateMachine;
  /** Ends of a step's ways out of trouble: superseded quietly, anything else as a failure. */
  readonly #superseded: Succeed;
  readonly #recordFailure: LambdaInvoke;

  constructor(scope: Construct, id: string, { stage, steps }: { stage: Stage; steps: ImportSteps }) {
    super(scope, id);
    this.#superseded = new Succeed(this, 'Superseded', {
      comment: 'A newer upload or a cancel ended this import',
    });
    this.#recordFailure = this.#failing(steps.fail);
    const logs = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/vendedlogs/states/muster-${stage.name}-imports`,
      retention: stage.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.machine = new StateMachine(this, 'Machine', {
      definitionBody: DefinitionBody.fromChainable(this.#definition(steps)),
      timeout: Duration.seconds(executionSecondsMax),
      tracingEnabled: true,
      logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
      role: this.#role(Object.values(steps)),
    });
  }

  #definition(steps: ImportSteps): IChainable {
    const unknown = this.#unknown();
    const apply = this.#parts('Apply', steps.apply, '$.parts', applyingConcurrency);
    const finish = this.#task('Finish', steps.finish);
    finish.next(new Succeed(this, 'Applied'));
    apply.next(this.#directory(steps.directory, finish)).next(finish);
    const departments = this.#task('Departments', steps.departments);
    departments.next(apply);
    const prepareApply = new Pass(this, 'PrepareApply', {
      comment: 'After planning the parts are where a reviewed import brings them',
      inputPath: '$.planned.parts',
      resultPath: '$.parts',
    });
    const planned = new Choice(this, 'Planned')
      .when(Condition.stringEquals('$.planned.next', 'apply'), prepareApply.next(departments))
      .when(Condition.stringEquals('$.planned.next', 'review'), new Succeed(this, 'InReview'))
      .when(Condition.stringEquals('$.planned.next', 'stop'), new Succeed(this, 'Stopped'))
      .otherwise(unknown);
    const plan = this.#task('Plan', steps.plan, '$.planned');
    plan.next(planned);
    const diff = this.#parts('Diff', steps.diff, '$.unzipped.parts', readingConcurrency);
    diff.next(plan);
    const validate = this.#parts('Validate', steps.validate, '$.unzipped.parts', readingConcurrency);
    validate.next(diff);
    const unzip = this.#unzip(steps.unzip);
    unzip.next(
      new Choice(this, 'Unzipped')
        .when(Condition.stringEquals('$.unzipped.next', 'validate'), validate)
        .when(Condition.stringEquals('$.unzipped.next', 'mapping'), new Succeed(this, 'InMapping'))
        .otherwise(unknown),
    );
    const undo = this.#caught(this.#invoke('Undo', steps.undo, reference, '$.undo', [waitForTurn]));
    undo.next(this.#parts('Invert', steps.invert, '$.undo.parts', readingConcurrency)).next(plan);
    return new Choice(this, 'From')
      .when(Condition.stringEquals('$.from', 'upload'), unzip)
      .when(Condition.stringEquals('$.from', 'mapping'), unzip)
      .when(Condition.stringEquals('$.from', 'replan'), diff)
      .when(Condition.stringEquals('$.from', 'undo'), undo)
      .when(Condition.stringEquals('$.from', 'review'), departments)
      .otherwise(unknown);
  }

  /** Reading the file waits for its turn, and does another thing once an admin has mapped the headers. */
  #unzip(step: LambdaFunction): LambdaInvoke {
    const payload = { ...reference, from: JsonPath.stringAt('$.from') };
    return this.#caught(this.#invoke('Unzip', step, payload, '$.unzipped', [waitForTurn]));
  }

  /** A step on the whole import. */
  #task(id: string, step: LambdaFunction, resultPath: string = JsonPath.DISCARD): LambdaInvoke {
    return this.#caught(this.#invoke(id, step, reference, resultPath));
  }

  #caught(task: LambdaInvoke): LambdaInvoke {
    for (const [state, props] of this.#catches()) task.addCatch(state, props);
    return task;
  }

  /**
   * Done means searchable. What was applied stays applied where this fails: lists then read the changes from their
   * log until the directory is made anew, so that the way on is the same.
   */
  #directory(step: LambdaFunction, next: IChainable): LambdaInvoke {
    const task = this.#invoke('Directory', step, reference, JsonPath.DISCARD);
    task.addCatch(next, { errors: [Errors.ALL], resultPath: JsonPath.DISCARD });
    return task;
  }

  /** A step on each part. What an iteration throws, the Map fails with; so the ways out are on the Map. */
  #parts(id: string, step: LambdaFunction, itemsPath: string, maxConcurrency: number): MapState {
    const part = JsonPath.numberAt('$$.Map.Item.Value') as unknown as string;
    const map = new MapState(this, id, {
      itemsPath,
      itemSelector: { ...reference, part },
      maxConcurrency,
      resultPath: JsonPath.DISCARD,
    });
    const item = { ...reference, part: JsonPath.numberAt('$.part') };
    map.itemProcessor(this.#invoke(`${id}Part`, step, item, JsonPath.DISCARD));
    for (const [state, props] of this.#catches()) map.addCatch(state, props);
    return map;
  }

  #catches(): [IChainable, CatchProps][] {
    return [
      [this.#superseded, { errors: [importSupersededErrorName], resultPath: '$.error' }],
      [this.#recordFailure, { errors: [Errors.ALL], resultPath: '$.error' }],
    ];
  }

  #invoke(
    id: string,
    step: LambdaFunction,
    payload: Record<string, unknown>,
    resultPath: string,
    retries: RetryProps[] = [],
  ): LambdaInvoke {
    const invoke = new LambdaInvoke(this, id, {
      lambdaFunction: step,
      payload: TaskInput.fromObject(payload),
      payloadResponseOnly: true,
      retryOnServiceExceptions: false,
      resultPath,
    });
    for (const retry of [neverAgain, transient, ...retries, anything]) invoke.addRetry(retry);
    return invoke;
  }

  #failing(fail: LambdaFunction): LambdaInvoke {
    const payload = { ...reference, error: JsonPath.objectAt('$.error') };
    const recordFailure = this.#invoke('RecordFailure', fail, payload, JsonPath.DISCARD);
    recordFailure.next(new Fail(this, 'Failed', { errorPath: '$.error.Error', causePath: '$.error.Cause' }));
    return recordFailure;
  }

  /** A word that this machine does not know is a failure, not an end. */
  #unknown(): IChainable {
    const error = { Error: errorName('internal'), Cause: 'The state machine does not know this way on' };
    const unknown = new Pass(this, 'UnknownWay', { result: Result.fromObject(error), resultPath: '$.error' });
    unknown.next(this.#recordFailure);
    return unknown;
  }

  /** Written out because CDK's would also allow every version and alias of the functions. */
  #role(steps: LambdaFunction[]): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
      description: 'Runs imports',
      inlinePolicies: {
        Steps: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['lambda:InvokeFunction'],
              resources: steps.map((step) => step.functionArn),
            }),
            unscopedStatement(),
          ],
        }),
      },
    });
    acknowledge(role, { 'IAM5[Resource::*]': unscopedActions });
    return role.withoutPolicyUpdates() as Role;
  }
}

/**
 * What logging and tracing of a state machine need.
 *
 * Sources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html,
 * https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
 */
function unscopedStatement(): PolicyStatement {
  const logs = [
    'CreateLogDelivery',
    'GetLogDelivery',
    'UpdateLogDelivery',
    'DeleteLogDelivery',
    'ListLogDeliveries',
    'PutResourcePolicy',
    'DescribeResourcePolicies',
    'DescribeLogGroups',
  ].map((action) => `logs:${action}`);
  const xray = ['PutTraceSegments', 'PutTelemetryRecords', 'GetSamplingRules', 'GetSamplingTargets'];
  return new PolicyStatement({
    actions: [...logs, ...xray.map((action) => `xray:${action}`)],
    resources: ['*'],
  });
}
