import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Times are milliseconds since 1970 in columns that end in `At`; 0 and 1 stand for no and yes. */
const schema = `
CREATE TABLE IF NOT EXISTS pools (
  id TEXT PRIMARY KEY, settings TEXT NOT NULL, privateKey TEXT NOT NULL,
  createdAt INTEGER NOT NULL, modifiedAt INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS users (
  id INTEGER PRIMARY KEY AUTOINCREMENT, pool TEXT NOT NULL REFERENCES pools(id), username TEXT NOT NULL,
  sub TEXT NOT NULL UNIQUE, password TEXT NOT NULL, passwordSetAt INTEGER NOT NULL, status TEXT NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1, createdAt INTEGER NOT NULL, modifiedAt INTEGER NOT NULL,
  totpSecret TEXT, totpPending TEXT, totpStep INTEGER NOT NULL DEFAULT 0,
  totpEnabled INTEGER NOT NULL DEFAULT 0, totpPreferred INTEGER NOT NULL DEFAULT 0,
  UNIQUE (pool, username)
) STRICT;
CREATE INDEX IF NOT EXISTS usersByPool ON users (pool, id);
CREATE INDEX IF NOT EXISTS usersByStatus ON users (pool, status, id);
CREATE INDEX IF NOT EXISTS usersByEnabled ON users (pool, enabled, id);
CREATE TABLE IF NOT EXISTS attributes (
  user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE, pool TEXT NOT NULL,
  name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (user, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attributesByValue ON attributes (pool, name, value, user);
CREATE TABLE IF NOT EXISTS sessions (
  originJti TEXT PRIMARY KEY, tokenHash TEXT NOT NULL UNIQUE, client TEXT NOT NULL,
  user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE, signedInAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0, accessRevokedAt INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS sessionsByUser ON sessions (user);
CREATE TABLE IF NOT EXISTS challenges (
  sessionHash TEXT PRIMARY KEY, name TEXT NOT NULL, client TEXT NOT NULL,
  user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE, expiresAt INTEGER NOT NULL,
  used INTEGER NOT NULL DEFAULT 0, verified INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS challengesByUser ON challenges (user);
CREATE TABLE IF NOT EXISTS attempts (
  pool TEXT NOT NULL, username TEXT NOT NULL, failures INTEGER NOT NULL, lastAt INTEGER NOT NULL,
  lockedUntil INTEGER NOT NULL, PRIMARY KEY (pool, username)
) STRICT, WITHOUT ROWID;
`;

/**
 * Opens (or makes) the file that holds everything of the user pools.
 *
 * A write that was answered survives the end of the process, though not of the machine (WAL, synchronous NORMAL).
 */
export function openDatabase(file: string, now: number): DatabaseSync {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
  database.exec(schema);
  const dayAgo = now - 24 * 60 * 60 * 1000;
  for (const table of ['sessions', 'challenges']) {
    database.prepare(`DELETE FROM ${table} WHERE expiresAt < ?`).run(dayAgo);
  }
  database.prepare('DELETE FROM attempts WHERE lastAt < ?').run(dayAgo);
  return database;
}

/** Runs `write` whole or not at all. */
export function transact<T>(database: DatabaseSync, write: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = write();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
