import type { DatabaseSync } from 'node:sqlite';
import { notAuthorized } from './errors.ts';

const freeFailures = 4;
const lockMillisecondsMax = 15 * 60 * 1000;
const forgottenAfterMilliseconds = 15 * 60 * 1000;

interface Attempts {
  failures: number;
  lastAt: number;
  lockedUntil: number;
}

/**
 * Slows down guessing: the n-th failure in a row, from the 5th on, locks the username for 2^(n-5) seconds, 15 minutes
 * at most; attempts while locked are refused and do not count; 15 minutes without an attempt forget everything.
 * Unknown usernames count alike, so that a lock does not tell who exists.
 *
 * Source: https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior
 */
export class Lockout {
  readonly #database: DatabaseSync;
  readonly #clock: () => Date;

  constructor(database: DatabaseSync, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Whether the username is locked at this moment; an attempt while locked puts off the forgetting. */
  isLocked(pool: string, username: string): boolean {
    const now = this.#clock().getTime();
    const attempts = this.#current(pool, username, now);
    if (!attempts || attempts.lockedUntil <= now) return false;
    this.#database
      .prepare('UPDATE attempts SET lastAt = ? WHERE pool = ? AND username = ?')
      .run(now, pool, username);
    return true;
  }

  /** @throws CognitoError NotAuthorizedException "Password attempts exceeded" */
  check(pool: string, username: string): void {
    if (this.isLocked(pool, username)) throw notAuthorized('Password attempts exceeded');
  }

  /** Counts a wrong password or code. */
  fail(pool: string, username: string): void {
    const now = this.#clock().getTime();
    const failures = (this.#current(pool, username, now)?.failures ?? 0) + 1;
    const lock =
      failures > freeFailures ? Math.min(2 ** (failures - freeFailures - 1) * 1000, lockMillisecondsMax) : 0;
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO attempts (pool, username, failures, lastAt, lockedUntil) VALUES (?, ?, ?, ?, ?)',
      )
      .run(pool, username, failures, now, now + lock);
  }

  /** Forgets the failures after a whole sign-in. */
  clear(pool: string, username: string): void {
    this.#database.prepare('DELETE FROM attempts WHERE pool = ? AND username = ?').run(pool, username);
  }

  #current(pool: string, username: string, now: number): Attempts | undefined {
    const row = this.#database
      .prepare('SELECT failures, lastAt, lockedUntil FROM attempts WHERE pool = ? AND username = ?')
      .get(pool, username) as Attempts | undefined;
    return row && now - row.lastAt < forgottenAfterMilliseconds ? row : undefined;
  }
}
