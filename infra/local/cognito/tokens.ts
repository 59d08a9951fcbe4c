import { createHash, createPublicKey, randomBytes, randomUUID, sign, verify } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { CognitoError, notAuthorized, userDisabled } from './errors.ts';
import type { ClientSettings, Pool, Pools } from './pools.ts';
import type { User, Users } from './users.ts';

/** A sign-in: what its refresh token stands for. */
interface Session {
  originJti: string;
  client: string;
  user: number;
  signedInAt: number;
  expiresAt: number;
  revoked: number;
  /** Access tokens that were issued up to then are refused; 0 for none. */
  accessRevokedAt: number;
}

/** The claims that are read back from an access token. */
interface AccessClaims {
  sub: string;
  iss: string;
  token_use: string;
  origin_jti: string;
  iat: number;
  exp: number;
}

/** What an operation answers that signs in or refreshes; `ExpiresIn` in seconds. */
export interface AuthenticationResult {
  AccessToken: string;
  IdToken: string;
  RefreshToken?: string;
  ExpiresIn: number;
  TokenType: 'Bearer';
}

/** The sha256 under which an opaque token is kept. */
export const hashToken = (token: string) => createHash('sha256').update(token).digest('base64url');

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000);
const invalidAccessToken = () => notAuthorized('Invalid Access Token');

/**
 * Issues, refreshes, checks and revokes tokens.
 *
 * Claims: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 * and amazon-cognito-user-pools-using-the-id-token.html
 */
export class Tokens {
  readonly #database: DatabaseSync;
  readonly #clock: () => Date;
  readonly #pools: Pools;
  readonly #users: Users;
  readonly #issuer: (poolId: string) => string;

  constructor(
    database: DatabaseSync,
    parts: { clock: () => Date; pools: Pools; users: Users; issuer: (poolId: string) => string },
  ) {
    this.#database = database;
    this.#clock = parts.clock;
    this.#pools = parts.pools;
    this.#users = parts.users;
    this.#issuer = parts.issuer;
  }

