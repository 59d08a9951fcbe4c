import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, startCloud } from '../../../infra/local/cloud.ts';
import { buildFixture } from './fixture/app.ts';

const stateDirectory = mkdtempSync(join(tmpdir(), 'web-'));
let cloud: Cloud;

beforeAll(async () => {
  const logger = { info: () => undefined, error: () => undefined };
  cloud = await startCloud({ app: buildFixture, stateDirectory, logger });
});

afterAll(async () => {
  await cloud?.close();
  rmSync(stateDirectory, { recursive: true, force: true });
});

const get = (path: string, init?: RequestInit) => fetch(cloud.url + path, init);

async function echo(path: string, init?: RequestInit) {
  return (await get(path, init)).json();
}

describe('the site', () => {
  it('serves its pages with type and security headers', async () => {
    const page = await get('/');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<h1>Fixture</h1>');
    expect(page.headers.get('content-type')).toBe('text/html');
    expect(page.headers.get('content-security-policy')).toBe("default-src 'self'");
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('x-frame-options')).toBe('DENY');
    expect(page.headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(page.headers.get('permissions-policy')).toBe('camera=()');
    expect((await get('/assets/page.css')).headers.get('content-type')).toBe('text/css');
  });

  it('answers conditional requests', async () => {
    const etag = (await get('/')).headers.get('etag')!;
    const again = await get('/', { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  });

  it.each(['/nothing.html', '/..%2f..%2fapp.ts', '/%00', '/%E0%A4%A'])('has no %s', async (path) => {
    expect((await get(path)).status).toBe(403);
  });

  it('serves the file that a CloudFront function names', async () => {
    const style = await get('/styles/page?v=1');
    expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css']);
    expect(style.headers.get('x-frame-options')).toBe('DENY');
    expect((await get('/styles/nothing')).status).toBe(403);
  });

  it('takes no other methods', async () => {
    expect((await get('/', { method: 'POST', body: 'x' })).status).toBe(403);
    const head = await get('/', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

describe('the API', () => {
  it('reaches a function that uses the layer and addresses of other resources', async () => {
    const config = await echo('/config.json');
    expect(config).toMatchObject({ greeting: 'hello you' });
    // aws-jwt-verify fetches the keys from there.
    const keys = await (await fetch(`${config.issuer}/.well-known/jwks.json`)).json();
    expect(keys.keys[0]).toMatchObject({ kty: 'RSA', use: 'sig' });
  });

  it('makes events of payload format 2.0', async () => {
    const event = await echo('/api/v1/echo?a=1&b=%20x&a=2', {
      headers: { 'X-Odd-Name': 'yes', cookie: 'c1=v1; c2=v2', 'user-agent': 'test' },
    });
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /api/v1/echo',
      rawPath: '/api/v1/echo',
      rawQueryString: 'a=1&b=%20x&a=2',
      cookies: ['c1=v1', 'c2=v2'],
      queryStringParameters: { a: '1,2', b: ' x' },
      isBase64Encoded: false,
      requestContext: {
        http: {
          method: 'GET',
          path: '/api/v1/echo',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test',
        },
        routeKey: 'GET /api/v1/echo',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
        requestId: expect.any(String),
      },
    });
    expect(event.headers).toMatchObject({ 'x-odd-name': 'yes', 'x-forwarded-for': '127.0.0.1' });
    expect(event.headers.cookie).toBeUndefined();
    expect(event.body).toBeUndefined();
    expect(event.pathParameters).toBeUndefined();
  });

  it('passes JSON on as text and other types as base64', async () => {
    const post = (type: string) =>
      echo('/api/v1/echo', { method: 'POST', body: '{"é":1}', headers: { 'content-type': type } });
    expect(await post('application/json; charset=utf-8')).toMatchObject({
      body: '{"é":1}',
      isBase64Encoded: false,
    });
    // "eyLDqSI6MX0=" is what base64(1) makes of the bytes.
    expect(await post('application/octet-stream')).toMatchObject({
      body: 'eyLDqSI6MX0=',
      isBase64Encoded: true,
    });
    expect(await post('application/x-www-form-urlencoded')).toMatchObject({ isBase64Encoded: true });
  });

  it('prefers literal segments, then variables, then greedy ones', async () => {
    const summary = await echo('/api/v1/orgs/acme/members/summary');
    expect(summary).toMatchObject({ routeKey: 'GET /api/v1/orgs/{org}/members/summary' });
    const member = await echo('/api/v1/orgs/acme/members/a%20b%2Fc');
    expect(member.pathParameters).toEqual({ org: 'acme', id: 'a b/c' });
    const file = await echo('/api/v1/files/x/y.txt', { method: 'DELETE' });
    expect(file).toMatchObject({
      routeKey: 'ANY /api/v1/files/{proxy+}',
      pathParameters: { proxy: 'x/y.txt' },
    });
  });

  it('answers 404 where there is no route', async () => {
    for (const [path, method] of [
      ['/api/v1/nothing', 'GET'],
      ['/api/v1/echo', 'DELETE'],
      ['/api/v1/files/', 'GET'],
    ] as const) {
      const answer = await get(path, { method });
      expect([answer.status, await answer.json()]).toEqual([404, { message: 'Not Found' }]);
    }
  });

  it('understands every form of result', async () => {
    const inferred = await get('/api/v1/files/inferred');
    expect([inferred.headers.get('content-type'), await inferred.json()]).toEqual([
      'application/json',
      { plain: true },
    ]);
    expect(await (await get('/api/v1/files/string')).text()).toBe('just text');
    const bytes = await (await get('/api/v1/files/binary')).arrayBuffer();
    expect([...new Uint8Array(bytes)]).toEqual([0, 255, 1]);
    const cookies = await get('/api/v1/files/cookies');
    expect([cookies.status, cookies.headers.getSetCookie()]).toEqual([201, ['a=1; Path=/', 'b=2']]);
    expect(cookies.headers.get('x-kind')).toBe('cookie');
  });

  it('asks the authorizer', async () => {
    const answer = async (authorization?: string) => {
      const reply = await get('/api/v1/me', authorization ? { headers: { authorization } } : {});
      return [reply.status, await reply.json()];
    };
    expect(await answer()).toEqual([401, { message: 'Unauthorized' }]);
    expect(await answer('go away')).toEqual([403, { message: 'Forbidden' }]);
    expect(await answer('broken')).toEqual([500, { message: 'Internal Server Error' }]);
    const [status, event] = await answer('let me in');
    expect(status).toBe(200);
    expect(event.requestContext.authorizer).toEqual({ lambda: { account: 'a-1', sources: 1 } });
  });

  it('takes at most 10 MB', async () => {
    const body = Buffer.alloc(10 * 1024 * 1024 + 1);
    const answer = await get('/api/v1/echo', { method: 'POST', body });
    expect([answer.status, await answer.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
  });

  it('hides failures of functions', async () => {
    const fail = async (fault: string) => {
      const answer = await get('/api/v1/faulty', {
        method: 'POST',
        body: JSON.stringify({ fault }),
        headers: json,
      });
      return [answer.status, await answer.json()];
    };
    const json = { 'content-type': 'application/json' };
    expect(await fail('throw')).toEqual([500, { message: 'Internal Server Error' }]);
    expect(await fail('timeout')).toEqual([503, { message: 'Service Unavailable' }]);
  });
});
