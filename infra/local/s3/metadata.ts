import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { BucketSettings } from './buckets.ts';
import type { ChecksumAlgorithm } from './digests.ts';

/** A stored checksum; a composite one is over the parts' checksums and ends in `-<parts>`. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** base64 */
  readonly value: string;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
}

/** What the client says of an object besides its content. */
export interface Attributes {
  /** Headers given back with the object, by lower-case name, `x-amz-meta-` ones among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** An object's row. */
export interface StoredObject extends Attributes {
  readonly bucket: string;
  readonly key: string;
  readonly blob: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly modifiedMs: number;
  readonly checksum?: Checksum | undefined;
}

/** A multipart upload that was neither completed nor aborted. */
export interface Upload extends Attributes {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: Checksum['type'] } | undefined;
}

/** A part of an upload. */
export interface Part {
  readonly number: number;
  readonly blob: string;
  readonly size: number;
  readonly etag: string;
  readonly modifiedMs: number;
  readonly checksum?: Checksum | undefined;
}

/** An event that waits for its delivery; `event` is the JSON of the whole envelope. */
export interface OutboxRow {
  readonly id: number;
  readonly event: string;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, created_ms INTEGER NOT NULL, settings TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, modified_ms INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (bucket, key)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS uploads (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (upload, number)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL) STRICT;
`;

/** Sorts behind every key that begins with the text before it. */
export const LAST = '\u{10ffff}';

/**
 * Buckets, objects, uploads and the outbox in one SQLite file. It is opened exclusively, so that a second server on
 * the same directory fails at its start. WAL with synchronous=NORMAL loses nothing when the process is killed.
 */
export class Metadata {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(directory: string) {
    this.#db = new DatabaseSync(join(directory, 'metadata.sqlite'));
    try {
      this.#db.exec(
        'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;',
      );
      this.#db.exec(SCHEMA);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }

  /** Runs `work` in one transaction: all of its writes, or none where it throws. */
  transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  putBucket(settings: BucketSettings, createdMs: number): void {
    this.#run(
      'INSERT INTO buckets VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET settings = excluded.settings',
      settings.name,
      createdMs,
      JSON.stringify(settings),
    );
  }

  bucket(name: string): BucketSettings | undefined {
    return this.#records<BucketSettings>('SELECT settings AS record FROM buckets WHERE name = ?', name)[0];
  }

  buckets(): { settings: BucketSettings; createdMs: number }[] {
    const rows = this.#statement('SELECT settings, created_ms FROM buckets ORDER BY name').all();
    return rows.map((row) => ({
      settings: JSON.parse(String(row.settings)) as BucketSettings,
      createdMs: Number(row.created_ms),
    }));
  }

  putObject(object: StoredObject): void {
    this.#run(
      'INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)',
      object.bucket,
      object.key,
      object.modifiedMs,
      JSON.stringify(object),
    );
  }

  object(bucket: string, key: string): StoredObject | undefined {
    return this.#records<StoredObject>(
      'SELECT record FROM objects WHERE bucket = ? AND key = ?',
      bucket,
      key,
    )[0];
  }

  deleteObject(bucket: string, key: string): void {
    this.#run('DELETE FROM objects WHERE bucket = ? AND key = ?', bucket, key);
  }

  /** Objects in the order of their keys' UTF-8 bytes: after `after`, from `prefix` to its end. */
  objects(bucket: string, prefix: string, after: string, rowsMax: number): StoredObject[] {
    return this.#records<StoredObject>(
      'SELECT record FROM objects WHERE bucket = ? AND key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ?',
      bucket,
      after,
      prefix,
      prefix + LAST,
      rowsMax,
    );
  }

  objectsBefore(bucket: string, modifiedMs: number): StoredObject[] {
    return this.#records<StoredObject>(
      'SELECT record FROM objects WHERE bucket = ? AND modified_ms < ? ORDER BY key',
      bucket,
      modifiedMs,
    );
  }

  putUpload(upload: Upload): void {
    this.#run('INSERT INTO uploads VALUES (?, ?)', upload.id, JSON.stringify(upload));
  }

  upload(id: string): Upload | undefined {
    return this.#records<Upload>('SELECT record FROM uploads WHERE id = ?', id)[0];
  }

  deleteUpload(id: string): void {
    this.#run('DELETE FROM parts WHERE upload = ?', id);
    this.#run('DELETE FROM uploads WHERE id = ?', id);
  }

  putPart(upload: string, part: Part): void {
    this.#run('INSERT OR REPLACE INTO parts VALUES (?, ?, ?)', upload, part.number, JSON.stringify(part));
  }

  part(upload: string, number: number): Part | undefined {
    return this.#records<Part>('SELECT record FROM parts WHERE upload = ? AND number = ?', upload, number)[0];
  }

  parts(upload: string): Part[] {
    return this.#records<Part>('SELECT record FROM parts WHERE upload = ? ORDER BY number', upload);
  }

  addEvent(event: string): void {
    this.#run('INSERT INTO outbox (event) VALUES (?)', event);
  }

  /** The oldest events. */
  events(rowsMax: number): OutboxRow[] {
    const rows = this.#statement('SELECT id, event FROM outbox ORDER BY id LIMIT ?').all(rowsMax);
    return rows.map((row) => ({ id: Number(row.id), event: String(row.event) }));
  }

  deleteEvent(id: number): void {
    this.#run('DELETE FROM outbox WHERE id = ?', id);
  }

  /** Every blob that an object or a part names. */
  blobIds(): Set<string> {
    const sql = `SELECT record ->> 'blob' AS blob FROM objects UNION ALL SELECT record ->> 'blob' FROM parts`;
    return new Set(
      this.#statement(sql)
        .all()
        .map((row) => String(row.blob)),
    );
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }

  #run(sql: string, ...values: (string | number)[]): void {
    this.#statement(sql).run(...values);
  }

  #records<T>(sql: string, ...values: (string | number)[]): T[] {
    return this.#statement(sql)
      .all(...values)
      .map((row) => JSON.parse(String(row.record)) as T);
  }
}
