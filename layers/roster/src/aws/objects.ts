import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { MusterError } from '../domain/errors.ts';
import type { Objects } from '../domain/ports.ts';
import type { ByteSource } from '../files/source.ts';

let sharedClient: S3Client | undefined;

/** The process's one client, made when first needed. */
function s3(): S3Client {
  sharedClient ??= new S3Client({ maxAttempts: 5 });
  return sharedClient;
}

/** How much of a streamed object is asked for, and held, at once. */
const streamedBytes = 512 * 1024;

/** An object as a listing tells it. */
export interface ListedObject {
  key: string;
  storedAt: Date;
}

/** A bucket's objects, which can be deleted too. */
export interface BucketObjects extends Objects {
  /** Deletes an object, if it is there. */
  delete(key: string): Promise<void>;
  /** The objects under a prefix, a page of at most 1,000 at a time. */
  list(prefix: string): AsyncIterable<ListedObject[]>;
  /** Deletes up to 1,000 objects. @throws Error if S3 left one of them */
  deleteMany(keys: readonly string[]): Promise<void>;
}

/** Opens a bucket for bulk data. Nothing is sent until a method is called. */
export function bucketObjects(bucket: string, client: S3Client = s3()): BucketObjects {
  const at = (key: string) => ({ Bucket: bucket, Key: key });
  const get = async (key: string, conditions: { Range?: string; IfMatch?: string | undefined } = {}) => {
    const output = await found(key, () => client.send(new GetObjectCommand({ ...at(key), ...conditions })));
    return { bytes: await bytesOf(output.Body as Readable), etag: output.ETag };
  };
  /** Bytes of a range, none beyond the object's end. `end` is more than `start`. */
  const range = async (key: string, start: number, end: number, etag?: string) => {
    try {
      return await get(key, { Range: `bytes=${start}-${end - 1}`, IfMatch: etag });
    } catch (error) {
      // S3 answers a range that begins at or beyond the end with an error (RFC 9110, 416).
      if (error instanceof S3ServiceException && error.name === 'InvalidRange')
        return { bytes: Buffer.alloc(0), etag };
      throw error;
    }
  };
  return {
    read: async (key) => (await get(key)).bytes,
    async readRange(key, start, end) {
      if (end > start) return (await range(key, start, end)).bytes;
      // HTTP has no empty range (RFC 9110, 14.1.2): S3 would answer it with the whole object.
      await found(key, () => client.send(new HeadObjectCommand(at(key))));
      return Buffer.alloc(0);
    },
    // A range after the other: many objects are read side by side, slowly, and a stream that waits for its reader
    // would hold one of the client's 50 connections for as long, until all wait for one another.
    async *stream(key) {
      let etag: string | undefined;
      for (let start = 0; ; start += streamedBytes) {
        const part = await range(key, start, start + streamedBytes, etag);
        etag = part.etag;
        if (part.bytes.length > 0) yield part.bytes;
        if (part.bytes.length < streamedBytes) return;
      }
    },
    async write(key, content) {
      // As bytes: the SDK sends an empty string without a length, as it would a stream of unknown length.
      const body = typeof content === 'string' ? Buffer.from(content) : content;
      await client.send(new PutObjectCommand({ ...at(key), Body: body }));
    },
    async writeStream(key, content, contentType) {
      const params = {
        ...at(key),
        Body: Readable.from(content, { objectMode: false }),
        ContentType: contentType,
      };
      await new Upload({ client, params, queueSize: 2 }).done();
    },
    async delete(key) {
      await client.send(new DeleteObjectCommand(at(key)));
    },
    async *list(prefix) {
      let next: string | undefined;
      do {
        const input = { Bucket: bucket, Prefix: prefix, ContinuationToken: next };
        const { Contents = [], NextContinuationToken } = await client.send(new ListObjectsV2Command(input));
        yield Contents.map(({ Key = '', LastModified = new Date(0) }) => ({
          key: Key,
          storedAt: LastModified,
        }));
        next = NextContinuationToken;
      } while (next !== undefined);
    },
    async deleteMany(keys) {
      if (keys.length === 0) return;
      const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
      const { Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
      if (Errors.length > 0) throw new Error(`S3 left ${Errors.length} objects: ${Errors[0]?.Code}.`);
    },
  };
}

/** A stored object as a source of byte ranges, and when it was stored. @throws MusterError `not_found` */
export async function objectSource(
  bucket: string,
  key: string,
  client: S3Client = s3(),
): Promise<{ source: ByteSource; uploadedAt: Date }> {
  const head = await found(key, () => client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })));
  const read = async function* (start: number, end: number): AsyncIterable<Uint8Array> {
    if (end <= start) return;
    const range = `bytes=${start}-${end - 1}`;
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, Range: range, IfMatch: head.ETag });
    const output = await found(key, () => client.send(command));
    yield* output.Body as Readable;
  };
  return { source: { size: head.ContentLength ?? 0, read }, uploadedAt: head.LastModified ?? new Date(0) };
}

