import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { describe, expect, test } from 'vitest';
import { BUCKET, clientOf, startServer, temporaryDirectory } from './server.ts';

const Bucket = BUCKET;
const MIB = 1024 ** 2;

describe('one object', () => {
  test('comes back with its content, type, metadata and MD5 as ETag, under a key that needs encoding', async () => {
    const s3 = clientOf(await startServer());
    const Key = "a b+ü'(1)*~/100% & <x>.txt";
    const put = await s3.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body: 'hello',
        ContentType: 'text/csv',
        Metadata: { origin: 'hr' },
      }),
    );
    // MD5 of "hello"; its CRC32 is 0x3610a686.
    expect(put.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    expect(put.ChecksumCRC32).toBe(Buffer.from('3610a686', 'hex').toString('base64'));
    const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(await got.Body?.transformToString()).toBe('hello');
    expect(got).toMatchObject({
      ContentType: 'text/csv',
      ContentLength: 5,
      Metadata: { origin: 'hr' },
      ETag: put.ETag,
    });
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    expect(head).toMatchObject({ ContentLength: 5, ETag: put.ETag, AcceptRanges: 'bytes' });
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ name: 'NotFound' });
    await expect(s3.send(new GetObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  test('may be empty', async () => {
    const s3 = clientOf(await startServer());
    const put = await s3.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: '' }));
    expect(put.ETag).toBe('"d41d8cd98f00b204e9800998ecf8427e"');
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'empty' }));
    expect(await got.Body?.transformToString()).toBe('');
  });

  test('may be streamed as aws-chunked with a trailing checksum', async () => {
    const s3 = clientOf(await startServer());
    const chunks = Array.from({ length: 40 }, (_, i) => Buffer.alloc(50_000, i));
    const Body = Readable.from(chunks);
    const put = await s3.send(new PutObjectCommand({ Bucket, Key: 's', Body, ContentLength: 2_000_000 }));
    expect(put.ETag).toBe(`"${createHash('md5').update(Buffer.concat(chunks)).digest('hex')}"`);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 's' }));
    expect(Buffer.concat(chunks).equals(await got.Body!.transformToByteArray())).toBe(true);
    expect(got.ContentEncoding).toBeUndefined();
  });

  test('in aws-chunked form is checked against its trailer and its chunks', async () => {
    const s3 = clientOf(await startServer());
    let encoded = '';
    s3.middlewareStack.add(
      (next) => async (args) => {
        (args.request as { body: unknown }).body = Readable.from([Buffer.from(encoded)]);
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const put = (body: string) => {
      encoded = body;
      const Body = Readable.from([Buffer.from('hello')]);
      return s3.send(new PutObjectCommand({ Bucket, Key: 's', Body, ContentLength: 5 }));
    };
    // CRC32 of "hello" is 0x3610a686.
    const stored = await put('2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n');
    expect(stored.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    const wrong = put('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n');
    await expect(wrong).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(put('5\r\nhello\r\n0\r\n\r\n')).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(put('5\r\nhel')).rejects.toMatchObject({ name: 'IncompleteBody' });
    await expect(put('zz\r\nhello')).rejects.toMatchObject({ name: 'IncompleteBody' });
    const short = put('4\r\nhell\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n');
    await expect(short).rejects.toMatchObject({ name: 'IncompleteBody' });
  });

  test.each(['SHA256', 'SHA1', 'CRC64NVME'] as const)(
    'carries the checksum %s of the SDK',
    async (ChecksumAlgorithm) => {
      const s3 = clientOf(await startServer());
      const put = await s3.send(
        new PutObjectCommand({ Bucket, Key: 'c', Body: '123456789', ChecksumAlgorithm }),
      );
      // The catalogue's check value of CRC-64/NVME over "123456789" is 0xae8b14860a799888.
      const expected = {
        SHA256: createHash('sha256').update('123456789').digest('base64'),
        SHA1: createHash('sha1').update('123456789').digest('base64'),
        CRC64NVME: Buffer.from('ae8b14860a799888', 'hex').toString('base64'),
      }[ChecksumAlgorithm];
      expect(put[`Checksum${ChecksumAlgorithm}`]).toBe(expected);
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'c' }));
      expect(await got.Body?.transformToString()).toBe('123456789');
    },
  );

  test('is refused with a wrong checksum or MD5, and the old one stays', async () => {
    const directory = temporaryDirectory();
    const s3 = clientOf(await startServer({ directory }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'old' }));
    for (const wrong of [{ ChecksumCRC32: 'AAAAAA==' }, { ContentMD5: '1B2M2Y8AsgTpgAmY7PhCfg==' }]) {
      const put = s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'new', ...wrong }));
      await expect(put).rejects.toMatchObject({ name: 'BadDigest', $metadata: { httpStatusCode: 400 } });
    }
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    expect(await got.Body?.transformToString()).toBe('old');
    expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
    expect(readdirSync(join(directory, 'blobs'))).toHaveLength(1);
  });

  test('is written on condition', async () => {
    const s3 = clientOf(await startServer());
    const put = (Body: string, condition: object) =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body, ...condition }));
    await expect(put('0', { IfMatch: '"x"' })).rejects.toMatchObject({ name: 'NoSuchKey' });
    const { ETag } = await put('1', { IfNoneMatch: '*' });
    await expect(put('2', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('2', { IfMatch: '"0"' })).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    await put('3', { IfMatch: ETag });
    // Of many at once, one wins.
    const race = await Promise.allSettled(
      Array.from({ length: 5 }, (_, i) =>
        s3.send(new PutObjectCommand({ Bucket, Key: 'race', Body: String(i), IfNoneMatch: '*' })),
      ),
    );
    expect(race.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  });

  test('is read in ranges and on condition', async () => {
    const s3 = clientOf(await startServer());
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: 'r', Body: '0123456789' }));
    const read = async (Range: string) => {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'r', Range }));
      return [await got.Body?.transformToString(), got.ContentRange, got.$metadata.httpStatusCode];
    };
    expect(await read('bytes=2-4')).toEqual(['234', 'bytes 2-4/10', 206]);
    expect(await read('bytes=7-')).toEqual(['789', 'bytes 7-9/10', 206]);
    expect(await read('bytes=-3')).toEqual(['789', 'bytes 7-9/10', 206]);
    expect(await read('bytes=-30')).toEqual(['0123456789', 'bytes 0-9/10', 206]);
    expect(await read('bytes=8-99')).toEqual(['89', 'bytes 8-9/10', 206]);
    expect(await read('bytes=0-1,3-4')).toEqual(['0123456789', undefined, 200]);
    await expect(read('bytes=10-')).rejects.toMatchObject({ name: 'InvalidRange', ActualObjectSize: '10' });
    const get = (condition: object) => s3.send(new GetObjectCommand({ Bucket, Key: 'r', ...condition }));
    await expect(get({ IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    await expect(get({ IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await (await get({ IfMatch: ETag })).Body?.transformToString();
  });

  test('keeps its tags', async () => {
    const s3 = clientOf(await startServer());
    await s3.send(new PutObjectCommand({ Bucket, Key: 't', Body: 'x', Tagging: 'state=new&who=a%26b' }));
    const tags = async () => (await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 't' }))).TagSet;
    expect(await tags()).toEqual([
      { Key: 'state', Value: 'new' },
      { Key: 'who', Value: 'a&b' },
    ]);
    const TagSet = [{ Key: 'state', Value: '<done>' }];
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key: 't', Tagging: { TagSet } }));
    expect(await tags()).toEqual(TagSet);
    const none = s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'absent' }));
    await expect(none).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  test('is copied with its metadata, or with new metadata', async () => {
    const s3 = clientOf(await startServer());
    const Key = 'from/ü x.csv';
    const CopySource = `${Bucket}/${encodeURIComponent(Key)}`;
    await s3.send(
      new PutObjectCommand({ Bucket, Key, Body: 'hello', ContentType: 'text/csv', Metadata: { a: '1' } }),
    );
    const copy = await s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource }));
    expect(copy.CopyObjectResult?.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'to' }));
    expect(await got.Body?.transformToString()).toBe('hello');
    expect(got).toMatchObject({ ContentType: 'text/csv', Metadata: { a: '1' } });
    const replaced = { CopySource, MetadataDirective: 'REPLACE', ContentType: 'text/plain' } as const;
    await s3.send(new CopyObjectCommand({ Bucket, Key, ...replaced }));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    expect(head).toMatchObject({ ContentType: 'text/plain', Metadata: {}, ContentLength: 5 });
    const onItself = s3.send(new CopyObjectCommand({ Bucket, Key, CopySource }));
    await expect(onItself).rejects.toMatchObject({ name: 'InvalidRequest' });
    const missing = s3.send(new CopyObjectCommand({ Bucket, Key: 'z', CopySource: `${Bucket}/nothing` }));
    await expect(missing).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('buckets', () => {
  test('list their keys in byte order, by prefix, delimiter and page', async () => {
    const s3 = clientOf(await startServer());
    const keys = ['a/1', 'a/2', 'a/3/x', 'b', 'c/1', 'd&<', 'é', '😀'];
    for (const Key of keys.toReversed()) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    const list = (input: object) => s3.send(new ListObjectsV2Command({ Bucket, ...input }));
    expect((await list({})).Contents?.map((object) => object.Key)).toEqual(keys);
    expect((await list({ Prefix: 'a/' })).Contents?.map((object) => object.Key)).toEqual([
      'a/1',
      'a/2',
      'a/3/x',
    ]);
    expect((await list({ StartAfter: 'b' })).Contents?.map((object) => object.Key)).toEqual(keys.slice(4));
    const folder = await list({ Prefix: 'a/', Delimiter: '/' });
    expect([folder.Contents?.map((object) => object.Key), folder.CommonPrefixes]).toEqual([
      ['a/1', 'a/2'],
      [{ Prefix: 'a/3/' }],
    ]);
    const seen: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await list({ Delimiter: '/', MaxKeys: 1, ContinuationToken });
      expect(page.KeyCount).toBe(1);
      seen.push(page.Contents?.[0]?.Key ?? page.CommonPrefixes?.[0]?.Prefix);
      ContinuationToken = page.NextContinuationToken;
      expect(page.IsTruncated).toBe(ContinuationToken !== undefined);
    } while (ContinuationToken);
    expect(seen).toEqual(['a/', 'b', 'c/', 'd&<', 'é', '😀']);
    expect(await list({ Prefix: 'nothing' })).toMatchObject({ KeyCount: 0, IsTruncated: false });
  });

  test('lose many keys at once', async () => {
    const s3 = clientOf(await startServer());
    for (const Key of ['1', ' 2 ', 'keep']) await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    const Objects = ['1', ' 2 ', 'never was'].map((Key) => ({ Key }));
    const deleted = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(deleted.Deleted).toEqual(Objects);
    const left = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(left.Contents?.map((object) => object.Key)).toEqual(['keep']);
  });

  test('are found, and what is not there or not implemented is said so', async () => {
    const s3 = clientOf(await startServer());
    expect((await s3.send(new ListBucketsCommand())).Buckets?.map((bucket) => bucket.Name)).toEqual([Bucket]);
    await s3.send(new HeadBucketCommand({ Bucket }));
    await expect(s3.send(new HeadBucketCommand({ Bucket: 'other' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
    const put = s3.send(new PutObjectCommand({ Bucket: 'other', Key: 'k', Body: 'x' }));
    await expect(put).rejects.toMatchObject({ name: 'NoSuchBucket', $metadata: { httpStatusCode: 404 } });
    await expect(s3.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({
      name: 'NotImplemented',
      $metadata: { httpStatusCode: 501 },
      message: expect.stringContaining('GetBucketPolicy'),
    });
  });
});

describe('multipart uploads', () => {
  test('of lib-storage give one object with an ETag over the parts', async () => {
    const directory = temporaryDirectory();
    const s3 = clientOf(await startServer({ directory }));
    const content = Buffer.alloc(12 * MIB, 'muster');
    const upload = new Upload({
      client: s3,
      params: { Bucket, Key: 'big', Body: Readable.from([content]), ContentType: 'text/csv' },
      partSize: 5 * MIB,
    });
    const done = await upload.done();
    const parts = [
      content.subarray(0, 5 * MIB),
      content.subarray(5 * MIB, 10 * MIB),
      content.subarray(10 * MIB),
    ];
    const md5s = parts.map((part) => createHash('md5').update(part).digest());
    expect(done.ETag).toBe(`"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-3"`);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'big' }));
    expect(got.ContentType).toBe('text/csv');
    expect(content.equals(await got.Body!.transformToByteArray())).toBe(true);
    expect(readdirSync(join(directory, 'blobs'))).toHaveLength(1);
  });

  test('refuse parts that are missing, changed, out of order or too small, and end by abort', async () => {
    const directory = temporaryDirectory();
    const s3 = clientOf(await startServer({ directory }));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'm' }));
    const target = { Bucket, Key: 'm', UploadId };
    const part = (PartNumber: number, Body: string) =>
      s3.send(new UploadPartCommand({ ...target, PartNumber, Body }));
    const [one, two] = [await part(1, 'one'), await part(2, 'two')];
    const listed = await s3.send(new ListPartsCommand(target));
    expect(listed.Parts).toMatchObject([
      { PartNumber: 1, ETag: one.ETag, Size: 3 },
      { PartNumber: 2, ETag: two.ETag, Size: 3 },
    ]);
    const complete = (...Parts: { PartNumber: number; ETag: string | undefined }[]) =>
      s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } }));
    const [first, second] = [
      { PartNumber: 1, ETag: one.ETag },
      { PartNumber: 2, ETag: two.ETag },
    ];
    await expect(complete(second, first)).rejects.toMatchObject({ name: 'InvalidPartOrder' });
    await expect(complete(first, { PartNumber: 3, ETag: one.ETag })).rejects.toMatchObject({
      name: 'InvalidPart',
    });
    await expect(complete({ PartNumber: 1, ETag: two.ETag })).rejects.toMatchObject({ name: 'InvalidPart' });
    await expect(complete(first, second)).rejects.toMatchObject({ name: 'EntityTooSmall' });
    await s3.send(new AbortMultipartUploadCommand(target));
    await expect(complete(first)).rejects.toMatchObject({ name: 'NoSuchUpload' });
    await expect(part(1, 'late')).rejects.toMatchObject({ name: 'NoSuchUpload' });
    expect(readdirSync(join(directory, 'blobs'))).toEqual([]);
  });
});
