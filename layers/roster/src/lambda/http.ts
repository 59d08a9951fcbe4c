/**
 * The frame of every HTTP function: finds the operation in the routes table, checks the request, runs its handler
 * once, and turns answers and errors into responses.
 */
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod';
import { MusterError } from '../domain/errors.ts';
import { type Area, type OperationId, type Route, routes } from '../domain/routes.ts';
import type { Deps } from './deps.ts';
import { describeError, logger, metrics } from './observability.ts';
import { problemResult } from './problem.ts';
import { type AnyReply, fingerprintOf, type Reply, toResult } from './reply.ts';
import { bodyText, type Call, type HttpEvent, readCall } from './request.ts';

export type { FileBody, Reply } from './reply.ts';
export { actorOf, type Call, requireVersion } from './request.ts';

/** Serves one operation. It gets a request that passed all checks and throws MusterErrors for refusals. */
export type HttpHandler<O extends OperationId, D> = (call: Call<O>, deps: D) => Promise<Reply<O>>;

/** The operations of an area, by the routes table. */
export type OperationsOf<A extends Area> = {
  [O in OperationId]: (typeof routes)[O]['area'] extends A ? O : never;
}[OperationId];

/** One handler for every operation of an area. */
export type HttpHandlers<A extends Area, D> = { [O in OperationsOf<A>]: HttpHandler<O, D> };

type Serve<D> = (call: Call<OperationId>, deps: D) => Promise<AnyReply>;

/**
 * Makes the Lambda function of an area.
 * @param deps what handlers work with; `once` serves the `Idempotency-Key`
 */
export function httpFunction<A extends Area, D extends Pick<Deps, 'once'>>(
  area: A,
  handlers: HttpHandlers<A, D>,
  deps: D,
) {
  const operations = new Map<string, { id: OperationId; route: Route; serve: Serve<D> }>();
  for (const [id, route] of Object.entries<Route>(routes)) {
    if (route.area !== area) continue;
    // The table's types tie each id to its handler; a loop over it cannot carry that.
    const serve = (handlers as unknown as Record<string, Serve<D>>)[id];
    if (serve === undefined) throw new Error(`The area ${area} has no handler for ${id}.`);
    operations.set(`${route.method} ${route.path}`, { id: id as OperationId, route, serve });
  }

  async function respond(event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> {
    const operation = operations.get(event.routeKey);
    try {
      if (operation === undefined) throw new MusterError('route_not_found', 'There is no such call.');
      const { id, route, serve } = operation;
      logger.appendKeys({ operation: id });
      const call = readCall(route, event);
      if (call.caller) {
        logger.appendKeys({ account: call.caller.account, organization: call.caller.organization });
      }
      return await answerOnce(deps, id, route, event, call, async () =>
        toResult(route, await serve(call, deps)),
      );
    } catch (error) {
      report(error);
      return problemResult(error);
    }
  }

  return middy<HttpEvent, APIGatewayProxyStructuredResultV2>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .handler(async (event: HttpEvent) => {
      const startedAt = performance.now();
      const result = await respond(event);
      const milliseconds = Math.round(performance.now() - startedAt);
      logger.info('Answered', { status: result.statusCode, milliseconds });
      return { ...result, headers: { ...result.headers, 'x-request-id': event.requestContext.requestId } };
    });
}

const Result: z.ZodType<APIGatewayProxyStructuredResultV2> = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().optional(),
});

const IdempotencyKey = z.string().regex(/^[\x21-\x7e]{1,255}$/);

/**
 * Runs an unsafe call that carries an `Idempotency-Key` once. Calls outside of an organization, and those that
 * answer with a one-time password, are not kept: no secret is stored, and a repeat does no harm.
 */
function answerOnce(
  { once }: Pick<Deps, 'once'>,
  operation: OperationId,
  route: Route,
  event: HttpEvent,
  { caller }: Call<OperationId>,
  answer: () => Promise<APIGatewayProxyStructuredResultV2>,
): Promise<APIGatewayProxyStructuredResultV2> {
  const header = event.headers['idempotency-key'];
  const isKept =
    route.method !== 'GET' && route.answerIsSecret !== true && caller?.organization !== undefined;
  if (header === undefined || !isKept) return answer();
  const key = IdempotencyKey.safeParse(header);
  if (!key.success) {
    throw new MusterError('invalid_request', 'The Idempotency-Key has 1 to 255 visible ASCII characters.');
  }
  const fingerprint = fingerprintOf(
    JSON.stringify(event.pathParameters),
    event.rawQueryString,
    event.headers['if-match'],
    bodyText(event),
  );
  const { organization, account } = caller;
  return once.run({ organization, account, operation, key: key.data, fingerprint }, Result, answer);
}

/** Refusals are the caller's and are only counted; what is a fault of ours is logged whole and alarmed on. */
function report(error: unknown): void {
  const isRefusal = error instanceof MusterError && error.status < 500;
  metrics.addMetric(isRefusal ? 'HttpRefusals' : 'HttpFaults', MetricUnit.Count, 1);
  // Not by the middleware, which warns about each of the many calls that count nothing.
  metrics.publishStoredMetrics();
  if (isRefusal) logger.info('Refused', { code: error.code });
  else logger.error('Failed', { fault: describeError(error) });
}
