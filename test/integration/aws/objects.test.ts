import type { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LocalS3 } from '../../../infra/local/s3/server.ts';
import {
  attachment,
  bucketObjects,
  objectSource,
  presignDownload,
  presignUpload,
} from '../../../layers/roster/src/aws/objects.ts';
import { clientOf, startServer } from '../local-s3/server.ts';
import { BUCKET, CREDENTIALS } from '../local-s3/settings.ts';

let now: Date;
let s3: LocalS3;
let client: S3Client;
let objects: ReturnType<typeof bucketObjects>;

beforeEach(async () => {
  now = new Date();
  s3 = await startServer({ clock: () => now });
  client = clientOf(s3);
  objects = bucketObjects(BUCKET, client);
});
afterEach(() => vi.restoreAllMocks());

const MiB = 1024 * 1024;
const notFound = expect.objectContaining({ code: 'not_found' });

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return Buffer.concat(list);
}

async function* pieces(...parts: (string | Uint8Array)[]): AsyncIterable<string | Uint8Array> {
  yield* parts;
}

describe('reading', () => {
  beforeEach(() => objects.write('digits', '0123456789'));

  it('streams many objects side by side, more than there are connections, and gives each whole', async () => {
    const size = 700_000;
    const names = Array.from({ length: 70 }, (_, n) => `side by side ${n}`);
    for (const name of names) await objects.write(name, name.padEnd(size, '.'));
    const streams = names.map((name) => objects.stream(name)[Symbol.asyncIterator]());
    const lengths = names.map(() => 0);
    // All are begun before any is read on, as a merge does.
    const pending = new Set(streams.keys());
    while (pending.size > 0) {
      const turn = await Promise.all(
        [...pending].map(async (at) => [at, await streams[at]!.next()] as const),
      );
      for (const [at, { done, value }] of turn) {
        if (done) pending.delete(at);
        else lengths[at]! += (value as Buffer).length;
      }
    }
    expect(lengths).toEqual(names.map(() => size));
  });

  it('gives an object whole, at once or as a stream', async () => {
    expect(String(await objects.read('digits'))).toBe('0123456789');
    expect(String(await all(objects.stream('digits')))).toBe('0123456789');
  });

  it.each([
    [0, 3, '012'],
    [3, 10, '3456789'],
    [8, 100, '89'],
    [9, 10, '9'],
    [10, 20, ''],
    [500, 600, ''],
    [0, 0, ''],
    [4, 4, ''],
  ])('gives the bytes from %i up to but not including %i', async (start, end, text) => {
    expect(String(await objects.readRange('digits', start, end))).toBe(text);
  });

  it('gives nothing of an empty object, in every way', async () => {
    await objects.write('empty', '');
    expect(await objects.read('empty')).toHaveLength(0);
    expect(await all(objects.stream('empty'))).toHaveLength(0);
    for (const end of [0, 1, 100]) expect(await objects.readRange('empty', 0, end)).toHaveLength(0);
    expect((await objectSource(BUCKET, 'empty', client)).source.size).toBe(0);
  });

  it('says so where an object is missing, in every way', async () => {
    await expect(objects.read('none')).rejects.toEqual(notFound);
    await expect(objects.readRange('none', 0, 10)).rejects.toEqual(notFound);
    await expect(objects.readRange('none', 0, 0)).rejects.toEqual(notFound);
    await expect(all(objects.stream('none'))).rejects.toEqual(notFound);
    await expect(objectSource(BUCKET, 'none', client)).rejects.toEqual(notFound);
    const options = { fileName: 'x', ttlSeconds: 60 };
    await expect(presignDownload(BUCKET, 'none', options, client)).rejects.toEqual(notFound);
  });

  it('does not call another failure a missing object', async () => {
    const stranger = bucketObjects(
      BUCKET,
      clientOf(s3, { credentials: { ...CREDENTIALS, secretAccessKey: 'wrong' } }),
    );
    const denied = expect.objectContaining({ name: 'SignatureDoesNotMatch' });
    await expect(stranger.read('digits')).rejects.toEqual(denied);
    await expect(stranger.readRange('digits', 0, 5)).rejects.toEqual(denied);
    await expect(all(stranger.stream('digits'))).rejects.toEqual(denied);
    await expect(stranger.write('digits', 'x')).rejects.toEqual(denied);
    const noBucket = bucketObjects('no-such-bucket', client);
    await expect(noBucket.read('digits')).rejects.toMatchObject({ name: 'NoSuchBucket' });
    const gone = clientOf(s3, { endpoint: 'http://127.0.0.1:9' });
    await expect(bucketObjects(BUCKET, gone).read('digits')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('writing', () => {
  it('replaces an object', async () => {
    await objects.write('key', 'long long ago');
    await objects.write('key', Buffer.from('né'));
    expect(String(await objects.read('key'))).toBe('né');
    await objects.writeStream('key', pieces('a', Buffer.from('b'), '', 'ç'), 'text/csv; charset=utf-8');
    expect(String(await objects.read('key'))).toBe('abç');
    await objects.writeStream('key', pieces());
    expect(await objects.read('key')).toHaveLength(0);
  });

  it('leaves the object as it was when the stream breaks', async () => {
    await objects.write('key', 'before');
    async function* broken() {
      yield Buffer.alloc(6 * MiB);
      throw new Error('The source broke');
    }
    await expect(objects.writeStream('key', broken())).rejects.toThrow('The source broke');
    expect(String(await objects.read('key'))).toBe('before');
  });

  it('shows readers the object before or after, and nothing between', async () => {
    const [a, b] = [Buffer.alloc(2 * MiB, 'a'), Buffer.alloc(2 * MiB, 'b')];
    await objects.write('key', a);
    const writing = objects.write('key', b);
    const seen = await Promise.all(Array.from({ length: 5 }, () => objects.read('key')));
    await writing;
    for (const one of seen) expect(one.equals(a) || one.equals(b)).toBe(true);
    expect((await objects.read('key')).equals(b)).toBe(true);
  });

  it('sends 20 MB of a stream in parts, of which few are held', async () => {
    const sent: { name: string; bytes: number }[] = [];
    let ahead = 0;
    let aheadMax = 0;
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          const { Body } = args.input as { Body?: Uint8Array };
          const result = await next(args);
          sent.push({ name: commandName, bytes: Body?.byteLength ?? 0 });
          ahead -= Body?.byteLength ?? 0;
          return result;
        },
      { step: 'initialize' },
    );
    async function* twenty() {
      for (let chunk = 0; chunk < 20; chunk++) {
        ahead += MiB;
        aheadMax = Math.max(aheadMax, ahead);
        yield Buffer.alloc(MiB, chunk);
      }
    }
    await objects.writeStream('large', twenty());
    const parts = sent.filter(({ name }) => name === 'UploadPartCommand');
    expect(parts.map(({ bytes }) => bytes).sort()).toEqual(Array(4).fill(5 * MiB));
    // Two parts under way, one being filled, and what the stream reads ahead.
    expect(aheadMax).toBeLessThanOrEqual(17 * MiB);
    const stored = await objects.read('large');
    expect(stored).toHaveLength(20 * MiB);
    for (const at of [0, 7, 19]) expect(stored[at * MiB]).toBe(at);
  });

  it.each([
    ['an empty text', () => objects.write('key', '')],
    ['a text', () => objects.write('key', 'né')],
    ['no bytes', () => objects.write('key', new Uint8Array())],
    ['an empty stream', () => objects.writeStream('key', pieces())],
    ['a stream', () => objects.writeStream('key', pieces('a', 'b'))],
  ])('knows the length of %s, so that the SDK warns of nothing', async (_, write) => {
    const said = (['warn', 'error', 'log'] as const).map((level) => vi.spyOn(console, level));
    await write();
    for (const spy of said) expect(spy.mock.calls).toEqual([]);
  });
});

describe('a source of ranges', () => {
  it('reads any of them, and knows the size and the time', async () => {
    now = new Date(Math.floor(now.getTime() / 1000) * 1000);
    await objects.write('key', '0123456789');
    const { source, uploadedAt } = await objectSource(BUCKET, 'key', client);
    expect(source.size).toBe(10);
    expect(uploadedAt).toEqual(now);
    expect(String(await all(source.read(0, 10)))).toBe('0123456789');
    expect(String(await all(source.read(4, 6)))).toBe('45');
    expect(await all(source.read(6, 6))).toHaveLength(0);
  });

  it('refuses to mix two files where the object was replaced', async () => {
    await objects.write('key', 'first');
    const { source } = await objectSource(BUCKET, 'key', client);
    await objects.write('key', 'second');
    await expect(all(source.read(0, 3))).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });
});

describe('a presigned upload', () => {
  const key = 'acme/01KE0000000000000000000001/original';

  async function send(file: string, change: Record<string, string> = {}): Promise<number> {
    const { url, fields } = await presignUpload(BUCKET, key, { bytesMax: 10, ttlSeconds: 600 }, client);
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...fields, ...change })) form.append(name, value);
    form.append('file', new Blob([file]), 'roster.csv');
    if (lateSeconds > 0) now = new Date(now.getTime() + lateSeconds * 1000);
    return (await fetch(url, { method: 'POST', body: form })).status;
  }
  let lateSeconds = 0;
  beforeEach(() => {
    lateSeconds = 0;
  });

  it('takes the file, and also an empty one', async () => {
    expect(await send('0123456789')).toBe(204);
    expect(String(await objects.read(key))).toBe('0123456789');
    expect(await send('')).toBe(204);
  });

  it.each([
    ['a file that is too long', '0123456789+', {}, 0, 400],
    ['another key', '0123', { key: 'other/01KE0000000000000000000001/original' }, 0, 403],
    ['a form that has expired', '0123', {}, 601, 403],
  ])('refuses %s', async (_, file, change, late, status) => {
    lateSeconds = late;
    expect(await send(file, change)).toBe(status);
    await expect(objects.read(key)).rejects.toEqual(notFound);
  });
});

