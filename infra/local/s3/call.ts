import type { Blobs } from './blobs.ts';
import type { BucketSettings } from './buckets.ts';
import { S3Error } from './errors.ts';
import type { EventOrigin, EventPlace } from './events.ts';
import type { Metadata } from './metadata.ts';
import type { Outbox } from './outbox.ts';
import type { S3Request } from './request.ts';
import type { Authority } from './signature.ts';

/** What the operations of one server share. */
export interface Storage extends EventPlace {
  readonly authority: Authority;
  readonly metadata: Metadata;
  readonly blobs: Blobs;
  /** Undefined where nobody receives events: then none are kept. */
  readonly outbox: Outbox | undefined;
}

/** One authenticated request on its way through an operation. */
export interface Call {
  readonly storage: Storage;
  readonly request: S3Request;
  /** As covered by the signature; see `verifyRequest`. */
  readonly payloadHash: string;
  /** Base of URLs in answers, such as `http://127.0.0.1:4566`. */
  readonly url: string;
}

/** An answer: a text or a range of an open file (both ends inclusive), or no content. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly file?: { readonly fd: number; readonly start: number; readonly end: number };
}

/** The request's bucket. @throws S3Error NoSuchBucket */
export function bucketOf(call: Call, name = call.request.bucket): BucketSettings {
  const bucket = name === undefined ? undefined : call.storage.metadata.bucket(name);
  if (bucket) return bucket;
  throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', { BucketName: name ?? '' });
}

/** Bucket and key of a request on an object. @throws S3Error NoSuchBucket */
export function addressOf(call: Call): { bucket: BucketSettings; key: string } {
  const { key } = call.request;
  if (key === undefined) throw new S3Error('InvalidURI', 'A key is required');
  return { bucket: bucketOf(call), key };
}

/** Who stands behind the request's events. */
export function originOf(call: Call): EventOrigin {
  const { requestId, sourceAddress } = call.request;
  return { requestId, requester: call.storage.accountId, sourceAddress };
}

/** An XML answer. */
export function xml(text: string, headers: Record<string, string> = {}): Reply {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, text };
}
