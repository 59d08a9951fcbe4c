import { App, Duration, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';

export const region = 'eu-west-1';
export const accountId = '111122223333';

/** The ARN of the function `name` in the tests' account. */
export const functionArn = (name: string) => `arn:aws:lambda:${region}:${accountId}:function:${name}`;

type Props = ConstructorParameters<typeof LambdaInvoke>[2];

/** Makes the states of one test. */
export interface Maker {
  readonly stack: Stack;
  invoke(id: string, functionName: string, props?: Partial<Props>): LambdaInvoke;
}

/** The definition that aws-cdk-lib synthesizes for a state machine, as CloudFormation would resolve it. */
export function synthesize(
  define: (make: Maker) => sfn.IChainable,
  props: Partial<sfn.StateMachineProps> = {},
): Record<string, unknown> {
  const app = new App({ builtinCloudFormationValidation: false } as object);
  const stack = new Stack(app, 'States', { env: { region, account: accountId } });
  const make: Maker = {
    stack,
    invoke(id, name, more = {}) {
      const lambdaFunction = LambdaFunction.fromFunctionArn(stack, `${id}Function`, functionArn(name));
      return new LambdaInvoke(stack, id, {
        lambdaFunction,
        retryOnServiceExceptions: false,
        ...more,
      } as Props);
    },
  };
  new sfn.StateMachine(stack, 'Machine', {
    definitionBody: sfn.DefinitionBody.fromChainable(define(make)),
    ...props,
  });
  const { Resources } = app.synth().getStackByName('States').template as {
    Resources: Record<string, { Type: string; Properties: { DefinitionString: unknown } }>;
  };
  const machine = Object.values(Resources).find(({ Type }) => Type === 'AWS::StepFunctions::StateMachine');
  return JSON.parse(resolve(machine?.Properties.DefinitionString)) as Record<string, unknown>;
}

function resolve(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::Join': join } = value as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
  if (Ref === 'AWS::Partition') return 'aws';
  if (join) return join[1].map(resolve).join(join[0]);
  throw new Error(`Not resolved: ${JSON.stringify(value)}`);
}

/** Two tasks, one after the other; the second gets what the first returned. */
export function twoTasks(): Record<string, unknown> {
  return synthesize((make) =>
    make
      .invoke('First', 'first', { payloadResponseOnly: true })
      .next(make.invoke('Second', 'second', { payloadResponseOnly: true })),
  );
}

/** A Map over `$.items` with one task for each item, and a task after it. */
export function mapThenFinish(): Record<string, unknown> {
  return synthesize((make) => {
    const each = make.invoke('Work', 'work', { payloadResponseOnly: true });
    const map = new sfn.Map(make.stack, 'Shards', { itemsPath: '$.items', maxConcurrency: 2 });
    return map.itemProcessor(each).next(make.invoke('Finish', 'finish', { payloadResponseOnly: true }));
  });
}

export { Duration, sfn };
