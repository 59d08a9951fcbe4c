import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { FunctionError } from '../invoke.ts';
import {
  eventBytesMax,
  type LambdaHost,
  RequestTooLargeException,
  ResourceNotFoundException,
} from './host.ts';
import { TooManyRequestsException } from './pool.ts';

/** Lambda waits one and two minutes; a developer would not. */
const retryDelaysMilliseconds = [1_000, 2_000];

/**
 * Lambda's Invoke API over HTTP, for `@aws-sdk/client-lambda`: RequestResponse, Event (two retries) and DryRun.
 *
 * Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function createLambdaEndpoint(host: LambdaHost): Server {
  return createServer((request, response) => {
    handle(host, request, response).catch((error: unknown) => fail(response, error));
  });
}

async function handle(host: LambdaHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://lambda');
  const name = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(pathname)?.[1];
  if (request.method !== 'POST' || name === undefined) {
    throw new ResourceNotFoundException(`The local cloud has no Lambda API ${request.method} ${pathname}`);
  }
  const nameOrArn = decodeURIComponent(name);
  if (!host.has(nameOrArn)) throw new ResourceNotFoundException(`Function not found: ${nameOrArn}`);
  const payload = await read(request);
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type === 'DryRun') return answer(response, 204, '');
  if (type === 'Event') {
    answer(response, 202, '');
    return invokeWithRetries(host, nameOrArn, payload);
  }
  try {
    answer(response, 200, await host.invokeText(nameOrArn, payload));
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    const { errorType, errorMessage, trace } = error;
    answer(response, 200, JSON.stringify({ errorType, errorMessage, trace }), {
      'x-amz-function-error': 'Unhandled',
    });
  }
}

/** The last failure is in the function's log; there is no dead-letter target for direct calls. */
async function invokeWithRetries(host: LambdaHost, nameOrArn: string, payload: string): Promise<void> {
  for (const delay of [...retryDelaysMilliseconds, 0]) {
    try {
      await host.invokeText(nameOrArn, payload);
      return;
    } catch {
      await new Promise<void>((resolve) => void setTimeout(resolve, delay).unref());
    }
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > eventBytesMax)
      throw new RequestTooLargeException(`Request must be smaller than ${eventBytesMax} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  return text === '' ? '{}' : text;
}

function answer(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-amzn-requestid': randomUUID(),
    'x-amz-executed-version': '$LATEST',
    ...headers,
  });
  response.end(body);
}

const statusOf: Record<string, number> = {
  [ResourceNotFoundException.name]: 404,
  [RequestTooLargeException.name]: 413,
  [TooManyRequestsException.name]: 429,
};

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return;
  const known = error instanceof Error ? statusOf[error.name] : undefined;
  const name = known && error instanceof Error ? error.name : 'ServiceException';
  const message = error instanceof Error ? error.message : String(error);
  const body = JSON.stringify({ Type: known ? 'User' : 'Service', Message: message, message });
  answer(response, known ?? 500, body, { 'x-amzn-errortype': name });
}
