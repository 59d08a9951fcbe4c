import { randomUUID } from 'node:crypto';
import { requestAttributes } from './attributes.ts';
import { openBody, parseAlgorithm, readDocument } from './body.ts';
import { addressOf, type Call, type Reply, xml } from './call.ts';
import { checkWriteConditions } from './conditions.ts';
import { checksumOf, Digests } from './digests.ts';
import { S3Error } from './errors.ts';
import type { Checksum, Part, Upload } from './metadata.ts';
import { checksumHeaders, commitObject, fullChecksum, keepDraft, writeBody } from './write.ts';
import { document, malformed, type XmlElement, XmlReader } from './xml.ts';

const PARTS_MAX = 10_000;
const PART_BYTES_MIN = 5 * 1024 ** 2;
const LISTED_MAX = 1000;

function noSuchUpload(): S3Error {
  return new S3Error(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  );
}

function uploadOf(call: Call): Upload {
  const { bucket, key } = addressOf(call);
  const upload = call.storage.metadata.upload(call.request.query('uploadId') ?? '');
  if (!upload || upload.bucket !== bucket.name || upload.key !== key) throw noSuchUpload();
  return upload;
}

function uploadChecksum(call: Call): Upload['checksum'] {
  const algorithm = parseAlgorithm(call.request.header('x-amz-checksum-algorithm'));
  if (!algorithm) return undefined;
  const type =
    call.request.header('x-amz-checksum-type') ?? (algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE');
  const allowed =
    algorithm === 'crc64nvme'
      ? ['FULL_OBJECT']
      : algorithm === 'crc32'
        ? ['FULL_OBJECT', 'COMPOSITE']
        : ['COMPOSITE'];
  if (!allowed.includes(type)) {
    throw new S3Error(
      'InvalidRequest',
      `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
    );
  }
  return { algorithm, type: type as Checksum['type'] };
}

/** CreateMultipartUpload: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
export function createUpload(call: Call): Reply {
  const { bucket, key } = addressOf(call);
  const checksum = uploadChecksum(call);
  const id = randomUUID().replaceAll('-', '');
  const upload = { id, bucket: bucket.name, key, ...requestAttributes(call.request), checksum };
  call.storage.metadata.putUpload(upload);
  const headers: Record<string, string> = checksum
    ? { 'x-amz-checksum-algorithm': checksum.algorithm.toUpperCase(), 'x-amz-checksum-type': checksum.type }
    : {};
  return xml(
    document('InitiateMultipartUploadResult', [
      ['Bucket', bucket.name],
      ['Key', key],
      ['UploadId', id],
    ]),
    headers,
  );
}

function partNumberOf(call: Call): number {
  const number = Number(call.request.query('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > PARTS_MAX) {
    throw new S3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive', {
      ArgumentName: 'partNumber',
    });
  }
  return number;
}

/** UploadPart; the same number again replaces the part: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html */
export async function uploadPart(call: Call): Promise<Reply> {
  const { storage, request } = call;
  const number = partNumberOf(call);
  const upload = uploadOf(call);
  const body = openBody(request, call.payloadHash, upload.checksum?.algorithm);
  const draft = await writeBody(storage, body);
  const checksum = fullChecksum({
    algorithm: upload.checksum?.algorithm ?? body.algorithm,
    digests: body.digests,
  });
  const etag = body.digests.md5().toString('hex');
  const part: Part = {
    number,
    blob: draft.id,
    size: draft.size,
    etag,
    modifiedMs: storage.clock().getTime(),
    checksum,
  };
  const replaced = keepDraft(storage, draft, () => {
    uploadOf(call);
    const current = storage.metadata.part(upload.id, number);
    storage.metadata.putPart(upload.id, part);
    return current;
  });
  if (replaced) storage.blobs.remove(replaced.blob);
  const { 'x-amz-checksum-type': _type, ...checksumHeader } = checksumHeaders(checksum);
  return { status: 200, headers: { etag: `"${etag}"`, ...checksumHeader } };
}

function checkPart(element: XmlReader, part: Part | undefined): Part {
  const etag = element.required('ETag').replaceAll('"', '');
  const given = part?.checksum && element.text(`Checksum${part.checksum.algorithm.toUpperCase()}`);
  if (!part || part.etag !== etag || (given && given !== part.checksum?.value)) {
    throw new S3Error(
      'InvalidPart',
      "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      { PartNumber: element.required('PartNumber'), ETag: etag },
    );
  }
  return part;
}

/** Only the last part may be small. */
function checkSizes(parts: Part[]): void {
  const small = parts.slice(0, -1).find((part) => part.size < PART_BYTES_MIN);
  if (!small) return;
  throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
    ProposedSize: String(small.size),
    MinSizeAllowed: String(PART_BYTES_MIN),
    PartNumber: String(small.number),
    ETag: small.etag,
  });
}

function chosenParts(call: Call, upload: Upload, text: string): Part[] {
  const elements = XmlReader.parse(text, 'CompleteMultipartUpload').all('Part');
  if (elements.length === 0) throw malformed();
  const numbers = elements.map((element) => Number(element.required('PartNumber')));
  if (numbers.some((number, i) => i > 0 && !(number > numbers[i - 1]!))) {
    throw new S3Error(
      'InvalidPartOrder',
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
    );
  }
  const stored = new Map(call.storage.metadata.parts(upload.id).map((part) => [part.number, part]));
  const parts = elements.map((element, i) => checkPart(element, stored.get(numbers[i]!)));
  checkSizes(parts);
  return parts;
}

function joinedChecksum(upload: Upload, parts: Part[], digests: Digests): Checksum | undefined {
  if (!upload.checksum) return undefined;
  const { algorithm, type } = upload.checksum;
  if (type === 'FULL_OBJECT') return fullChecksum({ algorithm, digests });
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part.checksum?.value ?? '', 'base64')));
  return { algorithm, type, value: `${checksumOf(algorithm, bytes).toString('base64')}-${parts.length}` };
}

async function* contentOf(call: Call, parts: Part[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    // An abort or another completion may have removed the parts meanwhile.
    uploadOf(call);
    yield* call.storage.blobs.read(part.blob);
  }
}

/** CompleteMultipartUpload: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
export async function completeUpload(call: Call): Promise<Reply> {
  const { storage, request } = call;
  const { bucket, key } = addressOf(call);
  const upload = uploadOf(call);
  const parts = chosenParts(call, upload, await readDocument(openBodyWithoutChecksum(call)));
  const digests = new Digests(upload.checksum?.type === 'FULL_OBJECT' ? [upload.checksum.algorithm] : []);
  const draft = await storage.blobs.write(contentOf(call, parts), digests);
  const md5 = checksumOfParts(parts);
  const fresh = {
    key,
    etag: `${md5}-${parts.length}`,
    headers: upload.headers,
    tags: upload.tags,
    checksum: joinedChecksum(upload, parts, digests),
  };
  let stored: Part[] = [];
  const object = commitObject(call, bucket, draft, fresh, {
    reason: 'CompleteMultipartUpload',
    check: (current) => {
      uploadOf(call);
      checkWriteConditions(current, request.header);
      checkWholeChecksum(call, fresh.checksum);
    },
    alongside: () => {
      stored = storage.metadata.parts(upload.id);
      storage.metadata.deleteUpload(upload.id);
    },
  });
  for (const part of stored) storage.blobs.remove(part.blob);
  return xml(
    document('CompleteMultipartUploadResult', [
      ['Location', `${call.url}/${bucket.name}/${encodeURIComponent(key).replaceAll('%2F', '/')}`],
      ['Bucket', bucket.name],
      ['Key', key],
      ['ETag', `"${object.etag}"`],
      ...checksumElements(object.checksum),
      ['ChecksumType', object.checksum?.type],
    ]),
  );
}

/** The checksum in this operation's headers is that of the object, not of the request's document. */
function openBodyWithoutChecksum(call: Call) {
  const headers = new Map([...call.request.headers].filter(([name]) => !name.startsWith('x-amz-checksum-')));
  return openBody({ ...call.request, headers }, call.payloadHash);
}

function checkWholeChecksum(call: Call, checksum: Checksum | undefined): void {
  const given = checksum && call.request.headers.get(`x-amz-checksum-${checksum.algorithm}`);
  if (given && given.replace(/-\d+$/, '') !== checksum.value.replace(/-\d+$/, '')) {
    throw new S3Error(
      'BadDigest',
      `The ${checksum.algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
    );
  }
}

function checksumOfParts(parts: Part[]): string {
  const digests = new Digests();
  for (const part of parts) digests.update(Buffer.from(part.etag, 'hex'));
  return digests.md5().toString('hex');
}

function checksumElements(checksum: Checksum | undefined): XmlElement[] {
  return checksum ? [[`Checksum${checksum.algorithm.toUpperCase()}`, checksum.value]] : [];
}

/** AbortMultipartUpload */
export function abortUpload(call: Call): Reply {
  const { metadata, blobs } = call.storage;
  const upload = uploadOf(call);
  const parts = metadata.transaction(() => {
    const stored = metadata.parts(upload.id);
    metadata.deleteUpload(upload.id);
    return stored;
  });
  for (const part of parts) blobs.remove(part.blob);
  return { status: 204 };
}

/** ListParts: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
export function listParts(call: Call): Reply {
  const { request, storage } = call;
  const upload = uploadOf(call);
  const marker = Number(request.query('part-number-marker') ?? 0);
  const partsMax = Math.min(Number(request.query('max-parts') ?? LISTED_MAX), LISTED_MAX);
  if (!Number.isInteger(marker) || !Number.isInteger(partsMax) || partsMax < 0) {
    throw new S3Error('InvalidArgument', 'max-parts and part-number-marker must be integers');
  }
  const rest = storage.metadata.parts(upload.id).filter((part) => part.number > marker);
  const page = rest.slice(0, partsMax);
  return xml(
    document('ListPartsResult', [
      ['Bucket', upload.bucket],
      ['Key', upload.key],
      ['UploadId', upload.id],
      ['PartNumberMarker', marker],
      ['NextPartNumberMarker', page.at(-1)?.number],
      ['MaxParts', partsMax],
      ['IsTruncated', rest.length > page.length],
      ...page.map(
        (part) =>
          [
            'Part',
            [
              ['PartNumber', part.number],
              ['LastModified', new Date(part.modifiedMs).toISOString()],
              ['ETag', `"${part.etag}"`],
              ['Size', part.size],
              ...checksumElements(part.checksum),
            ],
          ] as const,
      ),
    ]),
  );
}
