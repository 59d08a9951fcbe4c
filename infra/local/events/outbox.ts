import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** A payload on its way to one target of a rule. */
export interface Delivery {
  readonly id: number;
  readonly ruleArn: string;
  /** The target's place in its rule. */
  readonly targetIndex: number;
  readonly eventId: string;
  /** JSON text. */
  readonly payload: string;
  readonly createdAt: number;
}

/** Keeps deliveries in SQLite until they are made, so that an accepted event survives a kill of the process. */
export function openOutbox(file: string) {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  const db = new DatabaseSync(file);
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS deliveries (
      id INTEGER PRIMARY KEY AUTOINCREMENT, ruleArn TEXT NOT NULL, targetIndex INTEGER NOT NULL,
      eventId TEXT NOT NULL, payload TEXT NOT NULL, createdAt INTEGER NOT NULL);
  `);
  const insert = db.prepare(
    'INSERT INTO deliveries (ruleArn, targetIndex, eventId, payload, createdAt) VALUES (?, ?, ?, ?, ?)',
  );
  return {
    /** Keeps all of them or none. */
    add(deliveries: readonly Omit<Delivery, 'id'>[]): Delivery[] {
      db.exec('BEGIN');
      try {
        const added = deliveries.map((delivery) => {
          const { ruleArn, targetIndex, eventId, payload, createdAt } = delivery;
          const { lastInsertRowid } = insert.run(ruleArn, targetIndex, eventId, payload, createdAt);
          return { ...delivery, id: Number(lastInsertRowid) };
        });
        db.exec('COMMIT');
        return added;
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    },
    of: (ruleArn: string) =>
      db
        .prepare('SELECT * FROM deliveries WHERE ruleArn = ? ORDER BY id')
        .all(ruleArn) as unknown as Delivery[],
    remove: (id: number) => void db.prepare('DELETE FROM deliveries WHERE id = ?').run(id),
    close: () => db.close(),
  };
}
