import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { EventBridgeEvent } from '../../../infra/local/s3/server.ts';
import {
  BUCKET,
  CREDENTIALS,
  clientOf,
  eventually,
  REGION,
  startServer,
  temporaryDirectory,
} from './server.ts';

const Bucket = BUCKET;

function recorder() {
  const events: EventBridgeEvent[] = [];
  return { events, onEvent: async (event: EventBridgeEvent) => void events.push(event) };
}

describe('events', () => {
  test('have the shape that S3 documents', async () => {
    const { events, onEvent } = recorder();
    const client = clientOf(await startServer({ onEvent, clock: () => new Date() }));
    const put = await client.send(new PutObjectCommand({ Bucket, Key: 'a b+é.csv', Body: 'hello' }));
    const created = await eventually(() => events[0]);
    expect(created).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      'detail-type': 'Object Created',
      source: 'aws.s3',
      account: '111122223333',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: REGION,
      resources: [`arn:aws:s3:::${Bucket}`],
      detail: {
        version: '0',
        bucket: { name: Bucket },
        object: {
          key: 'a b+é.csv',
          size: 5,
          etag: '5d41402abc4b2a76b9719d911017c592',
          sequencer: expect.stringMatching(/^[0-9A-F]{16}$/),
        },
        'request-id': put.$metadata.requestId,
        requester: '111122223333',
        'source-ip-address': '127.0.0.1',
        reason: 'PutObject',
      },
    });
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'a b+é.csv' }));
    const deleted = await eventually(() => events[1]);
    expect(deleted['detail-type']).toBe('Object Deleted');
    expect(deleted.detail).toMatchObject({ reason: 'DeleteObject', 'deletion-type': 'Permanently Deleted' });
    expect(deleted.detail.object.size).toBeUndefined();
    expect(deleted.detail.object.sequencer > created.detail.object.sequencer).toBe(true);
  });

  test('name the operation that wrote, and come from no refused write', async () => {
    const { events, onEvent } = recorder();
    const client = clientOf(await startServer({ onEvent }));
    const refused = client.send(
      new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ChecksumCRC32: 'AAAAAA==' }),
    );
    await expect(refused).rejects.toMatchObject({ name: 'BadDigest' });
    const post = await createPresignedPost(client, { Bucket, Key: 'k' });
    const form = new FormData();
    for (const [name, value] of Object.entries(post.fields)) form.append(name, value);
    form.append('file', new Blob(['abc']));
    expect((await fetch(post.url, { method: 'POST', body: form })).status).toBe(204);
    await client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/k` }));
    const params = { Bucket, Key: 'big', Body: Buffer.alloc(6 * 1024 ** 2) };
    await new Upload({ client, params }).done();
    await eventually(() => events[2]);
    expect(events.map(({ detail }) => [detail.object.key, detail.reason]).sort()).toEqual([
      ['big', 'CompleteMultipartUpload'],
      ['copy', 'CopyObject'],
      ['k', 'POST Object'],
    ]);
  });

  test('are tried again when refused, and hold no other back', async () => {
    const attempts: string[] = [];
    const onEvent = async (event: EventBridgeEvent) => {
      attempts.push(event.detail.object.key);
      if (attempts.filter((key) => key === 'bad').length < 3 && event.detail.object.key === 'bad')
        throw new Error('no');
    };
    const client = clientOf(await startServer({ onEvent }));
    for (const Key of ['bad', 'good']) await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    await eventually(() => (attempts.length === 4 ? true : undefined));
    expect(attempts.indexOf('good')).toBeLessThan(attempts.lastIndexOf('bad'));
    expect(attempts.filter((key) => key === 'bad')).toHaveLength(3);
  });
});

describe('the lifecycle', () => {
  test('removes what is older than its days, and says so', async () => {
    let now = Date.now();
    const { events, onEvent } = recorder();
    const server = await startServer({ onEvent, clock: () => new Date(now) });
    server.createBucket({ name: 'short-lived', eventBridge: true, expirationDays: 1 });
    // The SDK corrects its clock by the server's, and tries again.
    const client = clientOf(server, { maxAttempts: 3 });
    await client.send(new PutObjectCommand({ Bucket: 'short-lived', Key: 'old', Body: 'x' }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'stays', Body: 'x' }));
    now += 86_400_000 - 60_000;
    expect(server.sweep()).toBe(0);
    now += 120_000;
    await client.send(new PutObjectCommand({ Bucket: 'short-lived', Key: 'new', Body: 'x' }));
    expect(server.sweep()).toBe(1);
    const left = await client.send(new ListObjectsV2Command({ Bucket: 'short-lived' }));
    expect(left.Contents?.map((object) => object.Key)).toEqual(['new']);
    const expired = await eventually(() => events.find((event) => event['detail-type'] === 'Object Deleted'));
    expect(expired.detail).toMatchObject({
      reason: 'Lifecycle Expiration',
      requester: 's3.amazonaws.com',
      object: { key: 'old' },
    });
    expect(expired.detail['source-ip-address']).toBeUndefined();
  });
});

describe('a restart', () => {
  test('keeps objects and settings, and removes what was left of unfinished writes', async () => {
    const directory = temporaryDirectory();
    const first = await startServer({ directory });
    first.createBucket({ name: 'kept', eventBridge: false });
    await clientOf(first).send(
      new PutObjectCommand({ Bucket: 'kept', Key: 'k', Body: 'hello', Metadata: { a: 'b' } }),
    );
    await first.close();
    for (const folder of ['tmp', 'blobs']) writeFileSync(join(directory, folder, 'left-behind'), 'x');
    const client = clientOf(await startServer({ directory }));
    const got = await client.send(new GetObjectCommand({ Bucket: 'kept', Key: 'k' }));
    expect([await got.Body?.transformToString(), got.Metadata]).toEqual(['hello', { a: 'b' }]);
    expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
    expect(readdirSync(join(directory, 'blobs'))).toHaveLength(1);
  });

  test('is refused while another server has the directory', async () => {
    const directory = temporaryDirectory();
    const client = clientOf(await startServer({ directory }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    await expect(startServer({ directory })).rejects.toThrow(/locked/);
    await client.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
  });

  test('after kill -9 has every acknowledged object, and delivers the events', async () => {
    const directory = temporaryDirectory();
    const child = spawn(process.execPath, [join(import.meta.dirname, 'hold.ts'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const endpoint = line.toString().trim();
    const doomed = new S3Client({
      endpoint,
      forcePathStyle: true,
      region: REGION,
      credentials: CREDENTIALS,
      maxAttempts: 1,
    });
    const acknowledged: string[] = [];
    const write = async (writer: number) => {
      for (let i = 0; ; i++) {
        const Key = `${writer}/${i}`;
        await doomed.send(new PutObjectCommand({ Bucket, Key, Body: `content of ${Key}` }));
        acknowledged.push(Key);
        if (acknowledged.length === 60) child.kill('SIGKILL');
      }
    };
    await Promise.allSettled([write(1), write(2), write(3)]);
    doomed.destroy();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    const { events, onEvent } = recorder();
    const client = clientOf(await startServer({ directory, onEvent }));
    for (const Key of acknowledged) {
      const got = await client.send(new GetObjectCommand({ Bucket, Key }));
      expect(await got.Body?.transformToString()).toBe(`content of ${Key}`);
    }
    await eventually(() => {
      const delivered = new Set(events.map((event) => event.detail.object.key));
      return acknowledged.every((key) => delivered.has(key)) || undefined;
    });
  });
});

describe('CORS', () => {
  test('follows the rules of the bucket', async () => {
    const server = await startServer();
    const cors = [
      {
        allowedOrigins: ['https://*.example.org'],
        allowedMethods: ['PUT', 'POST'],
        allowedHeaders: ['content-*'],
        exposedHeaders: ['ETag'],
        maxAgeSeconds: 600,
      },
    ];
    server.createBucket({ name: BUCKET, eventBridge: false, cors });
    const preflight = (origin: string, method: string, headers = 'Content-Type') =>
      fetch(`${server.url}/${BUCKET}/k`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': method,
          'access-control-request-headers': headers,
        },
      });
    const allowed = await preflight('https://app.example.org', 'PUT');
    expect(allowed.status).toBe(200);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example.org',
      'access-control-allow-methods': 'PUT, POST',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '600',
    });
    expect((await preflight('https://example.com', 'PUT')).status).toBe(403);
    expect((await preflight('https://app.example.org', 'GET')).status).toBe(403);
    expect((await preflight('https://app.example.org', 'PUT', 'x-other')).status).toBe(403);
    const refused = await fetch(`${server.url}/${BUCKET}`, {
      method: 'POST',
      headers: { origin: 'https://app.example.org' },
    });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://app.example.org');
    expect(refused.headers.get('access-control-expose-headers')).toBe('ETag');
  });
});
