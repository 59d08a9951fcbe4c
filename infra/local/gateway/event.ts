import { randomBytes } from 'node:crypto';
import type { ViewerRequest } from './http.ts';
import { decode } from './routes.ts';

/** What an event tells about the API itself. */
export interface ApiIdentity {
  apiId: string;
  accountId: string;
  region: string;
  stage: string;
  /** `host:port` that serves the API. */
  host: string;
}

/** The part of payload format 2.0 that authorizers and integrations share. */
export interface HttpEvent {
  version: '2.0';
  routeKey: string;
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  pathParameters?: Record<string, string>;
  requestContext: Record<string, unknown>;
}

/** The content types whose bodies travel as text, as measured on AWS; every other body is base64. */
const textTypes = /^(text\/.+|application\/(json|xml|javascript))$/i;

/**
 * A request in payload format 2.0: `rawPath` is decoded, lists are joined by commas, cookies leave the headers.
 *
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function httpEvent(
  request: ViewerRequest,
  api: ApiIdentity,
  routeKey: string,
  pathParameters: Record<string, string>,
  requestId: string,
): HttpEvent {
  const { cookie, connection: _hopByHop, ...headers } = request.headers;
  const query = queryParameters(request.query);
  const cookies = cookie?.split(/;\s*/).filter(Boolean);
  return {
    version: '2.0',
    routeKey,
    rawPath: decode(request.path),
    rawQueryString: request.query,
    ...(cookies?.length && { cookies }),
    headers: { ...headers, ...forwarded(request, api), host: api.host },
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    requestContext: { ...requestContext(request, api, routeKey), requestId },
  };
}

/** The body's fields of an integration's event. */
export function bodyFields(
  body: Buffer,
  contentType: string | undefined,
): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const text = contentType !== undefined && textTypes.test(contentType.split(';')[0]!.trim());
  return text
    ? { body: body.toString('utf8'), isBase64Encoded: false }
    : { body: body.toString('base64'), isBase64Encoded: true };
}

function queryParameters(query: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    values[name] = name in values ? `${values[name]},${value}` : value;
  }
  return values;
}

function forwarded({ headers, sourceIp }: ViewerRequest, { host }: ApiIdentity): Record<string, string> {
  const before = headers['x-forwarded-for'];
  return {
    'x-forwarded-for': before ? `${before}, ${sourceIp}` : sourceIp,
    'x-forwarded-proto': 'http',
    'x-forwarded-port': host.split(':')[1] ?? '80',
    'x-amzn-trace-id': `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`,
  };
}

function requestContext(request: ViewerRequest, api: ApiIdentity, routeKey: string): Record<string, unknown> {
  const now = new Date();
  return {
    accountId: api.accountId,
    apiId: api.apiId,
    domainName: api.host,
    domainPrefix: api.apiId,
    http: {
      method: request.method,
      path: decode(request.path),
      protocol: 'HTTP/1.1',
      sourceIp: request.sourceIp,
      userAgent: request.headers['user-agent'] ?? '',
    },
    routeKey,
    stage: api.stage,
    time: commonLogTime(now),
    timeEpoch: now.getTime(),
  };
}

/** `12/Mar/2020:19:03:58 +0000`, as in access logs. */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString())!;
  return `${day}/${month}/${year}:${time} +0000`;
}
