import { headerText, parseTagDocument, parseTagHeader, requestAttributes } from './attributes.ts';
import { openBody, parseAlgorithm, readDocument } from './body.ts';
import { addressOf, bucketOf, type Call, originOf, type Reply, xml } from './call.ts';
import { checkReadConditions, checkWriteConditions } from './conditions.ts';
import { Digests } from './digests.ts';
import { S3Error } from './errors.ts';
import type { StoredObject } from './metadata.ts';
import { type ByteRange, parseRange } from './range.ts';
import { checksumHeaders, commitObject, fullChecksum, removeObject, writeBody } from './write.ts';
import { document, malformed, XmlReader } from './xml.ts';

const DELETE_KEYS_MAX = 1000;

const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

function noSuchKey(key: string): S3Error {
  return new S3Error('NoSuchKey', 'The specified key does not exist.', { Key: key });
}

function find(call: Call): StoredObject {
  const { bucket, key } = addressOf(call);
  const object = call.storage.metadata.object(bucket.name, key);
  if (!object) throw noSuchKey(key);
  return object;
}

function quoted(etag: string): string {
  return `"${etag}"`;
}

/** PutObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export async function putObject(call: Call): Promise<Reply> {
  const { storage, request } = call;
  const { bucket, key } = addressOf(call);
  const attributes = requestAttributes(request);
  const check = (current: StoredObject | undefined) => checkWriteConditions(current, request.header);
  check(storage.metadata.object(bucket.name, key));
  const body = openBody(request, call.payloadHash);
  const draft = await writeBody(storage, body);
  const checksum = fullChecksum(body);
  const fresh = { key, etag: body.digests.md5().toString('hex'), ...attributes, checksum };
  const object = commitObject(call, bucket, draft, fresh, { reason: 'PutObject', check });
  return { status: 200, headers: { etag: quoted(object.etag), ...checksumHeaders(checksum) } };
}

function objectHeaders(
  call: Call,
  object: StoredObject,
  range: ByteRange | undefined,
): Record<string, string> {
  const { request } = call;
  const headers: Record<string, string> = {
    ...object.headers,
    etag: quoted(object.etag),
    'last-modified': new Date(object.modifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
    'content-length': String(range ? range.end - range.start + 1 : object.size),
  };
  const tags = Object.keys(object.tags).length;
  if (tags > 0) headers['x-amz-tagging-count'] = String(tags);
  if (range) headers['content-range'] = `bytes ${range.start}-${range.end}/${object.size}`;
  else if (request.header('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED') {
    Object.assign(headers, checksumHeaders(object.checksum));
  }
  for (const name of OVERRIDES) {
    const value = request.query(`response-${name}`);
    if (value !== undefined) headers[name] = headerText(value);
  }
  return headers;
}

/** If-Range: a part of another version than the client has would be joined wrongly, so it gets the whole. */
function wantedRange(call: Call, object: StoredObject): ByteRange | undefined {
  const { request } = call;
  const range = request.headers.get('range');
  const ifRange = request.headers.get('if-range');
  if (range === undefined) return undefined;
  const modified = new Date(object.modifiedMs).toUTCString();
  if (ifRange !== undefined && ifRange !== quoted(object.etag) && ifRange !== modified) return undefined;
  return parseRange(range, object.size);
}

/** GetObject and HeadObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
export function getObject(call: Call): Reply {
  const object = find(call);
  const etag = quoted(object.etag);
  if (checkReadConditions(object, (name) => call.request.headers.get(name))) {
    return { status: 304, headers: { etag, 'last-modified': new Date(object.modifiedMs).toUTCString() } };
  }
  const range = wantedRange(call, object);
  const status = range ? 206 : 200;
  const headers = objectHeaders(call, object, range);
  if (call.request.method === 'HEAD' || object.size === 0) return { status, headers };
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  return { status, headers, file: { fd: call.storage.blobs.open(object.blob), start, end } };
}

/** DeleteObject; what is not there is deleted already: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html */
export function deleteObject(call: Call): Reply {
  const { bucket, key } = addressOf(call);
  removeObject(call.storage, bucket, key, {
    origin: originOf(call),
    reason: 'DeleteObject',
    check: (current) =>
      checkWriteConditions(current, (name) => (name === 'if-match' ? call.request.header(name) : undefined)),
  });
  return { status: 204 };
}

