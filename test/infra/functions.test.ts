import { describe, expect, it } from 'vitest';
import { functionNames } from '../../infra/build/bundle.ts';
import { commonActions, commonEnvironment, constructName, expectedFunctions } from './expected-functions.ts';
import { asList, asText, type Resource, synthesize } from './synthesized.ts';

const { resources, ofType } = synthesize();

/** Muster's own functions by name; CDK's deployer of the site is written in Python. */
const functions = new Map<string, Resource>(
  Object.keys(expectedFunctions).map((name) => {
    const prefix = `Functions${constructName(name)}Function`;
    const found = ofType('AWS::Lambda::Function').filter(([id]) => id.startsWith(prefix));
    expect(found, name).toHaveLength(1);
    return [name, found[0]![1]];
  }),
);

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

function statementsOf(role: string): Statement[] {
  const attached = ofType('AWS::IAM::Policy').filter(([, { Properties }]) =>
    Properties.Roles.some((attachedTo: { Ref: string }) => attachedTo.Ref === role),
  );
  const inline = resources[role]!.Properties.Policies ?? [];
  const documents = [
    ...attached.map(([, { Properties }]) => Properties.PolicyDocument),
    ...inline.map((p: { PolicyDocument: unknown }) => p.PolicyDocument),
  ];
  return documents.flatMap((document) => document.Statement);
}

const roleOf = (lambda: Resource): string => lambda.Properties.Role['Fn::GetAtt'][0];

describe('functions', () => {
  it('are those of the source tree, no more and no less', () => {
    const own = ofType('AWS::Lambda::Function').filter(([, { Properties }]) =>
      Properties.Runtime.startsWith('nodejs'),
    );
    expect(own).toHaveLength(functions.size);
    expect(functionNames()).toEqual([...functions.keys()].sort());
  });

  it.each(Object.entries(expectedFunctions))(
    '%s may do what its row says and nothing else',
    (name, expected) => {
      const actions = statementsOf(roleOf(functions.get(name)!)).flatMap(({ Action }) => asList(Action));
      expect([...new Set(actions)].sort()).toEqual([...expected.actions, ...commonActions].sort());
    },
  );

  it.each([...functions])('%s is granted nothing on every resource but traces', (_, lambda) => {
    for (const { Effect, Action, Resource } of statementsOf(roleOf(lambda))) {
      expect(Effect).toBe('Allow');
      for (const resource of asList(Resource)) {
        expect(asText(resource)).not.toMatch(/^arn:aws:[^:]*:::\*$/);
        if (resource === '*') expect(asList(Action).every((action) => action.startsWith('xray:'))).toBe(true);
      }
    }
  });

  it.each([...functions])('%s reaches only the indexes by name, never the whole service', (_, lambda) => {
    const tables = statementsOf(roleOf(lambda)).filter(({ Action }) => asText(Action).includes('dynamodb:'));
    expect(asText(tables)).not.toContain('index/*');
  });

  it.each(Object.entries(expectedFunctions))('%s gets its environment', (name, { environment }) => {
    const variables = functions.get(name)!.Properties.Environment.Variables;
    expect(Object.keys(variables).sort()).toEqual([...commonEnvironment, ...environment].sort());
    expect(variables.STAGE).toBe('prod');
    expect(variables.POWERTOOLS_METRICS_NAMESPACE).toBe('Muster');
  });

  it.each([...functions])(
    '%s runs as designed: Node 24 on arm64 with the layer, traced, own log',
    (_, lambda) => {
      expect(lambda.Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        TracingConfig: { Mode: 'Active' },
        Layers: [{ Ref: expect.stringMatching(/^FunctionsRosterLayer/) }],
      });
      const logGroup = resources[lambda.Properties.LoggingConfig.LogGroup.Ref];
      expect(logGroup?.Type).toBe('AWS::Logs::LogGroup');
    },
  );

  it.each(['unzip', 'validate', 'diff', 'plan', 'apply', 'finish'])(
    'imports/%s has room and time',
    (step) => {
      expect(functions.get(`imports/${step}`)!.Properties).toMatchObject({ MemorySize: 2048, Timeout: 900 });
    },
  );

  it('lets the operator find the one that creates organizations by name', () => {
    expect(functions.get('organization/create')!.Properties.FunctionName).toBe(
      'muster-prod-organization-create',
    );
  });

  it('lets nobody call itself but those that put messages into their own queue', () => {
    for (const [name, { Properties }] of functions) {
      expect(Properties.RecursiveLoop, name).toBe(
        ['exports/run', 'jobs/drop', 'jobs/run', 'mail/send'].includes(name) ? 'Allow' : undefined,
      );
    }
  });

  it('answers within the 30 seconds that an HTTP API waits', () => {
    for (const name of [
      'access/api',
      'access/authorizer',
      'organization/api',
      'imports/api',
      'roster/api',
      'jobs/api',
    ]) {
      expect(functions.get(name)!.Properties.Timeout, name).toBeLessThanOrEqual(29);
    }
  });
});

describe('every log group', () => {
  it('forgets after the time of the stage', () => {
    const logGroups = ofType('AWS::Logs::LogGroup');
    expect(logGroups.length).toBeGreaterThan(functions.size);
    for (const [id, { Properties }] of logGroups) {
      expect(Properties.RetentionInDays, id).toBe(id.startsWith('SiteDeployment') ? 7 : 90);
    }
  });
});
