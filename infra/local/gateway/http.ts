import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

/** A request as the origins see it: undecoded path and query, header names in lower case. */
export interface ViewerRequest {
  method: string;
  /** Starts with `/`, without the query, still percent-encoded. */
  path: string;
  /** Without the `?`; may be empty. */
  query: string;
  headers: Record<string, string>;
  sourceIp: string;
  /** Reads the body once. @throws BodyTooLarge */
  body(bytesMax: number): Promise<Buffer>;
}

/** An answer; a header with several values is sent several times. */
export interface Reply {
  status: number;
  headers: Record<string, string | string[]>;
  body?: string | Buffer | Readable;
}

/** Whatever answers requests: an API, a site, a distribution in front of both. */
export type Origin = (request: ViewerRequest) => Promise<Reply>;

/** The request's body is larger than the origin takes. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

/** The answer that API Gateway and others give: `{"message": ...}`. */
export function messageReply(status: number, message: string): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) };
}

/**
 * An HTTP server whose origin is known later: servers take their ports before the template is resolved, since its
 * values carry the addresses. Until then it answers 503.
 */
export interface LateServer {
  server: Server;
  serve(origin: Origin): void;
}

/** @param onError told of answers that failed for a reason that the origin did not handle */
export function createLateServer(onError: (error: unknown) => void): LateServer {
  let origin: Origin = async () => messageReply(503, 'Service Unavailable');
  const server = createServer((request, response) => {
    answer(origin, request, response).catch((error: unknown) => {
      onError(error);
      if (response.headersSent) response.destroy();
      else write(response, 'GET', messageReply(500, 'Internal Server Error'));
    });
  });
  return {
    server,
    serve(next) {
      origin = next;
    },
  };
}

async function answer(origin: Origin, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const viewer = viewerRequest(request);
  const reply = await origin(viewer);
  // A client that still writes would not read the answer, and the connection's next request would wait.
  if (!request.complete) request.resume();
  write(response, viewer.method, reply);
}

function write(response: ServerResponse, method: string, { status, headers, body = '' }: Reply): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.statusCode = status;
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    if (status !== 204 && status !== 304) response.setHeader('content-length', Buffer.byteLength(body));
    response.end(method === 'HEAD' ? undefined : body);
  } else {
    body.on('error', () => response.destroy());
    body.pipe(response);
  }
}

function viewerRequest(request: IncomingMessage): ViewerRequest {
  const [path = '/', ...query] = (request.url ?? '/').split('?');
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    headers[name] = (values ?? []).join(name === 'cookie' ? '; ' : ',');
  }
  return {
    method: request.method ?? 'GET',
    path: path.startsWith('/') ? path : `/${path}`,
    query: query.join('?'),
    headers,
    sourceIp: (request.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, ''),
    body: (bytesMax) => readBody(request, bytesMax),
  };
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw new BodyTooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
