import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { account } from './account.ts';
import { administration } from './administration.ts';
import { authentication } from './authentication.ts';
import { Challenges } from './challenges.ts';
import type { Cognito } from './cognito.ts';
import { openDatabase } from './database.ts';
import { description } from './description.ts';
import { CognitoError } from './errors.ts';
import { Faults } from './faults.ts';
import { listUsers } from './listing.ts';
import { Lockout } from './lockout.ts';
import type { Operations } from './operation.ts';
import { type PoolSettings, Pools } from './pools.ts';
import { Tokens } from './tokens.ts';
import { Users } from './users.ts';

export type { ClientSettings, PoolSettings } from './pools.ts';

/** Where the user pools are kept and served; port 0 (the default) takes a free one of 127.0.0.1. */
export interface CognitoOptions {
  /** The SQLite file: pools, signing keys, users and sessions. Made when missing. */
  file: string;
  port?: number;
  region: string;
  /** What time it is; tests move it. */
  clock?: () => Date;
}

/** Running user pools. */
export interface LocalCognito {
  /** For AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER. */
  url: string;
  /** The `iss` of the pool's tokens, under which its JWKS and OpenID configuration are served. */
  issuer(poolId: string): string;
  /** Creates or updates a pool; users and signing key stay. */
  putUserPool(pool: PoolSettings): void;
  /** Hangs up on everybody and closes the file. */
  close(): Promise<void>;
}

/**
 * Serves Cognito user pools from one SQLite file: the API of `@aws-sdk/client-cognito-identity-provider` (AWS JSON
 * 1.1) and the public keys. Signatures of requests are not checked. `PUT /faults` makes the next calls fail, for
 * tests: `{"throttle": {"AdminCreateUser": 3}}` refuses three of them.
 *
 * @throws Error when the port is taken or the file is no SQLite database
 */
export async function startCognito(options: CognitoOptions): Promise<LocalCognito> {
  const clock = options.clock ?? (() => new Date());
  const database = openDatabase(options.file, clock().getTime());
  const server = createServer();
  let url = '';
  const issuer = (poolId: string) => `${url}/${poolId}`;
  try {
    const pools = new Pools(database, clock);
    const users = new Users(database, clock);
    const tokens = new Tokens(database, { clock, pools, users, issuer });
    const challenges = new Challenges(database, clock);
    const lockout = new Lockout(database, clock);
    const cognito: Cognito = { clock, region: options.region, pools, users, tokens, challenges, lockout };
    const operations: Operations = {
      ...administration(cognito),
      ...authentication(cognito),
      ...account(cognito),
      ...description(cognito),
      ListUsers: listUsers(cognito, database),
    };
    const served = { operations, pools, issuer, faults: new Faults() };
    server.on('request', (request, response) => void serve(request, response, served));
    url = await listen(server, options.port ?? 0);
    const close = async () => {
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      });
      database.close();
    };
    return { url, issuer, putUserPool: (pool) => pools.put(pool), close };
  } catch (error) {
    database.close();
    throw error;
  }
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Served {
  operations: Operations;
  pools: Pools;
  issuer: (poolId: string) => string;
  faults: Faults;
}

async function serve(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  try {
    if (request.method === 'PUT' && request.url === '/faults') {
      served.faults.set((await readJson(request)) as Parameters<Faults['set']>[0]);
      return void response.writeHead(204).end();
    }
    const body = request.method === 'GET' ? openId(request, served) : await callOperation(request, served);
    answer(response, 200, body, request.method === 'GET' ? 'application/json' : awsJson);
  } catch (error) {
    if (response.destroyed) return;
    const known = error instanceof CognitoError ? error : internalFailure(error);
    response.setHeader('x-amzn-errortype', `${known.code}:`);
    answer(response, known.status, { __type: known.code, message: known.message }, awsJson);
  }
}

const awsJson = 'application/x-amz-json-1.1';

function answer(response: ServerResponse, status: number, body: object, contentType: string): void {
  response.writeHead(status, { 'content-type': contentType, 'x-amzn-requestid': randomUUID() });
  response.end(JSON.stringify(body));
}

function internalFailure(error: unknown): CognitoError {
  console.error('Local Cognito: internal failure', error);
  return new CognitoError('InternalErrorException', 'Something went wrong', 500);
}

/** Operations by target `AWSCognitoIdentityProviderService.<Operation>`. */
async function callOperation(request: IncomingMessage, { operations, faults }: Served): Promise<object> {
  const target = String(request.headers['x-amz-target'] ?? '');
  const [service, name = ''] = target.split('.');
  const found = service === 'AWSCognitoIdentityProviderService' && Object.hasOwn(operations, name);
  const body = await readJson(request);
  if (found) {
    faults.refuse(name);
    return operations[name]!(body);
  }
  throw new CognitoError(
    'UnknownOperationException',
    `The local Cognito does not know the operation "${target}". Known: ${Object.keys(operations).join(', ')}`,
  );
}

const bodyBytesMax = 1024 * 1024;

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new CognitoError('RequestEntityTooLarge', 'Request too large', 413);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new CognitoError('SerializationException', 'The body is no JSON');
  }
}

/**
 * `/<pool>/.well-known/jwks.json` and `/<pool>/.well-known/openid-configuration`.
 *
 * Source: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
 */
function openId(request: IncomingMessage, { pools, issuer }: Served): object {
  const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
  const [, poolId = '', document] =
    /^\/([\w-]+)\/\.well-known\/(jwks\.json|openid-configuration)$/.exec(path) ?? [];
  if (!document) throw new CognitoError('ResourceNotFoundException', `Nothing is served at ${path}`, 404);
  const pool = pools.get(poolId);
  if (document === 'jwks.json') return { keys: [pool.jwk] };
  return {
    id_token_signing_alg_values_supported: ['RS256'],
    issuer: issuer(poolId),
    jwks_uri: `${issuer(poolId)}/.well-known/jwks.json`,
    response_types_supported: ['code', 'token'],
    scopes_supported: ['openid', 'email', 'phone', 'profile'],
    subject_types_supported: ['public'],
  };
}
