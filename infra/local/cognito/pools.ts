import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { CognitoError } from './errors.ts';

/** An app client of a pool; the three lifetimes are in seconds. */
export interface ClientSettings {
  id: string;
  accessTokenSeconds: number;
  idTokenSeconds: number;
  refreshTokenSeconds: number;
  /** `ALLOW_USER_PASSWORD_AUTH`, `ALLOW_ADMIN_USER_PASSWORD_AUTH`, `ALLOW_REFRESH_TOKEN_AUTH`. */
  authFlows: string[];
  preventUserExistenceErrors: boolean;
}

/** What passwords of a pool must hold, and for how many days a temporary one opens the door. */
export interface PasswordPolicy {
  minimumLength: number;
  requireLowercase: boolean;
  requireUppercase: boolean;
  requireNumbers: boolean;
  requireSymbols: boolean;
  temporaryPasswordDays: number;
}

/** A user pool, in the terms of AWS::Cognito::UserPool and UserPoolClient. */
export interface PoolSettings {
  id: string;
  clients: ClientSettings[];
  passwordPolicy: PasswordPolicy;
  mfa: 'OFF' | 'OPTIONAL' | 'ON';
}

/** A stored pool with the key that signs its tokens. */
export interface Pool extends PoolSettings {
  privateKey: KeyObject;
  keyId: string;
  /** The public key as JWKS lists it. */
  jwk: object;
  createdAt: number;
  modifiedAt: number;
}

interface PoolRow {
  id: string;
  settings: string;
  privateKey: string;
  createdAt: number;
  modifiedAt: number;
}

/** The user pools: kept in the database, read from memory. */
export class Pools {
  readonly #database: DatabaseSync;
  readonly #clock: () => Date;
  readonly #pools = new Map<string, Pool>();

  constructor(database: DatabaseSync, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
    for (const row of database.prepare('SELECT * FROM pools').all()) this.#keep(row as unknown as PoolRow);
  }

  /** Creates or updates a pool; its users and its signing key stay. */
  put(settings: PoolSettings): void {
    const now = this.#clock().getTime();
    const row = this.#database
      .prepare(
        `INSERT INTO pools (id, settings, privateKey, createdAt, modifiedAt) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET settings = excluded.settings, modifiedAt = excluded.modifiedAt RETURNING *`,
      )
      .get(settings.id, JSON.stringify(settings), this.#privateKeyPem(settings.id), now, now);
    this.#keep(row as unknown as PoolRow);
  }

  /** @throws CognitoError ResourceNotFoundException */
  get(poolId: string): Pool {
    const pool = this.#pools.get(poolId);
    if (!pool) throw notFound(`User pool ${poolId} does not exist.`);
    return pool;
  }

  /** Every pool, by id. */
  all(): Pool[] {
    return [...this.#pools.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** The client, wherever it is or in `poolId` only. @throws CognitoError ResourceNotFoundException */
  client(clientId: string, poolId?: string): { pool: Pool; client: ClientSettings } {
    for (const pool of poolId === undefined ? this.#pools.values() : [this.get(poolId)]) {
      const client = pool.clients.find(({ id }) => id === clientId);
      if (client) return { pool, client };
    }
    throw notFound(`User pool client ${clientId} does not exist.`);
  }

  #privateKeyPem(poolId: string): string {
    const key =
      this.#pools.get(poolId)?.privateKey ?? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  #keep(row: PoolRow): void {
    const privateKey = createPrivateKey(row.privateKey);
    const { e, n } = createPublicKey(privateKey).export({ format: 'jwk' });
    const keyId = createHash('sha256')
      .update(JSON.stringify({ e, kty: 'RSA', n }))
      .digest('base64');
    this.#pools.set(row.id, {
      ...(JSON.parse(row.settings) as PoolSettings),
      privateKey,
      keyId,
      jwk: { alg: 'RS256', e, kid: keyId, kty: 'RSA', n, use: 'sig' },
      createdAt: row.createdAt,
      modifiedAt: row.modifiedAt,
    });
  }
}

const notFound = (message: string) => new CognitoError('ResourceNotFoundException', message);
