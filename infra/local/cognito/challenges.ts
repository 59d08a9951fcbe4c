import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { notAuthorized } from './errors.ts';
import { hashToken } from './tokens.ts';
import type { User } from './users.ts';

/** The challenges that this user pool poses. */
export type ChallengeName = 'NEW_PASSWORD_REQUIRED' | 'SOFTWARE_TOKEN_MFA' | 'MFA_SETUP';

/** A challenge under way. */
export interface Challenge {
  sessionHash: string;
  name: ChallengeName;
  client: string;
  user: number;
  expiresAt: number;
  used: number;
  /** In MFA_SETUP: whether a code of the new authenticator was shown. */
  verified: number;
}

/** Cognito's default of AuthSessionValidity. */
const lifetimeMilliseconds = 3 * 60 * 1000;

/** The `Session` strings between the steps of a sign-in: good for three minutes and one success. */
export class Challenges {
  readonly #database: DatabaseSync;
  readonly #clock: () => Date;

  constructor(database: DatabaseSync, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Poses a challenge and gives its `Session`. */
  pose(name: ChallengeName, user: User, client: string, verified = false): string {
    const session = randomBytes(96).toString('base64url');
    this.#database
      .prepare(
        'INSERT INTO challenges (sessionHash, name, client, user, expiresAt, verified) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(
        hashToken(session),
        name,
        client,
        user.id,
        this.#clock().getTime() + lifetimeMilliseconds,
        verified ? 1 : 0,
      );
    return session;
  }

  /** The challenge of a `Session`, still to be used up. @throws CognitoError NotAuthorizedException */
  open(session: string, name: ChallengeName): Challenge {
    const challenge = this.#database
      .prepare('SELECT * FROM challenges WHERE sessionHash = ?')
      .get(hashToken(session)) as Challenge | undefined;
    if (challenge?.name !== name) throw notAuthorized('Invalid session for the user.');
    if (challenge.used) throw notAuthorized('Invalid session for the user, session can only be used once.');
    if (challenge.expiresAt <= this.#clock().getTime()) {
      throw notAuthorized('Invalid session for the user, session is expired.');
    }
    return challenge;
  }

  /** Ends the challenge: its `Session` is refused from now on. */
  use(challenge: Challenge): void {
    this.#database.prepare('UPDATE challenges SET used = 1 WHERE sessionHash = ?').run(challenge.sessionHash);
  }
}
