import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asText, synthesize } from './synthesized.ts';

const { ofType } = synthesize({ context: { alarmEmail: 'ops@example.org' } });
const alarms = ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
const runbook = readFileSync(new URL('../../infra/runbook.md', import.meta.url), 'utf8');

/** Alarms on that metric for the resource of that logical id. */
function watching(metric: string, logicalId: string) {
  return alarms.filter((alarm) => {
    const text = asText(alarm);
    return text.includes(`"MetricName":"${metric}"`) && text.includes(`"${logicalId}"`);
  });
}

describe('alarms', () => {
  it.each(ofType('AWS::SQS::Queue').filter(([id]) => id.includes('DeadLetters')))(
    'ring for a letter in %s',
    (id) => {
      expect(watching('ApproximateNumberOfMessagesVisible', id)).toMatchObject([
        { Threshold: 0, ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1 },
      ]);
    },
  );

  const own = ofType('AWS::Lambda::Function').filter(([, { Properties }]) =>
    Properties.Runtime.startsWith('nodejs'),
  );
  it.each(own)('ring for errors and throttles of %s', (id) => {
    expect(watching('Errors', id)).toHaveLength(1);
    expect(watching('Throttles', id)).toHaveLength(1);
  });

  it.each(['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted'])(
    'ring for imports: %s',
    (metric) => {
      const [[id]] = ofType('AWS::StepFunctions::StateMachine') as [[string, unknown]];
      expect(watching(metric, id)).toHaveLength(1);
    },
  );

  it('ring for an API that fails or is slow', () => {
    const [[id]] = ofType('AWS::ApiGatewayV2::Api') as [[string, unknown]];
    expect(watching('5xx', id)).toHaveLength(1);
    expect(watching('Latency', id)).toMatchObject([{ ExtendedStatistic: 'p99', Threshold: 3_000 }]);
  });

  it('all tell the one topic, which tells the operator', () => {
    const [[topic]] = ofType('AWS::SNS::Topic') as [[string, unknown]];
    for (const { AlarmActions } of alarms) expect(AlarmActions).toEqual([{ Ref: topic }]);
    expect(ofType('AWS::SNS::Subscription').map(([, { Properties }]) => Properties)).toMatchObject([
      { Protocol: 'email', Endpoint: 'ops@example.org', TopicArn: { Ref: topic } },
    ]);
  });

  it('all name a section of the runbook, and each section has an alarm', () => {
    const named = alarms.map(
      ({ AlarmDescription }) => /infra\/runbook\.md#([\w-]+)$/.exec(AlarmDescription)?.[1],
    );
    const written = [...runbook.matchAll(/<a id="([\w-]+)"><\/a>/g)].map(([, id]) => id);
    expect([...new Set(named)].sort()).toEqual(written.sort());
  });
});

describe('the dashboard', () => {
  it('is one for the stage', () => {
    expect(
      ofType('AWS::CloudWatch::Dashboard').map(([, { Properties }]) => Properties.DashboardName),
    ).toEqual(['muster-prod']);
  });
});
