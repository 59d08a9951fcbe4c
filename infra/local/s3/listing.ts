import { bucketOf, type Call, type Reply, xml } from './call.ts';
import { S3Error } from './errors.ts';
import { LAST, type Metadata, type StoredObject } from './metadata.ts';
import { document, type XmlElement } from './xml.ts';

const KEYS_MAX = 1000;

interface ListRequest {
  bucket: string;
  prefix: string;
  delimiter: string;
  after: string;
  keysMax: number;
}

interface ListResult {
  objects: StoredObject[];
  commonPrefixes: string[];
  /** Where the next page begins, if there is one. */
  next: string | undefined;
}

function commonPrefixOf(key: string, { prefix, delimiter }: ListRequest): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** Collects a page; a common prefix counts as one key, and the search jumps behind all that it stands for. */
function list(metadata: Metadata, request: ListRequest): ListResult {
  const { bucket, prefix, keysMax } = request;
  const result: ListResult = { objects: [], commonPrefixes: [], next: undefined };
  let position = request.after;
  for (;;) {
    const left = keysMax - result.objects.length - result.commonPrefixes.length;
    const rows = metadata.objects(bucket, prefix, position, left + 1);
    const start = position;
    for (const [index, object] of rows.entries()) {
      if (index >= left) return { ...result, next: position };
      const common = commonPrefixOf(object.key, request);
      position = common === undefined ? object.key : common + LAST;
      if (common !== undefined) {
        result.commonPrefixes.push(common);
        break;
      }
      result.objects.push(object);
    }
    if (position === start) return result;
  }
}

function keysMaxOf(text: string | undefined): number {
  if (text === undefined || text === '') return KEYS_MAX;
  if (!/^\d{1,10}$/.test(text)) {
    throw new S3Error('InvalidArgument', 'Provided max-keys not an integer or within integer range', {
      ArgumentName: 'max-keys',
    });
  }
  return Math.min(Number(text), KEYS_MAX);
}

function encoder(encodingType: string | undefined): (text: string) => string {
  if (encodingType === undefined || encodingType === '') return (text) => text;
  if (encodingType === 'url') return (text) => encodeURIComponent(text).replaceAll('%2F', '/');
  throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request', {
    ArgumentName: 'encoding-type',
  });
}

function decodeToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (Buffer.from(text, 'utf8').toString('base64url') !== token) {
    throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect', {
      ArgumentName: 'continuation-token',
    });
  }
  return text;
}

function contents(object: StoredObject, encode: (text: string) => string): XmlElement {
  return [
    'Contents',
    [
      ['Key', encode(object.key)],
      ['LastModified', new Date(object.modifiedMs).toISOString()],
      ['ETag', `"${object.etag}"`],
      ['ChecksumAlgorithm', object.checksum?.algorithm.toUpperCase()],
      ['ChecksumType', object.checksum?.type],
      ['Size', object.size],
      ['StorageClass', 'STANDARD'],
    ],
  ];
}

/** ListObjectsV2: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function listObjects(call: Call): Reply {
  const { request, storage } = call;
  const bucket = bucketOf(call);
  const [prefix, delimiter] = [request.query('prefix') ?? '', request.query('delimiter') ?? ''];
  const [token, startAfter] = [request.query('continuation-token'), request.query('start-after')];
  const keysMax = keysMaxOf(request.query('max-keys'));
  const encode = encoder(request.query('encoding-type'));
  const after = token === undefined ? (startAfter ?? '') : decodeToken(token);
  const empty: ListResult = { objects: [], commonPrefixes: [], next: undefined };
  const found =
    keysMax === 0
      ? empty
      : list(storage.metadata, { bucket: bucket.name, prefix, delimiter, after, keysMax });
  return xml(
    document('ListBucketResult', [
      ['Name', bucket.name],
      ['Prefix', encode(prefix)],
      ['Delimiter', delimiter === '' ? undefined : encode(delimiter)],
      ['StartAfter', startAfter === undefined ? undefined : encode(startAfter)],
      ['ContinuationToken', token],
      [
        'NextContinuationToken',
        found.next === undefined ? undefined : Buffer.from(found.next).toString('base64url'),
      ],
      ['EncodingType', request.query('encoding-type') || undefined],
      ['KeyCount', found.objects.length + found.commonPrefixes.length],
      ['MaxKeys', keysMax],
      ['IsTruncated', found.next !== undefined],
      ...found.objects.map((object) => contents(object, encode)),
      ...found.commonPrefixes.map((common) => ['CommonPrefixes', [['Prefix', encode(common)]]] as const),
    ]),
  );
}

/** ListBuckets, all in one page. */
export function listBuckets(call: Call): Reply {
  const { metadata, accountId } = call.storage;
  return xml(
    document('ListAllMyBucketsResult', [
      ['Owner', [['ID', accountId]]],
      [
        'Buckets',
        metadata.buckets().map(
          ({ settings, createdMs }) =>
            [
              'Bucket',
              [
                ['Name', settings.name],
                ['CreationDate', new Date(createdMs).toISOString()],
              ],
            ] as const,
        ),
      ],
    ]),
  );
}

/** HeadBucket */
export function headBucket(call: Call): Reply {
  bucketOf(call);
  return { status: 200, headers: { 'x-amz-bucket-region': call.storage.region } };
}
