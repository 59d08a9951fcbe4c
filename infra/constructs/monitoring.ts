import { Duration } from 'aws-cdk-lib';
import type { HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  TextWidget,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Stage } from '../stages.ts';

/** What is watched, and who is told. */
export interface MonitoringProps {
  stage: Stage;
  alarmEmail: string | undefined;
  functions: ReadonlyMap<string, LambdaFunction>;
  imports: StateMachine;
  uploads: { queue: Queue; deadLetters: Queue };
  accounts: { queue: Queue; deadLetters: Queue };
  bulkJobs: { queue: Queue; deadLetters: Queue };
  exports: { queue: Queue; deadLetters: Queue };
  directory: { queue: Queue; deadLetters: Queue };
  drops: { queue: Queue; deadLetters: Queue };
  mails: { queue: Queue; deadLetters: Queue; eventDeadLetters: Queue };
  http: HttpStage;
}

/** When an alarm rings: the metric's value over so many periods in a row. */
interface Threshold {
  metric: IMetric;
  above: number;
  periods?: number;
  /** The heading in `infra/runbook.md` that says what to do. */
  section:
    | 'dead-letters'
    | 'account-letters'
    | 'job-letters'
    | 'export-letters'
    | 'directory-letters'
    | 'drop-letters'
    | 'mail-letters'
    | 'function-errors'
    | 'function-throttles'
    | 'imports-failed'
    | 'api-errors'
    | 'api-latency';
}

const period = Duration.minutes(5);
/** An import that disables 18,000 people takes the user pool so long; the authorizer keeps them out meanwhile. */
const accountsWaitSecondsMax = 1_800;

