import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import type { Problem } from '../domain/api.ts';
import { type ErrorPlace, errorStatus, MusterError } from '../domain/errors.ts';
import { securityHeaders } from './reply.ts';

const retryAfterSeconds: Partial<Record<number, string>> = { 429: '60', 503: '1' };

/**
 * The answer to an error (RFC 9457). What is not a MusterError, or stands for a fault of ours, tells nothing but
 * that there was one.
 */
export function problemResult(error: unknown): APIGatewayProxyStructuredResultV2 {
  const known = error instanceof MusterError && error.status !== errorStatus.internal ? error : undefined;
  const code = known?.code ?? 'internal';
  const problem: z.input<typeof Problem> = {
    type: `urn:muster:problem:${code}`,
    title: titleOf(code),
    status: errorStatus[code],
    code,
    detail: known?.message ?? 'Something went wrong on our side. The request id names it in the logs.',
    ...(known && known.places.length > 0 && { places: known.places }),
  };
  const retryAfter = known?.retryAfterSeconds?.toString() ?? retryAfterSeconds[problem.status];
  return {
    statusCode: problem.status,
    headers: {
      ...securityHeaders,
      'content-type': 'application/problem+json',
      ...(retryAfter && { 'retry-after': retryAfter }),
      ...(problem.status === 401 && { 'www-authenticate': 'Bearer' }),
    },
    body: JSON.stringify(problem),
  };
}

function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The faults of an input, each with a JSON Pointer (RFC 6901) to its place. The values themselves are not told. */
export function placesOf(error: z.ZodError): ErrorPlace[] {
  return error.issues.map(({ path, message }) => ({
    path: path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    message,
  }));
}
