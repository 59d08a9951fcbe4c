import type { Context } from 'aws-lambda';
import { defaultReminders } from 'roster/domain/reminders';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Once, OnceCall } from '../../../layers/roster/src/aws/idempotency.ts';
import { MusterError } from '../../../layers/roster/src/domain/errors.ts';
import { type HttpHandlers, httpFunction, requireVersion } from '../../../layers/roster/src/lambda/http.ts';
import { logger } from '../../../layers/roster/src/lambda/observability.ts';
import type { HttpEvent } from '../../../layers/roster/src/lambda/request.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_METRICS_DISABLED = 'true';
});

const organization = {
  organization: 'acme',
  name: 'Acme',
  hold: { disabledShareMax: 0.1, disabledMembersMax: 50 },
  importDefaults: { mode: 'full', onRowErrors: 'reject_file', approve: 'review' },
  timeZone: 'UTC',
  reminders: defaultReminders,
  language: 'en',
  version: 4,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
} as const;
const schema = { version: 2, columns: [{ name: 'Id', type: 'text' as const, role: 'externalId' as const }] };

const calls: OnceCall[] = [];
const once: Once = {
  run(call, _, work) {
    calls.push(call);
    return work();
  },
};

const handlers: HttpHandlers<'organization', { once: Once }> = {
  async getOrganization() {
    // More than the description names: it must not get out.
    return { status: 200, version: 4, body: { ...organization, secret: 'inner' } };
  },
  async updateOrganization({ body, ifMatch, caller }) {
    requireVersion(ifMatch, 4);
    return { status: 200, version: 5, body: { ...organization, name: `${body.name} by ${caller.account}` } };
  },
  async getSchema() {
    throw new Error('connect ECONNREFUSED 10.0.0.1 password=hunter2');
  },
  async putSchema() {
    return { status: 200, version: 2, body: schema };
  },
  async previewMail() {
    return { status: 200, body: { subject: 'Hello', html: '<p>Hello</p>', text: 'Hello' } };
  },
  async listAudit() {
    return { status: 200, body: { items: [] } };
  },
  async listSchemaPresets() {
    return { status: 200, body: { items: [] } };
  },
  async getSchemaTemplate({ query }) {
    const file = {
      bytes: Buffer.from(query.format),
      contentType: 'text/csv',
      fileName: 'roster-template.csv',
    };
    return { status: 200, file };
  },
};

const serve = httpFunction('organization', handlers, { once });
const owner = { account: 'one', organization: 'acme', level: 'owner', login: 'ana' };

function event(routeKey: string, more: Partial<HttpEvent> & { caller?: unknown } = {}): HttpEvent {
  const { caller = owner, ...rest } = more;
  return {
    version: '2.0',
    routeKey,
    rawPath: '/',
    rawQueryString: '',
    headers: {},
    pathParameters: { org: 'acme' },
    isBase64Encoded: false,
    requestContext: { requestId: 'r-1', ...(caller !== null && { authorizer: { lambda: caller } }) },
    ...rest,
  };
}

async function answer(one: HttpEvent) {
  const result = await serve(one, { awsRequestId: 'a-1', functionName: 'f' } as Context);
  const isJson = String(result.headers?.['content-type']).includes('json');
  return { ...result, json: isJson ? JSON.parse(result.body ?? '') : undefined };
}

const get = 'GET /api/v1/orgs/{org}';
const patch = 'PATCH /api/v1/orgs/{org}';
const put = 'PUT /api/v1/orgs/{org}/schema';
const body = (value: unknown) => ({
  body: typeof value === 'string' ? value : JSON.stringify(value),
  headers: { 'content-type': 'application/json' },
});

beforeEach(() => {
  calls.length = 0;
  vi.spyOn(logger, 'info').mockReturnValue();
  vi.spyOn(logger, 'error').mockReturnValue();
});
afterEach(() => vi.restoreAllMocks());

