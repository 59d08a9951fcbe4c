import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Membership } from '../../../layers/roster/src/domain/organization.ts';
import { judge } from '../../../layers/roster/src/lambda/authorizer.ts';
import { type TokenVerifier, tokenVerifier } from '../../../layers/roster/src/lambda/tokens.ts';

const keyPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const ours = keyPair();
const theirs = keyPair();
let server: Server;
let issuer: string;
let verify: TokenVerifier;
let fetches = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    fetches++;
    const keys = [{ ...ours.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }];
    response.writeHead(request.url === '/pool/.well-known/jwks.json' ? 200 : 404);
    response.end(JSON.stringify({ keys }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pool`;
  verify = tokenVerifier({ issuer, clientId: 'console' });
});
afterAll(() => server.close());

const nowSeconds = Math.floor(Date.now() / 1000);

/** A token as Cognito makes access tokens (Developer Guide, "Understanding the access token"). */
function token(claims: Record<string, unknown> = {}, key: KeyObject = ours.privateKey): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = {
    sub: 's',
    iss: issuer,
    client_id: 'console',
    token_use: 'access',
    username: 'one',
    iat: nowSeconds,
    exp: nowSeconds + 900,
    ...claims,
  };
  const signed = `${part({ alg: 'RS256', kid: 'k1', typ: 'JWT' })}.${part(payload)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`;
}

describe('an access token', () => {
  it('is believed if it is signed by the issuer for the client, and the keys are fetched once', async () => {
    const claims = { account: 'one', issuedAtSeconds: nowSeconds };
    expect(await verify(token())).toEqual(claims);
    expect(await verify(token())).toEqual(claims);
    expect(fetches).toBe(1);
  });

  it.each([
    ['is signed by somebody else', () => token({}, theirs.privateKey)],
    ['is expired', () => token({ exp: nowSeconds - 1 })],
    ['is an id token', () => token({ token_use: 'id' })],
    ['is of another client', () => token({ client_id: 'other' })],
    ['is of another issuer', () => token({ iss: 'https://example.org' })],
    ['names nobody', () => token({ username: undefined })],
    ['is no token', () => 'abc'],
    ['has no signature', () => `${token().split('.').slice(0, 2).join('.')}.`],
    [
      'says that it needs none',
      () => {
        const [, payload] = token().split('.');
        return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
      },
    ],
  ])('is not believed if it %s', async (_, make) => {
    expect(await verify(make())).toBeUndefined();
  });

  it('is no answer to an issuer that cannot be reached: that is an error', async () => {
    const elsewhere = tokenVerifier({ issuer: `${issuer}/nowhere`, clientId: 'console' });
    await expect(elsewhere(token({ iss: `${issuer}/nowhere` }))).rejects.toThrow();
  });
});

describe('the authorizer', () => {
  let account: { tokensValidFromSeconds: number; secondFactor?: boolean } | undefined;
  let requiresSecondFactor: boolean | undefined;
  let membership: Membership | undefined;
  const asked: [string, string | undefined][] = [];

  beforeEach(() => {
    asked.length = 0;
    requiresSecondFactor = undefined;
    account = { tokensValidFromSeconds: 0 };
    membership = {
      account: 'one',
      organization: 'acme',
      level: 'administrator',
      login: 'ana',
      state: 'enabled',
      tokensValidFromSeconds: 0,
      version: 1,
    };
  });

  const accounts = {
    standing: async (id: string, organization?: string) => {
      asked.push([id, organization]);
      const own = account && { account: id, email: 'a@example.org', createdAt: '', ...account };
      return {
        account: own,
        membership: organization === 'acme' ? membership : undefined,
        ...(requiresSecondFactor && { requiresSecondFactor }),
      };
    },
  };
  const decide = (routeKey: string, org?: string, authorization = `Bearer ${token()}`) =>
    judge(
      { tokens: verify, accounts: accounts as never },
      { routeKey, headers: { authorization }, ...(org && { pathParameters: { org } }) },
    );
  const members = 'GET /api/v1/orgs/{org}/members';
  const refused = { isAuthorized: false };

  it('tells the function who calls, of the organization of the path', async () => {
    expect(await decide(members, 'acme')).toEqual({
      isAuthorized: true,
      context: { account: 'one', organization: 'acme', level: 'administrator', login: 'ana' },
    });
    expect(asked).toEqual([['one', 'acme']]);
  });

  it('tells when the caller signed in, which a refreshed token does not change', async () => {
    const refreshed = `Bearer ${token({ auth_time: nowSeconds - 3_000, iat: nowSeconds })}`;
    expect(await decide(members, 'acme', refreshed)).toHaveProperty(
      'context.signedInAtSeconds',
      nowSeconds - 3_000,
    );
  });

  it('refuses an organization that the account is no member of', async () => {
    expect(await decide(members, 'other')).toEqual(refused);
  });

  it('refuses on the very next request after a disable (B5)', async () => {
    expect(await decide(members, 'acme')).toMatchObject({ isAuthorized: true });
    membership = { ...(membership as Membership), state: 'disabled' };
    expect(await decide(members, 'acme')).toEqual(refused);
  });

  it('refuses tokens from before a sign-out, by the account or by the membership', async () => {
    account = { tokensValidFromSeconds: nowSeconds + 1 };
    expect(await decide(members, 'acme')).toEqual(refused);
    expect(await decide('GET /api/v1/me')).toEqual(refused);
    account = { tokensValidFromSeconds: nowSeconds };
    expect(await decide(members, 'acme')).toMatchObject({ isAuthorized: true });
    membership = { ...(membership as Membership), tokensValidFromSeconds: nowSeconds + 1 };
    expect(await decide(members, 'acme')).toEqual(refused);
  });

  it('refuses what the level may not do', async () => {
    membership = { ...(membership as Membership), level: 'auditor' };
    expect(await decide(members, 'acme')).toMatchObject({ isAuthorized: true });
    expect(await decide('PUT /api/v1/orgs/{org}/schema', 'acme')).toEqual(refused);
  });

  it('tells the departments of a coordinator, and refuses it what does not look at them', async () => {
    membership = { ...(membership as Membership), level: 'coordinator', scope: ['D1', 'D2'] };
    expect(await decide(members, 'acme')).toMatchObject({
      isAuthorized: true,
      context: { level: 'coordinator', scope: 'D1,D2' },
    });
    expect(await decide('GET /api/v1/orgs/{org}/members/summary', 'acme')).toEqual(refused);
    expect(await decide('DELETE /api/v1/orgs/{org}/members/{memberId}', 'acme')).toEqual(refused);
    const { scope: _, ...lifted } = { ...membership, level: 'administrator' as const };
    membership = lifted;
    expect(await decide(members, 'acme')).toEqual({
      isAuthorized: true,
      context: { account: 'one', organization: 'acme', level: 'administrator', login: 'ana' },
    });
  });

  it('asks for no membership where the route has no organization, but for the account', async () => {
    expect(await decide('GET /api/v1/me')).toEqual({ isAuthorized: true, context: { account: 'one' } });
    account = undefined;
    expect(await decide('GET /api/v1/me')).toEqual(refused);
  });

  it('tells the function of an administrator without the second factor that the organization requires', async () => {
    const lacking = (level: Membership['level']) => {
      membership = { ...(membership as Membership), level };
      return decide('GET /api/v1/orgs/{org}', 'acme');
    };
    expect(await lacking('owner')).not.toHaveProperty('context.lacksSecondFactor');
    requiresSecondFactor = true;
    for (const level of ['owner', 'securityAdministrator', 'administrator'] as const) {
      expect(await lacking(level)).toHaveProperty('context.lacksSecondFactor', true);
    }
    for (const level of ['coordinator', 'auditor', 'member'] as const) {
      expect(await lacking(level)).not.toHaveProperty('context.lacksSecondFactor');
    }
    expect(await decide('GET /api/v1/me')).toEqual({ isAuthorized: true, context: { account: 'one' } });
    account = { tokensValidFromSeconds: 0, secondFactor: true };
    expect(await lacking('owner')).not.toHaveProperty('context.lacksSecondFactor');
  });

  it('refuses unknown routes and anything but a bearer token', async () => {
    expect(await decide('GET /api/v1/nothing', 'acme')).toEqual(refused);
    for (const authorization of ['', 'Bearer', `Basic ${token()}`, token(), 'Bearer a b']) {
      expect(await decide(members, 'acme', authorization)).toEqual(refused);
    }
  });

  it('does not refuse, but fails, when the table cannot be read', async () => {
    const broken = { standing: () => Promise.reject(new Error('no table')) };
    const event = { routeKey: members, headers: { authorization: `Bearer ${token()}` } };
    await expect(judge({ tokens: verify, accounts: broken as never }, event)).rejects.toThrow('no table');
  });
});
