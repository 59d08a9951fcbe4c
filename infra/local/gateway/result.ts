import { messageReply, type Reply } from './http.ts';

/** A handler's structured answer in payload format 2.0. */
interface StructuredResult {
  statusCode: number;
  headers?: Record<string, string | number | boolean>;
  cookies?: string[];
  body?: string;
  isBase64Encoded?: boolean;
}

/**
 * What an HTTP API makes of a function's result: with `statusCode`, the structured form; else a 200 with the result
 * as its JSON body. A result in neither form is a 500.
 *
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function replyOf(result: unknown): Reply {
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    const body = typeof result === 'string' ? result : JSON.stringify(result);
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const { statusCode, headers = {}, cookies, body, isBase64Encoded } = result as StructuredResult;
  const status = Number(statusCode);
  if (
    !Number.isInteger(status) ||
    status < 100 ||
    status > 599 ||
    (body != null && typeof body !== 'string')
  ) {
    return messageReply(500, 'Internal Server Error');
  }
  const sent: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) sent[name.toLowerCase()] = String(value);
  if (cookies?.length) sent['set-cookie'] = cookies;
  if (body != null) sent['content-type'] ??= 'text/plain;charset=UTF-8';
  return { status, headers: sent, body: isBase64Encoded ? Buffer.from(body ?? '', 'base64') : (body ?? '') };
}
