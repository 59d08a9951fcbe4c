import { describe, expect, it, vi } from 'vitest';
import { createHttpApi, type HttpApiSpec, type RouteSpec } from '../../../infra/local/gateway/api.ts';
import { createDistribution, type DistributionConfig } from '../../../infra/local/gateway/distribution.ts';
import type { Origin, ViewerRequest } from '../../../infra/local/gateway/http.ts';
import { viewerFunction } from '../../../infra/local/gateway/viewerFunction.ts';

function request(method: string, path: string, headers: Record<string, string> = {}): ViewerRequest {
  return { method, path, query: '', headers, sourceIp: '127.0.0.1', body: async () => Buffer.alloc(0) };
}

function api(
  route: Partial<RouteSpec>,
  invoke: (name: string) => Promise<unknown>,
  more: Partial<HttpApiSpec> = {},
) {
  const routes = new Map([['ANY /{proxy+}', { functionArn: 'handler', ...route }]]);
  const identity = { apiId: 'a1', accountId: '1', region: 'r', stage: '$default', host: '127.0.0.1:1' };
  return createHttpApi({ ...identity, routes, ...more }, invoke, () => undefined);
}

describe('an HTTP API', () => {
  it('remembers verdicts for as long as the authorizer says', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const authorizer = {
      functionArn: 'authorizer',
      identitySources: ['$request.header.Authorization', '$request.querystring.key'],
      ttlSeconds: 60,
    };
    const asked: string[] = [];
    const origin = api({ authorizer }, async (name) => {
      asked.push(name);
      return name === 'authorizer' ? { isAuthorized: true } : {};
    });
    const call = { ...request('GET', '/x', { authorization: 'me' }), query: 'key=1' };
    const authorizations = () => asked.filter((name) => name === 'authorizer').length;
    await origin(call);
    await origin(call);
    expect(authorizations()).toBe(1);
    await origin({ ...call, query: 'key=2' });
    expect(authorizations()).toBe(2);
    vi.setSystemTime(Date.now() + 61_000);
    await origin(call);
    expect(authorizations()).toBe(3);
    expect((await origin({ ...call, query: '' })).status).toBe(401);
    expect(authorizations()).toBe(3);
    vi.useRealTimers();
  });

  it('gives up on a function after its timeout', async () => {
    const never = new Promise<unknown>(() => undefined);
    const reply = await api({ timeoutMilliseconds: 50 }, () => never)(request('GET', '/x'));
    expect([reply.status, reply.body]).toEqual([503, '{"message":"Service Unavailable"}']);
  });

  it.each([{ statusCode: 'no' }, { statusCode: 99 }, { statusCode: 200, body: { not: 'text' } }])(
    'answers 500 to the malformed result %j',
    async (result) => {
      expect((await api({}, async () => result)(request('GET', '/x'))).status).toBe(500);
    },
  );

  it('answers preflights by itself and adds its CORS headers', async () => {
    const cors = { AllowOrigins: ['https://a.example'], AllowMethods: ['GET', 'PUT'], MaxAge: 60 };
    const invoke = vi.fn(async () => ({ ok: true }));
    const origin = api({}, invoke, { cors });
    const asking = { origin: 'https://a.example', 'access-control-request-method': 'PUT' };
    const preflight = await origin(request('OPTIONS', '/x', asking));
    expect(preflight).toEqual({
      status: 204,
      headers: {
        'apigw-requestid': expect.any(String),
        'access-control-allow-origin': 'https://a.example',
        'access-control-allow-methods': 'GET,PUT',
        'access-control-max-age': '60',
        vary: 'Origin',
      },
    });
    expect(invoke).not.toHaveBeenCalled();
    const call = await origin(request('GET', '/x', { origin: 'https://a.example' }));
    expect(call.headers['access-control-allow-origin']).toBe('https://a.example');
    const stranger = await origin(request('GET', '/x', { origin: 'https://b.example' }));
    expect(stranger.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a distribution', () => {
  const named =
    (name: string): Origin =>
    async ({ path }) => {
      const status = path.includes('missing') ? 403 : 200;
      return { status, headers: { from: name, server: 'origin' }, body: path };
    };
  const config: DistributionConfig = {
    DefaultRootObject: 'index.html',
    DefaultCacheBehavior: { TargetOriginId: 'site' },
    CacheBehaviors: [
      { PathPattern: 'images/*.jp?g', TargetOriginId: 'images', ResponseHeadersPolicyId: 'p' },
      { PathPattern: '/api/*', TargetOriginId: 'api', AllowedMethods: ['GET', 'POST'] },
    ],
    CustomErrorResponses: [{ ErrorCode: 403, ResponseCode: 200, ResponsePagePath: '/index.html' }],
    Origins: [
      { Id: 'site', DomainName: 'site.example', OriginPath: '/v1' },
      { Id: 'images', DomainName: 'images.example' },
      { Id: 'api', DomainName: 'api.example' },
    ],
  };
  const policies = new Map([
    [
      'p',
      {
        RemoveHeadersConfig: { Items: [{ Header: 'Server' }] },
        CustomHeadersConfig: { Items: [{ Header: 'From', Value: 'policy', Override: false }] },
        SecurityHeadersConfig: { ReferrerPolicy: { ReferrerPolicy: 'no-referrer', Override: true } },
      },
    ],
  ]);
  const distribution = createDistribution(config, named, policies);

  it.each([
    ['/', 'site.example', '/v1/index.html'],
    ['/a/b', 'site.example', '/v1/a/b'],
    ['/images/x/y.jpeg', 'images.example', '/images/x/y.jpeg'],
    ['/images/y.jpg', 'site.example', '/v1/images/y.jpg'],
    ['/api/', 'api.example', '/api/'],
    ['/API/x', 'site.example', '/v1/API/x'],
  ])('sends %s to %s', async (path, from, body) => {
    expect(await distribution(request('GET', path))).toMatchObject({ headers: { from }, body });
  });

  it('shows the error page', async () => {
    const reply = await distribution(request('GET', '/missing'));
    expect(reply).toMatchObject({ status: 200, body: '/v1/index.html' });
  });

  it('applies its headers policy', async () => {
    const { headers } = await distribution(request('GET', '/images/a.jpeg'));
    expect(headers).toEqual({ from: 'images.example', 'referrer-policy': 'no-referrer' });
  });

  it('allows only the methods of the behaviour', async () => {
    expect((await distribution(request('DELETE', '/api/x'))).status).toBe(403);
    expect((await distribution(request('POST', '/api/x'))).status).toBe(200);
  });

  it('needs its origins and policies', () => {
    const behaviour = { ...config.DefaultCacheBehavior, ResponseHeadersPolicyId: 'managed' };
    expect(() => createDistribution({ ...config, DefaultCacheBehavior: behaviour }, named, policies)).toThrow(
      /No response headers policy managed/,
    );
  });

  it('needs the functions of its behaviours, for requests of viewers', () => {
    const withFunction = (EventType: string, FunctionARN: string) => () => {
      const behaviour = {
        ...config.DefaultCacheBehavior,
        FunctionAssociations: [{ EventType, FunctionARN }],
      };
      const functions = new Map([['known', ({ path }: { path: string }) => path]]);
      return createDistribution({ ...config, DefaultCacheBehavior: behaviour }, named, policies, functions);
    };
    expect(withFunction('viewer-request', 'known')).not.toThrow();
    expect(withFunction('viewer-request', 'other')).toThrow(/is hosted/);
    expect(withFunction('viewer-response', 'known')).toThrow(/is hosted/);
  });
});

describe('a CloudFront function', () => {
  const ask = (code: string, path = '/a/b') =>
    viewerFunction(code)({ method: 'GET', path, sourceIp: '192.0.2.1' });

  it('says what the origin is asked for', () => {
    const code = `function handler(event) {
      event.request.uri += '.' + event.request.method + event.viewer.ip;
      return event.request;
    }`;
    expect(ask(code)).toBe('/a/b.GET192.0.2.1');
  });

  it('reaches nothing of this process', () => {
    const code =
      'function handler(e) { return { uri: [typeof process, typeof require, typeof fetch].join() }; }';
    expect(ask(code)).toBe('undefined,undefined,undefined');
  });

  it('must not answer itself, fail or go on for ever', () => {
    expect(() => ask('function handler() { return { statusCode: 302 }; }')).toThrow(/not hosted/);
    expect(() => ask('function handler() { throw new Error("broken"); }')).toThrow(/broken/);
    expect(() => ask('function handler() { for (;;); }')).toThrow(/timed out/);
    expect(() => viewerFunction('function (')).toThrow(SyntaxError);
  });
});
