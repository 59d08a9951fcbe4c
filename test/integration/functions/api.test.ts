import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminInitiateAuthCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  CognitoIdentityProviderClient,
  InvalidPasswordException,
} from '@aws-sdk/client-cognito-identity-provider';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import signInSample from '../../../events/access/api.json' with { type: 'json' };
import authorizerSample from '../../../events/access/authorizer.json' with { type: 'json' };
import updateSample from '../../../events/organization/api.json' with { type: 'json' };
import createSample from '../../../events/organization/create.json' with { type: 'json' };
import listSample from '../../../events/roster/api.json' with { type: 'json' };
import { handler as access } from '../../../functions/access/api.ts';
import { handler as authorizer } from '../../../functions/access/authorizer.ts';
import { handler as organization } from '../../../functions/organization/api.ts';
import { handler as create } from '../../../functions/organization/create.ts';
import { handler as roster } from '../../../functions/roster/api.ts';
import { directoryChange } from '../../../layers/roster/src/aws/directory-log.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { memberToItem } from '../../../layers/roster/src/aws/member-item.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import type { HttpEvent } from '../../../layers/roster/src/lambda/request.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
  process.env.POWERTOOLS_METRICS_DISABLED = 'true';
});

/** The functions as they are deployed, over a real table; the user pool is played by a mock. */
const cognito = mockClient(CognitoIdentityProviderClient);
let dynamo: TestDynamo;
let table: Table;
let owner: { account: string; organization: string; level: string; login: string };
let password: string;

const context = { awsRequestId: 'a', functionName: 'f' } as Context;

beforeAll(async () => {
  dynamo = await startDynamo();
  const tableName = await dynamo.createTable();
  table = createTable({ tableName, client: dynamo.client });
  const environment = {
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    STAGE: 'test',
    TABLE_NAME: tableName,
    USER_POOL_ID: 'eu-west-1_test',
    USER_POOL_CLIENT_ID: 'console',
    TOKEN_ISSUER: 'http://127.0.0.1:9/pool',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);

  cognito.onAnyCommand().resolves({});
  const made = await create(createSample);
  const account = cognito.commandCalls(AdminCreateUserCommand)[0]?.args[0].input.Username ?? '';
  password = made.password;
  owner = { account, organization: made.organization, level: 'owner', login: made.login };
});
beforeEach(() => {
  cognito.reset();
  cognito.onAnyCommand().resolves({});
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await dynamo.stop();
});

type Serve = (event: HttpEvent, context: Context) => Promise<unknown>;

interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body?: string;
}

async function call(serve: unknown, routeKey: string, more: Partial<HttpEvent> & { json?: unknown } = {}) {
  const { json, headers = {}, ...rest } = more;
  const event = {
    version: '2.0',
    routeKey,
    rawPath: '/',
    rawQueryString: '',
    pathParameters: { org: owner.organization },
    isBase64Encoded: false,
    requestContext: { requestId: 'r', authorizer: { lambda: owner } },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    headers: { ...headers, ...(json !== undefined && { 'content-type': 'application/json' }) },
    ...rest,
  };
  const answer = (await (serve as Serve)(event, context)) as Answer;
  const isJson = answer.headers['content-type']?.includes('json');
  return { ...answer, json: isJson ? JSON.parse(answer.body ?? '') : undefined };
}

