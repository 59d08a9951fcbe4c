import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { Blobs, readOpen } from './blobs.ts';
import { rawSource } from './body.ts';
import type { BucketSettings } from './buckets.ts';
import type { Call, Reply, Storage } from './call.ts';
import { corsHeaders, preflight } from './cors.ts';
import { S3Error } from './errors.ts';
import type { EventBridgeEvent } from './events.ts';
import { Metadata } from './metadata.ts';
import { operationOf } from './operations.ts';
import { Outbox } from './outbox.ts';
import { postObject } from './postObject.ts';
import { newRequestId, parseRequest, type S3Request } from './request.ts';
import { verifyRequest } from './signature.ts';
import { removeObject } from './write.ts';
import { document } from './xml.ts';

export type { BucketSettings } from './buckets.ts';
export type { EventBridgeEvent } from './events.ts';

const DAY_MS = 86_400_000;
const CLOSE_WAIT_MS = 1000;

/** How a server is started. */
export interface S3Options {
  /** Holds all state; made where it is missing. One server at a time. */
  directory: string;
  /** 0, the default, takes a free port. */
  port?: number;
  /** The only ones accepted. */
  credentials: { accessKeyId: string; secretAccessKey: string };
  region: string;
  /** 12 digits, for events. */
  accountId: string;
  /** Time for signatures, expiry and objects. */
  clock?: () => Date;
  /** Receives each event at least once; a rejection leaves it in the outbox to be tried again. */
  onEvent?: (event: EventBridgeEvent) => Promise<void>;
}

/** A running server. */
export interface LocalS3 {
  /** `http://127.0.0.1:<port>`, to be addressed path-style. */
  readonly url: string;
  /** Makes a bucket, or gives an existing one new settings. */
  createBucket(bucket: BucketSettings): void;
  /** Removes the objects that their bucket's lifecycle has expired; answers how many. */
  sweep(): number;
  /** Ends all connections, also those under way, and closes the files. */
  close(): Promise<void>;
}

function isForm(request: S3Request): boolean {
  const type = request.headers.get('content-type') ?? '';
  return request.method === 'POST' && request.key === undefined && /^multipart\/form-data\s*;/i.test(type);
}

async function perform(storage: Storage, request: S3Request, url: string): Promise<Reply> {
  if (request.method === 'OPTIONS') return preflight(bucketSettings(storage, request), request);
  if (isForm(request)) return postObject({ storage, request, payloadHash: 'UNSIGNED-PAYLOAD', url });
  const call: Call = { storage, request, payloadHash: verifyRequest(request, storage.authority), url };
  return operationOf(request)(call);
}

function bucketSettings(storage: Storage, request: S3Request | undefined): BucketSettings | undefined {
  return request?.bucket === undefined ? undefined : storage.metadata.bucket(request.bucket);
}

/** Reads what is left of a request's body: a client that still writes would never read the answer. */
async function drain(request: S3Request | undefined): Promise<void> {
  if (!request || request.incoming.readableEnded || request.incoming.destroyed) return;
  for await (const _chunk of rawSource(request)) {
    // Thrown away.
  }
}

function errorReply(error: unknown, request: S3Request | undefined): Reply {
  if (!(error instanceof S3Error)) console.error('Local S3: a request failed unexpectedly', error);
  const known =
    error instanceof S3Error
      ? error
      : new S3Error('InternalError', 'We encountered an internal error. Please try again.');
  const text = document('Error', [
    ['Code', known.code],
    ['Message', known.message],
    ...Object.entries(known.details),
    ['Resource', request?.path],
    ['RequestId', request?.requestId],
  ]);
  return { status: known.status, headers: { 'content-type': 'application/xml' }, text };
}

function lengthHeader({ status, text, headers, file }: Reply): Record<string, string> {
  const known = headers?.['content-length'];
  if (known !== undefined) return { 'content-length': known };
  if (file || status === 204 || status === 304) return {};
  return { 'content-length': String(Buffer.byteLength(text ?? '')) };
}

