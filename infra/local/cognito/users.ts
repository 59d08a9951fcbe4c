import { randomUUID } from 'node:crypto';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { transact } from './database.ts';
import { CognitoError, invalidParameter, userNotFound } from './errors.ts';
import { hashPassword } from './passwords.ts';

/** The states of a user that an administrator made. */
export type UserStatus = 'FORCE_CHANGE_PASSWORD' | 'CONFIRMED' | 'RESET_REQUIRED';

/** A stored user; times in milliseconds since 1970, 0 and 1 for no and yes. */
export interface User {
  id: number;
  pool: string;
  username: string;
  sub: string;
  /** As `hashPassword` made it. */
  password: string;
  passwordSetAt: number;
  status: UserStatus;
  enabled: number;
  createdAt: number;
  modifiedAt: number;
  /** The verified authenticator secret, base32. */
  totpSecret: string | null;
  /** A secret that AssociateSoftwareToken gave out and no code has verified yet. */
  totpPending: string | null;
  /** The last 30-second step whose code was used. */
  totpStep: number;
  totpEnabled: number;
  totpPreferred: number;
}

/** What may change of a user. */
export type UserChanges = Partial<
  Omit<User, 'id' | 'pool' | 'username' | 'sub' | 'createdAt' | 'modifiedAt'>
>;

/** An attribute as the API writes it; without a value it is to be deleted. */
export interface Attribute {
  Name: string;
  Value?: string | undefined;
}

const standardAttributes = new Set(
  `address birthdate email email_verified family_name gender given_name locale middle_name name nickname
   phone_number phone_number_verified picture preferred_username profile website zoneinfo`.split(/\s+/),
);

/** The users of every pool with their attributes. */
export class Users {
  readonly #database: DatabaseSync;
  readonly #clock: () => Date;
  readonly #find;
  readonly #byId;
  readonly #attributes;
  readonly #setAttribute;
  readonly #deleteAttribute;

  constructor(database: DatabaseSync, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
    this.#find = database.prepare('SELECT * FROM users WHERE pool = ? AND username = ?');
    this.#byId = database.prepare('SELECT * FROM users WHERE id = ?');
    this.#attributes = database.prepare('SELECT name AS Name, value AS Value FROM attributes WHERE user = ?');
    this.#setAttribute = database.prepare(
      'INSERT OR REPLACE INTO attributes (user, pool, name, value) VALUES (?, ?, ?, ?)',
    );
    this.#deleteAttribute = database.prepare('DELETE FROM attributes WHERE user = ? AND name = ?');
  }

  /** Makes a user that must change the password. @throws CognitoError UsernameExistsException, InvalidParameterException */
  create(user: { pool: string; username: string; password: string; attributes: Attribute[] }): User {
    if (this.find(user.pool, user.username)) {
      throw new CognitoError('UsernameExistsException', 'User account already exists');
    }
    checkAttributes(user.attributes);
    const now = this.#clock().getTime();
    const hash = hashPassword(user.password);
    return transact(this.#database, () => {
      const created = this.#database
        .prepare(
          `INSERT INTO users (pool, username, sub, password, passwordSetAt, status, createdAt, modifiedAt)
           VALUES (?, ?, ?, ?, ?, 'FORCE_CHANGE_PASSWORD', ?, ?) RETURNING *`,
        )
        .get(user.pool, user.username, randomUUID(), hash, now, now, now) as unknown as User;
      this.#writeAttributes(created, user.attributes);
      return created;
    });
  }

  /** The user of that name, if the pool has it; names differ by case. */
  find(pool: string, username: string): User | undefined {
    return this.#find.get(pool, username) as User | undefined;
  }

  /** @throws CognitoError UserNotFoundException */
  get(pool: string, username: string): User {
    const user = this.find(pool, username);
    if (!user) throw userNotFound();
    return user;
  }

  /** @throws CognitoError UserNotFoundException when the user was deleted since */
  byId(id: number): User {
    const user = this.#byId.get(id) as User | undefined;
    if (!user) throw userNotFound();
    return user;
  }

  /** @throws CognitoError UserNotFoundException when the user was deleted since */
  bySub(sub: string): User {
    const user = this.#database.prepare('SELECT * FROM users WHERE sub = ?').get(sub) as User | undefined;
    if (!user) throw userNotFound();
    return user;
  }

  /** Writes the changes and gives the user as it is now. */
  update(user: User, changes: UserChanges): User {
    const columns = Object.entries({ ...changes, modifiedAt: this.#clock().getTime() });
    const assignments = columns.map(([column]) => `${column} = ?`).join(', ');
    const values = columns.map(([, value]) => value as SQLInputValue);
    this.#database.prepare(`UPDATE users SET ${assignments} WHERE id = ?`).run(...values, user.id);
    return this.byId(user.id);
  }

  /** Sets the password, temporary or not; challenges that are under way end. */
  setPassword(user: User, password: string, status: 'FORCE_CHANGE_PASSWORD' | 'CONFIRMED'): User {
    this.#database.prepare('UPDATE challenges SET used = 1 WHERE user = ?').run(user.id);
    const passwordSetAt = this.#clock().getTime();
    return this.update(user, { password: hashPassword(password), passwordSetAt, status });
  }

  delete(user: User): void {
    this.#database.prepare('DELETE FROM users WHERE id = ?').run(user.id);
  }

  count(pool: string): number {
    return Number(this.#database.prepare('SELECT count(*) AS n FROM users WHERE pool = ?').get(pool)?.n);
  }

  /** `sub` and the others, by name. */
  attributes(user: User): { Name: string; Value: string }[] {
    const others = this.#attributes.all(user.id) as unknown as { Name: string; Value: string }[];
    return [{ Name: 'sub', Value: user.sub }, ...others];
  }

  /**
   * Sets attributes; one without a value goes. A new email or phone number counts as unverified unless the same call
   * says otherwise. @throws CognitoError InvalidParameterException
   */
  setAttributes(user: User, attributes: Attribute[]): void {
    checkAttributes(attributes);
    transact(this.#database, () => {
      this.#writeAttributes(user, [...this.#lostVerifications(user, attributes), ...attributes]);
      this.update(user, {});
    });
  }

  #lostVerifications(user: User, changes: Attribute[]): Attribute[] {
    const current = new Map(this.attributes(user).map(({ Name, Value }) => [Name, Value]));
    return changes
      .filter(({ Name, Value }) => current.has(`${Name}_verified`) && current.get(Name) !== Value)
      .map(({ Name }) => ({ Name: `${Name}_verified`, Value: 'false' }));
  }

  #writeAttributes(user: User, attributes: Attribute[]): void {
    for (const { Name, Value } of attributes) {
      if (Value) this.#setAttribute.run(user.id, user.pool, Name, Value);
      else this.#deleteAttribute.run(user.id, Name);
    }
  }
}

function checkAttributes(attributes: Attribute[]): void {
  for (const { Name, Value } of attributes) {
    if (Name === 'sub') throw invalidParameter('Cannot modify the non-mutable attribute sub');
    if (!standardAttributes.has(Name) && !Name.startsWith('custom:')) {
      throw invalidParameter(
        `Attributes did not conform to the schema: ${Name}: Attribute does not exist in the schema.`,
      );
    }
    if (Name === 'email' && Value && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(Value)) {
      throw invalidParameter('Invalid email address format.');
    }
    if (Name === 'phone_number' && Value && !/^\+[0-9]{1,15}$/.test(Value)) {
      throw invalidParameter('Invalid phone number format.');
    }
  }
}
