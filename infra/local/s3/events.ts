import { randomUUID } from 'node:crypto';
import type { StoredObject } from './metadata.ts';

/** The envelope that EventBridge carries: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
export interface EventBridgeEvent {
  version: '0';
  /** UUID; the same in every delivery of the event. */
  id: string;
  'detail-type': 'Object Created' | 'Object Deleted';
  source: 'aws.s3';
  account: string;
  /** ISO 8601, whole seconds. */
  time: string;
  region: string;
  resources: string[];
  detail: S3EventDetail;
}

/** What happened to which object; `size` only of a created one, `deletion-type` only of a deleted one. */
export interface S3EventDetail {
  version: '0';
  bucket: { name: string };
  object: { key: string; size?: number; etag: string; sequencer: string };
  'request-id': string;
  requester: string;
  /** Absent where a lifecycle rule acted. */
  'source-ip-address'?: string;
  reason: CreatedReason | DeletedReason;
  'deletion-type'?: 'Permanently Deleted';
}

export type CreatedReason = 'PutObject' | 'POST Object' | 'CopyObject' | 'CompleteMultipartUpload';
export type DeletedReason = 'DeleteObject' | 'Lifecycle Expiration';

/** The request, or the lifecycle rule, that an event comes from. */
export interface EventOrigin {
  readonly requestId: string;
  readonly requester: string;
  readonly sourceAddress?: string;
}

/** Where and when the events happen. */
export interface EventPlace {
  readonly region: string;
  readonly accountId: string;
  readonly clock: () => Date;
}

let sequence = 0n;

/** 16 hexadecimal digits that only grow, also over a restart, since they start from the time. */
function nextSequencer(now: Date): string {
  const fromTime = BigInt(now.getTime()) << 20n;
  sequence = fromTime > sequence ? fromTime : sequence + 1n;
  return sequence.toString(16).toUpperCase().padStart(16, '0');
}

function envelope(
  place: EventPlace,
  type: EventBridgeEvent['detail-type'],
  detail: S3EventDetail,
): EventBridgeEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': type,
    source: 'aws.s3',
    account: place.accountId,
    time: `${place.clock().toISOString().slice(0, 19)}Z`,
    region: place.region,
    resources: [`arn:aws:s3:::${detail.bucket.name}`],
    detail,
  };
}

function detailOf(place: EventPlace, object: StoredObject, origin: EventOrigin) {
  return {
    version: '0' as const,
    bucket: { name: object.bucket },
    object: { key: object.key, etag: object.etag, sequencer: nextSequencer(place.clock()) },
    'request-id': origin.requestId,
    requester: origin.requester,
    ...(origin.sourceAddress === undefined ? {} : { 'source-ip-address': origin.sourceAddress }),
  };
}

/** The event of an object that was written. */
export function createdEvent(
  place: EventPlace,
  object: StoredObject,
  origin: EventOrigin,
  reason: CreatedReason,
): EventBridgeEvent {
  const detail = detailOf(place, object, origin);
  const { key, etag, sequencer } = detail.object;
  return envelope(place, 'Object Created', {
    ...detail,
    object: { key, size: object.size, etag, sequencer },
    reason,
  });
}

/** The event of an object that was removed from an unversioned bucket. */
export function deletedEvent(
  place: EventPlace,
  object: StoredObject,
  origin: EventOrigin,
  reason: DeletedReason,
): EventBridgeEvent {
  const detail = detailOf(place, object, origin);
  return envelope(place, 'Object Deleted', { ...detail, reason, 'deletion-type': 'Permanently Deleted' });
}