it('tells an administrator why it is refused, whose organization requires a second factor', async () => {
  const { statusCode, json } = await answer(event(get, { caller: { ...owner, lacksSecondFactor: true } }));
  expect(statusCode).toBe(403);
  expect(json).toMatchObject({
    code: 'second_factor_required',
    detail: expect.stringContaining('Set one up'),
  });
  expect(calls).toEqual([]);
});

describe('an HTTP function', () => {
  it('answers with what the route describes and nothing else, with its version and safe headers', async () => {
    const result = await answer(event(get));
    expect(result.statusCode).toBe(200);
    expect(result.json).toEqual({
      ...organization,
      hold: { ...organization.hold, secondAdministrator: false },
      requireSecondFactor: false,
      dropAll: { secondAdministrator: false },
      features: { importExport: true },
      inviteImported: false,
      registration: { isOpen: false, columns: [] },
    });
    expect(result.headers).toMatchObject({
      etag: '"4"',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'r-1',
    });
  });

  it('sends a file as base64 with its name', async () => {
    const template = 'GET /api/v1/orgs/{org}/schema/template';
    const result = await answer(event(template, { rawQueryString: 'format=csv' }));
    expect(Buffer.from(result.body ?? '', 'base64').toString()).toBe('csv');
    expect(result.isBase64Encoded).toBe(true);
    expect(result.headers?.['content-disposition']).toBe('attachment; filename="roster-template.csv"');
  });

  it('knows only its own calls', async () => {
    const result = await answer(event('GET /api/v1/orgs/{org}/members'));
    expect(result.statusCode).toBe(404);
    expect(result.headers?.['content-type']).toBe('application/problem+json');
    expect(result.json).toMatchObject({ status: 404, code: 'route_not_found' });
  });
});

describe('who may call', () => {
  it.each([
    ['nobody verified', null, 401, 'unauthenticated'],
    ['a context without an account', { organization: 'acme', level: 'owner' }, 401, 'unauthenticated'],
    ['somebody verified for no organization', { account: 'one' }, 403, 'forbidden'],
    ['somebody verified for another organization', { ...owner, organization: 'other' }, 403, 'forbidden'],
    ['a level without the permission', { ...owner, level: 'auditor' }, 403, 'forbidden'],
  ])('not %s', async (_, caller, status, code) => {
    const result = await answer(event(patch, { caller, ...body({ name: 'X' }) }));
    expect(result.statusCode).toBe(status);
    expect(result.json.code).toBe(code);
  });

  it('an auditor may read', async () => {
    expect((await answer(event(get, { caller: { ...owner, level: 'auditor' } }))).statusCode).toBe(200);
  });
});

describe('what is sent', () => {
  it('is checked by the schema, each fault named by its place', async () => {
    const result = await answer(event(patch, body({ name: '', hold: { disabledShareMax: 2 }, x: 1 })));
    expect(result.statusCode).toBe(400);
    expect(result.json.code).toBe('invalid_request');
    const paths = result.json.places.map(({ path }: { path: string }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'body/name',
        'body/hold/disabledShareMax',
        'body/hold/disabledMembersMax',
        'body',
      ]),
    );
  });

  it('is named by position where it is no JSON, without being repeated', async () => {
    const result = await answer(event(patch, body('{"name": "hunter2" oops}')));
    expect(result.json.code).toBe('invalid_request');
    // The 'o' of oops is the character at offset 19.
    expect(result.json.places[0].message).toContain('position 19');
    expect(result.body).not.toContain('hunter2');
  });

  it('may be base64, as the gateway encodes types that it does not know', async () => {
    const encoded = Buffer.from('{"name":"Élan"}').toString('base64');
    const headers = { 'content-type': 'application/merge-patch+json' };
    const result = await answer(event(patch, { body: encoded, headers, isBase64Encoded: true }));
    expect(result.json.name).toBe('Élan by one');
  });

  it('has to be JSON by its content type', async () => {
    const result = await answer(event(patch, { body: 'name=x', headers: { 'content-type': 'text/plain' } }));
    expect(result.json.code).toBe('invalid_request');
  });

  it('has at most 256 KiB', async () => {
    const result = await answer(event(patch, body({ name: 'x'.repeat(256 * 1024) })));
    expect(result.statusCode).toBe(413);
    expect(result.json.code).toBe('body_too_large');
  });

  it('has a query and a path that fit', async () => {
    const template = 'GET /api/v1/orgs/{org}/schema/template';
    const query = await answer(event(template, { rawQueryString: 'format=pdf' }));
    expect(query.json.places[0].path).toBe('query/format');
    const twice = await answer(event(template, { rawQueryString: 'format=csv&format=xlsx' }));
    expect(twice.statusCode).toBe(400);
    const caller = { ...owner, organization: 'A/B' };
    const path = await answer(event(get, { pathParameters: { org: 'A/B' }, caller }));
    expect(path.json.places[0].path).toBe('path/org');
  });
});