describe('making an organization', () => {
  it('gives the owner a login and a password that must be changed', () => {
    expect(owner.organization).toBe('acme');
    expect(owner.login).toBe('owner@example.org');
    expect(password).toHaveLength(20);
    expect(owner.account).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  });

  it('finds a free id, and sets a permanent password where asked', async () => {
    const second = await create({ ...createSample, permanent: true });
    expect(second.organization).toBe('acme-2');
    expect(cognito.commandCalls(AdminCreateUserCommand)[0]?.args[0].input).toMatchObject({
      MessageAction: 'SUPPRESS',
      TemporaryPassword: second.password,
    });
    const set = cognito.commandCalls(AdminSetUserPasswordCommand)[0]?.args[0].input;
    expect(set).toMatchObject({ Password: second.password, Permanent: true });
  });

  it('deletes the account again when the id asked for is taken', async () => {
    await expect(create({ ...createSample, organization: 'acme' })).rejects.toMatchObject({
      name: 'OrganizationExists',
    });
    const made = cognito.commandCalls(AdminCreateUserCommand)[0]?.args[0].input.Username;
    const deleted = cognito.commandCalls(AdminDeleteUserCommand)[0]?.args[0].input.Username;
    expect(deleted).toBe(made);
    expect(await table.get(keys.membership(made ?? '', 'acme'))).toBeUndefined();
  });

  it('stores nothing when the account cannot be made', async () => {
    const error = new InvalidPasswordException({ message: 'no', $metadata: {} });
    cognito.on(AdminCreateUserCommand).rejects(error);
    const wanted = { ...createSample, organization: 'never' };
    await expect(create(wanted)).rejects.toMatchObject({ code: 'invalid_password' });
    expect(await table.get(keys.organization('never'))).toBeUndefined();
  });

  it('refuses what is no name or no address', async () => {
    await expect(create({ name: '', owner: 'x' })).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: expect.stringMatching(/name: .*owner: /),
    });
    expect(cognito.calls()).toHaveLength(0);
  });
});

describe('sessions', () => {
  it('sign in by the sample event', async () => {
    const tokens = { AccessToken: 'a', RefreshToken: 'r', ExpiresIn: 900 };
    cognito.on(AdminInitiateAuthCommand).resolves({ AuthenticationResult: tokens });
    const answer = await call(access, signInSample.routeKey, { ...signInSample } as Partial<HttpEvent>);
    expect(answer.json).toEqual({ accessToken: 'a', refreshToken: 'r', expiresInSeconds: 900 });
    const asked = cognito.commandCalls(AdminInitiateAuthCommand)[0]?.args[0].input.AuthParameters;
    expect(asked?.USERNAME).toBe(owner.account);
  });

  it('end everywhere: older tokens are refused by what is stored', async () => {
    const before = Math.floor(Date.now() / 1000);
    const answer = await call(access, 'DELETE /api/v1/sessions');
    expect(answer.statusCode).toBe(204);
    expect(answer.body).toBeUndefined();
    const account = await table.get(keys.account(owner.account), { consistent: true });
    expect(account?.tokensValidFromSeconds).toBeGreaterThan(before);
    expect(cognito.commandCalls(AdminUserGlobalSignOutCommand)).toHaveLength(1);
  });

  it('tell who one is', async () => {
    const { json } = await call(access, 'GET /api/v1/me');
    expect(json.account).toBe(owner.account);
    expect(json.memberships).toHaveLength(1);
    expect(json.memberships[0]).toMatchObject({ organization: 'acme', name: 'Acme', level: 'owner' });
    expect(json.memberships[0].permissions).toContain('schema.write');
  });

  it('need no sign-in to learn about the installation', async () => {
    const anybody = { requestContext: { requestId: 'r' } };
    const config = await call(access, 'GET /config.json', anybody);
    expect(config.json).toMatchObject({ apiUrl: '/api/v1', region: 'eu-west-1', stage: 'test' });
    const openapi = await call(access, 'GET /api/v1/openapi.json', anybody);
    expect(openapi.json.openapi).toMatch(/^3\.1/);
    expect(openapi.headers['cache-control']).toContain('public');
  });
});

it('the authorizer refuses the made-up token of the sample event', async () => {
  expect(await authorizer(authorizerSample, context)).toEqual({ isAuthorized: false });
});

