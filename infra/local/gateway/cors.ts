import type { Reply, ViewerRequest } from './http.ts';

/** `CorsConfiguration` of an `AWS::ApiGatewayV2::Api`. */
export interface CorsConfiguration {
  AllowOrigins?: string[];
  AllowMethods?: string[];
  AllowHeaders?: string[];
  ExposeHeaders?: string[];
  AllowCredentials?: boolean;
  MaxAge?: number;
}

/**
 * The headers that an HTTP API with CORS adds for a request's origin; none for an origin that it does not allow.
 *
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function corsHeaders(
  cors: CorsConfiguration | undefined,
  request: ViewerRequest,
): Record<string, string> {
  const origin = request.headers.origin;
  const allowed = cors?.AllowOrigins?.find((pattern) => pattern === '*' || pattern === origin);
  if (!origin || !allowed) return {};
  return {
    'access-control-allow-origin': allowed,
    ...(allowed !== '*' && { vary: 'Origin' }),
    ...(cors?.AllowCredentials && { 'access-control-allow-credentials': 'true' }),
    ...(cors?.ExposeHeaders?.length && { 'access-control-expose-headers': cors.ExposeHeaders.join(',') }),
  };
}

/** The answer to a preflight, which an API with CORS gives by itself; undefined for any other request. */
export function preflightReply(
  cors: CorsConfiguration | undefined,
  request: ViewerRequest,
): Reply | undefined {
  const preflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'];
  if (!cors || !preflight) return undefined;
  const headers = corsHeaders(cors, request);
  if (Object.keys(headers).length === 0) return { status: 204, headers };
  return {
    status: 204,
    headers: {
      ...headers,
      ...(cors.AllowMethods?.length && { 'access-control-allow-methods': cors.AllowMethods.join(',') }),
      ...(cors.AllowHeaders?.length && { 'access-control-allow-headers': cors.AllowHeaders.join(',') }),
      ...(cors.MaxAge !== undefined && { 'access-control-max-age': String(cors.MaxAge) }),
    },
  };
}
