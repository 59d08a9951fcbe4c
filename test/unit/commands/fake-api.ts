import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export const counts = {
  rows: 3,
  added: 2,
  updated: 0,
  reactivated: 0,
  disabled: 0,
  disabledByFile: 0,
  unchanged: 0,
  skipped: 0,
  rejected: 1,
  excluded: 0,
  conflicts: 0,
  protected: 0,
  removed: 0,
  kept: 0,
};

export const importId = '01JD0000000000000000000000';
const now = '2026-01-02T03:04:05.000Z';

/** The import of the fake, as the API shows it. */
export function importBody(more: Record<string, unknown> = {}) {
  return {
    importId,
    kind: 'file',
    actions: ['resume', 'cancel', 'file'],
    fileName: 'roster.csv',
    mode: 'full',
    onRowErrors: 'accept_valid',
    approve: 'auto',
    status: 'in_progress',
    step: 'validating',
    uploadedBy: 'ana@example.com',
    createdAt: now,
    updatedAt: now,
    counts,
    ...more,
  };
}

export function memberBody(externalId: string) {
  return {
    memberId: externalId,
    externalId,
    state: 'not_joined',
    name: externalId,
    values: { MemberID: externalId },
    departments: [],
    departmentPaths: [],
    roles: [],
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}

/** A request as the fake received it. */
export interface Received {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** What the fake answers; a `body` that is not a string goes out as JSON. */
export interface Answer {
  status?: number;
  body?: unknown;
  type?: string;
  headers?: Record<string, string>;
}

/** Answers `METHOD /path` with the next of a list of answers, the last one for ever. */
export type Script = Record<string, Answer[] | ((request: Received) => Answer)>;

/** A server that speaks as much of the HTTP contract as its script holds, and remembers what it was asked. */
export async function startFakeApi(script: Script) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://fake');
    const method = request.method ?? '';
    const got = { method, path, query, headers: request.headers, body: Buffer.concat(chunks) };
    received.push(got);
    const entry = script[`${method} ${path}`] ?? [{ status: 404, body: problem(404, 'route_not_found') }];
    const answer = typeof entry === 'function' ? entry(got) : entry.length > 1 ? entry.shift() : entry[0];
    const { status = 200, body, headers } = answer ?? {};
    const isProblem = typeof body === 'object' && body !== null && 'code' in body;
    const type = answer?.type ?? (isProblem ? 'application/problem+json' : 'application/json');
    const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
    response.writeHead(status, { 'content-type': type, ...headers }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received, close: () => stop(server) };
}

export function problem(status: number, code: string, places?: { path: string; message: string }[]) {
  return { type: `urn:muster:${code}`, title: code, status, code, detail: `It is ${code}.`, places };
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
}
