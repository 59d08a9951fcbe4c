import { createHmac } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import {
  createPresignedPost,
  type PresignedPost,
  type PresignedPostOptions,
} from '@aws-sdk/s3-presigned-post';
import { beforeEach, describe, expect, test } from 'vitest';
import type { LocalS3 } from '../../../infra/local/s3/server.ts';
import { BUCKET, CREDENTIALS, clientOf, REGION, startServer, temporaryDirectory } from './server.ts';

let now: number;
let directory: string;
let server: LocalS3;
let client: S3Client;

beforeEach(async () => {
  now = Date.now();
  directory = temporaryDirectory();
  server = await startServer({ directory, clock: () => new Date(now) });
  client = clientOf(server);
});

function policyFor(options: Partial<PresignedPostOptions> = {}): Promise<PresignedPost> {
  return createPresignedPost(client, {
    Bucket: BUCKET,
    Key: 'imports/1/members.csv',
    Expires: 600,
    Conditions: [['content-length-range', 3, 10]],
    ...options,
  });
}

function send(
  post: PresignedPost,
  content: BlobPart,
  fields: Record<string, string> = {},
): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...post.fields, ...fields })) form.append(name, value);
  form.append('file', new Blob([content], { type: 'text/csv' }), 'été "1".csv');
  return fetch(post.url, { method: 'POST', body: form, redirect: 'manual' });
}

async function refusal(response: Response): Promise<string[]> {
  const text = await response.text();
  expect(await keys()).toEqual([]);
  expect(readdirSync(join(directory, 'blobs'))).toEqual([]);
  expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
  const element = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(text)?.[1] ?? '';
  return [String(response.status), element('Code'), element('Message').replaceAll('&quot;', '"')];
}

async function keys(): Promise<(string | undefined)[]> {
  const listed = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  return (listed.Contents ?? []).map((object) => object.Key);
}

