import type { Draft } from './blobs.ts';
import type { RequestBody } from './body.ts';
import type { BucketSettings } from './buckets.ts';
import { type Call, originOf, type Storage } from './call.ts';
import {
  type CreatedReason,
  createdEvent,
  type DeletedReason,
  deletedEvent,
  type EventOrigin,
} from './events.ts';
import type { Checksum, StoredObject } from './metadata.ts';

/** What a write checks against the object that it would replace. @throws S3Error to refuse the write */
export type WriteCheck = (current: StoredObject | undefined) => void;

/** Moves a draft in place and runs the transaction that names it; where that fails, the content is gone again. */
export function keepDraft<T>(storage: Storage, draft: Draft, commit: () => T): T {
  try {
    draft.keep();
    return storage.metadata.transaction(commit);
  } catch (error) {
    draft.discard();
    storage.blobs.remove(draft.id);
    throw error;
  }
}

/** Streams a request's content to a draft and verifies it; nothing stays where that fails. */
export async function writeBody(storage: Storage, body: RequestBody): Promise<Draft> {
  const draft = await storage.blobs.write(body.source, body.digests);
  try {
    body.verify();
    return draft;
  } catch (error) {
    draft.discard();
    throw error;
  }
}

/** Everything about an object to be written except what the server adds: blob, size and time. */
export type NewObject = Pick<StoredObject, 'key' | 'etag' | 'headers' | 'tags' | 'checksum'>;

/** Puts an object in the place of what was there, with its event in the same transaction, and answers the row. */
export function commitObject(
  call: Call,
  bucket: BucketSettings,
  draft: Draft,
  fresh: NewObject,
  options: { reason: CreatedReason; check: WriteCheck; alongside?: () => void },
): StoredObject {
  const { storage } = call;
  const object: StoredObject = {
    ...fresh,
    bucket: bucket.name,
    blob: draft.id,
    size: draft.size,
    modifiedMs: storage.clock().getTime(),
  };
  const replaced = keepDraft(storage, draft, () => {
    const current = storage.metadata.object(bucket.name, object.key);
    options.check(current);
    options.alongside?.();
    storage.metadata.putObject(object);
    if (bucket.eventBridge)
      storage.outbox?.add(createdEvent(storage, object, originOf(call), options.reason));
    return current;
  });
  if (replaced) storage.blobs.remove(replaced.blob);
  return object;
}

/** Removes an object where there is one, with its event in the same transaction; answers whether there was one. */
export function removeObject(
  storage: Storage,
  bucket: BucketSettings,
  key: string,
  options: { origin: EventOrigin; reason: DeletedReason; check?: WriteCheck },
): boolean {
  const removed = storage.metadata.transaction(() => {
    const current = storage.metadata.object(bucket.name, key);
    options.check?.(current);
    if (!current) return undefined;
    storage.metadata.deleteObject(bucket.name, key);
    if (bucket.eventBridge) {
      storage.outbox?.add(deletedEvent(storage, current, options.origin, options.reason));
    }
    return current;
  });
  if (removed) storage.blobs.remove(removed.blob);
  return removed !== undefined;
}

/** The headers that tell of a checksum. */
export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (!checksum) return {};
  return { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** The checksum of a whole content that passed through the digests. */
export function fullChecksum(body: Pick<RequestBody, 'algorithm' | 'digests'>): Checksum | undefined {
  const { algorithm, digests } = body;
  if (!algorithm) return undefined;
  return { algorithm, value: digests.checksum(algorithm).toString('base64'), type: 'FULL_OBJECT' };
}
