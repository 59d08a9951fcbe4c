import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, test } from 'vitest';
import { BUCKET, CREDENTIALS, clientOf, startServer } from './server.ts';

const Bucket = BUCKET;

async function errorOf(response: Response): Promise<[number, string | undefined, string | undefined]> {
  const text = await response.text();
  return [response.status, /<Code>(.*)<\/Code>/.exec(text)?.[1], /<Message>(.*)<\/Message>/.exec(text)?.[1]];
}

describe('signed headers', () => {
  test('are refused with a wrong secret, key or region, and without any', async () => {
    const server = await startServer();
    const put = (config: object) =>
      clientOf(server, config).send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });
    const secret = put({ credentials: { ...CREDENTIALS, secretAccessKey: 'wrong' } });
    await expect(secret).rejects.toMatchObject({ name: 'SignatureDoesNotMatch', ...status(403) });
    const id = put({ credentials: { ...CREDENTIALS, accessKeyId: 'AKIDOTHER' } });
    await expect(id).rejects.toMatchObject({ name: 'InvalidAccessKeyId', ...status(403) });
    const region = put({ region: 'us-east-1' });
    await expect(region).rejects.toMatchObject({ name: 'AuthorizationHeaderMalformed', ...status(400) });
    expect(await errorOf(await fetch(`${server.url}/${Bucket}/k`))).toEqual([
      403,
      'AccessDenied',
      'Access Denied',
    ]);
    const none = clientOf(server).send(new HeadObjectCommand({ Bucket, Key: 'k' }));
    await expect(none).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('may carry a session token', async () => {
    const client = clientOf(await startServer(), {
      credentials: { ...CREDENTIALS, sessionToken: 'token/+=' },
    });
    await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'k' }));
    expect(await (await fetch(url)).text()).toBe('x');
  });

  test('are refused more than 15 minutes off', async () => {
    const client = clientOf(await startServer({ clock: () => new Date(Date.now() + 16 * 60_000) }));
    const put = client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    await expect(put).rejects.toMatchObject({ name: 'RequestTimeTooSkewed' });
  });

  test('cover the content', async () => {
    const client = clientOf(await startServer());
    client.middlewareStack.add(
      (next) => async (args) => {
        const request = args.request as { body: unknown };
        request.body = Buffer.from('other');
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const put = client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello' }));
    await expect(put).rejects.toMatchObject({ name: 'XAmzContentSHA256Mismatch' });
  });
});

describe('presigned URLs', () => {
  test('read and write, with the headers that they name', async () => {
    const server = await startServer();
    const client = clientOf(server);
    const upload = new PutObjectCommand({
      Bucket,
      Key: 'a b/ü.csv',
      ContentType: 'text/csv',
      Metadata: { from: 'url' },
    });
    const putUrl = await getSignedUrl(client, upload, { signableHeaders: new Set(['content-type']) });
    const put = await fetch(putUrl, {
      method: 'PUT',
      body: 'a,b\n',
      headers: { 'content-type': 'text/csv' },
    });
    expect([put.status, put.headers.get('etag')]).toEqual([
      200,
      `"${createHash('md5').update('a,b\n').digest('hex')}"`,
    ]);
    const otherType = await fetch(putUrl, {
      method: 'PUT',
      body: 'x',
      headers: { 'content-type': 'text/html' },
    });
    expect((await errorOf(otherType)).slice(0, 2)).toEqual([403, 'SignatureDoesNotMatch']);
    const ResponseContentDisposition = `attachment; filename="été.csv"`;
    const download = new GetObjectCommand({
      Bucket,
      Key: 'a b/ü.csv',
      ResponseContentDisposition,
      ResponseContentType: 'text/plain',
    });
    const got = await fetch(await getSignedUrl(client, download));
    expect(await got.text()).toBe('a,b\n');
    expect(got.headers.get('content-type')).toBe('text/plain');
    const disposition = Buffer.from(got.headers.get('content-disposition') ?? '', 'latin1').toString('utf8');
    expect(disposition).toBe(ResponseContentDisposition);
    expect(got.headers.get('x-amz-meta-from')).toBe('url');
  });

  test('are refused once expired, changed, used for another key or method, or with further headers', async () => {
    let now = Date.now();
    const server = await startServer({ clock: () => new Date(now) });
    const client = clientOf(server);
    await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'k' }), { expiresIn: 60 });
    const refused = async (target: string, init: RequestInit = {}) =>
      (await errorOf(await fetch(target, init))).slice(0, 2);
    const mismatch = [403, 'SignatureDoesNotMatch'];
    expect(await refused(url.replace('/k?', '/other?'))).toEqual(mismatch);
    expect(await refused(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'))).toEqual(mismatch);
    expect(await refused(`${url}&response-content-type=text%2Fhtml`)).toEqual(mismatch);
    expect(await refused(url, { method: 'DELETE' })).toEqual(mismatch);
    expect(await refused(url.replace(/X-Amz-Signature=./, 'X-Amz-Signature=z'))).toEqual(mismatch);
    expect(await refused(url, { headers: { 'x-amz-meta-a': 'b' } })).toEqual([403, 'AccessDenied']);
    expect(await refused(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=604801'))).toEqual([
      400,
      'AuthorizationQueryParametersError',
    ]);
    expect((await fetch(url)).status).toBe(200);
    now += 62_000;
    expect(await errorOf(await fetch(url))).toEqual([403, 'AccessDenied', 'Request has expired']);
  });
});

describe('the transport', () => {
  test('answers a refused upload although the client is still writing, and keeps the connection', async () => {
    const server = await startServer();
    const response = await fetch(`${server.url}/${Bucket}/k`, {
      method: 'PUT',
      body: Buffer.alloc(20 * 1024 ** 2),
    });
    expect((await errorOf(response)).slice(0, 2)).toEqual([403, 'AccessDenied']);
  });

  test('stores nothing of an upload that breaks off, and closes with clients connected', async () => {
    const server = await startServer();
    const client = clientOf(server);
    const url = new URL(await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: 'half' })));
    const broken = httpRequest(url, { method: 'PUT', headers: { 'content-length': 1000 } });
    await new Promise<void>((resolve) => {
      broken.on('error', () => resolve());
      broken.write('only a part', () => broken.destroy());
      broken.on('close', () => resolve());
    });
    const head = client.send(new HeadObjectCommand({ Bucket, Key: 'half' }));
    await expect(head).rejects.toMatchObject({ name: 'NotFound' });
    const open = httpRequest(url, { method: 'PUT', headers: { 'content-length': 1000 } });
    const ended = new Promise((resolve) => open.on('error', resolve));
    await new Promise<void>((resolve) => open.write('waiting', () => resolve()));
    const begun = performance.now();
    await server.close();
    expect(performance.now() - begun).toBeLessThan(3000);
    await ended;
  });
});
