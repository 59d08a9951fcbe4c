import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ApiError, CodeRequired, MusterClient, NewPasswordRequired } from '../../../commands/client.ts';
import { counts, importBody, importId, memberBody, problem, type Script, startFakeApi } from './fake-api.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(script: Script) {
  const fake = await startFakeApi(script);
  closers.push(fake.close);
  return { ...fake, client: new MusterClient(fake.url) };
}

const tokens = { accessToken: 'access-1', refreshToken: 'refresh-1', expiresInSeconds: 3600 };
const ana = { organization: 'acme', login: 'ana', password: 'secret' };
const me = { account: 'a1', secondFactor: false, memberships: [] };

test('signs in, and carries the access token from then on', async () => {
  const { client, received } = await serve({
    'POST /api/v1/sessions': [{ body: tokens }],
    'GET /api/v1/me': [{ body: me }],
  });
  await client.signIn(ana);
  expect(await client.me()).toEqual(me);
  expect(JSON.parse(String(received[0]?.body))).toEqual(ana);
  expect(received[0]?.headers.authorization).toBeUndefined();
  expect(received[1]?.headers.authorization).toBe('Bearer access-1');
});

test('takes the address of the API as well as that of the site', () => {
  expect(new MusterClient('http://h:1/').apiUrl).toBe('http://h:1/api/v1');
  expect(new MusterClient('http://h:1/api/v1/').apiUrl).toBe('http://h:1/api/v1');
});

test('a one-time password asks for one of the account’s own, which is sent with the session', async () => {
  const { client, received } = await serve({
    'POST /api/v1/sessions': [{ body: { challenge: 'NEW_PASSWORD_REQUIRED', session: 's-1' } }],
    'POST /api/v1/sessions/challenge': [{ body: tokens }],
  });
  const refusal = await client.signIn(ana).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(NewPasswordRequired);
  await client.answerChallenge((refusal as NewPasswordRequired).session, { ...ana, password: 'my own' });
  expect(JSON.parse(String(received[1]?.body))).toEqual({
    challenge: 'NEW_PASSWORD_REQUIRED',
    session: 's-1',
    organization: 'acme',
    login: 'ana',
    newPassword: 'my own',
  });
});

test('refreshes a refused access token once, keeps the refresh token, and repeats the call', async () => {
  const { client, received } = await serve({
    'POST /api/v1/sessions': [{ body: tokens }],
    'POST /api/v1/sessions/refresh': [{ body: { accessToken: 'access-2', expiresInSeconds: 3600 } }],
    'GET /api/v1/me': ({ headers }) =>
      headers.authorization === 'Bearer access-2'
        ? { body: me }
        : { status: 401, body: problem(401, 'unauthenticated') },
  });
  await client.signIn(ana);
  expect(await client.me()).toEqual(me);
  expect(received.map(({ path }) => path.replace('/api/v1', ''))).toEqual([
    '/sessions',
    '/me',
    '/sessions/refresh',
    '/me',
  ]);
  expect(JSON.parse(String(received[2]?.body))).toEqual({ refreshToken: 'refresh-1' });
});

test('so is one that the gateway refuses without a problem, as it does when the token has expired', async () => {
  const { client, received } = await serve({
    'POST /api/v1/sessions': [{ body: tokens }],
    'POST /api/v1/sessions/refresh': [{ body: { accessToken: 'access-2', expiresInSeconds: 3600 } }],
    'GET /api/v1/me': ({ headers }) =>
      headers.authorization === 'Bearer access-2'
        ? { body: me }
        : { status: 403, body: { message: 'Forbidden' } },
  });
  await client.signIn(ana);
  expect(await client.me()).toEqual(me);
  expect(received.map(({ path }) => path.replace('/api/v1', ''))).toEqual([
    '/sessions',
    '/me',
    '/sessions/refresh',
    '/me',
  ]);
  expect(JSON.parse(String(received[2]?.body))).toEqual({ refreshToken: 'refresh-1' });
});

test('what the caller may not do is no reason to refresh', async () => {
  const { client, received } = await serve({
    'POST /api/v1/sessions': [{ body: tokens }],
    'GET /api/v1/me': [{ status: 403, body: problem(403, 'forbidden') }],
  });
  await client.signIn(ana);
  await expect(client.me()).rejects.toMatchObject({ status: 403, code: 'forbidden' });
  expect(received).toHaveLength(2);
});

test('a wrong password or code, given by somebody signed in, is not given twice', async () => {
  const { client, received } = await serve({
    'POST /api/v1/sessions': [{ body: tokens }],
    'POST /api/v1/me/password': [{ status: 401, body: problem(401, 'wrong_credentials') }],
  });
  await client.signIn(ana);
  await expect(client.changePassword('wrong', 'new')).rejects.toMatchObject({ code: 'wrong_credentials' });
  expect(received).toHaveLength(2);
});

test('a second factor is asked for, and its code gives the tokens', async () => {
  const { client, received } = await serve({
    'POST /api/v1/sessions': [{ body: { challenge: 'SOFTWARE_TOKEN_MFA', session: 's-1' } }],
    'POST /api/v1/sessions/challenge': [{ body: tokens }],
    'GET /api/v1/me': [{ body: me }],
  });
  const asked = await client.signIn(ana).catch((error) => error);
  expect(asked).toBeInstanceOf(CodeRequired);
  await client.answerCode(asked.session, ana, '123456');
  expect(await client.me()).toEqual(me);
  expect(JSON.parse(String(received[1]?.body))).toEqual({
    challenge: 'SOFTWARE_TOKEN_MFA',
    session: 's-1',
    organization: ana.organization,
    login: ana.login,
    code: '123456',
  });
});

