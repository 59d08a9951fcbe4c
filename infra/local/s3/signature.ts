import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';

/** Whose signature is accepted, for which region, and the time that expiry is judged by. */
export interface Authority {
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly region: string;
  readonly clock: () => Date;
}

interface Scope {
  readonly date: string;
  readonly region: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SKEW_MAX_MS = 15 * 60_000;
const EXPIRES_MAX_SECONDS = 604_800;

/** Headers that carry no meaning of their own here, so that they may stay unsigned. */
const UNSIGNED_ALLOWED = new Set(['x-amz-content-sha256', 'x-amz-user-agent']);

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Compares code units: S3 orders the canonical query by the bytes of the encoded names. */
function byEncodedName(a: readonly [string, string], b: readonly [string, string]): number {
  const left = `${a[0]}\0${a[1]}`;
  const right = `${b[0]}\0${b[1]}`;
  return left < right ? -1 : left > right ? 1 : 0;
}

function canonicalRequest(request: S3Request, signedHeaders: string[], payloadHash: string): string {
  const query = request.pairs
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(byEncodedName)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const headers = signedHeaders.map(
    (name) => `${name}:${(request.headers.get(name) ?? '').trim().replace(/ +/g, ' ')}\n`,
  );
  const path = request.path.split('/').map(encode).join('/');
  return [request.method, path, query, headers.join(''), signedHeaders.join(';'), payloadHash].join('\n');
}

/** Signature of a string by the key of a scope; see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html */
function sign(authority: Authority, scope: Scope, stringToSign: string): string {
  const dateKey = hmac(`AWS4${authority.credentials.secretAccessKey}`, scope.date);
  const key = hmac(hmac(hmac(dateKey, scope.region), 's3'), 'aws4_request');
  return hmac(key, stringToSign).toString('hex');
}

function checkSignature(expected: string, given: string): void {
  const same = given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
  if (!same) {
    throw new S3Error(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    );
  }
}

type Malformed = (message: string) => S3Error;

function parseScope(authority: Authority, credential: string, malformed: Malformed): Scope {
  const [accessKeyId, date, region, service, terminal, ...rest] = credential.split('/');
  if (!date || !region || service !== 's3' || terminal !== 'aws4_request' || rest.length > 0) {
    throw malformed('the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/s3/aws4_request".');
  }
  if (accessKeyId !== authority.credentials.accessKeyId) {
    throw new S3Error(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  }
  if (region !== authority.region) {
    throw malformed(`the region '${region}' is wrong; expecting '${authority.region}'`);
  }
  return { date, region };
}

/** Milliseconds of `YYYYMMDD'T'HHMMSS'Z'`, or undefined where the text is no such time. */
function parseAmzDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** S3 wants the host and every x-amz- header under the signature, else anybody on the way could add one. */
function checkSignedHeaders(request: S3Request, signed: string[]): void {
  const unsigned = [...request.headers.keys()].filter(
    (name) => name.startsWith('x-amz-') && !signed.includes(name) && !UNSIGNED_ALLOWED.has(name),
  );
  if (!signed.includes('host')) unsigned.push('host');
  if (unsigned.length > 0) {
    throw new S3Error('AccessDenied', 'There were headers present in the request which were not signed', {
      HeadersNotSigned: unsigned.join(', '),
    });
  }
}

function stringToSign(timestamp: string, scope: Scope, canonical: string): string {
  const hash = createHash('sha256').update(canonical).digest('hex');
  return [ALGORITHM, timestamp, `${scope.date}/${scope.region}/s3/aws4_request`, hash].join('\n');
}

function headerMalformed(message: string): S3Error {
  return new S3Error('AuthorizationHeaderMalformed', `The authorization header is malformed; ${message}`);
}

function verifyHeader(request: S3Request, authority: Authority, authorization: string): string {
  const match =
    /^AWS4-HMAC-SHA256 +Credential=([^, ]+), *SignedHeaders=([^, ]+), *Signature=([0-9a-f]{64})$/.exec(
      authorization.trim(),
    );
  if (!match) throw headerMalformed('the authorization mechanism or its components are not supported.');
  const [, credential, headerList, signature] = match as unknown as [string, string, string, string];
  const scope = parseScope(authority, credential, headerMalformed);
  const timestamp = request.headers.get('x-amz-date') ?? '';
  const time = parseAmzDate(timestamp);
  if (time === undefined || !timestamp.startsWith(scope.date)) {
    throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
  }
  const payloadHash = request.headers.get('x-amz-content-sha256');
  if (!payloadHash) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  const signed = headerList.split(';');
  checkSignedHeaders(request, signed);
  const canonical = canonicalRequest(request, signed, payloadHash);
  checkSignature(sign(authority, scope, stringToSign(timestamp, scope, canonical)), signature);
  checkSkew(authority, time, timestamp);
  return payloadHash;
}

function checkSkew(authority: Authority, time: number, timestamp: string): void {
  const now = authority.clock();
  if (Math.abs(now.getTime() - time) <= SKEW_MAX_MS) return;
  throw new S3Error(
    'RequestTimeTooSkewed',
    'The difference between the request time and the current time is too large.',
    {
      RequestTime: timestamp,
      ServerTime: now.toISOString(),
      MaxAllowedSkewMilliseconds: String(SKEW_MAX_MS),
    },
  );
}

function queryMalformed(message: string): S3Error {
  return new S3Error('AuthorizationQueryParametersError', message);
}

function parseExpires(text: string): number {
  if (!/^\d+$/.test(text)) throw queryMalformed('X-Amz-Expires should be a number');
  const seconds = Number(text);
  if (seconds > EXPIRES_MAX_SECONDS) {
    throw queryMalformed(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  }
  return seconds;
}

function verifyQuery(request: S3Request, authority: Authority): string {
  const parameter = (name: string) => {
    const value = request.query(name);
    if (!value) throw queryMalformed(`Query-string authentication version 4 requires the ${name} parameter.`);
    return value;
  };
  if (parameter('X-Amz-Algorithm') !== ALGORITHM) {
    throw queryMalformed(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  }
  const scope = parseScope(authority, parameter('X-Amz-Credential'), (message) =>
    queryMalformed(`Error parsing the X-Amz-Credential parameter; ${message}`),
  );
  const timestamp = parameter('X-Amz-Date');
  const time = parseAmzDate(timestamp);
  if (time === undefined || !timestamp.startsWith(scope.date)) {
    throw queryMalformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  const expiresSeconds = parseExpires(parameter('X-Amz-Expires'));
  const signed = parameter('X-Amz-SignedHeaders').split(';');
  checkSignedHeaders(request, signed);
  const payloadHash = request.header('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  const canonical = canonicalRequest(request, signed, payloadHash);
  checkSignature(
    sign(authority, scope, stringToSign(timestamp, scope, canonical)),
    parameter('X-Amz-Signature'),
  );
  checkValidity(authority, time, expiresSeconds);
  return payloadHash;
}

function checkValidity(authority: Authority, time: number, expiresSeconds: number): void {
  const now = authority.clock();
  if (now.getTime() < time - SKEW_MAX_MS) throw new S3Error('AccessDenied', 'Request is not valid yet');
  const expires = new Date(time + expiresSeconds * 1000);
  if (now > expires) {
    throw new S3Error('AccessDenied', 'Request has expired', {
      'X-Amz-Expires': String(expiresSeconds),
      Expires: expires.toISOString(),
      ServerTime: now.toISOString(),
    });
  }
}

/**
 * Checks a request's SigV4 signature, in the Authorization header or in the query of a presigned URL, and answers
 * the payload hash that it covers (hexadecimal SHA-256, `UNSIGNED-PAYLOAD` or a `STREAMING-` word). A session
 * token is covered by the signature where it is sent, and otherwise of no effect.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 * @throws S3Error SignatureDoesNotMatch, AccessDenied, RequestTimeTooSkewed, InvalidAccessKeyId and the like
 */
export function verifyRequest(request: S3Request, authority: Authority): string {
  const authorization = request.headers.get('authorization');
  const presigned = request.query('X-Amz-Algorithm') !== undefined;
  if (authorization !== undefined && presigned) {
    throw new S3Error('InvalidArgument', 'Only one auth mechanism allowed');
  }
  if (authorization !== undefined) return verifyHeader(request, authority, authorization);
  if (presigned) return verifyQuery(request, authority);
  throw new S3Error('AccessDenied', 'Access Denied');
}

/**
 * Checks the signature of a browser form over its base64 policy text.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 * @throws S3Error AccessDenied without a policy, SignatureDoesNotMatch, InvalidAccessKeyId
 */
export function verifyForm(fields: ReadonlyMap<string, string>, authority: Authority): void {
  const invalid = (message: string) => new S3Error('InvalidArgument', message);
  const policy = fields.get('policy');
  if (!policy) throw new S3Error('AccessDenied', 'Access Denied');
  const field = (name: string) => {
    const value = fields.get(name);
    if (!value) throw invalid(`Bucket POST must contain a field named '${name}'.`);
    return value;
  };
  if (field('x-amz-algorithm') !== ALGORITHM) throw invalid(`x-amz-algorithm only supports "${ALGORITHM}"`);
  const scope = parseScope(authority, field('x-amz-credential'), invalid);
  const timestamp = field('x-amz-date');
  if (parseAmzDate(timestamp) === undefined || !timestamp.startsWith(scope.date)) {
    throw invalid("x-amz-date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  checkSignature(sign(authority, scope, policy), field('x-amz-signature'));
}
