import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { type LocalCognito, type PoolSettings, startCognito } from '../../../infra/local/cognito/server.ts';

export const poolId = 'eu-west-1_Abc123xyz';
export const clientId = 'web';
export const password = 'Correct-horse-1';

/** A pool as Muster's stack makes it; `legacy` is a client that tells who exists. */
export const settings: PoolSettings = {
  id: poolId,
  clients: [
    {
      id: clientId,
      accessTokenSeconds: 900,
      idTokenSeconds: 600,
      refreshTokenSeconds: 86_400,
      authFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      preventUserExistenceErrors: true,
    },
    {
      id: 'legacy',
      accessTokenSeconds: 900,
      idTokenSeconds: 900,
      refreshTokenSeconds: 3600,
      authFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH'],
      preventUserExistenceErrors: false,
    },
  ],
  passwordPolicy: {
    minimumLength: 10,
    requireLowercase: true,
    requireUppercase: true,
    requireNumbers: true,
    requireSymbols: true,
    temporaryPasswordDays: 7,
  },
  mfa: 'OPTIONAL',
};

/** Running user pools with the real SDK client, and a clock that stands still until a test moves it. */
export interface Fixture {
  readonly cognito: LocalCognito;
  readonly sdk: CognitoIdentityProviderClient;
  advance(seconds: number): void;
  now(): Date;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startFixture(pool: PoolSettings = settings): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-cognito-'));
  let milliseconds = Date.now();
  const now = () => new Date(milliseconds);
  const start = async (port: number) => {
    const cognito = await startCognito({
      file: join(folder, 'c.sqlite'),
      port,
      region: 'eu-west-1',
      clock: now,
    });
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const sdk = new CognitoIdentityProviderClient({
      endpoint: cognito.url,
      region: 'eu-west-1',
      credentials,
      maxAttempts: 1,
    });
    return { cognito, sdk };
  };
  let running = await start(0);
  running.cognito.putUserPool(pool);
  const end = async () => {
    await running.cognito.close();
    running.sdk.destroy();
  };
  return {
    get cognito() {
      return running.cognito;
    },
    get sdk() {
      return running.sdk;
    },
    now,
    advance: (seconds) => {
      milliseconds += seconds * 1000;
    },
    restart: async () => {
      const port = Number(new URL(running.cognito.url).port);
      await end();
      running = await start(port);
    },
    stop: async () => {
      await end();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A user with a temporary password. */
export const createUser = ({ sdk }: Fixture, username: string, email?: string) =>
  sdk.send(
    new AdminCreateUserCommand({
      UserPoolId: poolId,
      Username: username,
      TemporaryPassword: 'Temporary-1!',
      MessageAction: 'SUPPRESS',
      UserAttributes: email
        ? [
            { Name: 'email', Value: email },
            { Name: 'email_verified', Value: 'true' },
          ]
        : [],
    }),
  );

/** A user that signs in with `password`. */
export async function createConfirmed(fixture: Fixture, username: string, email?: string): Promise<void> {
  await createUser(fixture, username, email);
  const set = { UserPoolId: poolId, Username: username, Password: password, Permanent: true };
  await fixture.sdk.send(new AdminSetUserPasswordCommand(set));
}

export const signIn = ({ sdk }: Fixture, username: string, given = password) =>
  sdk.send(
    new InitiateAuthCommand({
      ClientId: clientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: username, PASSWORD: given },
    }),
  );

export const adminSignIn = ({ sdk }: Fixture, username: string, given = password, client = clientId) =>
  sdk.send(
    new AdminInitiateAuthCommand({
      UserPoolId: poolId,
      ClientId: client,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: username, PASSWORD: given },
    }),
  );

export const refresh = ({ sdk }: Fixture, token: string | undefined) =>
  sdk.send(
    new InitiateAuthCommand({
      ClientId: clientId,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: token ?? '' },
    }),
  );

/** A verifier that takes the keys from the pool's JWKS, as an API's authorizer does. */
export function verifierOf({ cognito }: Fixture, audience: string | null = null) {
  const issuer = cognito.issuer(poolId);
  const fetcher = { fetch: async (uri: string) => (await fetch(uri)).arrayBuffer() };
  return JwtVerifier.create(
    { issuer, audience, jwksUri: `${issuer}/.well-known/jwks.json` },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  );
}