/**
 * Moves one version of an object to another key of its bucket.
 * @returns false if it is gone, or another version by now; nothing was moved then
 */
export async function moveObject(
  bucket: string,
  { from, etag, to }: { from: string; etag: string; to: string },
  client: S3Client = s3(),
): Promise<boolean> {
  const CopySource = `${bucket}/${from.split('/').map(encodeURIComponent).join('/')}`;
  try {
    await client.send(
      new CopyObjectCommand({ Bucket: bucket, Key: to, CopySource, CopySourceIfMatch: etag }),
    );
  } catch (error) {
    const isOver =
      error instanceof S3ServiceException && ['NoSuchKey', 'PreconditionFailed'].includes(error.name);
    if (isOver) return false;
    throw error;
  }
  // A newer version that arrives right now stays: whoever wrote it is told of by an event of its own.
  try {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: from, IfMatch: etag }));
  } catch (error) {
    if (!(error instanceof S3ServiceException && error.name === 'PreconditionFailed')) throw error;
  }
  return true;
}

/** Where a browser or a program sends a file: a form's address and fields. */
export interface PresignedUpload {
  url: string;
  fields: Record<string, string>;
}

/**
 * A presigned POST that takes one object of this very key, up to `bytesMax` bytes, for `ttlSeconds`. An empty file
 * is taken too: the import that reads it says what is wrong, which a refusal by S3 would not.
 */
export async function presignUpload(
  bucket: string,
  key: string,
  limits: { bytesMax: number; ttlSeconds: number },
  client: S3Client = s3(),
): Promise<PresignedUpload> {
  const { url, fields } = await createPresignedPost(client, {
    Bucket: bucket,
    Key: key,
    Conditions: [['content-length-range', 0, limits.bytesMax]],
    Expires: limits.ttlSeconds,
  });
  return { url, fields };
}

/**
 * A presigned GET of one object, saved under `fileName`, for `ttlSeconds`.
 * @throws MusterError `not_found` where there is no such object.
 */
export async function presignDownload(
  bucket: string,
  key: string,
  options: { fileName: string; ttlSeconds: number },
  client: S3Client = s3(),
): Promise<string> {
  await found(key, () => client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })));
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    ResponseContentDisposition: attachment(options.fileName),
  });
  return getSignedUrl(client, command, { expiresIn: options.ttlSeconds });
}

/**
 * A Content-Disposition that saves under a name of any characters (RFC 6266, 4.3): in ASCII for programs that know
 * no more, and encoded as RFC 8187 has it.
 */
export function attachment(fileName: string): string {
  const name = fileName.toWellFormed();
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeExtended(name)}`;
}

/** RFC 8187, 3.2.1: `encodeURIComponent` leaves four characters alone that are no attr-char. */
function encodeExtended(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Runs a request for one object. @throws MusterError `not_found` if it is missing; any other error as it is */
async function found<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NoSuchKey || error instanceof NotFound) {
      throw new MusterError('not_found', `There is no object ${key}.`, { cause: error });
    }
    throw error;
  }
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}
