/**
 * What differs between installations, as data. Adding a stage is adding a row here.
 */
import { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** How one stage is kept, protected and watched. */
export interface Stage {
  name: string;
  /** How long CloudWatch keeps logs; none hold personal data. */
  logRetention: RetentionDays;
  logLevel: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  /**
   * Whether the table, the user pool, the buckets and the stack itself refuse to be deleted. Where they do not,
   * a deleted stack takes the data along.
   */
  isProtected: boolean;
  /** How far back the table can be restored to any second (1..35 days). */
  pointInTimeRecoveryDays: number;
  /** Default limits of the HTTP API: requests a second, and how many may come at once. */
  httpRatePerSecond: number;
  httpBurst: number;
  /** Latency of the slowest one in a hundred API calls above which the alarm rings. */
  httpLatencyP99MillisecondsMax: number;
}

export const stages = {
  dev: {
    name: 'dev',
    logRetention: RetentionDays.ONE_WEEK,
    logLevel: 'DEBUG',
    isProtected: false,
    pointInTimeRecoveryDays: 7,
    httpRatePerSecond: 50,
    httpBurst: 100,
    httpLatencyP99MillisecondsMax: 5_000,
  },
  staging: {
    name: 'staging',
    logRetention: RetentionDays.ONE_MONTH,
    logLevel: 'INFO',
    isProtected: true,
    pointInTimeRecoveryDays: 7,
    httpRatePerSecond: 200,
    httpBurst: 400,
    httpLatencyP99MillisecondsMax: 3_000,
  },
  prod: {
    name: 'prod',
    logRetention: RetentionDays.THREE_MONTHS,
    logLevel: 'INFO',
    isProtected: true,
    pointInTimeRecoveryDays: 35,
    httpRatePerSecond: 500,
    httpBurst: 1_000,
    httpLatencyP99MillisecondsMax: 3_000,
  },
} as const satisfies Record<string, Stage>;

export type StageName = keyof typeof stages;

/** The stage that is meant when none is named. */
export const defaultStageName: StageName = 'dev';

/**
 * The stage of that name.
 * @throws Error that lists the stages if there is none.
 */
export function stageNamed(name: string): Stage {
  if (Object.hasOwn(stages, name)) return stages[name as StageName];
  throw new Error(
    `There is no stage "${name}". Stages are: ${Object.keys(stages).join(', ')} (infra/stages.ts)`,
  );
}