/** Signs any policy text by the rules of sigv4-authentication-HTTPPOST, without the code under test. */
function signed(policy: object | string, key: string, extra: Record<string, string> = {}): PresignedPost {
  const date = `${new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const day = date.slice(0, 8);
  const Policy = Buffer.from(typeof policy === 'string' ? policy : JSON.stringify(policy)).toString('base64');
  const hmac = (secret: string | Buffer, data: string) => createHmac('sha256', secret).update(data).digest();
  const signing = [day, REGION, 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${CREDENTIALS.secretAccessKey}`,
  );
  const fields = {
    key,
    ...extra,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${CREDENTIALS.accessKeyId}/${day}/${REGION}/s3/aws4_request`,
    'X-Amz-Date': date,
    Policy,
    'X-Amz-Signature': hmac(signing, Policy).toString('hex'),
  };
  return { url: `${server.url}/${BUCKET}`, fields };
}

const later = () => new Date(now + 60_000).toISOString();
const amz = [
  ['starts-with', '$x-amz-algorithm', ''],
  ['starts-with', '$x-amz-credential', ''],
  ['starts-with', '$x-amz-date', ''],
];

describe('a form that keeps to its policy', () => {
  test('stores the file under the key, byte by byte', async () => {
    const post = await policyFor({ Fields: { 'Content-Type': 'text/csv', 'x-amz-meta-who': 'Zoë' } });
    // A boundary's beginning inside the file must not end it.
    const response = await send(post, '\r\n--\r\n-é');
    expect([response.status, await response.text()]).toEqual([204, '']);
    const got = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'imports/1/members.csv' }));
    expect(await got.Body?.transformToString()).toBe('\r\n--\r\n-é');
    expect(got.ContentType).toBe('text/csv');
    expect(response.headers.get('etag')).toBe(got.ETag);
  });

  test('may be large, with every boundary of chunks inside the content', async () => {
    const post = await policyFor({ Conditions: [['content-length-range', 1, 100 * 1024 ** 2]] });
    const content = Buffer.alloc(30 * 1024 ** 2 + 7, '\r\n--------formdata-undici-0');
    expect((await send(post, content)).status).toBe(204);
    const got = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'imports/1/members.csv' }));
    expect(content.equals(await got.Body!.transformToByteArray())).toBe(true);
  });

  test.each(['200', '201', '204'])('answers %s where it asks for that', async (status) => {
    const post = await policyFor({ Fields: { success_action_status: status } });
    const response = await send(post, 'a,b\n');
    expect(response.status).toBe(Number(status));
    const text = await response.text();
    if (status === '201') expect(text).toContain('<Key>imports/1/members.csv</Key>');
    else expect(text).toBe('');
  });

  test('may take its file name into the key', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own placeholder
    const post = await policyFor({ Key: 'in/${filename}' });
    expect((await send(post, 'a,b\n')).status).toBe(204);
    expect(await keys()).toEqual(['in/été "1".csv']);
  });

  test('is taken at both ends of the length range', async () => {
    expect((await send(await policyFor(), 'abc')).status).toBe(204);
    expect((await send(await policyFor(), '0123456789')).status).toBe(204);
  });
});

describe('a form is refused, and nothing stored,', () => {
  test('where it is too long or too short', async () => {
    const post = await policyFor();
    const large = 'Your proposed upload exceeds the maximum allowed size';
    expect(await refusal(await send(post, '0123456789X'))).toEqual(['400', 'EntityTooLarge', large]);
    expect(await refusal(await send(post, Buffer.alloc(20 * 1024 ** 2)))).toEqual([
      '400',
      'EntityTooLarge',
      large,
    ]);
    const small = 'Your proposed upload is smaller than the minimum allowed size';
    expect(await refusal(await send(post, 'ab'))).toEqual(['400', 'EntityTooSmall', small]);
  });

  test('once the policy has expired', async () => {
    const post = await policyFor();
    now += 601_000;
    const message = 'Invalid according to Policy: Policy expired.';
    expect(await refusal(await send(post, 'abcd'))).toEqual(['403', 'AccessDenied', message]);
  });

  test('with another key, or fields that the policy does not cover', async () => {
    const post = await policyFor();
    expect(await refusal(await send(post, 'abcd', { key: 'imports/2/members.csv' }))).toEqual([
      '403',
      'AccessDenied',
      'Invalid according to Policy: Policy Condition failed: ["eq", "$key", "imports/1/members.csv"]',
    ]);
    expect(await refusal(await send(post, 'abcd', { 'x-amz-meta-a': 'b' }))).toEqual([
      '403',
      'AccessDenied',
      'Invalid according to Policy: Extra input fields: x-amz-meta-a',
    ]);
    expect((await send(post, 'abcd', { 'x-ignore-a': 'b' })).status).toBe(204);
  });

  test('on another bucket than the policy names', async () => {
    server.createBucket({ name: 'other-bucket', eventBridge: false });
    const post = await policyFor();
    const moved = { url: post.url.replace(BUCKET, 'other-bucket'), fields: post.fields };
    expect((await refusal(await send(moved, 'abcd')))[2]).toContain('["eq", "$bucket", "imports-bucket"]');
  });

  test('with a wrong signature or a changed policy', async () => {
    const post = await policyFor();
    const wrong = await send(post, 'abcd', { 'X-Amz-Signature': '0'.repeat(64) });
    expect((await refusal(wrong)).slice(0, 2)).toEqual(['403', 'SignatureDoesNotMatch']);
    const other = await policyFor({ Conditions: [] });
    const changed = await send(post, 'abcd', { Policy: other.fields.Policy! });
    expect((await refusal(changed)).slice(0, 2)).toEqual(['403', 'SignatureDoesNotMatch']);
    const { Policy: _policy, ...unsigned } = post.fields;
    const without = await send({ url: post.url, fields: unsigned }, 'abcd');
    expect((await refusal(without)).slice(0, 2)).toEqual(['403', 'AccessDenied']);
  });

  test('where a condition of its prefix fails, or the policy is no policy', async () => {
    const conditions = [{ bucket: BUCKET }, ['starts-with', '$key', 'in/'], ...amz];
    const policy = { expiration: later(), conditions };
    expect((await refusal(await send(signed(policy, 'out/1'), 'abcd')))[2]).toBe(
      'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "in/"]',
    );
    const bad = [
      '{',
      { conditions },
      { expiration: 'tomorrow', conditions },
      { expiration: later() },
      { expiration: later(), conditions: [...conditions, ['contains', '$key', 'x']] },
      { expiration: later(), conditions: [...conditions, ['content-length-range', 'a', 5]] },
    ];
    for (const document of bad) {
      const refused = await refusal(await send(signed(document, 'in/1'), 'abcd'));
      expect(refused.slice(0, 2)).toEqual(['400', 'InvalidPolicyDocument']);
    }
    expect((await send(signed(policy, 'in/1'), 'abcd')).status).toBe(204);
  });

  test('with a checksum that the file does not have', async () => {
    const conditions = [
      { bucket: BUCKET },
      ['eq', '$key', 'k'],
      ['starts-with', '$x-amz-checksum-crc32', ''],
      ...amz,
    ];
    const policy = { expiration: later(), conditions };
    // CRC32 of "123456789" is 0xcbf43926.
    const right = Buffer.from('cbf43926', 'hex').toString('base64');
    const post = signed(policy, 'k', { 'x-amz-checksum-crc32': right });
    expect((await refusal(await send(post, '12345678')))[1]).toBe('BadDigest');
    expect((await send(post, '123456789')).status).toBe(204);
  });

  test('where it is no well-formed form', async () => {
    const post = await policyFor();
    const raw = (body: string) =>
      fetch(post.url, {
        method: 'POST',
        body,
        headers: { 'content-type': 'multipart/form-data; boundary=B' },
      });
    const field = (name: string, value: string) =>
      `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const fields = Object.entries(post.fields)
      .map(([name, value]) => field(name, value))
      .join('');
    const file = '--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabcd';
    expect((await refusal(await raw(`${fields}${file}`)))[1]).toBe('MalformedPOSTRequest');
    expect((await refusal(await raw('nothing of the kind')))[1]).toBe('MalformedPOSTRequest');
    expect((await refusal(await raw(`${fields}--B--\r\n`)))[1]).toBe('InvalidArgument');
    expect((await refusal(await raw(`${fields}${field('Key', 'x')}${file}\r\n--B--\r\n`)))[1]).toBe(
      'InvalidArgument',
    );
    const long = field('x-ignore-a', 'x'.repeat(21_000));
    expect((await refusal(await raw(`${long}${fields}${file}\r\n--B--\r\n`)))[1]).toBe(
      'MaxPostPreDataLengthExceeded',
    );
    expect((await raw(`preamble\r\n${fields}${file}\r\n--B--\r\n`)).status).toBe(204);
  });
});
