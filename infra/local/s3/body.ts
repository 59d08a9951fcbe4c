import { ByteReader } from './byteReader.ts';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, Digests } from './digests.ts';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';

const OBJECT_BYTES_MAX = 5 * 1024 ** 3;
const DOCUMENT_BYTES_MAX = 2 * 1024 ** 2;
const LINE_BYTES_MAX = 8 * 1024;

/** A request's content: read `source` to its end, each chunk into `digests`, then `verify`. */
export interface RequestBody {
  readonly source: AsyncIterable<Uint8Array>;
  readonly digests: Digests;
  /** The checksum that the client sends along, before the content or after it. */
  readonly algorithm: ChecksumAlgorithm | undefined;
  /** Compares all that the client declared with what came. @throws S3Error BadDigest and the like */
  verify(): void;
}

interface Declared {
  payloadHash: string;
  md5: string | undefined;
  algorithm: ChecksumAlgorithm | undefined;
  checksum: string | undefined;
  bytes: number;
}

function incomplete(): S3Error {
  return new S3Error(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  );
}

/** The request's bytes; leaving the loop early keeps the connection, so that an answer can still be sent. */
export function rawSource(request: S3Request): AsyncIterable<Uint8Array> {
  return request.incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}

function asAlgorithm(name: string): ChecksumAlgorithm {
  const found = CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name.toLowerCase());
  if (!found) {
    throw new S3Error('NotImplemented', `The checksum algorithm ${name} is not implemented by this server`);
  }
  return found;
}

/** The algorithm named by a header such as x-amz-checksum-algorithm. @throws S3Error NotImplemented */
export function parseAlgorithm(name: string | undefined): ChecksumAlgorithm | undefined {
  return name === undefined ? undefined : asAlgorithm(name);
}

/** Names that begin like a checksum's header and hold none. */
const NOT_CHECKSUMS = new Set(['mode', 'algorithm', 'type']);

/** The one checksum among headers or form fields. @throws S3Error InvalidRequest for more than one, NotImplemented */
export function findChecksum(
  entries: Iterable<readonly [string, string]>,
): [ChecksumAlgorithm, string] | undefined {
  const found: [ChecksumAlgorithm, string][] = [];
  for (const [name, value] of entries) {
    const match = /^x-amz-checksum-(.+)$/i.exec(name);
    if (match && !NOT_CHECKSUMS.has(match[1]!.toLowerCase())) found.push([asAlgorithm(match[1]!), value]);
  }
  if (found.length > 1) {
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  return found[0];
}

/** @throws S3Error BadDigest */
export function checkChecksum(
  algorithm: ChecksumAlgorithm,
  given: string | undefined,
  digests: Digests,
): void {
  if (given !== digests.checksum(algorithm).toString('base64')) {
    throw new S3Error(
      'BadDigest',
      `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
    );
  }
}

function declared(request: S3Request, payloadHash: string): Declared {
  const md5 = request.headers.get('content-md5');
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16) {
    throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.');
  }
  // Only headers count: S3 ignores the checksum of an empty body that the SDK signs into a presigned URL's query.
  const checksum = findChecksum(request.headers);
  const trailer = /^x-amz-checksum-(.+)$/i.exec(request.headers.get('x-amz-trailer')?.trim() ?? '');
  const algorithm = checksum?.[0] ?? (trailer ? asAlgorithm(trailer[1]!) : undefined);
  return { payloadHash, md5, algorithm, checksum: checksum?.[1], bytes: declaredBytes(request, payloadHash) };
}

function declaredBytes(request: S3Request, payloadHash: string): number {
  const name = payloadHash.startsWith('STREAMING-') ? 'x-amz-decoded-content-length' : 'content-length';
  const text = request.headers.get(name);
  if (text === undefined || !/^\d+$/.test(text)) {
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  const bytes = Number(text);
  if (bytes > OBJECT_BYTES_MAX) {
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
      ProposedSize: text,
      MaxSizeAllowed: String(OBJECT_BYTES_MAX),
    });
  }
  return bytes;
}

/**
 * Decodes the aws-chunked encoding with unsigned chunks and puts the trailing checksum where `verify` finds it.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
async function* decodeChunks(source: AsyncIterable<Uint8Array>, want: Declared): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source, incomplete);
  const line = async () => (await reader.until('\r\n', LINE_BYTES_MAX, incomplete)).toString('latin1');
  for (;;) {
    const header = await line();
    if (!/^[0-9a-f]{1,12}$/i.test(header)) throw incomplete();
    const size = Number.parseInt(header, 16);
    if (size === 0) break;
    yield* reader.stream(size);
    if ((await line()) !== '') throw incomplete();
  }
  for (let text = await line(); text !== ''; text = await line()) {
    const colon = text.indexOf(':');
    if (text.slice(0, colon).trim().toLowerCase() === `x-amz-checksum-${want.algorithm}`) {
      want.checksum = text.slice(colon + 1).trim();
    }
  }
}

async function* exactLength(source: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const chunk of source) {
    seen += chunk.length;
    if (seen > bytes) throw incomplete();
    yield chunk;
  }
  if (seen !== bytes) throw incomplete();
}

function contentSource(request: S3Request, want: Declared): AsyncIterable<Uint8Array> {
  const raw = rawSource(request);
  if (want.payloadHash === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') return decodeChunks(raw, want);
  if (want.payloadHash.startsWith('STREAMING-')) {
    throw new S3Error(
      'NotImplemented',
      `The payload encoding ${want.payloadHash} is not implemented by this server`,
    );
  }
  return raw;
}

function verify(want: Declared, digests: Digests): void {
  const { payloadHash, md5, algorithm, checksum } = want;
  if (/^[0-9a-f]{64}$/.test(payloadHash) && digests.checksum('sha256').toString('hex') !== payloadHash) {
    throw new S3Error(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  if (md5 !== undefined && digests.md5().toString('base64') !== md5) {
    throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
  if (algorithm) checkChecksum(algorithm, checksum, digests);
}

/** Prepares to read a request's content under the payload hash of its signature, and the checksum `extra` too. */
export function openBody(request: S3Request, payloadHash: string, extra?: ChecksumAlgorithm): RequestBody {
  const want = declared(request, payloadHash);
  const algorithms = new Set<ChecksumAlgorithm>();
  if (/^[0-9a-f]{64}$/.test(payloadHash)) algorithms.add('sha256');
  if (want.algorithm) algorithms.add(want.algorithm);
  if (extra) algorithms.add(extra);
  const digests = new Digests(algorithms);
  return {
    source: exactLength(contentSource(request, want), want.bytes),
    digests,
    algorithm: want.algorithm,
    verify: () => verify(want, digests),
  };
}

/** Reads a small document (at most 2 MiB) and verifies it. @throws S3Error MalformedXML where it is larger */
export async function readDocument(body: RequestBody): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body.source) {
    bytes += chunk.length;
    if (bytes > DOCUMENT_BYTES_MAX) throw new S3Error('MalformedXML', 'The XML you provided was too large');
    body.digests.update(chunk);
    chunks.push(chunk);
  }
  body.verify();
  return Buffer.concat(chunks).toString('utf8');
}
