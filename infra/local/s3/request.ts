import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { S3Error } from './errors.ts';

const KEY_BYTES_MAX = 1024;

/** A request as S3 sees it: path-style address, decoded query, headers by lower-case name. */
export interface S3Request {
  readonly incoming: IncomingMessage;
  readonly method: string;
  /** Decoded path, with its leading slash. */
  readonly path: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  /** Decoded pairs in the order sent. */
  readonly pairs: readonly (readonly [name: string, value: string])[];
  /** Values of the same header joined by a comma, as SigV4 wants them. */
  readonly headers: ReadonlyMap<string, string>;
  /** First value of a query parameter; the empty string where it has none. */
  query(name: string): string | undefined;
  /** A header; an `x-amz-` one may also come as a query parameter, where a presigned URL puts it. */
  header(name: string): string | undefined;
  /** 16 hexadecimal digits, sent back as `x-amz-request-id`. */
  readonly requestId: string;
  readonly sourceAddress: string;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.");
  }
}

function queryPairs(search: string): [string, string][] {
  const parts = search.replaceAll('+', '%20').split('&').filter(Boolean);
  return parts.map((part) => {
    const equals = part.indexOf('=');
    return equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
  });
}

function headerMap(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const before = headers.get(name);
    headers.set(name, before === undefined ? raw[i + 1]! : `${before},${raw[i + 1]}`);
  }
  return headers;
}

/** Reads address, query and headers of a request. @throws S3Error InvalidURI, KeyTooLongError */
export function parseRequest(incoming: IncomingMessage): S3Request {
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  const path = decode(mark < 0 ? url : url.slice(0, mark));
  const slash = path.indexOf('/', 1);
  const bucket = path.slice(1, slash < 0 ? undefined : slash) || undefined;
  const key = slash < 0 ? undefined : path.slice(slash + 1) || undefined;
  if (key) checkKey(key);
  const pairs = mark < 0 ? [] : queryPairs(url.slice(mark + 1));
  const headers = headerMap(incoming.rawHeaders);
  return {
    incoming,
    method: incoming.method ?? 'GET',
    path,
    bucket,
    key,
    pairs,
    headers,
    query: (name) => pairs.find(([n]) => n === name)?.[1],
    header: (name) =>
      headers.get(name) ??
      (name.startsWith('x-amz-') ? pairs.find(([n]) => n.toLowerCase() === name)?.[1] : undefined),
    requestId: newRequestId(),
    sourceAddress: (incoming.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, ''),
  };
}

/** An id as S3 gives each request: 16 hexadecimal digits. */
export function newRequestId(): string {
  return randomBytes(8).toString('hex').toUpperCase();
}

/** Bounds a key to 1,024 bytes of UTF-8. @throws S3Error KeyTooLongError */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size > KEY_BYTES_MAX) {
    throw new S3Error('KeyTooLongError', 'Your key is too long', {
      Size: String(size),
      MaxSizeAllowed: String(KEY_BYTES_MAX),
    });
  }
}
