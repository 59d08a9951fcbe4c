import type { Call, Reply } from './call.ts';
import { S3Error } from './errors.ts';
import { headBucket, listBuckets, listObjects } from './listing.ts';
import { abortUpload, completeUpload, createUpload, listParts, uploadPart } from './multipart.ts';
import {
  copyObject,
  deleteObject,
  deleteObjects,
  deleteTagging,
  getObject,
  getTagging,
  putObject,
  putTagging,
} from './objects.ts';
import type { S3Request } from './request.ts';

type Level = 'service' | 'bucket' | 'object';
type Operation = (call: Call) => Reply | Promise<Reply>;

/** Query parameters that choose an operation, rather than shape one, and the operation's noun. */
const SUBRESOURCES: Readonly<Record<string, string>> = {
  accelerate: 'AccelerateConfiguration',
  acl: 'Acl',
  analytics: 'AnalyticsConfiguration',
  attributes: 'Attributes',
  cors: 'Cors',
  delete: 'Delete',
  encryption: 'Encryption',
  'intelligent-tiering': 'IntelligentTieringConfiguration',
  inventory: 'InventoryConfiguration',
  'legal-hold': 'LegalHold',
  lifecycle: 'LifecycleConfiguration',
  location: 'Location',
  logging: 'Logging',
  metrics: 'MetricsConfiguration',
  notification: 'NotificationConfiguration',
  'object-lock': 'LockConfiguration',
  ownershipControls: 'OwnershipControls',
  partNumber: 'PartNumber',
  policy: 'Policy',
  policyStatus: 'PolicyStatus',
  publicAccessBlock: 'PublicAccessBlock',
  renameObject: 'Rename',
  replication: 'Replication',
  requestPayment: 'RequestPayment',
  restore: 'Restore',
  retention: 'Retention',
  select: 'SelectContent',
  tagging: 'Tagging',
  torrent: 'Torrent',
  uploadId: 'UploadId',
  uploads: 'MultipartUploads',
  versionId: 'VersionId',
  versioning: 'Versioning',
  versions: 'Versions',
  website: 'Website',
};

/** Method, level and the exact set of choosing parameters, sorted. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET service': listBuckets,
  'HEAD bucket': headBucket,
  'POST bucket delete': deleteObjects,
  'PUT object': (call) =>
    (call.request.header('x-amz-copy-source') === undefined ? putObject : copyObject)(call),
  'GET object': getObject,
  'HEAD object': getObject,
  'DELETE object': deleteObject,
  'GET object tagging': getTagging,
  'PUT object tagging': putTagging,
  'DELETE object tagging': deleteTagging,
  'POST object uploads': createUpload,
  'PUT object partNumber uploadId': (call) => {
    if (call.request.header('x-amz-copy-source') !== undefined) throw notImplemented('UploadPartCopy');
    return uploadPart(call);
  },
  'POST object uploadId': completeUpload,
  'DELETE object uploadId': abortUpload,
  'GET object uploadId': listParts,
};

function notImplemented(name: string): S3Error {
  return new S3Error('NotImplemented', `The operation ${name} is not implemented by this server`, {
    Operation: name,
  });
}

function levelOf(request: S3Request): Level {
  if (request.bucket === undefined) return 'service';
  return request.key === undefined ? 'bucket' : 'object';
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
}

function nameOf(request: S3Request, level: Level, chosen: string[]): string {
  const nouns = chosen.map((name) => SUBRESOURCES[name]).join('');
  if (level === 'bucket' && chosen.length === 0) {
    const plain: Record<string, string> = { GET: 'ListObjects', PUT: 'CreateBucket', DELETE: 'DeleteBucket' };
    return plain[request.method] ?? `${capitalized(request.method)}Bucket`;
  }
  return `${capitalized(request.method)}${capitalized(level)}${nouns}`;
}

/** Finds what a request asks for, by method, address and query. @throws S3Error NotImplemented with the operation's name */
export function operationOf(request: S3Request): Operation {
  const level = levelOf(request);
  // Versioning is never on, so that every object's version is "null".
  const chosen = request.pairs
    .filter(
      ([name, value]) => Object.hasOwn(SUBRESOURCES, name) && !(name === 'versionId' && value === 'null'),
    )
    .map(([name]) => name)
    .sort();
  if (
    level === 'bucket' &&
    request.method === 'GET' &&
    chosen.length === 0 &&
    request.query('list-type') === '2'
  ) {
    return listObjects;
  }
  const operation = OPERATIONS[[request.method, level, ...chosen].join(' ')];
  if (!operation) throw notImplemented(nameOf(request, level, chosen));
  return operation;
}