describe('the organization', () => {
  it('is changed once by the sample event, however often it comes', async () => {
    const event = {
      ...updateSample,
      requestContext: { requestId: 'r', authorizer: { lambda: owner } },
    } as unknown as Partial<HttpEvent>;
    const first = await call(organization, updateSample.routeKey, event);
    expect(first.json).toMatchObject({ name: 'Acme Inc.', version: 2 });
    const again = await call(organization, updateSample.routeKey, event);
    expect(again).toEqual(first);
    const read = await call(organization, 'GET /api/v1/orgs/{org}');
    expect(read.json).toEqual(first.json);
    expect(read.headers.etag).toBe('"2"');
  });

  it('refuses a change of a version that is gone', async () => {
    const stale = { json: { name: 'Late' }, headers: { 'if-match': '"1"' } };
    const answer = await call(organization, 'PATCH /api/v1/orgs/{org}', stale);
    expect(answer.statusCode).toBe(412);
  });

  it('takes a new schema, and refuses one that contradicts itself', async () => {
    const columns = [
      { name: 'Id', type: 'text', role: 'externalId' },
      { name: 'Name', type: 'text', role: 'fullName' },
    ];
    const put = 'PUT /api/v1/orgs/{org}/schema';
    const saved = await call(organization, put, { json: { columns }, headers: { 'if-match': '"1"' } });
    expect(saved.json).toEqual({ version: 2, columns });
    expect(saved.headers.etag).toBe('"2"');
    const bad = await call(organization, put, { json: { columns: [{ name: 'Id', type: 'text' }] } });
    expect(bad.statusCode).toBe(422);
    expect(bad.json.code).toBe('invalid_schema');
    expect(bad.json.places).toHaveLength(1);
    expect((await call(organization, 'GET /api/v1/orgs/{org}/schema')).json).toEqual({ version: 2, columns });
  });

  it('gives a sample file of its schema', async () => {
    const template = 'GET /api/v1/orgs/{org}/schema/template';
    const csv = await call(organization, template);
    const text = Buffer.from(csv.body ?? '', 'base64').toString('utf8');
    expect(text.split('\r\n')[0]).toBe('\ufeffId,Name');
    const xlsx = await call(organization, template, { rawQueryString: 'format=xlsx' });
    // A workbook is a zip archive: PK\3\4.
    expect(Buffer.from(xlsx.body ?? '', 'base64').subarray(0, 4)).toEqual(Buffer.from('PK\u0003\u0004'));
  });
});

describe('the roster', () => {
  const awkwardId = 'a/b #1%';

  beforeAll(async () => {
    const member = {
      externalId: awkwardId,
      name: 'Marie Curie',
      state: 'enabled' as const,
      values: { Id: awkwardId, Name: 'Marie Curie' },
      valuesHash: 'secret hash',
      departments: [],
      roles: [],
      version: 3,
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-01T00:00:00.000Z',
    };
    await table.transact([{ put: memberToItem('acme', member) }, directoryChange('acme', [awkwardId])]);
    await table.put({ ...keys.count('acme', 0), enabled: 1 });
  });

  it('is listed by the sample event, without what is only stored', async () => {
    const event = { ...listSample, requestContext: { requestId: 'r', authorizer: { lambda: owner } } };
    const { json } = await call(roster, listSample.routeKey, event as unknown as Partial<HttpEvent>);
    expect(json.items).toHaveLength(1);
    expect(json.items[0]).toMatchObject({ memberId: awkwardId, name: 'Marie Curie', state: 'enabled' });
    expect(json.items[0]).not.toHaveProperty('valuesHash');
    expect(json).not.toHaveProperty('nextCursor');
  });

  it('takes several states', async () => {
    const list = (rawQueryString: string) =>
      call(roster, 'GET /api/v1/orgs/{org}/members', { rawQueryString });
    expect((await list('status=disabled&status=enabled')).json.items).toHaveLength(1);
    expect((await list('status=disabled')).json.items).toHaveLength(0);
    expect((await list('status=retired')).statusCode).toBe(400);
    expect((await list('cursor=abc')).json.code).toBe('invalid_cursor');
  });

  it('shows one member with its version, by an id that had to be encoded', async () => {
    const one = (memberId: string) =>
      call(roster, 'GET /api/v1/orgs/{org}/members/{memberId}', {
        pathParameters: { org: 'acme', memberId },
      });
    const found = await one(awkwardId);
    expect(found.json.memberId).toBe(awkwardId);
    expect(found.headers.etag).toBe('"3"');
    expect((await one('nobody')).json.code).toBe('not_found');
  });

  it('is summed up', async () => {
    const { json } = await call(roster, 'GET /api/v1/orgs/{org}/members/summary');
    expect(json).toEqual({ total: 1, enrolled: 1, enabled: 1, disabled: 0, notJoined: 0 });
  });
});
