import type { BucketSettings, CorsRule } from './buckets.ts';
import type { Reply } from './call.ts';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';

function matchesPattern(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return text.length >= head.length + tail.length && text.startsWith(head) && text.endsWith(tail);
}

function findRule(
  bucket: BucketSettings | undefined,
  origin: string,
  method: string,
  headers: string[],
): { rule: CorsRule; anyOrigin: boolean } | undefined {
  for (const rule of bucket?.cors ?? []) {
    const allowed = rule.allowedOrigins.find((pattern) => matchesPattern(pattern, origin));
    const headersAllowed = headers.every((name) =>
      (rule.allowedHeaders ?? []).some((pattern) => matchesPattern(pattern.toLowerCase(), name)),
    );
    if (allowed !== undefined && rule.allowedMethods.includes(method) && headersAllowed) {
      return { rule, anyOrigin: allowed === '*' };
    }
  }
  return undefined;
}

function ruleHeaders(rule: CorsRule, anyOrigin: boolean, origin: string): Record<string, string> {
  const headers: Record<string, string> = {
    'access-control-allow-origin': anyOrigin ? '*' : origin,
    'access-control-allow-methods': rule.allowedMethods.join(', '),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
  if (!anyOrigin) headers['access-control-allow-credentials'] = 'true';
  if (rule.exposedHeaders?.length) headers['access-control-expose-headers'] = rule.exposedHeaders.join(', ');
  if (rule.maxAgeSeconds !== undefined) headers['access-control-max-age'] = String(rule.maxAgeSeconds);
  return headers;
}

/** The CORS headers of an answer; none where the request has no Origin or no rule of the bucket allows it. */
export function corsHeaders(bucket: BucketSettings | undefined, request: S3Request): Record<string, string> {
  const origin = request.headers.get('origin');
  if (origin === undefined) return {};
  const found = findRule(bucket, origin, request.method, []);
  return found ? ruleHeaders(found.rule, found.anyOrigin, origin) : {};
}

/**
 * Answers a preflight by the first rule that allows origin, method and all headers.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
 * @throws S3Error BadRequest, AccessForbidden
 */
export function preflight(bucket: BucketSettings | undefined, request: S3Request): Reply {
  const origin = request.headers.get('origin');
  const method = request.headers.get('access-control-request-method');
  if (!origin || !method) {
    throw new S3Error('BadRequest', 'Insufficient information. Origin request header needed.');
  }
  const asked = (request.headers.get('access-control-request-headers') ?? '').toLowerCase();
  const headers = asked
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const found = findRule(bucket, origin, method, headers);
  if (!found) {
    throw new S3Error(
      'AccessForbidden',
      "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
    );
  }
  const allowed: Record<string, string> =
    headers.length > 0 ? { 'access-control-allow-headers': headers.join(', ') } : {};
  return { status: 200, headers: { ...ruleHeaders(found.rule, found.anyOrigin, origin), ...allowed } };
}