describe('If-Match', () => {
  it.each([
    ['"4"', 200],
    ['*', 200],
    ['"3"', 412],
    ['W/"4"', 412],
    ['4', 412],
  ])('%s gives %i', async (tag, status) => {
    const sent = body({ name: 'X' });
    const headers = { ...sent.headers, 'if-match': tag };
    expect((await answer(event(patch, { ...sent, headers }))).statusCode).toBe(status);
  });
});

describe('Idempotency-Key', () => {
  const keyed = (key: string, name = 'X') => {
    const sent = body({ name });
    return { ...sent, headers: { ...sent.headers, 'idempotency-key': key } };
  };

  it('is scoped to the verified organization, the account and the call', async () => {
    await answer(event(patch, keyed('k1')));
    await answer(event(patch, keyed('k1', 'Y')));
    expect(calls[0]).toMatchObject({
      organization: 'acme',
      account: 'one',
      operation: 'updateOrganization',
      key: 'k1',
    });
    expect(calls[0]?.fingerprint).not.toBe(calls[1]?.fingerprint);
    await answer(event(patch, keyed('k1')));
    expect(calls[2]?.fingerprint).toBe(calls[0]?.fingerprint);
  });

  it('is not looked at for reads, nor for calls that were refused', async () => {
    await answer(event(get, keyed('k1')));
    await answer(event(patch, { ...keyed('k1'), caller: null }));
    await answer(event(patch, { ...keyed('k1'), body: '{' }));
    expect(calls).toEqual([]);
  });

  it('has visible ASCII characters', async () => {
    expect((await answer(event(patch, keyed('a b')))).statusCode).toBe(400);
    expect((await answer(event(patch, keyed('k'.repeat(256))))).statusCode).toBe(400);
  });
});

describe('errors', () => {
  it('of ours are logged and tell nothing', async () => {
    const result = await answer(event('GET /api/v1/orgs/{org}/schema'));
    expect(result.statusCode).toBe(500);
    expect(result.json.code).toBe('internal');
    expect(result.body).not.toMatch(/ECONNREFUSED|hunter2/);
    expect(logger.error).toHaveBeenCalledOnce();
  });

  it.each([
    ['corrupt_item', 500, 'internal'],
    ['throttled', 503, 'throttled'],
    ['login_taken', 409, 'login_taken'],
  ] as const)('%s become %i %s', async (code, status, told) => {
    vi.spyOn(once, 'run').mockRejectedValueOnce(new MusterError(code, 'inner detail'));
    const result = await answer(event(put, { ...body(schema), headers: { 'idempotency-key': 'k' } }));
    expect(result.statusCode).toBe(status);
    expect(result.json.code).toBe(told);
    expect(result.json.detail === 'inner detail').toBe(told !== 'internal');
  });

  it('never log a body or a header', async () => {
    const sent = body({ name: 'top secret', hold: 'top secret' });
    await answer(event(patch, { ...sent, headers: { ...sent.headers, authorization: 'Bearer top secret' } }));
    const logged = [...vi.mocked(logger.info).mock.calls, ...vi.mocked(logger.error).mock.calls];
    expect(logged.length).toBeGreaterThan(0);
    expect(JSON.stringify(logged)).not.toContain('top secret');
  });
});
