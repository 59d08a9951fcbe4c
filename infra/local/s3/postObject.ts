import { headerText, keptHeaders, parseTagDocument } from './attributes.ts';
import { checkChecksum, findChecksum, rawSource } from './body.ts';
import { bucketOf, type Call, type Reply } from './call.ts';
import { Digests } from './digests.ts';
import { S3Error } from './errors.ts';
import { readForm, type UploadForm } from './form.ts';
import { checkPolicy, type PostPolicy, parsePolicy } from './policy.ts';
import { checkKey } from './request.ts';
import { verifyForm } from './signature.ts';
import { checksumHeaders, commitObject, fullChecksum } from './write.ts';
import { document } from './xml.ts';

const OBJECT_BYTES_MAX = 5 * 1024 ** 3;

function keyOf(form: UploadForm): string {
  const template = form.fields.get('key');
  if (!template) {
    throw new S3Error(
      'InvalidArgument',
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
      { ArgumentName: 'key' },
    );
  }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own placeholder
  const key = template.replaceAll('${filename}', () => form.fileName);
  checkKey(key);
  return key;
}

function checkForm(call: Call, form: UploadForm, key: string, bucket: string): PostPolicy {
  verifyForm(form.fields, call.storage.authority);
  const policy = parsePolicy(form.fields.get('policy') ?? '');
  checkPolicy(policy, new Map(form.fields).set('key', key), bucket, call.storage.clock());
  return policy;
}

/** Passes the file on and, once it is too long, only counts the rest, so that the answer can tell its size. */
async function* limited(file: AsyncIterable<Uint8Array>, policy: PostPolicy): AsyncGenerator<Uint8Array> {
  const bytesMax = Math.min(policy.bytesMax, OBJECT_BYTES_MAX);
  let bytes = 0;
  for await (const chunk of file) {
    bytes += chunk.length;
    if (bytes <= bytesMax) yield chunk;
  }
  if (bytes > bytesMax) {
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
      ProposedSize: String(bytes),
      MaxSizeAllowed: String(bytesMax),
    });
  }
  if (bytes < policy.bytesMin) {
    throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
      ProposedSize: String(bytes),
      MinSizeAllowed: String(policy.bytesMin),
    });
  }
}

interface Posted {
  bucket: string;
  key: string;
  etag: string;
}

function redirect(target: string, { bucket, key, etag }: Posted): URL | undefined {
  if (!URL.canParse(target)) return undefined;
  const url = new URL(target);
  for (const [name, value] of Object.entries({ bucket, key, etag: `"${etag}"` }))
    url.searchParams.append(name, value);
  return url;
}

function answer(
  call: Call,
  fields: ReadonlyMap<string, string>,
  posted: Posted,
  extra: Record<string, string>,
): Reply {
  const { bucket, key, etag } = posted;
  const location = `${call.url}/${bucket}/${encodeURIComponent(key)}`;
  const headers = { etag: `"${etag}"`, location, ...extra };
  const next = redirect(fields.get('success_action_redirect') ?? '', posted);
  if (next) return { status: 303, headers: { ...headers, location: next.href } };
  const status = fields.get('success_action_status');
  if (status === '200') return { status: 200, headers };
  if (status !== '201') return { status: 204, headers };
  const text = document('PostResponse', [
    ['Location', location],
    ['Bucket', bucket],
    ['Key', key],
    ['ETag', `"${etag}"`],
  ]);
  return { status: 201, headers: { ...headers, 'content-type': 'application/xml' }, text };
}

/**
 * POST Object, a browser's form upload under a signed policy.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 * @throws S3Error and stores nothing where signature, policy, size or checksum do not hold
 */
export async function postObject(call: Call): Promise<Reply> {
  const { storage, request } = call;
  const bucket = bucketOf(call);
  const form = await readForm(rawSource(request), request.headers.get('content-type') ?? '');
  const key = keyOf(form);
  const policy = checkForm(call, form, key, bucket.name);
  const attributes = {
    headers: keptHeaders([...form.fields].map(([name, value]) => [name, headerText(value)] as const)),
    tags: tagsOf(form.fields.get('tagging')),
  };
  const given = findChecksum(form.fields);
  const digests = new Digests(given ? [given[0]] : []);
  const draft = await storage.blobs.write(limited(form.file, policy), digests);
  try {
    await form.finish();
    if (given) checkChecksum(given[0], given[1], digests);
  } catch (error) {
    draft.discard();
    throw error;
  }
  const etag = digests.md5().toString('hex');
  const checksum = fullChecksum({ algorithm: given?.[0], digests });
  const fresh = { key, etag, ...attributes, checksum };
  commitObject(call, bucket, draft, fresh, { reason: 'POST Object', check: () => {} });
  return answer(call, form.fields, { bucket: bucket.name, key, etag }, checksumHeaders(checksum));
}

function tagsOf(field: string | undefined): Record<string, string> {
  return field === undefined ? {} : parseTagDocument(field);
}