/** DeleteObjects, at most 1,000 keys: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
export async function deleteObjects(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  const body = openBody(call.request, call.payloadHash);
  if (!body.algorithm && !call.request.headers.has('content-md5')) {
    throw new S3Error(
      'InvalidRequest',
      'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    );
  }
  const request = XmlReader.parse(await readDocument(body), 'Delete');
  const keys = request.all('Object').map((object) => object.required('Key'));
  if (keys.length === 0 || keys.length > DELETE_KEYS_MAX) throw malformed();
  for (const key of keys) {
    removeObject(call.storage, bucket, key, { origin: originOf(call), reason: 'DeleteObject' });
  }
  const shown = request.text('Quiet') === 'true' ? [] : keys;
  return xml(
    document(
      'DeleteResult',
      shown.map((key) => ['Deleted', [['Key', key]]] as const),
    ),
  );
}

function copySource(call: Call): StoredObject {
  const header = call.request.header('x-amz-copy-source') ?? '';
  const invalid = () =>
    new S3Error(
      'InvalidArgument',
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    );
  const [path, search] = header.replace(/^\//, '').split('?');
  if (search) throw new S3Error('NotImplemented', 'A versionId in the copy source is not implemented');
  let decoded: string;
  try {
    decoded = decodeURIComponent(path ?? '');
  } catch {
    throw invalid();
  }
  const slash = decoded.indexOf('/');
  if (slash < 1 || slash === decoded.length - 1) throw invalid();
  const source = bucketOf(call, decoded.slice(0, slash));
  const key = decoded.slice(slash + 1);
  const object = call.storage.metadata.object(source.name, key);
  if (!object) throw noSuchKey(key);
  return object;
}

function checkSourceConditions(call: Call, source: StoredObject): void {
  const unchanged = checkReadConditions(source, (name) => call.request.header(`x-amz-copy-source-${name}`));
  if (unchanged) {
    throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  }
}

/** CopyObject, within this server: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export async function copyObject(call: Call): Promise<Reply> {
  const { storage, request } = call;
  const { bucket, key } = addressOf(call);
  const source = copySource(call);
  checkSourceConditions(call, source);
  const replace = request.header('x-amz-metadata-directive') === 'REPLACE';
  if (!replace && source.bucket === bucket.name && source.key === key) {
    throw new S3Error(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const given = requestAttributes(request);
  const replaceTags = request.header('x-amz-tagging-directive') === 'REPLACE';
  const algorithm = parseAlgorithm(request.header('x-amz-checksum-algorithm')) ?? source.checksum?.algorithm;
  const digests = new Digests(algorithm ? [algorithm] : []);
  const draft = await storage.blobs.write(storage.blobs.read(source.blob), digests);
  const fresh = {
    key,
    etag: digests.md5().toString('hex'),
    headers: replace ? given.headers : source.headers,
    tags: replaceTags ? given.tags : source.tags,
    checksum: fullChecksum({ algorithm, digests }),
  };
  const check = (current: StoredObject | undefined) => checkWriteConditions(current, request.header);
  const object = commitObject(call, bucket, draft, fresh, { reason: 'CopyObject', check });
  return xml(
    document('CopyObjectResult', [
      ['LastModified', new Date(object.modifiedMs).toISOString()],
      ['ETag', quoted(object.etag)],
      ...(object.checksum
        ? ([[`Checksum${object.checksum.algorithm.toUpperCase()}`, object.checksum.value]] as const)
        : []),
    ]),
  );
}

/** GetObjectTagging */
export function getTagging(call: Call): Reply {
  const tags = Object.entries(find(call).tags);
  return xml(
    document('Tagging', [
      [
        'TagSet',
        tags.map(
          ([key, value]) =>
            [
              'Tag',
              [
                ['Key', key],
                ['Value', value],
              ],
            ] as const,
        ),
      ],
    ]),
  );
}

function replaceTags(call: Call, tags: Record<string, string>): void {
  const { metadata } = call.storage;
  metadata.transaction(() => metadata.putObject({ ...find(call), tags }));
}

/** PutObjectTagging */
export async function putTagging(call: Call): Promise<Reply> {
  find(call);
  replaceTags(call, parseTagDocument(await readDocument(openBody(call.request, call.payloadHash))));
  return { status: 200 };
}

/** DeleteObjectTagging */
export function deleteTagging(call: Call): Reply {
  replaceTags(call, parseTagHeader(undefined));
  return { status: 204 };
}
