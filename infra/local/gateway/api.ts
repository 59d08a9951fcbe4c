import { randomBytes } from 'node:crypto';
import { FunctionError, type Invoke } from '../invoke.ts';
import { type AuthorizerSpec, LambdaAuthorizer, type Verdict } from './authorizer.ts';
import { type CorsConfiguration, corsHeaders, preflightReply } from './cors.ts';
import { type ApiIdentity, bodyFields, type HttpEvent, httpEvent } from './event.ts';
import { BodyTooLarge, messageReply, type Origin, type Reply, type ViewerRequest } from './http.ts';
import { replyOf } from './result.ts';
import { RouteTable } from './routes.ts';

/** Limits of HTTP APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const bodyBytesMax = 10 * 1024 * 1024;
const integrationMillisecondsMax = 30_000;

/** A route of the template: the function behind it and who must agree before. */
export interface RouteSpec {
  functionArn: string;
  authorizer?: AuthorizerSpec;
  timeoutMilliseconds?: number;
}

/** An HTTP API of the template, with its routes by route key. */
export interface HttpApiSpec extends ApiIdentity {
  routes: ReadonlyMap<string, RouteSpec>;
  cors?: CorsConfiguration;
}

interface Route extends RouteSpec {
  guard?: LambdaAuthorizer;
}

/**
 * Hosts an `AWS::ApiGatewayV2::Api` with Lambda proxy integrations in payload format 2.0.
 *
 * @param onError told of functions that failed, with the request's route; the caller only learns 500
 */
export function createHttpApi(
  spec: HttpApiSpec,
  invoke: Invoke,
  onError: (routeKey: string, error: unknown) => void,
): Origin {
  const guards = new Map<AuthorizerSpec, LambdaAuthorizer>();
  const guardOf = (authorizer: AuthorizerSpec) => {
    const guard = guards.get(authorizer) ?? new LambdaAuthorizer(authorizer, spec, invoke);
    guards.set(authorizer, guard);
    return guard;
  };
  const routes = new Map<string, Route>();
  for (const [key, route] of spec.routes) {
    routes.set(key, route.authorizer ? { ...route, guard: guardOf(route.authorizer) } : route);
  }
  const table = new RouteTable<Route>(routes);

  async function dispatch(request: ViewerRequest, requestId: string): Promise<Reply> {
    const match = table.match(request.method, request.path);
    if (!match) return messageReply(404, 'Not Found');
    const { route, routeKey, pathParameters } = match;
    try {
      const body = await request.body(bodyBytesMax);
      const event = httpEvent(request, spec, routeKey, pathParameters, requestId);
      const verdict = await route.guard?.authorize(event, request.method);
      if (verdict && verdict.outcome !== 'authorized') return refusal(verdict);
      return await integrate(route, event, request, body, verdict?.context);
    } catch (error) {
      if (error instanceof BodyTooLarge) return messageReply(413, 'Request Entity Too Large');
      onError(routeKey, error);
      const unavailable = !(error instanceof FunctionError) || error.errorType === 'Sandbox.Timedout';
      return unavailable
        ? messageReply(503, 'Service Unavailable')
        : messageReply(500, 'Internal Server Error');
    }
  }

  async function integrate(
    route: Route,
    event: HttpEvent,
    request: ViewerRequest,
    body: Buffer,
    context: Record<string, unknown> | undefined,
  ): Promise<Reply> {
    const payload = {
      ...event,
      requestContext: { ...event.requestContext, ...(context && { authorizer: { lambda: context } }) },
      ...bodyFields(body, request.headers['content-type']),
    };
    const result = invoke(route.functionArn, payload).then(replyOf);
    return within(result, Math.min(route.timeoutMilliseconds ?? Infinity, integrationMillisecondsMax));
  }

  return async (request) => {
    const requestId = randomBytes(11).toString('base64url');
    const reply = preflightReply(spec.cors, request) ?? (await dispatch(request, requestId));
    const added = { ...corsHeaders(spec.cors, request), 'apigw-requestid': requestId };
    return { ...reply, headers: { ...reply.headers, ...added } };
  };
}

function refusal({ outcome }: Verdict): Reply {
  return outcome === 'unauthorized' ? messageReply(401, 'Unauthorized') : messageReply(403, 'Forbidden');
}

/** The function goes on after the gateway has given up on it, as on AWS. */
async function within(reply: Promise<Reply>, milliseconds: number): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Reply>((resolve) => {
    timer = setTimeout(() => resolve(messageReply(503, 'Service Unavailable')), milliseconds);
  });
  try {
    return await Promise.race([reply, late]);
  } finally {
    clearTimeout(timer);
    reply.catch(() => undefined);
  }
}