/** Alarms that tell one topic, each with its page in the runbook, and a dashboard. */
export class Monitoring extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Alarms', { displayName: `Muster ${props.stage.name}`, enforceSSL: true });
    if (props.alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(props.alarmEmail));
    this.#watchFunctions(props);
    this.#watchImports(props);
    this.#watchAccounts(props);
    this.#watchBulkJobs(props);
    this.#watchExports(props);
    this.#watchDirectory(props);
    this.#watchDrops(props);
    this.#watchMails(props);
    this.#watchHttp(props);
    this.#dashboard(props);
  }

  #watchFunctions({ functions }: MonitoringProps): void {
    for (const [name, watched] of functions) {
      const id = watched.node.scope!.node.id;
      this.#alarm(`${id}Errors`, `${name} fails`, {
        metric: watched.metricErrors({ period }),
        above: 0,
        section: 'function-errors',
      });
      this.#alarm(`${id}Throttles`, `${name} is throttled`, {
        metric: watched.metricThrottles({ period }),
        above: 0,
        section: 'function-throttles',
      });
    }
  }

  #watchImports({ imports, uploads }: MonitoringProps): void {
    this.#alarm('UploadDeadLetters', 'Uploads whose import could not be started', {
      metric: uploads.deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
      above: 0,
      section: 'dead-letters',
    });
    this.#alarm('ImportsFailed', 'Imports that failed, timed out or were aborted', {
      metric: failedImports(imports),
      above: 0,
      section: 'imports-failed',
    });
  }

  #watchAccounts({ accounts }: MonitoringProps): void {
    this.#alarm('AccountDeadLetters', 'Accounts that the user pool could not follow', {
      metric: accounts.deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
      above: 0,
      section: 'account-letters',
    });
    this.#alarm('AccountsWaiting', 'Accounts wait for the user pool to follow', {
      metric: accounts.queue.metricApproximateAgeOfOldestMessage({ period }),
      above: accountsWaitSecondsMax,
      section: 'account-letters',
    });
  }

  #watchBulkJobs({ bulkJobs }: MonitoringProps): void {
    this.#alarm('BulkJobDeadLetters', 'Jobs on many members that could not go on', {
      metric: bulkJobs.deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
      above: 0,
      section: 'job-letters',
    });
  }

  #watchExports({ exports }: MonitoringProps): void {
    this.#alarm('ExportDeadLetters', 'Exports of a roster that could not go on', {
      metric: exports.deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
      above: 0,
      section: 'export-letters',
    });
  }

  #watchDirectory({ directory }: MonitoringProps): void {
    this.#alarm('DirectoryDeadLetters', 'Directories that could not be made anew', {
      metric: directory.deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
      above: 0,
      section: 'directory-letters',
    });
  }

  #watchDrops({ drops }: MonitoringProps): void {
    this.#alarm('DropDeadLetters', 'Drops of all data that could not go on', {
      metric: drops.deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
      above: 0,
      section: 'drop-letters',
    });
  }

  #watchMails({ mails }: MonitoringProps): void {
    const letters = { MailDeadLetters: mails.deadLetters, MailEventDeadLetters: mails.eventDeadLetters };
    for (const [id, queue] of Object.entries(letters)) {
      this.#alarm(id, 'Mails that could not be sent, or whose fate could not be noted', {
        metric: queue.metricApproximateNumberOfMessagesVisible({ period }),
        above: 0,
        section: 'mail-letters',
      });
    }
  }

  #watchHttp({ http, stage }: MonitoringProps): void {
    this.#alarm('ApiErrors', 'The API answers with 5xx', {
      metric: http.metricServerError({ period, statistic: 'Sum' }),
      above: 0,
      section: 'api-errors',
    });
    this.#alarm('ApiLatency', 'One in a hundred API calls is slow', {
      metric: http.metricLatency({ period, statistic: 'p99' }),
      above: stage.httpLatencyP99MillisecondsMax,
      periods: 3,
      section: 'api-latency',
    });
  }

  #alarm(id: string, what: string, { metric, above, periods = 1, section }: Threshold): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: `${what}. What to do: infra/runbook.md#${section}`,
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
  }

  #dashboard({ stage, functions, imports, uploads, accounts, bulkJobs, mails, http }: MonitoringProps): void {
    const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 12 });
    const perFunction = (metric: (watched: LambdaFunction) => IMetric) => [...functions.values()].map(metric);
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: `muster-${stage.name}` });
    dashboard.addWidgets(
      new TextWidget({
        markdown: `# Muster ${stage.name}\nWhat to do: infra/runbook.md`,
        width: 24,
        height: 2,
      }),
      graph('API calls', [
        http.metricCount({ period }),
        http.metricClientError({ period }),
        http.metricServerError({ period }),
      ]),
      graph(
        'API latency',
        ['p50', 'p99'].map((statistic) => http.metricLatency({ period, statistic })),
      ),
      graph('Imports', [
        imports.metricStarted({ period }),
        imports.metricSucceeded({ period }),
        failedImports(imports),
      ]),
      graph(
        'Import duration',
        ['p50', 'Maximum'].map((statistic) => imports.metricTime({ period, statistic })),
      ),
      graph('Uploads waiting', [
        uploads.queue.metricApproximateAgeOfOldestMessage({ period }),
        uploads.deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
      ]),
      graph('Accounts waiting', [
        accounts.queue.metricApproximateAgeOfOldestMessage({ period }),
        accounts.deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
      ]),
      graph('Jobs on many members', [
        bulkJobs.queue.metricApproximateAgeOfOldestMessage({ period }),
        bulkJobs.deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
      ]),
      graph('Mails waiting', [
        mails.queue.metricApproximateAgeOfOldestMessage({ period }),
        mails.deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
        mails.eventDeadLetters.metricApproximateNumberOfMessagesVisible({ period }),
      ]),
      graph(
        'Function errors',
        perFunction((watched) => watched.metricErrors({ period })),
      ),
      graph(
        'Function duration',
        perFunction((watched) => watched.metricDuration({ period, statistic: 'p99' })),
      ),
      graph(
        'Functions at once',
        perFunction((watched) => watched.metric('ConcurrentExecutions', { period, statistic: 'Maximum' })),
      ),
    );
  }
}

function failedImports(imports: StateMachine): MathExpression {
  return new MathExpression({
    label: 'Failed',
    expression: 'failed + timedOut + aborted',
    usingMetrics: {
      failed: imports.metricFailed({ period }),
      timedOut: imports.metricTimedOut({ period }),
      aborted: imports.metricAborted({ period }),
    },
    period,
  });
}
