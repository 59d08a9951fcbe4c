import { createHash } from 'node:crypto';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import type { OperationId, Route, routes } from '../domain/routes.ts';

/** A file to send as it is. `fileName` is plain ASCII. */
export interface FileBody {
  bytes: Buffer;
  contentType: string;
  fileName: string;
}

type Responses<O extends OperationId> = (typeof routes)[O]['responses'];

/**
 * What a handler of an operation answers: one of the statuses that its route lists, with a body of that status's
 * schema. A status without a schema may carry a file or JSON text. `version` becomes the ETag.
 */
export type Reply<O extends OperationId> = {
  [S in keyof Responses<O> & number]: {
    status: S;
    version?: number;
    headers?: Record<string, string>;
    cookies?: string[];
  } & (Responses<O>[S] extends z.ZodType
    ? { body: z.input<Responses<O>[S]> }
    : { file?: FileBody; json?: string });
}[keyof Responses<O> & number];

/** A reply of any operation. */
export interface AnyReply {
  status: number;
  version?: number | undefined;
  headers?: Record<string, string> | undefined;
  cookies?: string[] | undefined;
  body?: unknown;
  file?: FileBody | undefined;
  json?: string | undefined;
}

/**
 * Headers of every answer (OWASP REST Security Cheat Sheet, "Security headers"): nothing here is a page, so
 * nothing may be framed, sniffed, run or kept.
 */
export const securityHeaders: Record<string, string> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

/**
 * Turns a reply into the gateway's answer. The body is passed through the schema of its status, so that nothing
 * leaves that the description does not name.
 * @throws ZodError if the body is not what the route promises.
 */
export function toResult(route: Route, reply: AnyReply): APIGatewayProxyStructuredResultV2 {
  const result = resultOf(route, reply);
  return reply.cookies ? { ...result, cookies: reply.cookies } : result;
}

function resultOf(route: Route, reply: AnyReply): APIGatewayProxyStructuredResultV2 {
  const headers: Record<string, string> = { ...securityHeaders };
  if (reply.version !== undefined) headers.etag = `"${reply.version}"`;
  const schema = route.responses[reply.status];
  if (schema === undefined) throw new Error(`${route.method} ${route.path} does not list ${reply.status}.`);
  if (reply.file) return fileResult(reply.status, reply.file, { ...headers, ...reply.headers });
  if (schema === null && reply.json === undefined) {
    return { statusCode: reply.status, headers: { ...headers, ...reply.headers } };
  }
  const body = reply.json ?? JSON.stringify(schema?.parse(reply.body));
  const type = { 'content-type': 'application/json; charset=utf-8' };
  return { statusCode: reply.status, headers: { ...headers, ...type, ...reply.headers }, body };
}

function fileResult(statusCode: number, file: FileBody, headers: Record<string, string>) {
  return {
    statusCode,
    headers: {
      ...headers,
      'content-type': file.contentType,
      'content-disposition': `attachment; filename="${file.fileName}"`,
    },
    body: file.bytes.toString('base64'),
    isBase64Encoded: true,
  };
}

/** A digest of what was asked, to tell a repeated request from another one. */
export function fingerprintOf(...parts: (string | undefined)[]): string {
  return createHash('sha256')
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest('base64url');
}