  /** Starts a session and issues its three tokens. */
  signIn(user: User, pool: Pool, client: ClientSettings): AuthenticationResult {
    const now = this.#clock().getTime();
    const refreshToken = randomBytes(96).toString('base64url');
    const session: Session = {
      originJti: randomUUID(),
      client: client.id,
      user: user.id,
      signedInAt: now,
      expiresAt: now + client.refreshTokenSeconds * 1000,
      revoked: 0,
      accessRevokedAt: 0,
    };
    this.#database
      .prepare(
        `INSERT INTO sessions (originJti, tokenHash, client, user, signedInAt, expiresAt) VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(session.originJti, hashToken(refreshToken), client.id, user.id, now, session.expiresAt);
    return { ...this.#issue(user, pool, client, session), RefreshToken: refreshToken };
  }

  /** New access and id tokens of a session. @throws CognitoError NotAuthorizedException */
  refresh(refreshToken: string, pool: Pool, client: ClientSettings): AuthenticationResult {
    const session = this.#sessionOf(refreshToken);
    if (session?.client !== client.id) throw notAuthorized('Invalid Refresh Token');
    if (session.revoked) throw notAuthorized('Refresh Token has been revoked');
    if (session.expiresAt <= this.#clock().getTime()) throw notAuthorized('Refresh Token has expired');
    const user = this.#users.byId(session.user);
    if (!user.enabled) throw userDisabled();
    return this.#issue(user, pool, client, session);
  }

  /**
   * Ends one session; a token that nobody knows is no error (RFC 7009).
   * @throws CognitoError UnauthorizedException, UnsupportedTokenTypeException
   */
  revoke(refreshToken: string, client: ClientSettings): void {
    const session = this.#sessionOf(refreshToken);
    if (session === undefined && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(refreshToken)) {
      throw new CognitoError('UnsupportedTokenTypeException', 'Unsupported token type');
    }
    if (session && session.client !== client.id) {
      throw new CognitoError('UnauthorizedException', 'The token was issued to another client', 401);
    }
    if (session)
      this.#database.prepare('UPDATE sessions SET revoked = 1 WHERE originJti = ?').run(session.originJti);
  }

  /** Ends every session of the user, with all their tokens. */
  revokeAll(user: User): void {
    this.#database.prepare('UPDATE sessions SET revoked = 1 WHERE user = ?').run(user.id);
  }

  /** Refuses the access tokens that were issued so far; refresh tokens stay. */
  revokeAccess(user: User): void {
    this.#database
      .prepare('UPDATE sessions SET accessRevokedAt = ? WHERE user = ?')
      .run(this.#clock().getTime(), user.id);
  }

  /** Whose access token this is. @throws CognitoError NotAuthorizedException, UserNotFoundException */
  authenticate(accessToken: string): { user: User; pool: Pool } {
    const { claims, pool } = this.#verified(accessToken);
    if (claims.exp <= seconds(this.#clock().getTime())) throw notAuthorized('Access Token has expired');
    const session = this.#database
      .prepare('SELECT * FROM sessions WHERE originJti = ?')
      .get(claims.origin_jti) as Session | undefined;
    if (!session) this.#users.bySub(claims.sub);
    if (!session || session.revoked || claims.iat <= seconds(session.accessRevokedAt)) {
      throw notAuthorized('Access Token has been revoked');
    }
    const user = this.#users.byId(session.user);
    if (!user.enabled) throw userDisabled();
    return { user, pool };
  }

  #sessionOf(refreshToken: string): Session | undefined {
    return this.#database
      .prepare('SELECT * FROM sessions WHERE tokenHash = ?')
      .get(hashToken(refreshToken)) as Session | undefined;
  }

  #verified(token: string): { claims: AccessClaims; pool: Pool } {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const claims = parseClaims(payload);
    const pool = this.#pools.all().find(({ id }) => claims.iss.endsWith(`/${id}`));
    if (!pool || claims.token_use !== 'access') throw invalidAccessToken();
    const signed = Buffer.from(`${header}.${payload}`);
    const key = createPublicKey(pool.privateKey);
    if (!verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))) throw invalidAccessToken();
    return { claims, pool };
  }

  #issue(user: User, pool: Pool, client: ClientSettings, session: Session): AuthenticationResult {
    const issuedAt = seconds(this.#clock().getTime());
    const shared = {
      sub: user.sub,
      iss: this.#issuer(pool.id),
      origin_jti: session.originJti,
      event_id: randomUUID(),
      auth_time: seconds(session.signedInAt),
      iat: issuedAt,
    };
    const access = {
      ...shared,
      client_id: client.id,
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      exp: issuedAt + client.accessTokenSeconds,
      jti: randomUUID(),
      username: user.username,
    };
    const id = {
      ...this.#attributeClaims(user),
      ...shared,
      'cognito:username': user.username,
      aud: client.id,
      token_use: 'id',
      exp: issuedAt + client.idTokenSeconds,
      jti: randomUUID(),
    };
    return {
      AccessToken: signed(pool, access),
      IdToken: signed(pool, id),
      ExpiresIn: client.accessTokenSeconds,
      TokenType: 'Bearer',
    };
  }

  #attributeClaims(user: User): Record<string, string | boolean> {
    return Object.fromEntries(
      this.#users
        .attributes(user)
        .map(({ Name, Value }) => [Name, Name.endsWith('_verified') ? Value === 'true' : Value]),
    );
  }
}

function signed(pool: Pool, claims: object): string {
  const content = `${encode({ kid: pool.keyId, alg: 'RS256' })}.${encode(claims)}`;
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), pool.privateKey).toString('base64url')}`;
}

/** The claims, not to be trusted before the signature is checked. */
function parseClaims(payload: string): AccessClaims {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    if (typeof claims === 'object' && claims !== null && 'iss' in claims && typeof claims.iss === 'string') {
      return claims as AccessClaims;
    }
  } catch {
    // Text that is no JSON and JSON that is no claims get the same answer.
  }
  throw invalidAccessToken();
}