test('a wrong password is the API’s own refusal, not a reason to refresh', async () => {
  const { client, received } = await serve({
    'POST /api/v1/sessions': [{ status: 401, body: problem(401, 'wrong_credentials') }],
  });
  await expect(client.signIn(ana)).rejects.toMatchObject({ status: 401, code: 'wrong_credentials' });
  expect(received).toHaveLength(1);
});

test('a problem becomes an error with its code and its places', async () => {
  const places = [{ path: 'Email', message: 'has the type email' }];
  const { client } = await serve({
    'PUT /api/v1/orgs/acme/schema': [{ status: 422, body: problem(422, 'invalid_schema', places) }],
  });
  const refusal = await client.putSchema('acme', [], 3).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ApiError);
  expect(refusal).toMatchObject({
    status: 422,
    code: 'invalid_schema',
    places,
    message: 'It is invalid_schema. Email: has the type email',
  });
});

test('an answer that is no problem keeps its status', async () => {
  const { client } = await serve({
    'GET /api/v1/me': [{ status: 502, body: '<html>bad gateway</html>', type: 'text/html' }],
  });
  await expect(client.me()).rejects.toMatchObject({
    status: 502,
    code: '',
    message: '/api/v1/me answered 502.',
  });
});

test('an answer of another shape is an error, not a value', async () => {
  const { client } = await serve({ 'GET /api/v1/orgs/acme/members/summary': [{ body: { total: 'many' } }] });
  await expect(client.summary('acme')).rejects.toThrow(/total/);
});

test('a list is read page by page, as far as it is asked for', async () => {
  const { client, received } = await serve({
    'GET /api/v1/orgs/acme/members': ({ query }) => {
      const cursor = query.get('cursor');
      if (cursor === null) return { body: { items: [memberBody('A'), memberBody('B')], nextCursor: 'c/2' } };
      if (cursor === 'c/2') return { body: { items: [memberBody('C')], nextCursor: 'c/3' } };
      return { body: { items: [memberBody('D')] } };
    },
  });
  const all: string[] = [];
  for await (const { externalId } of client.members('acme', { q: 'é & b' })) all.push(externalId);
  expect(all).toEqual(['A', 'B', 'C', 'D']);
  expect(received[0]?.query.get('q')).toBe('é & b');
  received.length = 0;
  for await (const _ of client.members('acme')) break;
  expect(received).toHaveLength(1);
});

test('uploads a file from disk with the ticket’s fields first, as S3 wants it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'muster-client-'));
  closers.push(() => rm(directory, { recursive: true }));
  const file = join(directory, 'roster.csv');
  await writeFile(file, 'MemberID\r\n1\r\n');
  const { client, url, received } = await serve({ 'POST /bucket': [{ status: 204 }] });
  await client.uploadFile({ url: `${url}/bucket`, fields: { key: 'imports/1', policy: 'p' } }, file);
  const { headers, body } = received[0]!;
  expect(Number(headers['content-length'])).toBe(body.length);
  expect(headers.authorization).toBeUndefined();
  // The platform's own parser is the judge of the form.
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': headers['content-type'] ?? '' },
  }).formData();
  expect([...form.keys()]).toEqual(['key', 'policy', 'file']);
  const part = form.get('file') as File;
  expect([part.name, await part.text()]).toEqual(['roster.csv', 'MemberID\r\n1\r\n']);
});

test('an upload that S3 refuses tells S3’s reason', async () => {
  const body =
    '<?xml version="1.0"?><Error><Code>EntityTooLarge</Code><Message>Your proposed upload exceeds</Message></Error>';
  const { client, url } = await serve({ 'POST /b': [{ status: 400, body, type: 'application/xml' }] });
  const upload = client.upload({ url: `${url}/b`, fields: {} }, new Blob(['x']), 'x.csv');
  await expect(upload).rejects.toMatchObject({
    code: 'EntityTooLarge',
    message: /Your proposed upload exceeds/,
  });
});

test('follows an import to its end, telling each news once', async () => {
  const steps = ['validating', 'validating', 'applying'].map((step) => ({ body: importBody({ step }) }));
  const end = { body: importBody({ status: 'complete', step: 'done' }) };
  const { client } = await serve({ [`GET /api/v1/orgs/acme/imports/${importId}`]: [...steps, end] });
  const told: string[] = [];
  const job = await client.waitForImport('acme', importId, { onProgress: ({ step }) => told.push(step) });
  expect(job).toMatchObject({ status: 'complete', counts });
  expect(told).toEqual(['validating', 'applying', 'done']);
});

test('a plan that waits ends the waiting; one that is approved does not', async () => {
  const review = importBody({ step: 'review' });
  const approval = { by: 'ana', at: review.createdAt, kinds: ['add'], excludedCount: 0 };
  const path = `/api/v1/orgs/acme/imports/${importId}`;
  const { client, received } = await serve({
    [`GET ${path}`]: [
      { body: review },
      { body: { ...review, approval } },
      { body: importBody({ status: 'complete', step: 'done', approval }) },
    ],
    [`POST ${path}/approve`]: [{ status: 202, body: { ...review, approval } }],
  });
  expect(await client.waitForImport('acme', importId)).toMatchObject({ step: 'review' });
  await client.approve('acme', importId, { confirmHold: true });
  expect(JSON.parse(String(received.at(-1)?.body))).toEqual({ confirmHold: true });
  expect(await client.waitForImport('acme', importId)).toMatchObject({ status: 'complete' });
});

test('stops waiting at the deadline', async () => {
  const { client } = await serve({ [`GET /api/v1/orgs/acme/imports/${importId}`]: [{ body: importBody() }] });
  await expect(client.waitForImport('acme', importId, { deadlineSeconds: 0.05 })).rejects.toThrow(
    'has not ended within 0.05 seconds',
  );
});
