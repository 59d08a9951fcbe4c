import { S3Error } from './errors.ts';
import type { Attributes } from './metadata.ts';
import { malformed, XmlReader } from './xml.ts';

const KEPT_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
];
const META_PREFIX = 'x-amz-meta-';
const META_BYTES_MAX = 2048;
const TAGS_MAX = 10;

/** Header or form-field entries, by lower-case or any-case name. */
type Entries = Iterable<readonly [name: string, value: string]>;

function checkMetadataSize(headers: Record<string, string>): void {
  const bytes = Object.entries(headers)
    .filter(([name]) => name.startsWith(META_PREFIX))
    .reduce((sum, [name, value]) => sum + name.length - META_PREFIX.length + Buffer.byteLength(value), 0);
  if (bytes > META_BYTES_MAX) {
    throw new S3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
      Size: String(bytes),
      MaxSizeAllowed: String(META_BYTES_MAX),
    });
  }
}

/** A value from a query or a form as a header carries it, byte by byte. @throws S3Error InvalidArgument for line ends and the like */
export function headerText(value: string): string {
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) {
    throw new S3Error('InvalidArgument', 'A header value must not contain control characters');
  }
  return Buffer.from(value, 'utf8').toString('latin1');
}

/** The headers that an object keeps. @throws S3Error MetadataTooLarge above 2 KB of user metadata */
export function keptHeaders(entries: Entries): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const [anyCase, value] of entries) {
    const name = anyCase.toLowerCase();
    const kept = name === 'content-encoding' ? withoutChunked(value) : value;
    if (kept === '') continue;
    if (name === 'content-type' || KEPT_HEADERS.includes(name) || name.startsWith(META_PREFIX))
      headers[name] = kept;
  }
  checkMetadataSize(headers);
  return headers;
}

/** aws-chunked is the encoding of the transfer, not of the object. */
function withoutChunked(encodings: string): string {
  return encodings
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== '' && encoding !== 'aws-chunked')
    .join(', ');
}

/** @throws S3Error InvalidTag, BadRequest above 10 tags */
function checkTags(pairs: (readonly [string, string])[]): Record<string, string> {
  if (pairs.length > TAGS_MAX) throw new S3Error('BadRequest', 'Object tags cannot be greater than 10');
  for (const [key, value] of pairs) {
    if (key === '' || key.length > 128)
      throw new S3Error('InvalidTag', 'The TagKey you have provided is invalid');
    if (value.length > 256) throw new S3Error('InvalidTag', 'The TagValue you have provided is invalid');
  }
  const tags = Object.fromEntries(pairs);
  if (Object.keys(tags).length < pairs.length) {
    throw new S3Error('InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  return tags;
}

/** Tags of an x-amz-tagging header, which is encoded as a query. @throws S3Error InvalidTag */
export function parseTagHeader(header: string | undefined): Record<string, string> {
  return checkTags([...new URLSearchParams(header ?? '')]);
}

/** Tags of a Tagging document. @throws S3Error MalformedXML, InvalidTag */
export function parseTagDocument(text: string): Record<string, string> {
  const set = XmlReader.parse(text, 'Tagging').all('TagSet')[0];
  if (!set) throw malformed();
  return checkTags(set.all('Tag').map((tag) => [tag.required('Key'), tag.required('Value')] as const));
}

/** Headers and tags that a request gives to the object it writes; a presigned URL has some of them in its query. */
export function requestAttributes(request: {
  headers: ReadonlyMap<string, string>;
  pairs: Entries;
  header(name: string): string | undefined;
}): Attributes {
  const hoisted = [...request.pairs]
    .filter(([name]) => name.toLowerCase().startsWith(META_PREFIX))
    .map(([name, value]) => [name, headerText(value)] as const);
  return {
    headers: keptHeaders([...hoisted, ...request.headers]),
    tags: parseTagHeader(request.header('x-amz-tagging')),
  };
}