describe('a presigned download', () => {
  const fileName = `Élève "A" (été) 100%'*.csv`;
  // By hand: RFC 8187 3.2.1 leaves only letters, digits and !#$&+-.^_`|~ alone.
  const expected =
    'attachment; filename="_l_ve _A_ (_t_) 100_\'*.csv"; ' +
    "filename*=UTF-8''%C3%89l%C3%A8ve%20%22A%22%20%28%C3%A9t%C3%A9%29%20100%25%27%2A.csv";

  it('saves under the name of the file, whatever characters it has', async () => {
    await objects.write('key', 'content');
    const url = await presignDownload(BUCKET, 'key', { fileName, ttlSeconds: 60 }, client);
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-disposition')).toBe(expected);
    expect(await response.text()).toBe('content');
    now = new Date(now.getTime() + 61_000);
    expect((await fetch(url)).status).toBe(403);
  });

  it('lets no name break out of the header', () => {
    expect(attachment('a"; x="b\r\nSet-Cookie: c')).toBe(
      'attachment; filename="a_; x=_b__Set-Cookie: c"; ' +
        "filename*=UTF-8''a%22%3B%20x%3D%22b%0D%0ASet-Cookie%3A%20c",
    );
    expect(attachment('\ud800.csv')).toBe(`attachment; filename="_.csv"; filename*=UTF-8''%EF%BF%BD.csv`);
  });
});
