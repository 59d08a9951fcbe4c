import { S3Error } from './errors.ts';
import type { StoredObject } from './metadata.ts';

/** Reads a header of the request, or of a copy's source. */
export type HeaderOf = (name: string) => string | undefined;

function matches(list: string, etag: string): boolean {
  return list.split(',').some((item) => {
    const wanted = item.trim().replace(/^W\//, '').replaceAll('"', '');
    return wanted === '*' || wanted === etag;
  });
}

function failed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  });
}

/** HTTP dates count whole seconds. */
function modifiedAfter(object: StoredObject, date: string): boolean | undefined {
  const time = Date.parse(date);
  return Number.isNaN(time) ? undefined : Math.floor(object.modifiedMs / 1000) * 1000 > time;
}

/**
 * Judges a read's conditions in the order of RFC 9110, section 13.2.2.
 * @returns whether the client's copy is still good (304)
 * @throws S3Error PreconditionFailed
 */
export function checkReadConditions(object: StoredObject, header: HeaderOf): boolean {
  const ifMatch = header('if-match');
  const unmodifiedSince = header('if-unmodified-since');
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object.etag)) throw failed('If-Match');
  } else if (unmodifiedSince !== undefined && modifiedAfter(object, unmodifiedSince)) {
    throw failed('If-Unmodified-Since');
  }
  const ifNoneMatch = header('if-none-match');
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, object.etag);
  const modifiedSince = header('if-modified-since');
  return modifiedSince !== undefined && modifiedAfter(object, modifiedSince) === false;
}

/**
 * Judges a write's conditions against the object that is there now; call it inside the write's transaction.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * @throws S3Error PreconditionFailed, NoSuchKey, NotImplemented for an If-None-Match other than `*`
 */
export function checkWriteConditions(current: StoredObject | undefined, header: HeaderOf): void {
  const ifNoneMatch = header('if-none-match');
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*') {
    throw new S3Error(
      'NotImplemented',
      'A header you provided implies functionality that is not implemented',
      {
        Header: 'If-None-Match',
      },
    );
  }
  if (ifNoneMatch !== undefined && current) throw failed('If-None-Match');
  const ifMatch = header('if-match');
  if (ifMatch === undefined) return;
  if (!current) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
  if (!matches(ifMatch, current.etag)) throw failed('If-Match');
}
