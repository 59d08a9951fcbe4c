import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer that the caller's SDK turns into an exception of the name `code`. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;
  /** What the same error was called in the query protocol, for services that changed over (SQS). */
  readonly queryCode?: string;

  constructor(code: string, message: string, options: { status?: number; queryCode?: string } = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = options.status ?? 400;
    if (options.queryCode) this.queryCode = options.queryCode;
  }
}

/** The input of an operation, as parsed from the request's body. */
export type Input = Readonly<Record<string, unknown>>;

/** One operation; `signal` aborts when the caller hangs up or the endpoint closes. */
export type Operation = (input: Input, signal: AbortSignal) => unknown;

/** A server that listens on 127.0.0.1. */
export interface Endpoint {
  readonly url: string;
  /** Hangs up on everybody and resolves when the port is free. */
  close(): Promise<void>;
}

const bodyBytesMax = 8 * 1024 * 1024;

/** Reads the whole body of a request. @throws ServiceError RequestEntityTooLarge over 8 MiB */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax)
      throw new ServiceError('RequestEntityTooLarge', 'Request too large', { status: 413 });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Makes `server` listen on 127.0.0.1; port 0 takes a free one. */
export async function listen(server: Server, port = 0): Promise<Endpoint> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const close = () =>
    new Promise<void>((resolve, reject) => {
      server.close((error) => (error ? reject(error) : resolve()));
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** The text under `key`. @throws ServiceError ValidationException when it is missing or no text */
export function text(input: Input, key: string): string {
  const value = input[key];
  if (typeof value !== 'string') throw new ServiceError('ValidationException', `'${key}' must be a string`);
  return value;
}

/** The text under `key`, if there is one. @throws ServiceError ValidationException when it is no text */
export function optionalText(input: Input, key: string): string | undefined {
  return input[key] === undefined || input[key] === null ? undefined : text(input, key);
}

/**
 * Serves operations by AWS's JSON protocols: `X-Amz-Target: <prefix>.<Operation>`.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */
export function listenAwsJson(options: {
  prefix: string;
  version: '1.0' | '1.1';
  port?: number | undefined;
  operations: Readonly<Record<string, Operation>>;
}): Promise<Endpoint> {
  const contentType = `application/x-amz-json-${options.version}`;
  const answer = (
    response: ServerResponse,
    status: number,
    body: unknown,
    headers: Record<string, string>,
  ) => {
    if (response.destroyed) return;
    const ids = { 'content-type': contentType, 'x-amzn-requestid': randomUUID() };
    response.writeHead(status, { ...ids, ...headers }).end(JSON.stringify(body ?? {}));
  };
  const server = createServer(async (request, response) => {
    const hangUp = new AbortController();
    response.once('close', () => hangUp.abort(new Error('The caller hung up')));
    try {
      const [prefix, name = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
      const operation = prefix === options.prefix && Object.hasOwn(options.operations, name);
      if (!operation)
        throw new ServiceError('UnknownOperationException', `Unknown operation ${prefix}.${name}`);
      const input = parseObject(await readBody(request));
      answer(response, 200, await options.operations[name]?.(input, hangUp.signal), {});
    } catch (error) {
      if (hangUp.signal.aborted) return;
      const known = error instanceof ServiceError ? error : internalFailure(error, options.prefix);
      const headers: Record<string, string> = { 'x-amzn-errortype': known.code };
      if (known.queryCode) headers['x-amzn-query-error'] = `${known.queryCode};Sender`;
      answer(response, known.status, { __type: known.code, message: known.message }, headers);
    }
  });
  return listen(server, options.port);
}

function parseObject(body: string): Input {
  try {
    const value: unknown = JSON.parse(body || '{}');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Input;
  } catch {
    // Falls through: text that is no JSON and JSON that is no object get the same answer.
  }
  throw new ServiceError('SerializationException', 'The body is no JSON object');
}

function internalFailure(error: unknown, prefix: string): ServiceError {
  console.error(`${prefix}: internal failure`, error);
  return new ServiceError('InternalFailure', 'Internal failure', { status: 500 });
}