async function send(reply: Reply, response: ServerResponse, extra: Record<string, string>): Promise<void> {
  const { 'content-length': _length, ...headers } = reply.headers ?? {};
  // The length comes last: behind it, Node would encode a Content-Disposition anew.
  response.writeHead(reply.status, { ...headers, ...extra, server: 'AmazonS3', ...lengthHeader(reply) });
  if (!reply.file) {
    // As bytes: a string would have Node send the headers as UTF-8 along with it, and they are bytes already.
    response.end(response.req.method === 'HEAD' ? undefined : Buffer.from(reply.text ?? ''));
    return;
  }
  const { fd, start, end } = reply.file;
  await pipeline(readOpen(fd, start, end), response);
}

async function handle(storage: Storage, incoming: IncomingMessage, response: ServerResponse, url: string) {
  let request: S3Request | undefined;
  let reply: Reply;
  try {
    request = parseRequest(incoming);
    reply = await perform(storage, request, url);
  } catch (error) {
    // The client has gone: nobody is left to be told.
    if (incoming.destroyed && !incoming.complete) return;
    reply = errorReply(error, request);
  }
  await drain(request);
  const id: Record<string, string> = request ? { 'x-amz-request-id': request.requestId } : {};
  const cors =
    request && request.method !== 'OPTIONS' ? corsHeaders(bucketSettings(storage, request), request) : {};
  // Clients correct their own clocks by this header, so that it must follow the clock that judges signatures.
  await send(reply, response, { ...cors, ...id, date: storage.clock().toUTCString() });
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

function openStorage(options: S3Options): Storage {
  const { directory, credentials, region, accountId, clock = () => new Date(), onEvent } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // The metadata's exclusive lock comes first: a second server must not clear the first one's temporary files.
  const metadata = new Metadata(directory);
  const blobs = new Blobs(directory);
  blobs.removeOrphans(metadata.blobIds());
  const outbox = onEvent && new Outbox(metadata, onEvent);
  outbox?.wake(0);
  return { region, accountId, clock, authority: { credentials, region, clock }, metadata, blobs, outbox };
}

function sweep(storage: Storage): number {
  const origin = { requestId: newRequestId(), requester: 's3.amazonaws.com' };
  let removed = 0;
  for (const { settings } of storage.metadata.buckets()) {
    if (settings.expirationDays === undefined) continue;
    const beforeMs = storage.clock().getTime() - settings.expirationDays * DAY_MS;
    for (const { key, modifiedMs } of storage.metadata.objectsBefore(settings.name, beforeMs)) {
      const found = storage.metadata.object(settings.name, key)?.modifiedMs === modifiedMs;
      if (found && removeObject(storage, settings, key, { origin, reason: 'Lifecycle Expiration' }))
        removed++;
    }
  }
  return removed;
}

/**
 * Starts an S3 server on 127.0.0.1 over the state in a directory: metadata in SQLite, contents in files. What it
 * acknowledges survives a killed process; events that were not delivered go out after the next start.
 * @throws Error where the port is taken, or another server has the directory
 */
export async function startS3(options: S3Options): Promise<LocalS3> {
  const storage = openStorage(options);
  let url = '';
  let closing: Promise<void> | undefined;
  const active = new Set<Promise<void>>();
  const server = createServer((incoming, response) => {
    // What fails here is the connection; an answer that has begun cannot be taken back.
    const done = handle(storage, incoming, response, url).catch((error: unknown) => {
      if (!response.headersSent && !incoming.destroyed)
        console.error('Local S3: no answer could be sent', error);
      response.destroy();
    });
    active.add(done);
    void done.finally(() => active.delete(done));
  });
  // A large upload may well take longer than Node's five minutes.
  server.requestTimeout = 0;
  try {
    url = await listen(server, options.port ?? 0);
  } catch (error) {
    closeStorage(storage);
    throw error;
  }
  return {
    url,
    createBucket: (bucket) => storage.metadata.putBucket(bucket, storage.clock().getTime()),
    sweep: () => sweep(storage),
    close: () => {
      closing ??= close(server, storage, active);
      return closing;
    },
  };
}

function closeStorage(storage: Storage): void {
  storage.outbox?.close();
  storage.metadata.close();
}

async function close(server: Server, storage: Storage, active: ReadonlySet<Promise<void>>): Promise<void> {
  storage.outbox?.close();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
  // Requests that lost their connection end by themselves; the database stays open for them for a moment.
  await Promise.race([Promise.allSettled(active), setTimeout(CLOSE_WAIT_MS, undefined, { ref: false })]);
  storage.metadata.close();
}
