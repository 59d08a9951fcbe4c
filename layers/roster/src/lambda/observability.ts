/** The process's one logger and metrics, from the POWERTOOLS_* environment that every function has. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';

/** JSON lines with the request id. Callers log ids and codes; never bodies, tokens or what is on a roster. */
export const logger = new Logger();

/** Metrics in CloudWatch's embedded format, flushed at the end of each invocation. */
export const metrics = new Metrics({ namespace: process.env.POWERTOOLS_METRICS_NAMESPACE ?? 'Muster' });

/** What a log tells of an error. */
export interface ErrorDescription {
  name: string;
  stack?: string | undefined;
  /** AWS's id of the request that failed. */
  awsRequestId?: string | undefined;
  cause?: ErrorDescription | undefined;
}

/**
 * Describes an error and its causes by name and stack. Other properties are left out, because the SDK's errors
 * carry stored items, and those hold personal data.
 */
export function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return { name: typeof error };
  const metadata = (error as { $metadata?: { requestId?: string } }).$metadata;
  return {
    name: error.name,
    stack: error.stack,
    ...(metadata && { awsRequestId: metadata.requestId }),
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}
